package localkvs

import (
	"encoding/json"
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// The patterns and limits of the service model.
var (
	arnPattern   = regexp.MustCompile(`^arn:[a-z\d-]+:kinesisvideo:[a-z0-9-]+:[0-9]+:[a-z]+/([a-zA-Z0-9_.-]+)/[0-9]+$`)
	mediaPattern = regexp.MustCompile(`^[\w\-.+]+/[\w\-.+]+(,[\w\-.+]+/[\w\-.+]+)*$`)
)

const (
	maxName           = 256
	maxFragmentNumber = 128
	maxARN            = 1024
	maxMediaType      = 128
	maxKMSKeyID       = 2048
	maxTags           = 50
	maxTagKey         = 128
	maxTagValue       = 256
	maxRetentionHours = 87600
)

// made tells whether a text has 1 to most bytes, all of them of a kind. A pattern that counts so far takes the start of every program
// milliseconds.
func made(text string, most int, kind func(byte) bool) bool {
	for i := range len(text) {
		if !kind(text[i]) {
			return false
		}
	}
	return 1 <= len(text) && len(text) <= most
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// isFragmentNumber tells whether a text may be a fragment's number.
func isFragmentNumber(text string) bool { return made(text, maxFragmentNumber, isDigit) }

func checkName(what, name string) error {
	if !made(name, maxName, func(c byte) bool {
		return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || isDigit(c) || c == '_' || c == '.' || c == '-'
	}) {
		return invalidArgument("%s must be 1 to 256 letters, digits, dots, hyphens or underscores.", what)
	}
	return nil
}

func checkMediaType(mediaType string) error {
	if mediaType != "" && (len(mediaType) > maxMediaType || !mediaPattern.MatchString(mediaType)) {
		return invalidArgument("MediaType must look like video/h264 or video/h264,audio/aac.")
	}
	return nil
}

// isTag tells whether a text may be a tag's key or value, as to its letters.
func isTag(text string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool {
		return !unicode.In(r, unicode.L, unicode.Z, unicode.N) && !strings.ContainsRune("_.:/=+-@", r)
	})
}

func checkTag(key, value string) error {
	if n := utf8.RuneCountInString(key); n < 1 || n > maxTagKey || !isTag(key) {
		return invalidArgument("A tag's key must be 1 to %d letters, digits, spaces or _.:/=+-@.", maxTagKey)
	}
	if utf8.RuneCountInString(value) > maxTagValue || !isTag(value) {
		return invalidArgument("The value of tag %q must be at most %d letters, digits, spaces or _.:/=+-@.", key, maxTagValue)
	}
	return nil
}

// epoch is a time as the wire has it: seconds since 1970 as a JSON number, with milliseconds.
type epoch time.Time

func (e epoch) MarshalJSON() ([]byte, error) {
	ms := time.Time(e).UnixMilli()
	return strconv.AppendFloat(nil, float64(ms)/1000, 'f', 3, 64), nil
}

func (e *epoch) UnmarshalJSON(b []byte) error {
	var seconds float64
	if err := json.Unmarshal(b, &seconds); err != nil {
		return err
	}
	t, ok := timeOfSeconds(seconds)
	if !ok {
		return invalidArgument("%s is not a time in seconds since 1970.", b)
	}
	*e = epoch(t)
	return nil
}

// maxSeconds is the last second of the year 9999, the end of what timestamps can say.
const maxSeconds = 253402300799

// timeOfSeconds is exact to the millisecond.
func timeOfSeconds(seconds float64) (time.Time, bool) {
	if math.IsNaN(seconds) || seconds < 0 || seconds > maxSeconds {
		return time.Time{}, false
	}
	return time.UnixMilli(int64(math.Round(seconds * 1000))), true
}

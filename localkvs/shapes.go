package localkvs

import (
	"encoding/json"
	"math"
	"regexp"
	"strconv"
	"time"
	"unicode/utf8"
)

// The patterns and limits of the service model.
var (
	namePattern  = regexp.MustCompile(`^[a-zA-Z0-9_.-]{1,256}$`)
	arnPattern   = regexp.MustCompile(`^arn:[a-z\d-]+:kinesisvideo:[a-z0-9-]+:[0-9]+:[a-z]+/([a-zA-Z0-9_.-]+)/[0-9]+$`)
	mediaPattern = regexp.MustCompile(`^[\w\-.+]+/[\w\-.+]+(,[\w\-.+]+/[\w\-.+]+)*$`)
	tagPattern   = regexp.MustCompile(`^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$`)
	digits       = regexp.MustCompile(`^[0-9]{1,128}$`)
)

const (
	maxARN            = 1024
	maxMediaType      = 128
	maxKMSKeyID       = 2048
	maxTags           = 50
	maxTagKey         = 128
	maxTagValue       = 256
	maxRetentionHours = 87600
)

func checkName(what, name string) error {
	if !namePattern.MatchString(name) {
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

func checkTag(key, value string) error {
	if n := utf8.RuneCountInString(key); n < 1 || n > maxTagKey || !tagPattern.MatchString(key) {
		return invalidArgument("A tag's key must be 1 to %d letters, digits, spaces or _.:/=+-@.", maxTagKey)
	}
	if utf8.RuneCountInString(value) > maxTagValue || !tagPattern.MatchString(value) {
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

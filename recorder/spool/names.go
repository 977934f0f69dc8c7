package spool

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	partSuffix   = ".mkv.part"
	sealedSuffix = ".mkv"
	reasonSuffix = ".txt"
	takeName     = "take.json"
	accountName  = "account.json"
	rejectedName = "rejected"
)

// Names that Windows keeps for devices.
var devices = []string{"con", "prn", "aux", "nul", "com0", "com1", "com2", "com3", "com4", "com5", "com6", "com7", "com8", "com9",
	"lpt0", "lpt1", "lpt2", "lpt3", "lpt4", "lpt5", "lpt6", "lpt7", "lpt8", "lpt9"}

// escape makes a name safe as the name of a directory on all systems. unescape gives it back, unless it is so long that it
// ends in a hash.
func escape(name string) string {
	var b strings.Builder
	stem, _, _ := strings.Cut(strings.ToLower(name), ".")
	device := slices.Contains(devices, stem)
	for i := range len(name) {
		c := name[i]
		plain := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '_' ||
			c == '.' && i > 0 && i < len(name)-1
		if plain && !(device && i == 0) {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	s := b.String()
	if s == "" {
		return "%"
	}
	if len(s) > 200 {
		sum := sha256.Sum256([]byte(name))
		s = s[:160] + "~" + hex.EncodeToString(sum[:12])
	}
	return s
}

func unescape(s string) (name string, ok bool) {
	if s == "%" {
		return "", true
	}
	name, err := url.PathUnescape(s)
	return name, err == nil && escape(name) == s
}

const idTime = "20060102T150405.000Z"

func newID(stamp time.Time) string {
	var b [3]byte
	rand.Read(b[:]) // never fails
	return stamp.UTC().Format(idTime) + "-" + hex.EncodeToString(b[:])
}

// parseID returns when a take of this identity began, by a clock that never goes back.
func parseID(id string) (stamp time.Time, ok bool) {
	digits, random, _ := strings.Cut(id, "-")
	stamp, err := time.Parse(idTime, digits)
	return stamp, err == nil && len(random) == 6
}

// parseName splits the name of a fragment's file.
func parseName(name string) (number int, suffix string, ok bool) {
	digits, rest, _ := strings.Cut(name, ".")
	number, err := strconv.Atoi(digits)
	suffix = "." + rest
	return number, suffix, err == nil && number > 0 && number < 1<<31 && fileName(number, suffix) == name
}

func fileName(number int, suffix string) string { return fmt.Sprintf("%06d%s", number, suffix) }

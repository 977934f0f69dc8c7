package localkvs

import (
	"regexp"
	"strings"
	"testing"
)

// Names, numbers and tags are what the service model's patterns say.
func TestShapes(t *testing.T) {
	texts := []string{"", "a", "Z9_.-", "gate 1", "gate/1", "gäte", "٣", "0", "12345", "-1", "1.0", "a=b:c/d+e@f", "two words", "x\u00a0y", "½", "x\ty", "a,b", "\xff", "€",
		strings.Repeat("7", 128), strings.Repeat("7", 129), strings.Repeat("n", 256), strings.Repeat("n", 257)}
	shapes := map[string]struct {
		pattern string
		takes   func(string) bool
	}{
		"name":   {`^[a-zA-Z0-9_.-]{1,256}$`, func(s string) bool { return checkName("Name", s) == nil }},
		"number": {`^[0-9]{1,128}$`, isFragmentNumber},
		"tag":    {`^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$`, isTag},
	}
	for what, shape := range shapes {
		pattern := regexp.MustCompile(shape.pattern)
		for _, text := range texts {
			if got, want := shape.takes(text), pattern.MatchString(text); got != want {
				t.Errorf("%.20q as a %s: %t, want %t", text, what, got, want)
			}
		}
	}
}

package kvs

import (
	"regexp"
	"strings"
	"unicode/utf8"
)

// maxMessage bounds what is repeated of a message that came from elsewhere.
const maxMessage = 400

var (
	query  = regexp.MustCompile(`\?[^\s"'?]*=[^\s"']*`)
	secret = regexp.MustCompile(`(?i)\b((?:x-amz-)?(?:signature|credential|security-?token|session-?token|secret[a-z-]*|password))(["']?\s*[=:]\s*["']?)[^\s"',;&]+`)
)

// mask removes URLs' queries, signatures, tokens and credentials from a text, and bounds its length.
func mask(s string) string {
	s = query.ReplaceAllString(s, "?…")
	s = secret.ReplaceAllString(s, "$1$2…")
	if len(s) > maxMessage {
		s = s[:maxMessage]
		for !utf8.ValidString(s) && len(s) > maxMessage-utf8.UTFMax {
			s = s[:len(s)-1]
		}
		s += "…"
	}
	return strings.TrimSpace(s)
}

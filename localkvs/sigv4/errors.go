package sigv4

import (
	"net/http"
	"strings"
)

// Error is the answer to a request whose signature was not accepted. It holds nothing of the secret key, and of the
// signature and the token nothing either.
type Error struct {
	Status  int    // of the HTTP answer: 400 or 403
	Code    string // for x-amzn-ErrorType, such as "InvalidSignatureException"
	Message string // for the body, {"message": ...}
}

func (e *Error) Error() string { return e.Code + ": " + e.Message }

// The names are those of https://docs.aws.amazon.com/kinesisvideostreams/latest/dg/CommonErrors.html as the front end
// of a REST JSON service spells them.
var (
	missing      = &Error{http.StatusForbidden, "MissingAuthenticationTokenException", "Missing Authentication Token"}
	unrecognized = &Error{http.StatusForbidden, "UnrecognizedClientException", "The security token included in the request is invalid."}
	mismatch     = invalid("The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.")
)

func invalid(message string) *Error {
	return &Error{http.StatusForbidden, "InvalidSignatureException", message}
}

func incomplete(message string) *Error {
	return &Error{http.StatusBadRequest, "IncompleteSignatureException", message}
}

// printable makes a short piece of a request fit for a message.
func printable(s string) string {
	s = s[:min(len(s), 32)]
	return strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return '?'
		}
		return r
	}, s)
}

package kvs

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"syscall"
	"time"

	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"kinora/media"
	"kinora/mkv"
)

// Error is a call that failed. Its text says what happened, where, and what can be done about it; it holds no secret.
type Error struct {
	Op      string // the service's name of the call, such as "GetMedia"
	Stream  string // empty when the call concerns no one stream
	Channel string // likewise of a signaling channel
	Where   string // place in the stream, such as "fragment 9134…"; may be empty
	Status  int    // of the HTTP answer; 0 when there was none
	Code    string // the service's name of the error, such as "ResourceNotFoundException"; empty when it gave none
	Message string // what the service said or what happened on the way; secrets are masked
	Advice  string // what a person can do; may be empty

	err error
}

func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.Op)
	if e.Stream != "" {
		fmt.Fprintf(&b, " of stream %q", e.Stream)
	}
	if e.Channel != "" {
		fmt.Fprintf(&b, " of channel %q", e.Channel)
	}
	b.WriteString(" failed")
	if e.Where != "" {
		b.WriteString(" at " + e.Where)
	}
	b.WriteString(": ")
	if e.Code != "" {
		b.WriteString(e.Code + ": ")
	}
	b.WriteString(strings.TrimSuffix(e.Message, "."))
	if e.Advice != "" {
		b.WriteString(". " + strings.TrimSuffix(e.Advice, "."))
	}
	return b.String()
}

// Unwrap returns the cause. Unlike e itself the cause's text may hold secrets: ask it questions, do not print it.
func (e *Error) Unwrap() error { return e.err }

// Class says what to do about an error.
type Class int

const (
	Retry          Class = iota // it may work when tried again: the network, a limit, the service
	Reauthenticate              // it may work with other credentials: these are wrong or expired
	GiveUp                      // it will not work: no such stream, no permission, not what the service takes
)

// String returns "retry", "reauthenticate" or "give up".
func (c Class) String() string { return [...]string{"retry", "reauthenticate", "give up"}[c] }

var classes = map[string]Class{
	"ExpiredTokenException":               Reauthenticate,
	"ExpiredToken":                        Reauthenticate,
	"IncompleteSignatureException":        Reauthenticate,
	"IncompleteSignature":                 Reauthenticate,
	"InvalidClientTokenId":                Reauthenticate,
	"InvalidSignatureException":           Reauthenticate,
	"MissingAuthenticationToken":          Reauthenticate,
	"MissingAuthenticationTokenException": Reauthenticate,
	"NotAuthorizedException":              Reauthenticate,
	"RequestExpired":                      Reauthenticate,
	"SignatureDoesNotMatch":               Reauthenticate,
	"UnrecognizedClientException":         Reauthenticate,

	"AccessDenied":                        GiveUp,
	"AccessDeniedException":               GiveUp,
	"AccountStreamLimitExceededException": GiveUp,
	"DeviceStreamLimitExceededException":  GiveUp,
	"InvalidArgumentException":            GiveUp,
	"InvalidDeviceException":              GiveUp,
	"InvalidResourceFormatException":      GiveUp,
	"NoDataRetentionException":            GiveUp,
	"ResourceInUseException":              GiveUp,
	"ResourceNotFoundException":           GiveUp,
	"UnknownOperationException":           GiveUp,
	"UnsupportedStreamMediaTypeException": GiveUp,
	"ValidationError":                     GiveUp,
	"ValidationException":                 GiveUp,
}

// Classify says what to do about an error of this package, of a source that [Client.Live] opened, or of anything that
// wraps one. What it does not know is worth another try.
func Classify(err error) Class {
	var ack *AckError
	if errors.As(err, &ack) {
		return ack.class()
	}
	var record *mkv.ServiceError
	if errors.As(err, &record) && isKMS(record.ID) {
		return GiveUp
	}
	if errors.Is(err, media.ErrGone) || errors.Is(err, media.ErrDamaged) {
		return GiveUp
	}
	var creds *credentialsError
	if errors.As(err, &creds) {
		return Reauthenticate
	}
	if IsUntrusted(err) {
		return GiveUp
	}
	var answer *sessionError
	if errors.As(err, &answer) {
		return Retry // in another session
	}
	var e *Error
	if errors.As(err, &e) {
		if class, ok := classes[e.Code]; ok {
			return class
		}
		if e.Status == http.StatusUnauthorized || e.Status == http.StatusForbidden {
			return Reauthenticate
		}
	}
	return Retry
}

// IsNetwork reports whether err means that the service could not be reached at all, or that the way to it broke: nothing that it
// said stands in the way of trying again at once.
func IsNetwork(err error) bool {
	var e *Error
	var creds *credentialsError
	var record *mkv.ServiceError
	return errors.As(err, &e) && e.Status == 0 && e.Code == "" && Classify(err) == Retry && !errors.As(err, &creds) && !errors.As(err, &record)
}

// isKMS reports whether an error id means that the stream's encryption key cannot be used.
func isKMS(id int) bool { return id >= 4500 && id <= 4506 }

// fail makes err an *Error and sees to it that the next call signs in again if that may help.
func (c *Client) fail(op, stream string, err error) error {
	if err == nil {
		return nil
	}
	e := &Error{Op: op, Stream: stream, err: err}
	var api smithy.APIError
	var answer interface{ HTTPStatusCode() int }
	var creds *credentialsError
	var record *mkv.ServiceError
	var sent *url.Error
	var garbled *smithy.DeserializationError
	var ended *smithy.CanceledError
	var session *sessionError
	if errors.As(err, &answer) {
		e.Status = answer.HTTPStatusCode()
	}
	switch {
	case errors.As(err, &api):
		e.Code, e.Message = api.ErrorCode(), api.ErrorMessage()
		if e.Code == unknown {
			e.Code = ""
		}
		if e.Message == "" || e.Message == unknown {
			e.Message = fmt.Sprintf("the service answered with HTTP status %d", e.Status)
		}
	case errors.As(err, &session):
		e.Message = session.Error()
		if session.throttled() {
			e.Code = session.code
		}
	case errors.As(err, &garbled):
		e.Message = fmt.Sprintf("the answer, with HTTP status %d, is not what the service sends", e.Status)
	case errors.As(err, &creds):
		e.Message = creds.Error()
	case errors.As(err, &ended), err == context.DeadlineExceeded, err == context.Canceled:
		e.Message = "it was cancelled"
		if errors.Is(err, context.DeadlineExceeded) {
			e.Message = "there was no answer in time"
		}
	case errors.As(err, &record):
		e.Message = fmt.Sprintf("the service stopped with error %d: %s", record.ID, record.Code)
	case wasCut(err):
		e.Message = "the connection was cut"
	case errors.As(err, &sent):
		e.Message = sent.Err.Error()
	default:
		e.Message = err.Error()
	}
	e.Message = mask(e.Message)
	if isSkewed(e) {
		c.learnSkew(err)
	}
	e.Advice = c.advice(e)
	if Classify(e) == Reauthenticate {
		c.signInAgain()
	}
	return e
}

// unknown is the SDK's name for an error answer that names none.
const unknown = "UnknownError"

// isSkewed reports whether the service refused a call for the time of its signature.
func isSkewed(e *Error) bool { return SaysSkewed(e.Message) || e.Code == "RequestTimeTooSkewed" }

// SaysSkewed reports whether a service's words refuse the time of a signature.
func SaysSkewed(message string) bool {
	return strings.Contains(message, "Signature expired") || strings.Contains(message, "Signature not yet current")
}

// IsSkewed reports whether err is a call that was refused for the time of its signature.
func IsSkewed(err error) bool {
	var e *Error
	return errors.As(err, &e) && isSkewed(e)
}

// IsUntrusted reports whether err means that the service's certificate is not one that is trusted.
func IsUntrusted(err error) bool {
	var cert *tls.CertificateVerificationError
	return errors.As(err, &cert)
}

// learnSkew takes the service's time from an answer.
func (c *Client) learnSkew(err error) {
	var sdk *smithyhttp.ResponseError
	var own *answerError
	var said string
	switch {
	case errors.As(err, &own):
		said = own.date
	case errors.As(err, &sdk) && sdk.Response != nil:
		said = sdk.Response.Header.Get("Date")
	}
	if now, err := http.ParseTime(said); err == nil {
		c.skew.Store(int64(time.Until(now)))
	}
}

// clockAdvice says by how much this computer's clock is wrong, if that is known.
func (c *Client) clockAdvice() string {
	skew := time.Duration(c.skew.Load()).Round(time.Second)
	switch {
	case skew > 0:
		return fmt.Sprintf("Check this computer's clock: it is %v behind the service's", skew)
	case skew < 0:
		return fmt.Sprintf("Check this computer's clock: it is %v ahead of the service's", -skew)
	}
	return "Check this computer's clock"
}

// wasCut reports whether err means that the other side, or something on the way, ended a connection.
func wasCut(err error) bool {
	for _, cut := range []error{io.EOF, io.ErrUnexpectedEOF, net.ErrClosed, syscall.EPIPE, syscall.ECONNRESET} {
		if errors.Is(err, cut) {
			return true
		}
	}
	return false
}

// advice says what a person can do about e.
func (c *Client) advice(e *Error) string {
	var garbled *smithy.DeserializationError
	var strange *json.SyntaxError
	var dns *net.DNSError
	var cert *tls.CertificateVerificationError
	var creds *credentialsError
	var timeout net.Error
	switch {
	case e.Code == "ResourceNotFoundException":
		return "Check the stream's name and the region, or create the stream"
	case e.Code == "ResourceInUseException":
		return "Choose another name, or wait until the change that is under way is done"
	case e.Code == "AccessDeniedException", e.Code == "AccessDenied":
		return "Ask for the permission kinesisvideo:" + e.Op
	case e.Code == "NoDataRetentionException":
		return "Give the stream a retention of an hour or more; it keeps nothing now"
	case e.Status == http.StatusTooManyRequests, e.Code == "ClientLimitExceededException", e.Code == "ConnectionLimitExceededException", e.Code == "ThrottlingException":
		return "Close other viewers of this stream or wait a little"
	case isSkewed(e):
		return c.clockAdvice()
	case Classify(e) == Reauthenticate && !errors.As(e.err, &creds):
		return "Check the access key and the secret key; temporary credentials may have expired: sign in again"
	case errors.As(e.err, &creds):
		return "Sign in again, or check the account's settings"
	case errors.As(e.err, &cert):
		return "Choose the server's CA file in the account's settings"
	case errors.As(e.err, &dns):
		return "Check the address and the network"
	case errors.Is(e.err, syscall.ECONNREFUSED):
		return "Check the address, and that the service is running"
	case errors.Is(e.err, context.Canceled):
		return ""
	case errors.As(e.err, &timeout) && timeout.Timeout():
		return "Check the network"
	case e.Status >= 500:
		return "The service has a problem of its own; try again later"
	case e.Status >= 300 && e.Status < 400, errors.As(e.err, &garbled), errors.As(e.err, &strange):
		return "Check the address; something else answers there, such as a proxy or a network's sign-in page"
	}
	return ""
}

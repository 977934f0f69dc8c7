package app

import (
	"context"
	"time"

	"kinora/media"
	"kinora/recorder"
)

// Account is where streams live. Methods that take a context block for the network; all are safe from any goroutine.
// Errors are sentences that can be shown to a person.
type Account interface {
	Name() string
	// Kind says what it is: "This computer", "AWS" or "Endpoint".
	Kind() string
	// Region is the AWS region, or an empty string where that means nothing.
	Region() string

	Streams(ctx context.Context) ([]Stream, error)
	Create(ctx context.Context, name string, retention time.Duration) error
	Delete(ctx context.Context, name string) error
	// LastFragment returns the server time of the newest stored fragment that is not older than since; ok is false when
	// there is none.
	LastFragment(ctx context.Context, stream string, since time.Time) (at time.Time, ok bool, err error)

	// Live opens a stream at its live edge.
	Live(stream string) media.Opener
	// Putter sends what a recorder makes into a stream.
	Putter(stream string) recorder.Putter
	// GiveUp says that trying again cannot mend err: the access was denied, the stream does not exist, the request is
	// malformed.
	GiveUp(err error) bool
	// SignedOut says that the account does not know the credentials: they are wrong or have expired.
	SignedOut(err error) bool
}

// Stream is what an account says of one of its streams.
type Stream struct {
	Name, ARN, MediaType string
	Retention            time.Duration // zero: fragments are passed on and not kept
	Created              time.Time
}

// ValidName reports whether name can be the name of a stream: 1 to 256 of a-z, A-Z, 0-9, '_', '.' and '-'.
// Source: the StreamName pattern of CreateStream in the Kinesis Video Streams API reference.
func ValidName(name string) bool {
	for i := range len(name) {
		switch c := name[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '_', c == '.', c == '-':
		default:
			return false
		}
	}
	return 0 < len(name) && len(name) <= 256
}

// Camera is something that can be recorded: a device, the screen, or a generated picture.
type Camera struct {
	// ID is unique and stays the same between runs. A demo camera's begins with "demo-", and is also the name of the
	// stream that it is recorded into.
	ID   string
	Name string // for people
	Open media.Opener
}

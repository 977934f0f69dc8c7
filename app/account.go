package app

import (
	"context"
	"time"

	"kinora/media"
	"kinora/recorder/upload"
)

// Account is where streams live. Methods that take a context block for the network; all are safe from any goroutine.
// Errors are sentences that can be shown to a person.
type Account interface {
	// ID is what recordings on this disk are kept under: the same between runs, different from every other account's,
	// and without secrets.
	ID() string
	Name() string
	// Kind says what it is: "This computer", "AWS" or "Endpoint".
	Kind() string
	// Region is the AWS region, or an empty string where that means nothing.
	Region() string

	Streams(ctx context.Context) ([]Stream, error)
	Create(ctx context.Context, name string, retention time.Duration) error
	Delete(ctx context.Context, name string) error
	// Owner says whose a stream is, as its service names that: two accounts of a service never have the same.
	Owner(ctx context.Context, stream string) (string, error)
	// Keeps reports whether a stream keeps what is sent to it, rather than passing it on to whoever watches.
	Keeps(ctx context.Context, stream string) (bool, error)
	// LastFragment returns the server time of the newest stored fragment that is not older than since; ok is false when
	// there is none.
	LastFragment(ctx context.Context, stream string, since time.Time) (at time.Time, ok bool, err error)
	// Stored lists what a stream holds between two producer times.
	Stored(ctx context.Context, stream string, from, to time.Time) ([]upload.Stored, error)

	// Live opens a stream at its live edge. HLS and DASH are slower than GetMedia, and permitted to more.
	Live(stream string, access Access) media.Opener
	// Forbidden reports whether err means that the account is known and may not make the call.
	Forbidden(err error) bool
	// Waiting is what of a stream waits, because the service allows no more of it now; ok is false when nothing does.
	Waiting(stream string) (w Waiting, ok bool)
	// Archive is what is stored of a stream. It asks for nothing before it is used; calls for the same share what is known of
	// it.
	Archive(stream string, access Access) media.Archive
	// Putter sends recordings into a stream, over as many connections at the same time as Uploads says.
	Putter(stream string) upload.Putter
	Uploads() int
	// Classify says what to do about an error of any of these methods.
	Classify(err error) upload.Class

	// Skew is by how much the service's clock is ahead of this computer's, to about a second.
	Skew(ctx context.Context) (time.Duration, error)
	// Probe measures for as long as limit how many bits a second the way to a stream takes; report gets what was measured
	// so far, from another goroutine. Nothing is stored.
	Probe(ctx context.Context, stream string, limit time.Duration, report func(bps float64)) (bps float64, err error)
}

// Waiting is a call that is not made yet.
type Waiting struct {
	Call  string    // the service's name of it, such as "GetMedia"
	Since time.Time // when it was wanted
	Until time.Time // when it will be made; zero: when another is over
}

// hopeless reports whether trying again cannot mend err before a person changes something.
func hopeless(a Account, err error) bool { return a.Classify(err) == upload.Refused }

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

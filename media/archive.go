package media

import (
	"context"
	"errors"
	"io"
	"time"
)

// Fragment describes one stored fragment, as an archive's index holds it.
type Fragment struct {
	Number   string        // 47 decimal digits; later fragments have greater numbers
	Start    time.Time     // its first frame, on the clock that its archive goes by
	Server   time.Time     // when the service began to receive it
	Producer time.Time     // when the producer says that it was recorded; zero when unknown
	Length   time.Duration // from its first frame to its last, without the last one's own duration
	Size     int64         // bytes
}

// End is the time of the fragment's last frame.
func (f *Fragment) End() time.Time { return f.Start.Add(f.Length) }

// Tag is a name and a value that a producer has put on a fragment.
type Tag struct{ Name, Value string }

// Mark is a producer's tag and the start of the fragment that carries it.
type Mark struct {
	Tag
	Number string
	At     time.Time
}

// Recorded is a fragment with what is in it. It is shared: nobody may change it.
type Recorded struct {
	Fragment
	Tracks  []Track
	Tags    []Tag
	Packets []*Packet // in decode order; PTS counts from Fragment.Start
}

// Fragmented is an optional power of a Source whose packets come in fragments.
type Fragmented interface {
	// Newest returns the fragment that was read to its end last, without its packets: its Size is that of their data. It is nil before the
	// first, and shared: nobody may change it. It is called where Read is.
	Newest() *Recorded
}

// Span is a time in which something is recorded without a gap.
type Span struct {
	From, To  time.Time // its first and its last frame
	Fragments int
	Bytes     int64
}

// Gap is a time between two spans. Reason is empty when nobody knows it.
type Gap struct {
	From, To time.Time
	Reason   string // one of the constants below
}

// Why nothing is recorded.
const (
	GapEnded   = "ended"   // the producer ended its upload: nobody sent
	GapLost    = "lost"    // the connection broke or fell silent
	GapPaused  = "paused"  // a person paused or stopped the recording
	GapExpired = "expired" // retention removed it
	GapDisk    = "disk"    // the service's or the recorder's disk had no room
	GapDevice  = "device"  // the camera was gone
	GapService = "service" // the service was stopped, or died
	GapOff     = "off"     // the program that recorded, or its computer, was off
	GapDamaged = "damaged" // what was recorded is lost: the service's disk damaged it
	GapError   = "error-"  // and the id of the service's ERROR, which refused what was sent
)

// Archive is what is stored of one stream, on one of the two clocks that fragments have. Its methods may be called from any
// goroutine; they block for the service when what they are asked for is not known here yet.
type Archive interface {
	// Find returns the fragment that shows at a time. Where there is none it returns the next one when forward is set, and
	// the one before otherwise; io.EOF when there is none either.
	Find(ctx context.Context, at time.Time, forward bool) (Fragment, error)
	// Next returns the fragment behind f, or the one in front of it; io.EOF when there is none at present.
	Next(ctx context.Context, f Fragment, forward bool) (Fragment, error)
	// Load returns what is in a fragment, from a cache where it is there. An error that wraps ErrGone or ErrDamaged costs this
	// one fragment, for ever; after any other the same call may succeed later.
	Load(ctx context.Context, f Fragment) (*Recorded, error)
}

// What Load says of a fragment that will not come.
var (
	ErrGone    = errors.New("it is not stored any more")
	ErrDamaged = errors.New("it is damaged")
)

type asideKey struct{}

// Aside returns a context for calls of an Archive that nobody would miss, such as those for a picture under a pointer that passes by. A
// service that allows but little keeps room for others, and they fail at once where there is none.
func Aside(ctx context.Context) context.Context { return context.WithValue(ctx, asideKey{}, true) }

// IsAside reports whether ctx was made by Aside.
func IsAside(ctx context.Context) bool { return ctx.Value(asideKey{}) != nil }

// Prefetcher is an optional power of an Archive.
type Prefetcher interface {
	// Prefetch gets fragments into the cache in the background, in the given order, and returns at once. What was wished last
	// is begun first; when too much is wished, the oldest wishes are dropped. The end of ctx withdraws the wish.
	Prefetch(ctx context.Context, fragments ...Fragment)
}

// Copier is an optional power of an Archive, for whoever takes much of it elsewhere.
type Copier interface {
	// Copy reads fragments and calls each for them, in the given order and from the calling goroutine: with what is in one, which
	// is valid until each returns, or with an error of Load that costs this fragment. Nothing is kept in a cache for it. Any
	// other error ends Copy, and so does what each returns.
	Copy(ctx context.Context, fragments []Fragment, each func(f Fragment, r *Recorded, err error) error) error
}

// Clipper is an optional power of an Archive whose service makes clips.
type Clipper interface {
	// Clip returns an MP4 that the service makes of the fragments that start from a time on and before another. The service limits
	// how many these may be. The caller closes it.
	Clip(ctx context.Context, from, to time.Time) (io.ReadCloser, error)
}

// Overview is what of a time is recorded, as far as it is known.
type Overview struct {
	Spans       []Span    // by time; closer than the resolution means together
	Gaps        []Gap     // between them
	First, Last time.Time // of all that is stored, also outside the time asked for; zero when nothing is, or it is not known yet
	Complete    bool      // false: better will follow; a Span may have gaps that are not known yet
}

// Surveyor is an optional power of an Archive.
type Surveyor interface {
	// Survey tells what is recorded between two times: coarsely as soon as possible, then better and better, and at last with
	// Complete set. report is called from the calling goroutine; nil is returned after the last report.
	Survey(ctx context.Context, from, to time.Time, resolution time.Duration, report func(Overview)) error
	// Marks returns producers' tags on the fragments that start between two times, by time; known is false when the service
	// cannot list them and these are only those of fragments that were loaded.
	Marks(ctx context.Context, from, to time.Time) (marks []Mark, known bool, err error)
}

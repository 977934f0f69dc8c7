// Package player turns a live [media.Source], or a [media.Archive], into pictures that are due at the right moment.
//
// A [Player] is a supervisor: [Player.Run] opens the source, runs one disposable instance over it and, after a loss,
// opens it again with growing pauses. In an instance packets flow one way:
//
//	Source -> read goroutine -> packet queue -> decode goroutine (decode, wait, scale) -> Mailbox -> whoever paints
//
// The queue is bounded; when it is full packets are dropped up to the next key frame and counted. The live policy
// (live.go) measures how late pictures become ready and gives each one a due time on a [Clock] that is nudged, not
// yanked: a steady source is shown some 20 ms after its packets arrive, one that delivers whole fragments as late as it
// must for smooth motion. The [Mailbox] holds the pictures that wait for their moment; the painter asks it with Due and
// Take on every tick of the screen and calls [Player.SetFit] with the size in pixels that it wants. The last picture
// stays in the Mailbox while the player reconnects.
//
// The sound of a source takes a way of its own beside that ([hearing]): it is decoded a quarter of a second before the clock says
// that it is due, and goes to a [Voice], which is told each change of the clock. Where sound takes longer to arrive than pictures,
// and somebody hears it, the clock waits for it.
//
// For archives a [Transport] is the time of one to four [Deck] values, and says where the playhead is and how it moves; a
// deck follows it:
//
//	Archive -> reel (reads ahead) -> roll (a fragment as a row of pictures) -> cursor (decodes) -> Mailbox
//
// A deck's goroutine works in pieces of one packet and looks between them at what is wished by then. What it decodes it
// decodes from a key frame within one fragment; so the way to any picture is the same for a seek, a step and play. Play
// backwards decodes in batches, which are kept and shown from their ends. [Still] gives one picture without a deck.
package player

import (
	"context"
	"errors"
	"image"
	"io"
	"log/slog"
	"math/rand/v2"
	"time"

	"kinora/media"
)

// Codecs makes decoders. An error is final: the player fails with it, as the same track would be refused again.
type Codecs interface {
	Video(t media.Track) (VideoDecoder, error)
}

// ArchiveCodecs is an optional power of Codecs: decoders for archives, which may hold pictures back when that makes them
// faster, since nobody waits for the next packet.
type ArchiveCodecs interface {
	ArchiveVideo(t media.Track) (VideoDecoder, error)
}

// VideoDecoder decodes one track. The player calls it from one goroutine at a time.
type VideoDecoder interface {
	// Send decodes one packet. Damaged data is counted and skipped up to the next key frame and is not an error. A nil
	// packet ends the stream: the pictures that were held back can be received, and Flush makes the decoder ready again.
	Send(*media.Packet) error
	// Receive makes the next decoded picture the current one and returns its presentation time and its own size in
	// pixels; false when there is none yet. The picture stays current until the next Receive, Send, Flush or Close.
	Receive() (pts time.Duration, size image.Point, ok bool, err error)
	// Draw scales the current picture into all of dst, whose rows are tight, with opaque alpha.
	Draw(dst *image.RGBA) error
	// Flush forgets everything sent so far.
	Flush()
	// Damaged counts the packets that could not be decoded cleanly.
	Damaged() uint64
	Close() error
}

// Keeper is an optional power of a VideoDecoder: pictures that stay when others are decoded. Without it pictures of an
// archive are decoded again each time that they are wanted, and play backwards shows key frames only.
type Keeper interface {
	// Keep returns the current picture, nil when there is none. It is independent of the decoder, also of its Close.
	Keep() Picture
}

// Skipper is an optional power of a VideoDecoder.
type Skipper interface {
	// SkipBefore says that pictures before a time are not looked at: those that no other one depends on may be left out.
	SkipBefore(pts time.Duration)
}

// Picture is a decoded picture that was kept. One goroutine at a time; Release frees it.
type Picture interface {
	Draw(dst *image.RGBA) error // as VideoDecoder.Draw
	Bytes() int                 // of memory that it holds
	Release()
}

// Errors that decide how a player goes on. They are wrapped with the particulars.
var (
	ErrNoPicture = errors.New("the stream has no picture")
	ErrSilent    = errors.New("the stream fell silent")
)

// Options configure a Player. Open and Codecs are required; every other zero value works.
type Options struct {
	Open   media.Opener // a source that delivers in its own time (live); it is not slowed down
	Codecs Codecs
	Log    *slog.Logger // nil: nothing is logged

	// Retry says whether to open again after err; false ends Run with it. Nil: always.
	Retry func(err error) bool
	// Once ends Run with nil at the source's io.EOF, after the last picture; otherwise that is a loss like any other.
	Once bool
	// StallLimit is the silence after which the source is opened again; zero: never, as a producer may pause.
	StallLimit time.Duration

	Glimpse Glimpse // nil: nobody looks
	Voice   Voice   // nil: nobody hears

	QueueBytes   int           // bound of the packet queue in bytes; 32 MiB when zero
	QueuePackets int           // bound of the packet queue in packets; 1024 when zero
	MaxDelay     time.Duration // most that uneven arrival may delay pictures, up to 5 s, which it is when zero
}

func (o Options) withDefaults() Options {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Retry == nil {
		o.Retry = func(error) bool { return true }
	}
	if o.QueueBytes <= 0 {
		o.QueueBytes = 32 << 20
	}
	if o.QueuePackets <= 0 {
		o.QueuePackets = 1024
	}
	if o.MaxDelay <= 0 || o.MaxDelay > maxDelay {
		o.MaxDelay = maxDelay
	}
	return o
}

// Player plays one live source. Its methods may be called from any goroutine; Run from one at a time.
type Player struct {
	o       Options
	mailbox Mailbox
	status  status
	fit     fit
	wanted  chan chan snapshot // who wants the present picture
	after   time.Time          // see Follow
}

// New returns a player at rest; Run starts it.
func New(o Options) *Player {
	return &Player{o: o.withDefaults(), fit: newFit(), wanted: make(chan chan snapshot)}
}

// Frames returns the mailbox that pictures arrive in.
func (p *Player) Frames() *Mailbox { return &p.mailbox }

// SetFit says which box, in pixels, pictures are scaled to fit into, keeping their aspect and never beyond the
// stream's own size. Before the first call pictures have the stream's own size. (0,0) means hidden: decoding goes on,
// so that the picture is there at once when it is wanted again, but nothing is scaled or put into the mailbox.
func (p *Player) SetFit(box image.Point) { p.fit.set(box) }

// Retry ends the present pause before the next attempt to open. Without one it does nothing.
func (p *Player) Retry() { p.status.wakeUp() }

// Follow makes play begin behind a picture that was shown already, from an archive, and not with the newest one: what has come
// since is played a little faster, until it is live. It has no effect when the source begins more than a second later. Call it
// before Run, with the picture's wall time.
func (p *Player) Follow(at time.Time) { p.after = at }

// Run plays until ctx ends (ctx's error), the source ends and Options.Once is set (nil), or an error is final: there
// is no decoder, or Options.Retry says so. It waits for everything that it started.
func (p *Player) Run(ctx context.Context) error {
	in := &instance{p: p, phase: Connecting, after: p.after}
	for attempt := 0; ; attempt++ {
		p.status.enter(in.phase, time.Now(), in.cause)
		err := in.run(ctx)
		if !in.firstPicture.IsZero() && time.Since(in.firstPicture) >= goodPlay {
			attempt = 0
		}
		var final *finalError
		switch {
		case ctx.Err() != nil:
			p.status.enter(Ended, time.Now(), nil)
			return ctx.Err()
		case p.o.Once && errors.Is(err, io.EOF):
			p.status.enter(Ended, time.Now(), nil)
			return nil
		case errors.As(err, &final) || !p.o.Retry(err):
			p.status.enter(Failed, time.Now(), err)
			return err
		}
		pause := backoff(attempt)
		p.o.Log.Warn("player: lost the stream", "error", err, "retry in", pause)
		if p.status.pause(ctx, err, pause) != nil {
			p.status.enter(Ended, time.Now(), nil)
			return ctx.Err()
		}
		in = &instance{p: p, phase: Reconnecting, cause: err}
	}
}

// finalError is an error that no reopening can mend.
type finalError struct{ err error }

func (e *finalError) Error() string { return e.err.Error() }
func (e *finalError) Unwrap() error { return e.err }

const (
	minPause = 250 * time.Millisecond
	maxPause = 10 * time.Second
	goodPlay = 5 * time.Second // play after which a loss counts as the first one again
)

// backoff returns the pause after the given number of failures in a row: doubling, the upper half of it at random.
func backoff(attempt int) time.Duration {
	d := maxPause
	if attempt < 6 {
		d = min(maxPause, minPause<<attempt)
	}
	return d/2 + rand.N(d/2+1)
}

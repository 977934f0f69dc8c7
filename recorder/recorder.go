// Package recorder uploads what a [media.Source] gives, live and without losing it when the network fails.
//
// A [Recorder] cuts the source into fragments at key frames, writes each frame to the network the moment it was read,
// and keeps a fragment in memory until the service has acknowledged it. When a connection ends, the next one begins
// with the oldest fragment that was not acknowledged. Two goroutines share one [backlog]: capture appends frames at
// its end, and the connection reads from it. Neither waits for the other: the source is always read at its own pace,
// and when the backlog is full the oldest fragments are dropped whole, and counted.
//
// [Putter] is the network; the kvs package's PutMedia satisfies it through a small adapter.
package recorder

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	"kinora/media"
	"kinora/mkv"
)

// Putter uploads one connection's worth of Matroska.
type Putter interface {
	// Put reads mkv until io.EOF, sends it on, and returns when the service has acknowledged all it is going to
	// acknowledge: nil when it ended in good order. It calls ack for each acknowledgement as it arrives, one at a
	// time. mkv is an io.Closer; closing it ends a Read that is waiting for the next frame. Put must not be inside a
	// Read, nor call ack, once it has returned.
	Put(ctx context.Context, mkv io.Reader, ack func(Ack)) error
}

// Options say what is recorded, and how. Source and Put are needed; the zero values of the rest do.
type Options struct {
	Source         media.Source // closed by Run
	Put            Putter
	FragmentLength time.Duration // fragments are cut at the first key frame after it; 0 means 2 s
	Tags           []mkv.Tag     // given to every fragment; at most 10
	Memory         int           // bytes of fragments that are kept; 0 means 64 MiB
	AckLevel       AckLevel
	MaxConnection  time.Duration                    // a connection is replaced at the first fragment after it; 0 means 40 min, for the service ends it at 45
	Drain          time.Duration                    // how long Run waits for the last acknowledgements; 0 means 10 s
	Backoff        func(failures int) time.Duration // the pause after so many (1, 2 ...) failures in a row; nil means up to 30 s, random
	GiveUp         func(error) bool                 // reports that trying again is useless; nil means never
	Log            *slog.Logger                     // nil discards
}

// AckLevel is the acknowledgement that makes a fragment safe.
type AckLevel int

const (
	// Learn takes Persisted, unless the service never sends that: a stream without retention does not.
	Learn AckLevel = iota
	// UntilReceived takes Received.
	UntilReceived
	// UntilPersisted takes nothing but Persisted.
	UntilPersisted
)

func (o *Options) fill() {
	if o.FragmentLength <= 0 {
		o.FragmentLength = 2 * time.Second
	}
	if o.Memory <= 0 {
		o.Memory = 64 << 20
	}
	if o.MaxConnection <= 0 {
		o.MaxConnection = 40 * time.Minute
	}
	if o.Drain <= 0 {
		o.Drain = 10 * time.Second
	}
	if o.Backoff == nil {
		o.Backoff = backoff
	}
	if o.GiveUp == nil {
		o.GiveUp = func(error) bool { return false }
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
}

// backoff doubles from half a second to half a minute; a random half of each pause keeps many recorders from coming
// back at once.
func backoff(failures int) time.Duration {
	d := 30 * time.Second
	if failures < 7 {
		d = 250 * time.Millisecond << failures
	}
	return d/2 + rand.N(d/2)
}

// Recorder records one source into one stream. Create it with [New].
type Recorder struct {
	o       Options
	backlog *backlog
	close   func() error // of the source, once

	mu    sync.Mutex
	phase Phase
	began time.Time
	err   error
}

// New returns a recorder. Nothing happens until Run.
func New(o Options) *Recorder {
	o.fill()
	return &Recorder{o: o, backlog: newBacklog(o), close: sync.OnceValue(o.Source.Close)}
}

// Run records until the source or ctx ends, then finishes the last fragment and waits, for at most Options.Drain, for
// what was not acknowledged yet. It returns nil when all that was captured is safe or was counted as dropped. The
// error says what stopped the source, what may be lost, or why GiveUp gave up. Call it once.
func (r *Recorder) Run(ctx context.Context) error {
	r.mu.Lock()
	r.began, r.phase = time.Now(), Connecting
	r.mu.Unlock()

	// Uploading outlives ctx: it ends Drain after the capture did.
	upload, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	defer cancel(nil)
	stop := context.AfterFunc(ctx, func() { r.close() })
	defer stop()
	var captureErr error
	var deadline *time.Timer
	captured := make(chan struct{})
	go func() {
		defer close(captured)
		captureErr = r.capture()
		r.setPhase(Finishing)
		deadline = time.AfterFunc(r.o.Drain, func() { cancel(errDrained) })
	}()

	err := r.upload(upload, captured)
	stopped := ctx.Err() != nil || err != nil
	closeErr := r.close()
	<-captured
	deadline.Stop()
	if stopped {
		captureErr = nil // it was reading from a source that was closed
	}
	if err = errors.Join(captureErr, err, closeErr); err != nil {
		r.fail(err)
		return err
	}
	r.setPhase(Ended)
	return nil
}

var errDrained = errors.New("the time for the last acknowledgements is over")

// upload keeps a connection while there is something to send. captured is closed when nothing more will come.
func (r *Recorder) upload(ctx context.Context, captured <-chan struct{}) error {
	for failures := 0; r.backlog.wait(ctx); {
		c := r.backlog.connect()
		err := r.o.Put.Put(ctx, c, func(a Ack) { r.acknowledged(c, a) })
		c.Close() // returns nil
		progress := r.backlog.disconnect(c, err == nil)
		if err == nil && !progress {
			err = errors.New("the service ended the connection without having acknowledged anything")
		}
		if err == nil {
			failures = 0
			continue
		}
		if ctx.Err() != nil {
			break
		}
		if r.o.GiveUp(err) {
			return err
		}
		if failures++; progress {
			failures = 1
		}
		r.note(err)
		pause := r.o.Backoff(failures)
		r.o.Log.Warn("recording: the connection failed; it is made anew", "pause", pause, "backlog", r.State().Backlog, "err", err)
		select {
		case <-time.After(pause):
		case <-captured: // time is short now: begin again without a pause
			captured, failures = nil, 0
		case <-ctx.Done():
		}
	}
	if n, length := r.backlog.left(); n > 0 {
		return fmt.Errorf("%d fragments (%v) were not acknowledged within %v and may be lost%s", n, length.Round(time.Millisecond), r.o.Drain, r.because())
	}
	return nil
}

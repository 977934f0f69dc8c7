package recorder

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"time"

	"kinora/media"
	"kinora/mkv"
	"kinora/recorder/spool"
)

// IntakeOptions say what comes in. Open is needed.
type IntakeOptions struct {
	Open           media.Opener                     // called again after the source has failed
	Retry          func(error) bool                 // false: opening again is useless; nil: it never is
	Backoff        func(failures int) time.Duration // nil: half a second, growing to ten
	FragmentLength time.Duration                    // 1-10 s; 0 means 2 s
	Patient        bool                             // a file: waits for room in the spool instead of losing or evicting anything
	Ahead          int64                            // bytes of a patient intake's take that may wait to be sent; 0 means 256 MB
	Log            *slog.Logger                     // nil discards
}

func (o *IntakeOptions) fill() {
	if o.FragmentLength <= 0 {
		o.FragmentLength = 2 * time.Second
	}
	o.FragmentLength = min(max(o.FragmentLength, time.Second), 10*time.Second)
	if o.Retry == nil {
		o.Retry = func(error) bool { return true }
	}
	if o.Backoff == nil {
		o.Backoff = func(failures int) time.Duration {
			return min(500*time.Millisecond<<min(failures-1, 10), 10*time.Second)
		}
	}
	if o.Ahead <= 0 {
		o.Ahead = 256_000_000
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
}

const (
	quiet = 10 * time.Second // without a frame, after which what there is of a fragment is sealed
	pause = time.Second      // between two looks of a patient intake for room
)

// Intake keeps one source open, for a preview and for takes. Its methods may be called from any goroutine.
//
// What comes in goes to the take first, if there is one, and then to the taps. Nothing that a tap's reader or the network
// does can hold the source up; only the disk can, and a patient intake lets it.
type Intake struct {
	o    IntakeOptions
	taps taps

	ending sync.Mutex // held while a take is being ended, so that whoever ends it too waits for the same

	writing sync.Mutex // guards what follows, and is held while fragments are written
	mux     *muxer     // nil: nothing is recorded
	alarm   *time.Timer

	mu      sync.Mutex // guards what follows; never held while anything waits
	state   IntakeState
	source  media.Source // nil: none is open
	ceiling int          // that was asked for; 0: none was
	rate    meter
	tally   *tally // of the present or last take
	over    bool   // Run has returned
}

// NewIntake returns an intake. Nothing happens until Run.
func NewIntake(o IntakeOptions) *Intake {
	o.fill()
	i := &Intake{o: o, tally: new(tally)}
	i.alarm = time.AfterFunc(time.Hour, i.hush)
	i.alarm.Stop()
	i.state.Phase = Opening
	i.taps.source = i.present
	return i
}

// Run reads the source until it has ended or ctx ends (nil), or it fails for good (why). A take that is open stays open
// while the source is opened again, and is ended at the end; an error of that is joined. Call it once.
func (i *Intake) Run(ctx context.Context) error {
	i.enter(Opening, nil, time.Time{})
	err := i.supervise(ctx)
	i.alarm.Stop()
	i.settle(ctx)
	i.mu.Lock()
	i.over = true
	i.mu.Unlock()
	reason := ""
	if ctx.Err() != nil {
		reason = media.GapPaused
	}
	last := i.end(reason)
	if err != nil {
		i.enter(Broken, err, time.Time{})
	} else {
		i.enter(Finished, last, time.Time{})
	}
	i.taps.end(err)
	return errors.Join(err, last)
}

// supervise opens the source and opens it again. It returns nil when the source or ctx has ended.
func (i *Intake) supervise(ctx context.Context) error {
	var told complaint
	for failures := 0; ; {
		began := time.Now()
		gave, err := i.instance(ctx)
		switch {
		case err == io.EOF, ctx.Err() != nil:
			return nil
		case !i.o.Retry(err):
			return err
		}
		if failures++; gave {
			failures = 1
		}
		wait := i.o.Backoff(failures)
		i.enter(Reopening, err, time.Now().Add(wait))
		level := slog.LevelDebug
		if told.fresh(err, time.Since(began)) {
			level = slog.LevelWarn
		}
		i.o.Log.Log(ctx, level, "recording: the source failed; it is opened again", "pause", wait, "err", err)
		if !sleep(ctx, wait) {
			return nil
		}
	}
}

// complaint is what the log was told last of a source that fails: a device may be unplugged for hours.
type complaint struct {
	text string
	at   time.Time
}

// fresh reports whether the log is to be told of a failure after the source has lived for a while: once of the same, at most once a minute
// of others.
func (c *complaint) fresh(err error, lived time.Duration) bool {
	text := err.Error()
	if !c.at.IsZero() && lived < time.Minute && (text == c.text || time.Since(c.at) < time.Minute) {
		return false
	}
	c.text, c.at = text, time.Now()
	return true
}

// instance opens the source once and reads it to its end. gave says whether a frame came.
func (i *Intake) instance(ctx context.Context) (gave bool, err error) {
	src, err := i.o.Open(ctx)
	if err != nil {
		return false, err
	}
	done := sync.OnceFunc(func() {
		if err := src.Close(); err != nil {
			i.o.Log.Debug("recording: closing the source", "err", err)
		}
	})
	defer done()
	defer context.AfterFunc(ctx, done)()
	i.attach(src)
	defer i.detach()
	for f := newFeed(src); ; gave = true {
		p, err := src.Read()
		if err == io.EOF {
			return gave, err
		}
		if err != nil {
			return gave, fmt.Errorf("reading what is recorded: %w", err)
		}
		if p.Discontinuity {
			f = f.next(src)
		}
		if !gave || p.Discontinuity {
			i.running(f)
		}
		for i.record(f, p) != nil {
			if !sleep(ctx, pause) {
				return gave, ctx.Err()
			}
		}
		i.taps.push(f, p)
		i.count(p)
	}
}

// record gives a packet to the take. An error means that there is no room at present and that a patient intake has to
// come again with it.
func (i *Intake) record(f *feed, p *media.Packet) error {
	i.writing.Lock()
	defer i.writing.Unlock()
	if i.mux != nil {
		if err := i.mux.write(f, p); err != nil {
			return err
		}
		i.alarm.Reset(quiet)
	}
	f.remember(p)
	return nil
}

// hush seals what there is when nothing has come for a while, so that it does not wait for the next frame.
func (i *Intake) hush() { i.seal() }

// seal ends the fragment that is open, if there is one. An error means that a patient intake has to come again.
func (i *Intake) seal() error {
	i.writing.Lock()
	defer i.writing.Unlock()
	if i.mux == nil {
		return nil
	}
	return i.mux.seal()
}

// settle seals what there is at the end of all; a patient intake waits for room until ctx ends. What then is left is for End to
// tell.
func (i *Intake) settle(ctx context.Context) {
	for i.seal() != nil && sleep(ctx, pause) {
	}
}

// Begin starts a take, from the next key frame on. At most 3 tags, which are given to every fragment. The error says that
// a take is being recorded already, that the source has ended, which tag cannot be written, or what the spool says.
func (i *Intake) Begin(s *spool.Spool, t spool.Target, a spool.About, tags ...mkv.Tag) (*spool.Take, error) {
	tags, err := persistent(tags)
	if err != nil {
		return nil, err
	}
	i.writing.Lock()
	defer i.writing.Unlock()
	if i.mux != nil {
		return nil, errors.New("this source is being recorded already: end that recording first")
	}
	i.mu.Lock()
	over := i.over
	i.mu.Unlock()
	if over {
		return nil, errors.New("the source has ended: open it again to record it")
	}
	take, err := s.Begin(t, a)
	if err != nil {
		return nil, err
	}
	count := new(tally)
	i.mux = newMuxer(take, &i.o, count, tags)
	i.mu.Lock()
	defer i.mu.Unlock()
	i.tally, i.state.Take = count, take
	return take, nil
}

// End ends the take and returns when all of it is sealed; the error says what is not. The source goes on. Without a take
// it does nothing.
func (i *Intake) End() error { return i.end(media.GapPaused) }

// end is End for a reason that nothing follows; empty when nobody wanted that.
func (i *Intake) end(reason string) error {
	i.ending.Lock()
	defer i.ending.Unlock()
	i.writing.Lock()
	m := i.mux
	i.mux = nil
	var err error
	if m != nil {
		err = m.close(reason)
	}
	i.writing.Unlock()
	if m == nil {
		return nil
	}
	err = errors.Join(err, m.take.End())
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.state.Take == m.take {
		i.state.Take = nil
	}
	return err
}

// Mark puts a tag on the fragment that is being recorded, or on the next one when none is open. The error says that
// nothing is recorded, that the tag cannot be written, or that the fragment has no room for more.
func (i *Intake) Mark(tag mkv.Tag) error {
	tag, err := fit(tag)
	if err != nil {
		return err
	}
	i.writing.Lock()
	defer i.writing.Unlock()
	if i.mux == nil {
		return errors.New("nothing is being recorded that a marker could be put on")
	}
	return i.mux.mark(tag)
}

// Tap returns what comes in from the newest key frame on, for a preview. A reader that is slow loses frames up to the next
// key frame; its method Dropped() int counts them. Its packets are shared with other taps: their Data must not be changed.
// It ends with the intake: io.EOF, or why the source failed for good.
func (i *Intake) Tap() media.Source { return i.taps.add() }

// sleep returns false when ctx ends before the time is over.
func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

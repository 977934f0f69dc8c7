package recorder

import (
	"math"
	"sync"
	"time"

	"kinora/media"
	"kinora/recorder/spool"
)

// IntakePhase says what an intake is doing.
type IntakePhase int

// The phases of an intake.
const (
	Opening   IntakePhase = iota
	Running               // frames come in
	Reopening             // the source failed; Err says why, NextTry when it is opened again
	Finished              // the source has ended, or Run's context has
	Broken                // it failed for good
)

// String returns the phase in one word.
func (p IntakePhase) String() string {
	return [...]string{"opening", "running", "reopening", "finished", "broken"}[p]
}

// IntakeState is a snapshot.
type IntakeState struct {
	Phase     IntakePhase
	Since     time.Time
	Err       error
	NextTry   time.Time
	Trouble   error // of the source itself: a card is recorded instead of the device
	Tracks    []media.Track
	Encoder   string
	Bitrate   float64     // bits a second of the last seconds of media
	Ceiling   int         // bits a second that the encoder may use; 0: it cannot be changed
	RMS, Peak float64     // of the sound, dBFS; -inf without
	Take      *spool.Take // nil: nothing is recorded
	Full      error       // why nothing can be stored at the moment; nil: all is well
	Skipped   int         // frames that could not be recorded, such as those before the first key frame
	Markers   int         // in the present take
	Missed    int         // frames that the computer was too slow for, since the source was opened
	Lately    int         // of these, in the last minute or two
}

// What a source, or what it wraps, may offer beside media.Source. All may be called from any goroutine.
type (
	leveller  interface{ Level() (rms, peak float64) }
	troubled  interface{ Trouble() error }
	encoded   interface{ Encoder() string }
	keyed     interface{ KeyFrame() }
	missing   interface{ Missed() (all, lately int) }
	throttled interface {
		Bitrate() int
		SetBitrate(bps int)
	}
)

// State returns what the intake is doing. It is cheap.
func (i *Intake) State() IntakeState {
	i.mu.Lock()
	s, src, t := i.state, i.source, i.tally
	i.mu.Unlock()
	s.Skipped, s.Markers, s.Full = t.read()
	if s.Take == nil {
		s.Full = nil // it was the last take's
	}
	s.RMS, s.Peak = level(src)
	s.Trouble = trouble(src)
	if e, ok := media.As[encoded](src); ok {
		s.Encoder = e.Encoder()
	}
	if t, ok := media.As[throttled](src); ok {
		s.Ceiling = t.Bitrate()
	}
	if m, ok := media.As[missing](src); ok {
		s.Missed, s.Lately = m.Missed()
	}
	return s
}

// level is how loud the sound of a source is, in dBFS, which may be nil; minus infinity when it is not known.
func level(src media.Source) (rms, peak float64) {
	if l, ok := media.As[leveller](src); ok {
		return l.Level()
	}
	return math.Inf(-1), math.Inf(-1)
}

// trouble is what is wrong with a source, which may be nil.
func trouble(src media.Source) error {
	if t, ok := media.As[troubled](src); ok {
		return t.Trouble()
	}
	return nil
}

// present is the source that is open; nil: none is.
func (i *Intake) present() media.Source {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.source
}

// SetBitrate passes a ceiling on to the source's encoder, if it has one, now and whenever it is opened again.
func (i *Intake) SetBitrate(bps int) {
	i.mu.Lock()
	i.ceiling = bps
	src := i.source
	i.mu.Unlock()
	if t, ok := media.As[throttled](src); ok {
		t.SetBitrate(bps)
	}
}

// KeyFrame asks the source's encoder, if it has one, for a key frame.
func (i *Intake) KeyFrame() {
	if k, ok := media.As[keyed](i.present()); ok {
		k.KeyFrame()
	}
}

func (i *Intake) enter(p IntakePhase, err error, next time.Time) {
	i.mu.Lock()
	defer i.mu.Unlock()
	s := &i.state
	if s.Phase != p || s.Since.IsZero() {
		s.Since = time.Now()
	}
	s.Phase, s.Err, s.NextTry = p, err, next
	if p != Running {
		s.Bitrate = 0
		i.rate = meter{}
	}
}

// attach makes a source that was opened known.
func (i *Intake) attach(src media.Source) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.source = src
	if t, ok := media.As[throttled](src); ok && i.ceiling > 0 {
		t.SetBitrate(i.ceiling)
	}
}

// detach is done with a source: its fragment is sealed at once, while the take stays open.
func (i *Intake) detach() {
	i.mu.Lock()
	i.source = nil
	i.mu.Unlock()
	if err := i.seal(); err != nil {
		i.o.Log.Debug("recording: a fragment waits for room", "err", err)
	}
}

func (i *Intake) running(f *feed) {
	i.enter(Running, nil, time.Time{})
	i.mu.Lock()
	defer i.mu.Unlock()
	i.state.Tracks = f.tracks
}

func (i *Intake) count(p *media.Packet) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if bps, ok := i.rate.add(p); ok {
		i.state.Bitrate = bps
	}
}

// meter measures a bitrate by media time, so that it is right for files that are read faster than they play.
type meter struct {
	from  time.Duration
	bytes int
	begun bool
}

// add takes a packet. Every two seconds of media it returns the bits a second of those.
func (m *meter) add(p *media.Packet) (bps float64, ok bool) {
	const window = 2 * time.Second
	passed := p.PTS - m.from
	if !m.begun || passed < -window || passed > 5*window {
		*m = meter{from: p.PTS, begun: true}
	} else if passed >= window {
		bps, ok = 8*float64(m.bytes)/passed.Seconds(), true
		*m = meter{from: p.PTS, begun: true}
	}
	m.bytes += len(p.Data)
	return bps, ok
}

// tally is what a take shows of itself. It has a lock of its own, so that whoever looks never waits for the disk.
type tally struct {
	mu               sync.Mutex
	skipped, markers int
	full             error
}

func (t *tally) read() (skipped, markers int, full error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.skipped, t.markers, t.full
}

func (t *tally) skip(frames int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.skipped += frames
}

func (t *tally) mark() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.markers++
}

// set notes why nothing can be stored, nil that it can.
func (t *tally) set(full error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.full = full
}

package player

import (
	"context"
	"image"
	"sync"
	"sync/atomic"
	"time"

	"kinora/media"
)

// Phase is what a player is doing.
type Phase uint8

// The phases of a player.
const (
	Idle         Phase = iota // Run was not called yet
	Connecting                // opening, or open and without a picture so far
	Live                      // pictures arrive
	Stalled                   // connected, but silent for three seconds; the producer may have paused
	Reconnecting              // lost; see Err and NextTry
	Ended                     // Run returned because it was asked to, or at the end of the source
	Failed                    // Run returned with an error that it cannot mend; see Err
)

var phaseNames = [...]string{"idle", "connecting", "live", "stalled", "reconnecting", "ended", "failed"}

func (p Phase) String() string { return phaseNames[p] }

// State is a snapshot of a player. Counters only grow over the player's life.
type State struct {
	Phase   Phase
	Since   time.Time // when the phase began; of Stalled, when the last packet came
	Err     error     // why Reconnecting or Failed
	NextTry time.Time // Reconnecting: when the source is opened again; zero while that happens

	Latency time.Duration // age of the picture taken last, by the producer's clock, when it was taken; zero when unknown
	Delay   time.Duration // how long pictures are held back on purpose, against jitter
	FPS     float64       // pictures shown a second, over two seconds
	Bitrate float64       // received bits a second, over two seconds, of all tracks

	Received uint64 // video packets from the source; of sound where that is alone
	Dropped  uint64 // of these, not decoded: the queue was full, or they hang on a key frame that is missing
	Decoded  uint64 // pictures
	Shown    uint64 // of these, taken from the mailbox
	Late     uint64 // of these, not shown because a later one was due already
	Skipped  uint64 // of these, not shown because they were history when the source was opened
	Damaged  uint64 // packets that could not be decoded cleanly

	Size      image.Point // the stream's own picture size in pixels
	Codec     media.Codec
	LastFrame time.Time // when a new picture was taken last

	Newest *media.Recorded // fragment that has come whole, without its packets; nil: none has, or the source has none

	Sound    media.Codec // empty: the stream has none
	Alone    bool        // there is sound and no picture
	SoundErr error       // why it cannot be heard
}

// State returns a snapshot.
func (p *Player) State() State {
	now := time.Now()
	s := p.status.snapshot(now)
	p.mailbox.report(&s, now)
	return s
}

func (m *Mailbox) report(s *State, now time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	s.Latency, s.LastFrame = m.latency, m.lastShown
	s.FPS = m.rate.perSecond(now)
	s.Shown = m.shown
	s.Late += m.late
}

// status is what the goroutines of a player report, and what State reads.
type status struct {
	received, dropped, decoded, late, skipped, damaged atomic.Uint64

	delay  atomic.Int64
	newest atomic.Pointer[media.Recorded]

	mu      sync.Mutex
	phase   Phase
	since   time.Time
	err     error
	nextTry time.Time
	wake    chan struct{} // open during a pause
	bytes   meter
	size    image.Point
	codec   media.Codec
	sound   media.Codec
	alone   bool
	mute    error
}

func (s *status) snapshot(now time.Time) State {
	s.mu.Lock()
	defer s.mu.Unlock()
	return State{
		Phase: s.phase, Since: s.since, Err: s.err, NextTry: s.nextTry,
		Delay:    time.Duration(s.delay.Load()),
		Bitrate:  8 * s.bytes.perSecond(now),
		Received: s.received.Load(), Dropped: s.dropped.Load(), Decoded: s.decoded.Load(),
		Late: s.late.Load(), Skipped: s.skipped.Load(), Damaged: s.damaged.Load(),
		Newest: s.newest.Load(), Size: s.size, Codec: s.codec, Sound: s.sound, Alone: s.alone, SoundErr: s.mute,
	}
}

// enter begins a phase at the given time.
func (s *status) enter(phase Phase, since time.Time, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.phase != phase {
		s.since = since
	}
	s.phase, s.err, s.nextTry = phase, err, time.Time{}
}

// arrived takes note of the bytes of a packet.
func (s *status) arrived(now time.Time, n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.bytes.add(now, int64(n))
}

// picture takes note of what is being decoded.
func (s *status) picture(codec media.Codec, size image.Point) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.codec, s.size = codec, size
}

// hears takes note of the sound that there is, none is the empty codec, and whether there is no picture beside it.
func (s *status) hears(codec media.Codec, alone bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sound, s.alone, s.mute = codec, alone, nil
}

// silent takes note of why sound is not heard.
func (s *status) silent(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mute = err
}

// pause waits in the phase Reconnecting for the given time, or until wakeUp; its error is that of ctx.
func (s *status) pause(ctx context.Context, cause error, d time.Duration) error {
	now := time.Now()
	s.enter(Reconnecting, now, cause)
	wake := make(chan struct{})
	s.mu.Lock()
	s.nextTry, s.wake = now.Add(d), wake
	s.mu.Unlock()
	timer := time.NewTimer(d)
	defer timer.Stop()
	var err error
	select {
	case <-timer.C:
	case <-wake:
	case <-ctx.Done():
		err = ctx.Err()
	}
	s.mu.Lock()
	s.nextTry, s.wake = time.Time{}, nil
	s.mu.Unlock()
	return err
}

// wakeUp ends the present pause, if there is one.
func (s *status) wakeUp() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.wake != nil {
		close(s.wake)
		s.wake = nil
	}
}

package player

import (
	"image"
	"sync"
	"time"

	"kinora/media"
)

// DeckPhase is what a deck shows at the playhead.
type DeckPhase uint8

// The phases of a deck.
const (
	DeckOpening DeckPhase = iota // nothing was looked up yet
	DeckLoading                  // it waits for the archive
	DeckReady                    // the picture of the playhead is there, or while a pointer drags the nearest
	DeckBlank                    // something is recorded, but no picture that can be shown; Err says why, nil: there is no video in it
	DeckVacant                   // nothing is recorded; see Gap
	DeckEnd                      // nothing is recorded, here and further on in the direction of play, at present
	DeckDamaged                  // what is recorded cannot be had or decoded; see Err
	DeckOffline                  // the archive cannot be asked, which is tried again; see Err
	DeckClosed                   // Run has returned
)

var deckPhases = [...]string{"opening", "loading", "ready", "blank", "vacant", "end", "damaged", "offline", "closed"}

func (p DeckPhase) String() string { return deckPhases[p] }

// Reading is what a data track says at the playhead: its last packet in the fragment that is not later.
type Reading struct {
	Track media.Track
	At    time.Time
	Data  []byte // read-only
}

// DeckState is a snapshot of a deck. Counters only grow over the deck's life.
type DeckState struct {
	Phase DeckPhase
	Since time.Time // when the phase began
	Err   error
	Gap   media.Gap // Vacant and End: the time without anything, as far as it has a beginning and an end

	At       time.Time      // of the picture that was made last; zero before the first
	Exact    bool           // it is the one that was asked for
	Fragment media.Fragment // at the playhead; none when Vacant and at the End
	Tracks   []media.Track
	Tags     []media.Tag
	Data     []Reading

	Size  image.Point // the picture's own, in pixels
	Codec media.Codec
	FPS   float64 // pictures shown a second, over two seconds

	Decoded uint64 // pictures
	Shown   uint64 // of these, taken from the mailbox
	Late    uint64 // of these, not shown because a later one was due already
	Skipped uint64 // pictures that the speed left out
	Damaged uint64 // packets that could not be decoded cleanly
	Lost    uint64 // fragments that could not be had
	Missed  Missed // of these, the one that play left out last
}

// Missed is a fragment that is listed and cannot be had or decoded; Err wraps media.ErrGone or media.ErrDamaged.
type Missed struct {
	media.Fragment
	Err error
}

// Vacant says that nothing is recorded at the playhead.
func (s *DeckState) Vacant() bool { return s.Phase == DeckVacant || s.Phase == DeckEnd }

// State returns a snapshot.
func (d *Deck) State() DeckState {
	s := d.status.snapshot()
	m := &d.mailbox
	m.mu.Lock()
	defer m.mu.Unlock()
	s.FPS = m.rate.perSecond(time.Now())
	s.Shown = m.shown
	s.Late += m.late
	return s
}

// deckStatus is what the goroutine of a deck reports, and what State reads.
type deckStatus struct {
	mu    sync.Mutex
	state DeckState
	rec   *media.Recorded // at the playhead
}

func (s *deckStatus) snapshot() DeckState {
	s.mu.Lock()
	defer s.mu.Unlock()
	state := s.state
	if rec := s.rec; rec != nil {
		state.Fragment, state.Tracks, state.Tags = rec.Fragment, rec.Tracks, rec.Tags
		state.Data = readings(rec, state.At)
	}
	return state
}

// readings finds what data tracks say at a time.
func readings(rec *media.Recorded, at time.Time) []Reading {
	var found []Reading
	for _, t := range rec.Tracks {
		if t.Kind != media.Data {
			continue
		}
		r := Reading{Track: t}
		for _, p := range rec.Packets {
			if when := rec.Start.Add(p.PTS); p.Track == t.ID && !when.After(at) && !when.Before(r.At) {
				r.At, r.Data = when, p.Data
			}
		}
		if r.Data != nil {
			found = append(found, r)
		}
	}
	return found
}

// change changes the state under its lock.
func (s *deckStatus) change(f func(*DeckState)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f(&s.state)
}

func (s *deckStatus) enter(phase DeckPhase, err error, gap media.Gap) {
	s.change(func(state *DeckState) { state.set(phase, err, gap) })
}

// set begins a phase, or goes on with it for another reason.
func (s *DeckState) set(phase DeckPhase, err error, gap media.Gap) {
	if s.Phase != phase {
		s.Since = time.Now()
	}
	s.Phase, s.Err, s.Gap = phase, err, gap
}

// look says that another picture is looked for.
func (s *deckStatus) look() { s.change(func(state *DeckState) { state.Exact = false }) }

// load says that the archive is waited for.
func (s *deckStatus) load() { s.enter(DeckLoading, nil, media.Gap{}) }

// ready says that the picture that was asked for is there.
func (s *deckStatus) ready() {
	s.change(func(state *DeckState) {
		state.Phase, state.Err, state.Gap, state.Exact = DeckReady, nil, media.Gap{}, true
	})
}

// shows says which picture was made.
func (s *deckStatus) shows(p picture, c *cursor) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rec, s.state.At, s.state.Exact = p.roll.rec, p.at(), false
	s.state.Size, s.state.Codec = p.size, p.roll.track.Codec
	s.state.Decoded, s.state.Damaged = c.decoded, c.damage()
}

// blank says that a fragment has no picture that can be shown; err is nil when it has no video.
func (s *deckStatus) blank(rec *media.Recorded, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rec = rec
	s.state.set(DeckBlank, err, media.Gap{})
}

// damaged says that a fragment cannot be had or decoded.
func (s *deckStatus) damaged(f media.Fragment, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rec = &media.Recorded{Fragment: f}
	s.state.set(DeckDamaged, err, media.Gap{})
	s.state.Lost++
}

// vacant says that nothing is recorded at a time.
func (s *deckStatus) vacant(spot spot) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rec = nil
	phase := DeckVacant
	if spot.next.Number == "" {
		phase = DeckEnd
	}
	s.state.set(phase, nil, spot.gap)
}

// hole says that play has come to a hole.
func (s *deckStatus) hole(h hole) {
	gap := media.Gap{From: h.from, To: h.to}
	if gap.To.Before(gap.From) {
		gap.From, gap.To = gap.To, gap.From
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rec = nil
	phase := DeckVacant
	if h.err != nil {
		phase = DeckDamaged
	}
	s.state.set(phase, h.err, gap)
}

// end says that nothing more is recorded in the direction of play.
func (s *deckStatus) end(w walk) {
	gap := media.Gap{From: w.edge}
	if !w.forward {
		gap = media.Gap{To: w.edge}
	}
	s.enter(DeckEnd, nil, gap)
}

// cause is why nothing is shown.
func (s *deckStatus) cause() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.state.Err
}

func (s *deckStatus) late() { s.change(func(state *DeckState) { state.Late++ }) }
func (s *deckStatus) skip() { s.change(func(state *DeckState) { state.Skipped++ }) }

// lose says that play leaves a fragment out.
func (s *deckStatus) lose(f media.Fragment, err error) {
	s.change(func(state *DeckState) {
		state.Lost++
		state.Missed = Missed{f, err}
	})
}

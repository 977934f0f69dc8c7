package spool

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

// Stage says how far a piece of a take has come. Later stages include the earlier ones.
type Stage uint8

// The stages, in order; the last three are ends that are not safe.
const (
	Captured  Stage = iota // written, not fsynced yet
	Stored                 // fsynced
	Sent                   // given to the network
	Received               // the service has it in memory
	Persisted              // the service has stored it; gone from the spool
	Rejected               // the service refuses it; kept in quarantine
	Evicted                // it had to make room
	Lost                   // could not be stored at all: no disk
)

var stageNames = []string{"captured", "stored", "sent", "received", "persisted", "rejected", "evicted", "lost"}

// String returns the stage's name.
func (s Stage) String() string {
	if int(s) < len(stageNames) {
		return stageNames[s]
	}
	return fmt.Sprintf("stage %d", uint8(s))
}

// MarshalText returns the stage's name.
func (s Stage) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads a stage's name.
func (s *Stage) UnmarshalText(b []byte) error {
	i := slices.Index(stageNames, string(b))
	if i < 0 {
		return fmt.Errorf("%.20q is no stage", b)
	}
	*s = Stage(i)
	return nil
}

// Span is a piece of a take at one stage. Times are media time since the take's beginning.
type Span struct {
	From, To time.Duration
	Stage    Stage
}

// piece is a span that is gone from the disk, and its fragments' numbers; both are 0 when it never had any.
type piece struct {
	First, Last int
	From, To    time.Duration
	Stage       Stage
}

// run is a row of fragments' numbers.
type run struct{ First, Last int }

// among counts the numbers of a run that are in others.
func (r run) among(others []run) int {
	n := 0
	for _, o := range others {
		n += max(0, min(r.Last, o.Last)-max(r.First, o.First)+1)
	}
	return n
}

// joint is the longest hole between neighbours that are joined: no strip can show it, and frames' lengths are estimates.
const joint = 500 * time.Millisecond

// follows reports whether q goes on where p ends.
func (p *piece) follows(q piece) bool {
	return p.Stage == q.Stage && q.From-p.To <= joint && (q.First == p.Last+1 || q.First == 0 && p.Last == 0)
}

func byTime(a, b piece) int {
	return cmp.Or(cmp.Compare(a.From, b.From), cmp.Compare(a.First, b.First))
}

// join inserts a piece into pieces by time.
func join(pieces []piece, p piece) []piece {
	i, _ := slices.BinarySearchFunc(pieces, p, byTime)
	if i > 0 && pieces[i-1].follows(p) {
		i--
		pieces[i].To, pieces[i].Last = max(pieces[i].To, p.To), p.Last
	} else {
		pieces = slices.Insert(pieces, i, p)
	}
	if i+1 < len(pieces) && pieces[i].follows(pieces[i+1]) {
		pieces[i].To, pieces[i].Last = max(pieces[i].To, pieces[i+1].To), pieces[i+1].Last
		pieces = slices.Delete(pieces, i+1, i+2)
	}
	return pieces
}

// Spans returns the take from its beginning to now, neighbours of one stage joined. A single frame has no length: it is told only when it is
// not safe, so that nothing goes without a word.
func (t *Take) Spans() []Span {
	t.spool.mu.Lock()
	spans := make([]Span, 0, len(t.gone)+len(t.waiting)+len(t.rejected))
	for _, p := range t.gone {
		spans = append(spans, Span{p.From, p.To, p.Stage})
	}
	for _, list := range [][]*Fragment{t.waiting, t.rejected} {
		for _, f := range list {
			spans = append(spans, Span{f.start, f.start + f.length, f.staged()})
		}
	}
	t.spool.mu.Unlock()
	spans = slices.DeleteFunc(spans, func(s Span) bool { return s.From == s.To && s.Stage <= Persisted })
	slices.SortFunc(spans, func(a, b Span) int { return cmp.Compare(a.From, b.From) })
	joined := spans[:0]
	for _, s := range spans {
		if n := len(joined); n > 0 && joined[n-1].Stage == s.Stage && s.From-joined[n-1].To <= joint {
			joined[n-1].To = max(joined[n-1].To, s.To)
		} else {
			joined = append(joined, s)
		}
	}
	return joined
}

// Figures are a take's totals.
type Figures struct {
	Captured  time.Duration // all that the camera gave
	Stored    time.Duration // of that: was fsynced at some time, or persisted before that was needed
	Sent      time.Duration
	Received  time.Duration
	Persisted time.Duration
	Rejected  time.Duration
	Evicted   time.Duration
	Lost      time.Duration
	Bytes     int64     // that wait in the spool
	Fragments int       // likewise
	Oldest    time.Time // producer time of the oldest fragment that waits; zero: none
}

// Figures returns the totals of the moment. It is cheap.
func (t *Take) Figures() Figures {
	t.spool.mu.Lock()
	defer t.spool.mu.Unlock()
	f := t.sum
	if len(t.waiting) > 0 {
		f.Oldest = t.waiting[0].Time()
	}
	return f
}

// count adds a fragment to the totals, or takes it away with n = -1. Whoever changes what counts takes it away before and
// adds it again afterwards. mu is held.
func (t *Take) count(f *Fragment, n int) {
	t.sum.add(f.stage, time.Duration(n)*f.length)
	if f.sealed && f.stage != Persisted && f.stage != Evicted {
		t.sum.Stored += time.Duration(n) * f.length
	}
	if !f.stage.waits() {
		return
	}
	bytes := int64(n) * (f.body() + f.size)
	t.sum.Bytes += bytes
	t.sum.Fragments += n
	u := &t.spool.usage
	u.Bytes += bytes
	u.Fragments += int64(n)
	u.Length += time.Duration(n) * f.length
}

// add adds a length at a stage to the durations.
func (s *Figures) add(stage Stage, d time.Duration) {
	s.Captured += d
	switch stage {
	case Persisted:
		s.Stored += d
		s.Sent += d
		s.Received += d
		s.Persisted += d
	case Received:
		s.Sent += d
		s.Received += d
	case Sent:
		s.Sent += d
	case Rejected:
		s.Rejected += d
	case Evicted:
		s.Stored += d
		s.Evicted += d
	case Lost:
		s.Lost += d
	}
}

// waits reports whether a fragment at this stage is still to be sent.
func (s Stage) waits() bool { return s < Persisted }

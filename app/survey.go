package app

import (
	"context"
	"slices"
	"sync"
	"time"

	"kinora/media"
)

// Surveyed is what is known of the archives of the streams that are watched. Nobody changes it.
type Surveyed struct {
	Stream      string       // in the focus
	Wide, Near  Layer        // all of its archive, coarsely; and what Look asked for
	Others      []media.Span // of the other streams, together
	Set         bool         // there are others
	Local       []media.Span // where stills lie on this computer
	Marks       []media.Mark // producers' tags and markers, in what Look asked for
	First, Last time.Time    // of all that is stored; zero: nothing is, or it is not known yet
	Live        bool         // fragments arrive
	Complete    bool         // false: better will follow
	Err         error        // why there is not more
}

// Survey knows what is recorded of the streams that are watched, as exactly as somebody looks at it: coarsely at once, then better,
// and at the live edge as it grows. What it holds grows with what is looked at, not with the archive. Its methods return at
// once and are safe from any goroutine.
type Survey struct {
	now     Value[*Surveyed]
	changed chan struct{} // holds one token when something was wished
	stills  *Stills
	explain func(account, stream string, gaps []media.Gap) []media.Gap // says more of gaps; nil: nobody does

	mu      sync.Mutex
	subject subject // wished
	window  window  // likewise
}

// subject is whose archives are surveyed: the first is in the focus.
type subject struct {
	account archiver // nil: there is none
	streams []string
	since   time.Time            // nothing older can be stored; zero: not known
	access  []Access             // of the streams; none: as is usual
	keeps   func() time.Duration // for how long the first stream keeps what it gets; 0 or nil: not known
}

// still names what the stills of the first stream are kept under.
func (of subject) still() string {
	if len(of.access) == 0 {
		return of.streams[0]
	}
	return of.access[0].Clock.on(of.streams[0])
}

// archiver is what of an Account archives need.
type archiver interface {
	ID() string
	Archive(stream string) media.Archive
}

// kept is for how long the first stream keeps what it gets, as is known now; 0: it is not.
func (of subject) kept() time.Duration {
	if of.keeps == nil {
		return 0
	}
	return of.keeps()
}

// same tells whether it is about the same streams, looked at in the same way.
func (of subject) same(other subject) bool {
	return of.account == other.account && slices.Equal(of.streams, other.streams) && slices.Equal(of.access, other.access)
}

// window is a time and how exactly it is wanted.
type window struct {
	from, to   time.Time
	resolution time.Duration
}

func newSurvey(stills *Stills) *Survey {
	s := &Survey{stills: stills, changed: make(chan struct{}, 1)}
	s.now.Set(&Surveyed{})
	return s
}

// Now is what is known; never nil.
func (s *Survey) Now() *Value[*Surveyed] { return &s.now }

// Look says which time is seen and how exactly it is worth knowing. The newest wish counts.
func (s *Survey) Look(from, to time.Time, resolution time.Duration) {
	s.mu.Lock()
	s.window = window{from, to, resolution}
	s.mu.Unlock()
	poke(s.changed)
}

// follow surveys the archives of other streams from now on.
func (s *Survey) follow(of subject) {
	s.mu.Lock()
	same := s.subject.same(of)
	if !same {
		s.subject = of
	}
	s.mu.Unlock()
	if !same {
		poke(s.changed)
	}
}

func (s *Survey) wished() (subject, window) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.subject, s.window
}

// How often the live edge is asked for while fragments arrive, and otherwise; and how often all else: a past is filled in, and expires.
const (
	growEvery = 2 * time.Second
	idleEvery = 10 * time.Second
	anewEvery = 2 * time.Minute
)

// run surveys what is wished until ctx ends.
func (s *Survey) run(ctx context.Context) {
	var wide, near, edge job
	var v *visit
	var seen window
	defer func() { wide.stop(); near.stop(); edge.stop() }()
	grow := time.NewTimer(growEvery)
	defer grow.Stop()
	anew := time.NewTicker(anewEvery)
	defer anew.Stop()
	for {
		of, want := s.wished()
		if v == nil || !v.of.same(of) {
			wide.stop()
			near.stop()
			edge.stop()
			v, seen = s.visit(of), window{}
			if v.archive != nil {
				wide.start(ctx, v.wide)
			}
		}
		if want != seen && v.archive != nil && !want.to.IsZero() {
			seen = want
			near.start(ctx, func(ctx context.Context) { v.near(ctx, want) })
		}
		select {
		case <-ctx.Done():
			return
		case <-s.changed:
		case <-anew.C:
			if v.archive != nil && wide.idle() && near.idle() {
				wide.start(ctx, v.wide)
				seen = window{}
			}
		case <-grow.C:
			next := idleEvery
			if v.archive != nil && v.failing.Swap(false) {
				seen = window{} // what is looked at is asked for again
				if wide.idle() && s.now.Get().Wide.From.IsZero() {
					wide.start(ctx, v.wide)
				}
			}
			if v.archive != nil && edge.idle() {
				edge.start(ctx, v.grow)
				if s.now.Get().Live {
					next = growEvery
				}
			}
			grow.Reset(next)
		}
	}
}

// job is one piece of work at a time.
type job struct {
	end  context.CancelFunc
	done chan struct{} // nil: none was begun
}

// start ends what was begun before, and begins do when that has ended.
func (j *job) start(ctx context.Context, do func(context.Context)) {
	if j.end != nil {
		j.end()
	}
	before := j.done
	done := make(chan struct{})
	ctx, j.end = context.WithCancel(ctx)
	j.done = done
	go func() {
		defer close(done)
		if before != nil {
			<-before
		}
		if ctx.Err() == nil {
			do(ctx)
		}
	}()
}

// idle tells whether it has ended.
func (j *job) idle() bool {
	if j.done == nil {
		return true
	}
	select {
	case <-j.done:
		return true
	default:
		return false
	}
}

// stop ends it and waits.
func (j *job) stop() {
	if j.done != nil {
		j.end()
		<-j.done
	}
}

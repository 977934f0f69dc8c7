package app

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"kinora/internal/leak"
	"kinora/media"
)

// fakeArchiver has an archive for each stream.
type fakeArchiver struct {
	archives map[string]*fakeSurveyor
}

func (a *fakeArchiver) ID() string                          { return "fake" }
func (a *fakeArchiver) Archive(stream string) media.Archive { return a.archives[stream] }

// fakeSurveyor answers from what it stores, first nothing at all and then everything.
type fakeSurveyor struct {
	media.Archive // nil: nothing is played
	mu            sync.Mutex
	spans         []media.Span
	gaps          []media.Gap
	marks         []media.Mark
	asked         []window
	err           error
	hang          bool          // until ctx ends, after the first report
	slow          time.Duration // of what is longer than an hour
	questions     int
	most          int // of them that it answers; 0: all
}

func (f *fakeSurveyor) Survey(ctx context.Context, from, to time.Time, resolution time.Duration, report func(media.Overview)) error {
	if !from.Before(to) {
		return errReversed
	}
	if to.Sub(from) > time.Hour {
		time.Sleep(f.slow)
	}
	f.mu.Lock()
	f.asked = append(f.asked, window{from, to, resolution})
	o := media.Overview{Spans: cut(f.spans, from, to), Gaps: f.gaps}
	if n := len(f.spans); n > 0 {
		o.First, o.Last = f.spans[0].From, f.spans[n-1].To
	}
	err, hang := f.err, f.hang
	if f.tired() {
		err = errTired
	}
	f.mu.Unlock()
	if err != nil {
		return err
	}
	report(o)
	if hang {
		<-ctx.Done()
		return ctx.Err()
	}
	o.Complete = true
	report(o)
	return nil
}

// Marks has a bounded number at a time, the first ones.
func (f *fakeSurveyor) Marks(_ context.Context, from, to time.Time) (some []media.Mark, known bool, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.tired() {
		return nil, false, errTired
	}
	for _, m := range f.marks {
		if m.At.Before(from) || m.At.After(to) {
			continue
		}
		if len(some) == mostFakeMarks {
			return some, false, nil
		}
		some = append(some, m)
	}
	return some, true, nil
}

const mostFakeMarks = 50

var (
	errTired    = errors.New("it was asked too often")
	errReversed = errors.New("the time ends before it begins")
)

// tired counts a question, and reports whether it answers no more.
func (f *fakeSurveyor) tired() bool {
	f.questions++
	return f.most > 0 && f.questions > f.most
}

func (f *fakeSurveyor) change(do func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	do()
}

// surveyed runs a test in simulated time over a survey of the streams "gate" and "yard".
func surveyed(t *testing.T, test func(s *Survey, acc *fakeArchiver)) {
	leak.Check(t)
	synctest.Test(t, func(t *testing.T) {
		now := time.Now()
		gate := &fakeSurveyor{spans: []media.Span{{From: now.Add(-10 * time.Hour), To: now.Add(-5 * time.Hour)}, {From: now.Add(-time.Hour), To: now}}}
		yard := &fakeSurveyor{spans: []media.Span{{From: now.Add(-7 * time.Hour), To: now.Add(-6 * time.Hour)}}}
		s := newSurvey(newStills(nil))
		ctx, cancel := context.WithCancel(t.Context())
		var done sync.WaitGroup
		done.Go(func() { s.run(ctx) })
		test(s, &fakeArchiver{map[string]*fakeSurveyor{"gate": gate, "yard": yard}})
		cancel()
		done.Wait()
	})
}

func TestSurveyKnowsTheWholeArchiveFirst(t *testing.T) {
	surveyed(t, func(s *Survey, acc *fakeArchiver) {
		now := time.Now()
		s.follow(subject{acc, []string{"gate"}, now.Add(-24 * time.Hour), nil, nil})
		synctest.Wait()
		k := s.Now().Get()
		if k.Stream != "gate" || len(k.Wide.Spans) != 2 || !k.First.Equal(now.Add(-10*time.Hour)) || !k.Last.Equal(now) || !k.Live {
			t.Errorf("it knows %+v", k)
		}
		if asked := acc.archives["gate"].asked; len(asked) != 2 || !asked[1].from.Equal(k.First) {
			t.Errorf("of an archive that is shorter than it may be it asks for %+v, want all that may be and then all that is", asked)
		}
	})
}

func TestAnUnattendedScreenSurveysNothing(t *testing.T) {
	for _, patient := range []bool{false, true} {
		a := New(Options{Accounts: []Account{&fakeAccount{name: "one"}}, Codecs: fakeCodecs{}, Patient: patient})
		a.Watch.Select("gate")
		if of, _ := a.Past.Survey.wished(); (len(of.streams) == 0) != patient {
			t.Errorf("patient %v: the archives of %q are surveyed", patient, of.streams)
		}
	}
}

func TestSurveyFollowsTheNewestLook(t *testing.T) {
	surveyed(t, func(s *Survey, acc *fakeArchiver) {
		now := time.Now()
		s.follow(subject{acc, []string{"gate", "yard"}, now.Add(-10 * time.Hour), nil, nil})
		synctest.Wait()
		gate := acc.archives["gate"]
		gate.change(func() { gate.asked = nil })
		for i := range 20 { // a wheel that is turned
			s.Look(now.Add(-8*time.Hour), now, time.Duration(i+1)*time.Second)
			synctest.Wait()
		}
		time.Sleep(settle)
		synctest.Wait()
		if len(gate.asked) != 1 || gate.asked[0].resolution != 20*time.Second {
			t.Errorf("it asks for %+v, want the last look alone", gate.asked)
		}
		k := s.Now().Get()
		if !k.Near.From.Equal(now.Add(-8*time.Hour)) || len(k.Near.Spans) != 2 || len(k.Others) != 1 || !k.Set || !k.Complete {
			t.Errorf("it knows %+v", k)
		}
	})
}

func TestSurveyOfAnotherStreamBeginsAnew(t *testing.T) {
	surveyed(t, func(s *Survey, acc *fakeArchiver) {
		now := time.Now()
		acc.archives["gate"].hang = true
		s.follow(subject{acc, []string{"gate"}, now.Add(-24 * time.Hour), nil, nil})
		synctest.Wait()
		s.follow(subject{acc, []string{"yard"}, now.Add(-7 * time.Hour), nil, nil})
		synctest.Wait()
		if k := s.Now().Get(); k.Stream != "yard" || len(k.Wide.Spans) != 1 || k.Live {
			t.Errorf("it knows %+v", k)
		}
		s.follow(subject{})
		synctest.Wait()
		if k := s.Now().Get(); k.Stream != "" || !k.First.IsZero() {
			t.Errorf("of nothing it knows %+v", k)
		}
	})
}

func TestSurveyGrowsWithTheLiveEdge(t *testing.T) {
	surveyed(t, func(s *Survey, acc *fakeArchiver) {
		begin := time.Now()
		s.follow(subject{acc, []string{"gate"}, begin.Add(-10 * time.Hour), nil, nil})
		s.Look(begin.Add(-time.Hour), begin.Add(time.Hour), time.Second)
		time.Sleep(time.Second)
		gate := acc.archives["gate"]
		time.Sleep(9 * time.Second)
		gate.change(func() { gate.spans[1].To, gate.asked = time.Now(), nil })
		time.Sleep(growEvery)
		synctest.Wait()
		k := s.Now().Get()
		edge := begin.Add(10 * time.Second)
		if !k.Last.Equal(edge) || len(k.Near.Spans) != 1 || !k.Near.Spans[0].To.Equal(edge) || !k.Near.Spans[0].From.Equal(begin.Add(-time.Hour)) {
			t.Errorf("it knows %+v, want until %v", k, edge)
		}
		if n := len(k.Wide.Spans); n != 2 || !k.Wide.Spans[1].To.Equal(edge) {
			t.Errorf("of all it knows %+v", k.Wide.Spans)
		}
		if a := gate.asked[0]; a.to.Sub(a.from) > 5*time.Minute {
			t.Errorf("for the live edge it asks for %v", a.to.Sub(a.from))
		}
	})
}

func TestSurveySaysWhatFails(t *testing.T) {
	surveyed(t, func(s *Survey, acc *fakeArchiver) {
		gate := acc.archives["gate"]
		gate.err = errors.New("no permission")
		now := time.Now()
		s.follow(subject{acc, []string{"gate"}, now.Add(-24 * time.Hour), nil, nil})
		s.Look(now.Add(-time.Hour), now, time.Second)
		time.Sleep(time.Second)
		synctest.Wait()
		if k := s.Now().Get(); !errors.Is(k.Err, gate.err) {
			t.Errorf("it says %v", k.Err)
		}
		gate.change(func() { gate.err = nil })
		time.Sleep(2 * idleEvery)
		synctest.Wait()
		if k := s.Now().Get(); k.Err != nil {
			t.Errorf("when it works again it says %v", k.Err)
		} else if len(k.Wide.Spans) != 2 || len(k.Near.Spans) == 0 {
			t.Errorf("when it works again it knows no more than %+v", k)
		}
	})
}

func TestTellingMarks(t *testing.T) {
	mark := func(name, value string) media.Mark { return media.Mark{Tag: media.Tag{Name: name, Value: value}} }
	got := telling([]media.Mark{
		mark("KINORA_TAKE", "1"), mark("room", "a"), mark(MarkerTag, ""), mark("room", "a"), mark(MarkerTag, ""), mark("room", "b"), mark("KINORA_TAKE", "2"),
	})
	var names []string
	for _, m := range got {
		names = append(names, m.Name+m.Value)
	}
	slices.Sort(names)
	if want := []string{MarkerTag, MarkerTag, "rooma", "roomb"}; !slices.Equal(names, want) {
		t.Errorf("the marks are %q, want %q", names, want)
	}
}

// What is filled in behind the live edge is seen after a while, though nobody moves the view, and so is what has expired. Meanwhile nothing
// is forgotten that was known.
func TestSurveySeesThePastChange(t *testing.T) {
	surveyed(t, func(s *Survey, acc *fakeArchiver) {
		now, gate := time.Now(), acc.archives["gate"]
		s.follow(subject{acc, []string{"gate"}, now.Add(-24 * time.Hour), nil, nil})
		s.Look(now.Add(-8*time.Hour), now.Add(time.Hour), time.Second)
		time.Sleep(time.Minute)
		synctest.Wait()
		if k := s.Now().Get(); len(k.Wide.Spans) != 2 || len(k.Near.Spans) != 2 {
			t.Fatalf("it knows %+v", k)
		}
		stop := s.Now().Watch(func(k *Surveyed) {
			if len(k.Near.Spans) == 0 || len(k.Wide.Spans) == 0 {
				t.Errorf("for a moment it knows %+v", k)
			}
		})
		defer stop()
		first := now.Add(-9 * time.Hour)
		gate.change(func() {
			filled := media.Span{From: now.Add(-4 * time.Hour), To: now.Add(-3 * time.Hour)}
			gate.spans = []media.Span{{From: first, To: gate.spans[0].To}, filled, gate.spans[1]}
		})
		time.Sleep(2 * anewEvery)
		synctest.Wait()
		if k := s.Now().Get(); len(k.Wide.Spans) != 3 || len(k.Near.Spans) != 3 || !k.First.Equal(first) || !k.Wide.Spans[0].From.Equal(first) || !k.Complete {
			t.Errorf("after the past has changed it knows %+v", k)
		}
	})
}

// What came while the survey of all took long, or while nobody could be asked, is no gap.
func TestSurveyLeavesNoHoleInFrontOfTheLiveEdge(t *testing.T) {
	surveyed(t, func(s *Survey, acc *fakeArchiver) {
		gate, begin := acc.archives["gate"], time.Now()
		gate.slow = 3 * anewEvery
		gate.change(func() { gate.spans[1].To = begin.Add(time.Hour) })
		s.follow(subject{account: acc, streams: []string{"gate"}, since: begin.Add(-10 * time.Hour)})
		time.Sleep(gate.slow + growEvery + time.Second)
		synctest.Wait()
		if k := s.Now().Get(); len(k.Wide.Spans) != 2 || k.Wide.Spans[1].To.Before(time.Now()) {
			t.Errorf("after %v it knows %+v, want no hole after %v", time.Since(begin), k.Wide.Spans, begin)
		}
	})
}

// Recordings of a producer whose clock is ahead are no error, though nothing is recorded until now.
func TestSurveyOfWhatIsAheadSaysNothingWrong(t *testing.T) {
	surveyed(t, func(s *Survey, acc *fakeArchiver) {
		gate, now := acc.archives["gate"], time.Now()
		gate.change(func() { gate.spans = []media.Span{{From: now.Add(time.Hour), To: now.Add(2 * time.Hour)}} })
		defer s.Now().Watch(func(k *Surveyed) {
			if k.Err != nil {
				t.Errorf("after %v it says %v", time.Since(now), k.Err)
			}
		})()
		s.follow(subject{account: acc, streams: []string{"gate"}})
		time.Sleep(2 * anewEvery)
		synctest.Wait()
		if k := s.Now().Get(); !k.First.Equal(now.Add(time.Hour)) {
			t.Errorf("it knows %+v", k)
		}
	})
}

// How long a stream keeps what it gets is heard of after it was opened, and may be changed.
func TestSurveyHearsHowLongIsKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var keeps atomic.Int64
		began := time.Now()
		acc := &fakeAccount{name: "a", streams: func(context.Context) ([]Stream, error) {
			return []Stream{{Name: "gate", Retention: time.Duration(keeps.Load())}}, nil
		}, archive: &fakeSurveyor{spans: []media.Span{{From: began.Add(-24 * time.Hour), To: began.Add(-time.Hour)}}}}
		a := running(t, Options{Accounts: []Account{acc}})
		a.Watch.Select("gate")
		a.Past.Survey.Look(began.Add(-30*time.Hour), began, time.Second)
		for _, c := range []struct {
			keeps time.Duration
			want  []string
		}{{0, nil}, {24 * time.Hour, []string{media.GapExpired}}, {48 * time.Hour, nil}} {
			keeps.Store(int64(c.keeps))
			time.Sleep(2*anewEvery + pollEvery)
			synctest.Wait()
			if k := a.Past.Survey.Now().Get(); !slices.Equal(reasonsOf(k.Near.Gaps), c.want) || !slices.Equal(reasonsOf(k.Wide.Gaps), c.want) {
				t.Errorf("of what is kept for %v the gaps are %q and %q, want %q", c.keeps, reasonsOf(k.Near.Gaps), reasonsOf(k.Wide.Gaps), c.want)
			}
		}
	})
}

// What nobody hears of any more is not live for ever.
func TestSurveyOfWhatCannotBeAskedIsNotLive(t *testing.T) {
	surveyed(t, func(s *Survey, acc *fakeArchiver) {
		gate, now := acc.archives["gate"], time.Now()
		s.follow(subject{account: acc, streams: []string{"gate"}, since: now.Add(-10 * time.Hour)})
		time.Sleep(time.Second)
		synctest.Wait()
		if k := s.Now().Get(); !k.Live {
			t.Fatalf("it knows %+v", k)
		}
		gate.change(func() { gate.err = errOffline })
		time.Sleep(time.Minute)
		synctest.Wait()
		if k := s.Now().Get(); k.Live || k.Err == nil {
			t.Errorf("a minute after the service was gone: live %v, %v", k.Live, k.Err)
		}
	})
}

// A few fragments of long ago, of a camera whose clock was not set, do not make all that is kept coarse.
func TestSurveyIsAsFineAsWhatIsKept(t *testing.T) {
	surveyed(t, func(s *Survey, acc *fakeArchiver) {
		gate, now := acc.archives["gate"], time.Now()
		gate.change(func() {
			gate.spans = append([]media.Span{{From: time.Unix(0, 0), To: time.Unix(60, 0)}}, gate.spans...)
		})
		s.follow(subject{account: acc, streams: []string{"gate"}, since: now.Add(-24 * time.Hour), keeps: func() time.Duration { return 24 * time.Hour }})
		time.Sleep(15*anewEvery + 5*time.Second)
		gate.change(func() {
			for _, w := range gate.asked {
				if w.to.Sub(w.from) >= 24*time.Hour && w.resolution > 24*time.Hour/steps {
					t.Errorf("of %v it is asked for steps of %v", w.to.Sub(w.from), w.resolution)
				}
			}
			gate.spans = append(gate.spans, media.Span{From: time.Now(), To: time.Now().Add(time.Second)})
		})
		time.Sleep(2 * idleEvery)
		synctest.Wait()
		if k := s.Now().Get(); len(k.Wide.Spans) != 4 {
			t.Errorf("what comes after half an hour joins what was before: %+v", k.Wide.Spans)
		}
	})
}

package app

import (
	"context"
	"testing"
	"time"

	"kinora/internal/leak"
	"kinora/media"
)

// skewed is an account whose producers' clocks are behind the service's.
type skewed struct {
	fakeAccount
	behind time.Duration
	asked  []Access
}

// skewedArchive is a fakeArchive with both clocks.
type skewedArchive struct {
	fakeArchive
	behind time.Duration
	clock  Clock
}

func (a *skewedArchive) date(f media.Fragment, err error) (media.Fragment, error) {
	f.Producer, f.Server = f.Start, f.Start.Add(a.behind)
	if a.clock == ServerClock {
		f.Producer, f.Server = f.Start.Add(-a.behind), f.Start
	}
	return f, err
}

func (a *skewedArchive) Find(ctx context.Context, at time.Time, forward bool) (media.Fragment, error) {
	return a.date(a.fakeArchive.Find(ctx, at, forward))
}

func (a *skewedArchive) Next(ctx context.Context, f media.Fragment, forward bool) (media.Fragment, error) {
	return a.date(a.fakeArchive.Next(ctx, f, forward))
}

func (s *skewed) Archive(_ string, access Access) media.Archive {
	a := &skewedArchive{fakeArchive: *s.archive.(*fakeArchive), behind: s.behind, clock: access.Clock}
	if access.Clock == ServerClock {
		a.start = a.start.Add(s.behind)
	}
	return a
}

func (s *skewed) Live(_ string, access Access) media.Opener {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked = append(s.asked, access)
	return s.live
}

// An archive whose producer's clock is wrong is seen by the server's, in the next run as well, and what is watched stays.
func TestAnotherClock(t *testing.T) {
	leak.Check(t)
	dir := t.TempDir()
	start := time.Now().Add(-time.Hour).Truncate(time.Millisecond)
	acc := &skewed{fakeAccount: fakeAccount{name: "a", archive: &fakeArchive{start: start, n: 20},
		live: func(ctx context.Context) (media.Source, error) { return newFakeSource(ctx, nil), nil }}, behind: 7 * time.Minute}
	a := running(t, Options{Accounts: []Account{acc}, Data: dir})
	a.Watch.Select("gate")
	a.Watch.Seek(start.Add(5 * time.Second))
	a.Watch.Pause()
	a.Watch.Seek(start.Add(5 * time.Second))
	a.Watch.Choose(start.Add(time.Second), time.Time{})
	within(t, "the picture is there", func() bool { return shows(a.Watch.Now().Get().Deck, start.Add(5*time.Second))() })

	if err := a.Watch.Date("gate", ServerClock); err != nil {
		t.Fatal(err)
	}
	now := a.Watch.Now().Get()
	at := start.Add(5*time.Second + 7*time.Minute)
	within(t, "the same picture is there by the other clock", shows(now.Deck, at))
	if !now.In.Equal(start.Add(time.Second+7*time.Minute)) || !now.Out.IsZero() || now.Tiles[0].Clock != ServerClock {
		t.Errorf("by the other clock: %+v", now)
	}
	link, err := a.Watch.Link(false)
	if want := "kinora://a/gate~server@" + at.UTC().Format(linkTime); err != nil || link.String() != want {
		t.Errorf("the link is %s, %v; want %s", link, err, want)
	}
	if err := newWays(dir, a.options.Log).clocks.choose(acc, "yard", ""); err != nil {
		t.Fatal(err)
	}
	if got := newWays(dir, a.options.Log).Clock(acc, "gate"); got != ServerClock {
		t.Errorf("the next run has the clock %q", got)
	}

	// A link is of its own clock.
	if err := a.Follow(Link{Account: "a", Streams: []string{"gate"}, From: start.Add(8 * time.Second)}); err != nil {
		t.Fatal(err)
	}
	within(t, "the link's picture is there", func() bool { return shows(a.Watch.Now().Get().Deck, start.Add(8*time.Second))() })
	if got := a.Ways.Clock(acc, "gate"); got != ProducerClock {
		t.Errorf("after the link the clock is %q", got)
	}
	if err := a.Follow(link); err != nil {
		t.Fatal(err)
	}
	within(t, "the other link's picture is there", func() bool { return shows(a.Watch.Now().Get().Deck, at)() })
	a.Watch.Live()
	acc.mu.Lock()
	defer acc.mu.Unlock()
	if last := acc.asked[len(acc.asked)-1]; last.Clock != ServerClock {
		t.Errorf("live is watched by %+v", acc.asked)
	}
}

package app

import (
	"context"
	"errors"
	"io"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"kinora/internal/leak"
	"kinora/media"
	"kinora/player"
)

// fakeArchive holds fragments of one second with 25 pictures each, without a gap.
type fakeArchive struct {
	start time.Time
	n     int
}

func (a *fakeArchive) fragment(i int) (media.Fragment, error) {
	if i < 0 || i >= a.n {
		return media.Fragment{}, io.EOF
	}
	at := a.start.Add(time.Duration(i) * time.Second)
	return media.Fragment{Number: string(rune('a' + i)), Start: at, Producer: at, Server: at, Length: 960 * time.Millisecond, Size: 25}, nil
}

func (a *fakeArchive) Find(_ context.Context, at time.Time, forward bool) (media.Fragment, error) {
	i := int(at.Sub(a.start) / time.Second)
	switch {
	case at.Before(a.start) && forward:
		i = 0
	case !forward:
		i = min(i, a.n-1)
	}
	return a.fragment(i)
}

func (a *fakeArchive) Next(_ context.Context, f media.Fragment, forward bool) (media.Fragment, error) {
	i := int(f.Number[0] - 'a')
	if forward {
		return a.fragment(i + 1)
	}
	return a.fragment(i - 1)
}

func (a *fakeArchive) Load(_ context.Context, f media.Fragment) (*media.Recorded, error) {
	r := &media.Recorded{Fragment: f, Tracks: (&fakeSource{}).Tracks()}
	for i := range 25 {
		pts := time.Duration(i) * 40 * time.Millisecond
		r.Packets = append(r.Packets, &media.Packet{Track: 1, PTS: pts, DTS: pts, Key: i == 0, Data: []byte{0, 0, 0, 1, 0x65}})
	}
	return r, nil
}

// watchingArchive runs an app on an account with an archive that ended as long ago as given, with gate watched live.
func watchingArchive(t *testing.T, ended time.Duration) (*App, *fakeArchive) {
	t.Helper()
	leak.Check(t)
	archive := &fakeArchive{start: time.Now().Add(-20*time.Second - ended), n: 20}
	acc := &fakeAccount{name: "a", archive: archive, live: func(ctx context.Context) (media.Source, error) { return newFakeSource(ctx, nil), nil }}
	a := running(t, Options{Accounts: []Account{acc, &fakeAccount{name: "b", archive: archive}}})
	a.Watch.Select("gate")
	return a, archive
}

// within waits for a condition.
func within(t *testing.T, what string, condition func() bool) {
	t.Helper()
	look, late := time.NewTicker(time.Millisecond), time.After(10*time.Second)
	defer look.Stop()
	for !condition() {
		select {
		case <-look.C:
		case <-late:
			t.Fatalf("waited 10 s in vain until %s", what)
		}
	}
}

func shows(d *player.Deck, at time.Time) func() bool {
	return func() bool { s := d.State(); return s.Phase == player.DeckReady && s.Exact && s.At.Equal(at) }
}

func TestThePastIsEnteredAndLeft(t *testing.T) {
	a, archive := watchingArchive(t, time.Hour)
	at := archive.start.Add(5 * time.Second)
	a.Watch.Seek(at)
	a.Watch.Pause()
	now := a.Watch.Now().Get()
	if !now.Archived() || now.Player != nil || now.Deck == nil || now.Stream != "gate" {
		t.Fatalf("after seeking: %+v", now)
	}
	a.Watch.Seek(at)
	within(t, "the picture is there", shows(now.Deck, at))
	within(t, "that it was watched is noted", func() bool {
		return a.Viewed.Any(a.Account().Get(), "gate", ProducerClock, at, at.Add(time.Second))
	})
	a.Watch.Step(1)
	within(t, "the next picture is there", shows(now.Deck, at.Add(40*time.Millisecond)))
	a.Watch.Move(-3 * time.Second)
	within(t, "it went back", shows(now.Deck, at.Add(40*time.Millisecond-3*time.Second)))

	a.Watch.Switch("yard")
	other := a.Watch.Now().Get()
	if other.Stream != "yard" || other.Transport != now.Transport || other.Deck == now.Deck {
		t.Fatalf("another stream is not shown at the same time: %+v", other)
	}
	within(t, "the other's picture is there", shows(other.Deck, now.Position()))

	a.Watch.Live()
	live := a.Watch.Now().Get()
	if live.Archived() || live.Player == nil || live.Stream != "yard" {
		t.Errorf("back to live: %+v", live)
	}
	within(t, "live plays", func() bool { return live.State().Phase == player.Live })
	a.Watch.Seek(time.Now())
	if a.Watch.Now().Get().Archived() {
		t.Error("what is not over yet is sought in the archive")
	}
}

// The newest picture of what is recorded now is the live one.
func TestTheEndOfWhatIsRecordedIsLive(t *testing.T) {
	a, archive := watchingArchive(t, 0)
	a.Watch.Seek(archive.start.Add(5 * time.Second))
	a.Watch.Pause()
	if err := a.Watch.End(t.Context()); err != nil {
		t.Fatal(err)
	}
	live := a.Watch.Now().Get()
	if live.Archived() {
		t.Fatalf("the end of what is recorded now: %+v", live)
	}
	if err := a.Watch.End(t.Context()); err != nil {
		t.Fatal(err)
	}
	if still := a.Watch.Now().Get(); still.Player != live.Player {
		t.Errorf("the end of a live picture: %+v", still)
	}
}

// A key that leads to the live edge while a pointer drags waits for its release.
func TestAPointerHoldsTheLiveEdge(t *testing.T) {
	a, archive := watchingArchive(t, 0)
	a.Watch.Scrub(archive.start.Add(5 * time.Second))
	a.Watch.Seek(time.Now().Add(time.Hour))
	if now := a.Watch.Now().Get(); !now.Archived() || !now.Transport.Held() {
		t.Fatalf("while the pointer drags: %+v", now)
	}
	a.Watch.Release()
	if now := a.Watch.Now().Get(); now.Archived() {
		t.Errorf("when it has let go: %+v", now)
	}
}

func TestTheEndsOfARecording(t *testing.T) {
	a, archive := watchingArchive(t, time.Hour)
	if err := a.Watch.Home(t.Context()); err != nil {
		t.Fatal(err)
	}
	now := a.Watch.Now().Get()
	within(t, "the first picture is there", shows(now.Deck, archive.start))
	if err := a.Watch.End(t.Context()); err != nil {
		t.Fatal(err)
	}
	last := archive.start.Add(19*time.Second + 960*time.Millisecond)
	within(t, "the last picture is there", shows(now.Deck, last))
	a.Watch.Seek(last.Add(time.Minute))
	within(t, "nothing is there", func() bool { return now.Deck.State().Phase == player.DeckEnd })
	if err := a.Watch.Beside(t.Context(), false); err != nil {
		t.Fatal(err)
	}
	within(t, "the last picture is there again", shows(now.Deck, last))
	if err := a.Watch.Beside(t.Context(), true); !errors.Is(err, ErrNothing) {
		t.Error("there is something behind the end")
	}
	a.Watch.Seek(archive.start.Add(5 * time.Second))
	if err := a.Watch.Beside(t.Context(), true); err != nil {
		t.Fatal(err)
	}
	within(t, "the next fragment is there", shows(now.Deck, archive.start.Add(6*time.Second)))
}

func TestADraggedPlayheadThatRestsIsExact(t *testing.T) {
	a, archive := watchingArchive(t, time.Hour)
	a.Watch.Rest() // nothing is dragged yet
	at := archive.start.Add(10*time.Second + 960*time.Millisecond)
	a.Watch.Scrub(at)
	a.Watch.Rest()
	within(t, "the picture is there", shows(a.Watch.Now().Get().Deck, at))
	told := 0
	defer a.Watch.Now().Watch(func(Watching) { told++ })()
	for i := range 50 {
		a.Watch.Scrub(at.Add(-time.Duration(i) * 40 * time.Millisecond))
	}
	if now := a.Watch.Now().Get(); told != 1 || !now.Position().Equal(at.Add(-49*40*time.Millisecond)) {
		t.Errorf("dragged within the archive, %d of 50 movements change what is watched; the playhead is at %v", told-1, now.Position())
	}
}

// archives is an account whose streams have archives of their own.
type archives struct {
	*fakeAccount
	of map[string]*fakeArchive
}

func (a *archives) Archive(stream string, _ Access) media.Archive { return a.of[stream] }

// Out of a time in which none of several streams has anything one comes to the nearest recording of any; where one has something, to that of
// the stream in the focus.
func TestBesideOfSeveralStreams(t *testing.T) {
	leak.Check(t)
	start := time.Now().Add(-time.Hour)
	of := map[string]*fakeArchive{"gate": {start: start, n: 20}, "yard": {start: start.Add(10 * time.Minute), n: 20}, "dock": {start: start.Add(5 * time.Minute), n: 20}}
	a := running(t, Options{Accounts: []Account{&archives{&fakeAccount{name: "a"}, of}}})
	a.Watch.Select("gate")
	a.Watch.Add("yard")
	a.Watch.Add("dock")
	a.Watch.Focus("gate")
	a.Watch.Seek(start.Add(-time.Minute))
	if err := a.Watch.Beside(t.Context(), false); !errors.Is(err, ErrNothing) || !strings.Contains(err.Error(), "gate") {
		t.Errorf("where nothing is in front one is told %v", err)
	}
	for _, c := range []struct {
		at    time.Duration
		after bool
		to    time.Duration
	}{
		{2 * time.Minute, true, 5 * time.Minute},
		{7 * time.Minute, true, 10 * time.Minute},
		{7 * time.Minute, false, 5*time.Minute + 19*time.Second + 960*time.Millisecond},
		{10*time.Minute + 5*time.Second, false, 19*time.Second + 960*time.Millisecond}, // yard has something
	} {
		a.Watch.Seek(start.Add(c.at))
		a.Watch.Pause()
		a.Watch.Seek(start.Add(c.at))
		now := a.Watch.Now().Get()
		within(t, "it is known what there is", func() bool {
			for _, tile := range now.Tiles {
				if s := tile.Deck.State(); s.Phase != player.DeckVacant && s.Phase != player.DeckEnd && !(s.Phase == player.DeckReady && s.Exact) {
					return false
				}
			}
			_, sought := now.Transport.Sought()
			return !sought
		})
		if err := a.Watch.Beside(t.Context(), c.after); err != nil {
			t.Fatal(err)
		}
		if got := now.Transport.Position().Sub(start); got != c.to {
			t.Errorf("from %v (after: %v) one comes to %v, want %v", c.at, c.after, got, c.to)
		}
	}
}

func TestLiveFollowsUponTheEndOfTheArchive(t *testing.T) {
	a, archive := watchingArchive(t, 0)
	a.Watch.Scrub(archive.start.Add(10 * time.Second))
	a.Watch.Seek(archive.start.Add(18500 * time.Millisecond))
	if !a.Watch.Now().Get().Archived() {
		t.Fatal("dragging does not enter the archive")
	}
	a.Watch.Release()
	within(t, "it is live again", func() bool { return !a.Watch.Now().Get().Archived() })
}

func TestAnArchiveThatEndedLongAgoDoesNotBecomeLive(t *testing.T) {
	a, archive := watchingArchive(t, time.Hour)
	a.Watch.Seek(archive.start.Add(19 * time.Second))
	now := a.Watch.Now().Get()
	within(t, "the end is reached", now.Transport.AtEnd)
	a.Watch.catchUp()
	if !a.Watch.Now().Get().Archived() {
		t.Error("it is live")
	}
}

func TestStreamsSideBySide(t *testing.T) {
	a, archive := watchingArchive(t, time.Hour)
	for _, s := range []string{"yard", "dock", "roof", "dock"} {
		if !a.Watch.Add(s) {
			t.Errorf("there is no room for %s", s)
		}
	}
	if a.Watch.Add("tower") {
		t.Error("there is room for a fifth")
	}
	now := a.Watch.Now().Get()
	if len(now.Tiles) != MostTiles || now.Stream != "dock" || now.Player != now.Tiles[2].Player {
		t.Fatalf("watching %+v", now)
	}
	at := archive.start.Add(3 * time.Second)
	a.Watch.Seek(at)
	a.Watch.Pause()
	a.Watch.Seek(at)
	now = a.Watch.Now().Get()
	for _, tile := range now.Tiles {
		within(t, tile.Stream+" shows the moment", shows(tile.Deck, at))
	}
	a.Watch.Focus("roof")
	a.Watch.Remove("roof")
	now = a.Watch.Now().Get()
	if len(now.Tiles) != 3 || now.Stream != "dock" || now.Deck != now.Tiles[2].Deck || now.Transport == nil {
		t.Errorf("after one was removed: %+v", now)
	}
	if err := a.busy("yard"); err != nil || len(a.Watch.Now().Get().Tiles) != 2 {
		t.Error("a stream that is to be deleted is still watched")
	}
}

func TestLinksAreFollowed(t *testing.T) {
	a, archive := watchingArchive(t, time.Hour)
	at := archive.start.Add(3 * time.Second).UTC().Truncate(time.Millisecond)
	link := Link{Account: "B", Streams: []string{"yard", "dock"}, From: at, To: at.Add(10 * time.Second)}
	if err := a.Follow(link); err != nil {
		t.Fatal(err)
	}
	now := a.Watch.Now().Get()
	if a.Account().Get().Name() != "b" || now.Stream != "yard" || len(now.Tiles) != 2 || now.Transport.Playing() || !now.Position().Equal(at) {
		t.Errorf("the link leads to %+v", now)
	}
	link.Account = "b"
	if got, err := a.Watch.Link(true); err != nil || got.String() != link.String() {
		t.Errorf("it is written as %v, %v, want %v", got, err, link)
	}
	a.Watch.Choose(time.Time{}, time.Time{})
	if _, err := a.Watch.Link(true); err == nil {
		t.Error("a time that was not chosen is linked to")
	}
	if got, err := a.Watch.Link(false); err != nil || !got.From.Equal(at) || !got.To.IsZero() {
		t.Errorf("the moment is written as %v, %v", got, err)
	}
	if err := a.Follow(Link{Account: "c", Streams: []string{"gate"}}); err == nil || a.Watch.Now().Get().Stream != "yard" {
		t.Errorf("a link to an account that is not there: %v", err)
	}
	if err := a.Follow(Link{Account: "a", Streams: []string{"gate"}}); err != nil || a.Watch.Now().Get().Player == nil {
		t.Errorf("a link to live: %v", err)
	}
}

// Links to two accounts that come at the same time each lead to a stream of its own account.
func TestLinksAreFollowedOneAfterTheOther(t *testing.T) {
	archives := map[string]*fakeArchive{"a": {start: time.Now().Add(-time.Hour), n: 20}, "b": {start: time.Now().Add(-2 * time.Hour), n: 20}}
	a := New(Options{Codecs: fakeCodecs{}, Accounts: []Account{&fakeAccount{name: "a", archive: archives["a"]}, &fakeAccount{name: "b", archive: archives["b"]}}})
	defer a.Account().Watch(func(Account) { // between the choice of an account and what is opened of it
		for range 100 {
			runtime.Gosched()
		}
	})()
	for range 200 {
		var both sync.WaitGroup
		for name, archive := range archives {
			both.Go(func() {
				if err := a.Follow(Link{Account: name, Streams: []string{"of-" + name}, From: archive.start}); err != nil {
					t.Error(err)
				}
			})
		}
		both.Wait()
		now, name := a.Watch.Now().Get(), a.Account().Get().Name()
		if now.Stream != "of-"+name || now.Tiles[0].Archive != media.Archive(archives[name]) {
			t.Fatalf("of the account %s it shows %s", name, now.Stream)
		}
	}
}

func TestPlayLeapsOverGapsUnlessAPersonWantsToSeeThem(t *testing.T) {
	leak.Check(t)
	begin := time.Now().Add(-time.Hour).Truncate(time.Second)
	archive := &gappedArchive{fakeArchive{start: begin, n: 2}, begin.Add(20 * time.Minute)}
	a := running(t, Options{Accounts: []Account{&fakeAccount{name: "a", archive: archive}}})
	a.Watch.Select("gate")
	for _, leaps := range []bool{false, true} {
		a.Watch.LeapGaps(leaps)
		a.Watch.Seek(begin.Add(1900 * time.Millisecond))
		a.Watch.Play()
		now := a.Watch.Now().Get()
		if leaps {
			within(t, "it has leapt", func() bool { return !now.Transport.Position().Before(archive.second) })
			continue
		}
		within(t, "it is in the gap", func() bool { return now.Transport.Position().After(begin.Add(2500 * time.Millisecond)) })
		within(t, "that is said", func() bool { return now.Deck.State().Phase == player.DeckVacant })
		if at := now.Transport.Position(); at.After(begin.Add(time.Minute)) {
			t.Errorf("in the gap it is at %v", at.Sub(begin))
		}
	}
	a.Watch.Live()
	a.Watch.LeapGaps(false)
	a.Watch.Seek(begin.Add(1900 * time.Millisecond))
	now := a.Watch.Now().Get()
	within(t, "what is watched later goes through the gap, too", func() bool { return now.Transport.Position().After(begin.Add(2500 * time.Millisecond)) })
	if at := now.Transport.Position(); at.After(begin.Add(time.Minute)) {
		t.Errorf("it has leapt to %v", at.Sub(begin))
	}
}

// gappedArchive is a fakeArchive whose second fragment begins later than it should.
type gappedArchive struct {
	fakeArchive
	second time.Time
}

func (a *gappedArchive) moved(f media.Fragment, err error) (media.Fragment, error) {
	if err == nil && f.Number == "b" {
		f.Start, f.Producer, f.Server = a.second, a.second, a.second
	}
	return f, err
}

func (a *gappedArchive) Find(_ context.Context, at time.Time, forward bool) (media.Fragment, error) {
	first, _ := a.fragment(0)
	switch {
	case !at.Before(a.second), forward && at.After(first.End()):
		return a.moved(a.fragment(1))
	case at.Before(a.start) && !forward:
		return media.Fragment{}, io.EOF
	}
	return first, nil
}

func (a *gappedArchive) Next(ctx context.Context, f media.Fragment, forward bool) (media.Fragment, error) {
	return a.moved(a.fakeArchive.Next(ctx, f, forward))
}

func (a *gappedArchive) Load(ctx context.Context, f media.Fragment) (*media.Recorded, error) {
	f, _ = a.moved(f, nil)
	return a.fakeArchive.Load(ctx, f)
}

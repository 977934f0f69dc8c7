package app

import (
	"context"
	"testing"
	"time"

	"kinora/media"
)

// meanwhile is an archive that does something before it answers.
type meanwhile struct {
	*fakeArchive
	do func()
}

func (m *meanwhile) Find(ctx context.Context, at time.Time, forward bool) (media.Fragment, error) {
	m.do()
	return m.fakeArchive.Find(ctx, at, forward)
}

// What was asked for about one stream does not move another that has its name, or the same by another clock.
func TestEndsComeTooLateForWhatIsWatchedByThen(t *testing.T) {
	for name, c := range map[string]struct {
		change func(a *App, other Account)
		goes   bool
	}{
		"the same":        {func(*App, Account) {}, true},
		"another account": {func(a *App, other Account) { a.Choose(other); a.Watch.Select("gate") }, false},
		"another clock": {func(a *App, _ Account) {
			if err := a.Watch.Date("gate", ServerClock); err != nil {
				t.Error(err)
			}
		}, false},
	} {
		begin := time.Now().Add(-time.Hour)
		other := &fakeAccount{name: "b"}
		archive := &meanwhile{fakeArchive: &fakeArchive{start: begin, n: 5}}
		a := New(Options{Accounts: []Account{&fakeAccount{name: "a", archive: archive}, other}, Codecs: fakeCodecs{}})
		a.Watch.Select("gate")
		archive.do = func() { c.change(a, other) }
		for _, way := range []func(context.Context) error{a.Watch.Home, a.Watch.End} {
			if err := way(t.Context()); err != nil {
				t.Fatal(err)
			}
			if now := a.Watch.Now().Get(); now.Archived() != c.goes {
				t.Errorf("%s: it goes there: %v, want %v", name, now.Archived(), c.goes)
			}
			a.Choose(a.Accounts()[0])
			if err := a.Watch.Date("gate", ProducerClock); err != nil {
				t.Fatal(err)
			}
			a.Watch.Select("gate")
		}
	}
}

package ui

import (
	"context"
	"io"
	"testing"
	"time"

	"kinora/media"
	"kinora/player"
)

// slowArchive finds nothing until it is told to go on.
type slowArchive struct{ found chan struct{} }

func (a slowArchive) Find(ctx context.Context, _ time.Time, _ bool) (media.Fragment, error) {
	select {
	case <-a.found:
		return media.Fragment{}, io.EOF
	case <-ctx.Done():
		return media.Fragment{}, ctx.Err()
	}
}

func (a slowArchive) Next(context.Context, media.Fragment, bool) (media.Fragment, error) {
	return media.Fragment{}, io.EOF
}

func (a slowArchive) Load(context.Context, media.Fragment) (*media.Recorded, error) {
	return nil, media.ErrGone
}

// While a picture is looked for the page shows nothing else, for a moment.
func TestThePageWaitsForAPicture(t *testing.T) {
	w := newWindow(t, Options{})
	archive := slowArchive{make(chan struct{})}
	w.account.archive = archive
	at := time.Now().Add(-time.Hour)
	now := w.past(at)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- now.Deck.Run(ctx) }()
	defer func() { cancel(); <-done }()
	within(t, "a deck that seeks", func() bool {
		_, sought := now.Transport.Sought()
		return sought
	})
	p := w.page
	p.pump.run(false) // the ticks are this test's
	p.pump.running, p.passed = true, time.Time{}
	defer func() { p.pump.running = false }()
	since, _ := now.Transport.Sought()
	if !p.hushed(now.Transport, since.Add(hush/2)) {
		t.Error("it does not wait")
	}
	if p.hushed(now.Transport, since.Add(hush)) {
		t.Error("it waits for ever")
	}
	p.tick(since.Add(hush), false)
	if !p.hushed(now.Transport, since.Add(hush*3/2)) || p.hushed(now.Transport, since.Add(2*hush)) || p.hushed(now.Transport, since.Add(hushMost)) {
		t.Error("while it is looked for the rest is not painted once in a while")
	}
	p.passed = time.Time{}
	if p.hushed(player.NewTransport(at), since.Add(hush/2)) {
		t.Error("it waits before it shows what is watched by now")
	}
	released := 0
	p.release = func() { released++ }
	p.tick(since.Add(hush/2), false)
	if released != 0 || p.ticked.Equal(since.Add(hush/2)) {
		t.Error("something moves before the picture is there")
	}
	p.tick(since.Add(hush/2), true)
	if released != 1 {
		t.Error("what has waited for long does not come with the picture")
	}
	p.passed = since
	p.tick(since.Add(hush/4), false)
	p.tick(since.Add(hush/2), true)
	if released != 1 {
		t.Error("the picture is not painted alone")
	}
	close(archive.found)
	within(t, "a deck that has found", func() bool {
		_, sought := now.Transport.Sought()
		return !sought
	})
	p.tick(since.Add(hush/2), false)
	if released != 2 || !p.passed.Equal(since.Add(hush/2)) {
		t.Error("what has waited does not follow the picture")
	}
	p.tick(since.Add(hush/2), true)
	if released != 3 {
		t.Error("a picture that nobody waited for is painted alone")
	}
	if p.hushed(now.Transport, since.Add(hush/2)) {
		t.Error("it waits for what is there")
	}
}

// Who turns the page meanwhile sees the next one go on.
func TestTheNextPageDoesNotWaitForAPicture(t *testing.T) {
	w := newWindow(t, Options{})
	rendered := 0
	w.binder.cross = func(f func()) { f() }
	w.binder.render = func() { rendered++ }
	w.binder.hushed = func() bool { return w.at == pageWatch }
	w.binder.invalidate()
	if !w.binder.waiting {
		t.Fatal("nothing waits")
	}
	w.turn(pageRecord)
	before := rendered
	w.binder.invalidate()
	if rendered != before+1 {
		t.Errorf("after the page was turned a change is rendered %d times, want once", rendered-before)
	}
}

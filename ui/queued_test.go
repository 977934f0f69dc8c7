package ui

import (
	"testing"
	"time"

	"kinora/app"
	"kinora/player"
)

// limited is an account whose service allows no more now.
type limited struct {
	fakeAccount
	waiting *app.Waiting
}

func (a *limited) Waiting(string) (app.Waiting, bool) {
	if a.waiting == nil {
		return app.Waiting{}, false
	}
	return *a.waiting, true
}

func TestWaitingForALimitIsSaid(t *testing.T) {
	now := time.Date(2026, 11, 22, 10, 42, 7, 0, time.UTC)
	for _, c := range []struct {
		waiting *app.Waiting
		want    string
	}{
		{nil, ""},
		{&app.Waiting{Since: now.Add(-100 * time.Millisecond), Until: now.Add(time.Second)}, ""},
		{&app.Waiting{Since: now.Add(-time.Second), Until: now.Add(1500 * time.Millisecond)}, "waiting for the service's limit, 2 s"},
		{&app.Waiting{Since: now.Add(-time.Second)}, "waiting for the service's limit"},
		{&app.Waiting{Since: now.Add(-time.Second), Until: now.Add(-time.Millisecond)}, "waiting for the service's limit"},
	} {
		m := model{now: now, account: &limited{waiting: c.waiting}, watching: app.Watching{Stream: "gate"}}
		m.queued = queued(&m)
		if m.queued != c.want {
			t.Errorf("%+v: %q, want %q", c.waiting, m.queued, c.want)
		}
		m.deck.Phase = player.DeckLoading
		want := c.want
		if want == "" {
			want = "loading"
		}
		if got := waits(&m); got != want {
			t.Errorf("%+v: a deck is %q, want %q", c.waiting, got, want)
		}
	}
	m := model{now: now, account: &limited{waiting: &app.Waiting{Since: now.Add(-time.Second)}}, watching: app.Watching{Stream: "gate", Take: "1"}}
	if got := queued(&m); got != "" {
		t.Errorf("a take from this disk is %q", got)
	}
}

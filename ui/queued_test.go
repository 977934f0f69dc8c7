package ui

import (
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2/test"

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

// Each of several streams says what its picture waits for, and an export does; what has its picture, or is over, says nothing.
func TestWaitingForALimitIsSaidWhereItIs(t *testing.T) {
	now := time.Date(2026, 11, 22, 10, 42, 7, 0, time.UTC)
	acc := &limited{waiting: &app.Waiting{Since: now.Add(-time.Second), Until: now.Add(4 * time.Minute)}}
	m := model{now: now, account: acc, accounts: []app.Account{acc}}
	const want = "waiting for the service's limit, 4 min"
	live := app.Tile{Stream: "gate", Player: player.New(player.Options{})}
	past := app.Tile{Stream: "door", Deck: &player.Deck{}}
	for _, c := range []struct {
		scene scene
		want  string
	}{
		{scene{Tile: live, live: player.State{Phase: player.Connecting}}, want},
		{scene{Tile: live, live: player.State{Phase: player.Live}}, ""},
		{scene{Tile: past, deck: player.DeckState{Phase: player.DeckLoading}}, want},
		{scene{Tile: past, deck: player.DeckState{Phase: player.DeckReady}}, ""},
	} {
		if got := queuedScene(&m, &c.scene); got != c.want {
			t.Errorf("%s, phases %v and %v: %q, want %q", c.scene.Stream, c.scene.live.Phase, c.scene.deck.Phase, got, c.want)
		}
	}
	for phase, want := range map[app.ExportPhase]string{app.ExportRunning: want, app.ExportWaiting: "", app.ExportDone: ""} {
		x := app.Export{Stream: "gate", Account: acc.ID(), Phase: phase}
		if got := queuedExport(&m, x); got != want {
			t.Errorf("an export in phase %v: %q, want %q", phase, got, want)
		}
		if got := exportWords(x, queuedExport(&m, x)); strings.Contains(got, "limit") != (want != "") {
			t.Errorf("an export in phase %v is %q", phase, got)
		}
	}
	if got := queuedExport(&m, app.Export{Stream: "gate", Account: "nobody's", Phase: app.ExportRunning}); got != "" {
		t.Errorf("an export of an account that is not there: %q", got)
	}
}

// A tile beside others shows it on its plate, and a stream that is alone where its picture would be.
func TestWhereWaitingForALimitIsShown(t *testing.T) {
	test.NewTempApp(t)
	tile := newTile()
	s := scene{Tile: app.Tile{Stream: "gate", Player: player.New(player.Options{})}, live: player.State{Phase: player.Connecting}}
	for _, said := range []string{"", "waiting for the service's limit", ""} {
		s.queued = said
		tile.show(s, false, true, false)
		if tile.wait.text != said || tile.wait.Visible() != (said != "") {
			t.Errorf("the plate says %q, visible %v; want %q", tile.wait.text, tile.wait.Visible(), said)
		}
	}
	m := model{now: time.Now(), watching: app.Watching{Stream: "gate", Player: s.Player}, queued: "waiting for the service's limit"}
	m.state.Phase = player.Connecting
	if got := stageOf(&m).lines; len(got) != 1 || got[0] != "Waiting for the service's limit." {
		t.Errorf("a stream that is opened says %q", got)
	}
	if got := stageOfArchive(&m).lines; len(got) != 1 || got[0] != "Waiting for the service's limit." {
		t.Errorf("an archive that is opened says %q", got)
	}
}

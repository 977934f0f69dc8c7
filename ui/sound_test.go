package ui

import (
	"errors"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"

	"kinora/app"
)

func TestTheButtonOfTheSoundSaysWhatIsHeard(t *testing.T) {
	w := newWindow(t, Options{})
	for name, c := range map[string]struct {
		hearing
		text, symbol string
		visible      bool
	}{
		"no sound":              {hearing{volume: 100}, "", "muted", false},
		"heard":                 {hearing{there: true, heard: true, volume: 100}, "", "sound", true},
		"heard, not so loud":    {hearing{there: true, heard: true, volume: 60}, "60 %", "sound", true},
		"muted":                 {hearing{there: true, volume: 60}, "", "muted", true},
		"without a loudspeaker": {hearing{there: true, heard: true, volume: 100, trouble: errors.New("there is none")}, "no sound", "muted", true},
	} {
		m := w.live()
		m.sound = c.hearing
		w.UI.show(m)
		if b := w.page.bar.sound; b.text != c.text || b.symbol != c.symbol || b.Visible() != c.visible {
			t.Errorf("%s: the button says %q with the symbol %q, visible: %v", name, b.text, b.symbol, b.Visible())
		}
	}
}

// Of several pictures each says whether it is heard.
func TestTilesSayWhichIsHeard(t *testing.T) {
	w := newWindow(t, Options{})
	m := w.live()
	m.scenes = []scene{
		{Tile: app.Tile{Stream: "gate", Player: m.watching.Player}, sound: hearing{there: true, heard: true, volume: 100}},
		{Tile: app.Tile{Stream: "yard", Player: m.watching.Player}, sound: hearing{there: true, volume: 100}},
		{Tile: app.Tile{Stream: "roof", Player: m.watching.Player}},
	}
	w.UI.show(m)
	for i, want := range []string{"sound", "muted", ""} {
		b := w.page.tiles[i].sound
		if b.Visible() != (want != "") || want != "" && b.symbol != want {
			t.Errorf("picture %d shows %q, visible: %v", i, b.symbol, b.Visible())
		}
	}
}

func TestKeysOfTheSound(t *testing.T) {
	w := newWindow(t, Options{})
	w.app.Watch.Select("gate")
	w.watchNow()
	tick, late := time.NewTicker(time.Millisecond), time.After(10*time.Second)
	defer tick.Stop()
	until := func(when string, fits func() bool) {
		t.Helper()
		for !fits() {
			select {
			case <-tick.C:
			case <-late:
				t.Fatalf("%s: heard %q, at %d %%", when, w.app.Sound.Hearing(w.account, "gate"), w.app.Sound.Volume(w.account, "gate"))
			}
		}
		w.watchNow()
		w.seen.sound = hearingOf(w.app.Sound, w.account, "gate", true, true, nil)
	}
	is := func(h app.Hearing, volume int) func() bool {
		return func() bool {
			return w.app.Sound.Hearing(w.account, "gate") == h && w.app.Sound.Volume(w.account, "gate") == volume
		}
	}
	until("at first", is(app.HeardInFocus, 100))
	w.write("v")
	until("V", is(app.HeardNever, 100))
	w.write("v")
	until("V again", is(app.HeardInFocus, 100))
	w.write("V")
	until("Shift+V", is(app.HeardAlways, 100))
	if text := visible(w.page.toast.box); !strings.Contains(text, "gate is always heard") {
		t.Errorf("the toast says %q", text)
	}
	w.write("V")
	until("Shift+V again", is(app.HeardInFocus, 100))
	w.held(fyne.KeyModifierShift, fyne.KeyDown)
	until("Shift+down", is(app.HeardInFocus, 90))
	w.held(fyne.KeyModifierShift, fyne.KeyUp)
	until("Shift+up", is(app.HeardInFocus, 100))
}

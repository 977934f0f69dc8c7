package ui

import (
	"image"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/test"

	"kinora/app"
	"kinora/player"
)

func TestGlanceIsSeenWhileItIsNearerThanThePicture(t *testing.T) {
	test.NewTempApp(t).Settings().SetTheme(look{alwaysDark})
	still := app.Thumb{Of: now, At: now.Add(-200 * time.Millisecond), Image: image.NewRGBA(image.Rect(0, 0, 32, 18))}
	for name, c := range map[string]struct {
		thumb app.Thumb
		deck  player.DeckState
		want  bool
	}{
		"the picture is far away":   {still, player.DeckState{At: now.Add(-time.Minute)}, true},
		"there is none yet":         {still, player.DeckState{}, true},
		"the picture is as near":    {still, player.DeckState{At: now.Add(300 * time.Millisecond)}, false},
		"the picture is the right":  {still, player.DeckState{At: now.Add(-time.Minute), Exact: true}, false},
		"nothing is recorded":       {still, player.DeckState{At: now.Add(-time.Minute), Phase: player.DeckVacant}, false},
		"there is no still":         {app.Thumb{Of: now}, player.DeckState{}, false},
		"the still is of elsewhere": {app.Thumb{Of: now.Add(-time.Hour), At: now, Image: still.Image}, player.DeckState{}, false},
	} {
		g := newGlance(nil)
		over := canvas.NewRectangle(nil)
		over.Resize(fyne.NewSize(100, 50))
		over.Move(fyne.NewPos(10, 20))
		g.show(c.thumb, now, c.deck, over)
		if g.box.Visible() != c.want {
			t.Errorf("%s: it is seen: %v, want %v", name, g.box.Visible(), c.want)
		}
		if c.want && (g.box.Size() != over.Size() || g.box.Position() != over.Position()) {
			t.Errorf("%s: it is not over the picture", name)
		}
	}
}

func TestGlanceIsLookedForWherePicturesDoNotFollow(t *testing.T) {
	test.NewTempApp(t).Settings().SetTheme(look{alwaysDark})
	for name, c := range map[string]struct {
		every time.Duration // a picture comes; zero: none does
		exact bool
		want  bool // at the end
	}{
		"pictures follow":              {every: 48 * time.Millisecond},
		"pictures are slow":            {every: 320 * time.Millisecond, want: true},
		"there are none":               {want: true},
		"the pointer rests on its own": {exact: true},
	} {
		var wishes []time.Time
		g := newGlance(func(at time.Time) { wishes = append(wishes, at) })
		deck := player.DeckState{At: now.Add(-time.Hour), Exact: c.exact}
		g.follow(now, time.Time{}, deck)
		var at time.Time
		for passed := time.Duration(0); passed < 2*time.Second; passed += 16 * time.Millisecond {
			at = now.Add(passed * 100)
			if c.every > 0 && passed%c.every == 0 {
				deck.At = at
			}
			g.follow(now.Add(passed), at, deck)
		}
		switch {
		case c.want && (len(wishes) == 0 || !wishes[len(wishes)-1].Equal(at)):
			t.Errorf("%s: the last of %d wishes is not the playhead's", name, len(wishes))
		case !c.want && len(wishes) > 0:
			t.Errorf("%s: %d stills were wished for", name, len(wishes))
		}
		g.follow(now.Add(time.Minute), time.Time{}, deck)
		if c.want && !wishes[len(wishes)-1].IsZero() {
			t.Errorf("%s: one is wished for when nothing is dragged", name)
		}
	}
}

// Of several streams each has its own still over its own picture while the playhead is dragged.
func TestStillsOfSeveralStreamsAreSeenAtOnce(t *testing.T) {
	w := newWindow(t, Options{})
	m := w.archived("yard", "dock")
	w.show(m)
	wished := map[int]time.Time{}
	for i, g := range w.page.glances {
		g.wish = func(at time.Time) { wished[i] = at }
	}
	head := m.watching.Position()
	w.page.times.hand.mode, w.page.times.playhead = scrubbing, head
	begin := time.Now()
	w.page.wishGlances(begin)
	w.page.wishGlances(begin.Add(2 * slowPicture))
	for i := range 3 {
		if !wished[i].Equal(head) {
			t.Errorf("for tile %d a still of %v is wished for", i, wished[i])
		}
	}
	if _, ok := wished[3]; ok {
		t.Error("a still is wished for where there is no stream")
	}
	for i, name := range []string{"gate", "yard", "of another stream"} {
		m.glances[i] = app.Thumb{Stream: name, Of: head, At: head, Image: image.NewRGBA(image.Rect(0, 0, 32, 18))}
	}
	w.show(m)
	for i, want := range []bool{true, true, false, false} {
		g, tile := w.page.glances[i], w.page.tiles[i]
		if g.box.Visible() != want || want && (g.box.Position() != tile.box.Position() || g.box.Size() != tile.box.Size()) {
			t.Errorf("over tile %d a still is seen: %v, at %v", i, g.box.Visible(), g.box.Position())
		}
	}
}

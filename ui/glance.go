package ui

import (
	"image/color"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"

	"kinora/app"
	"kinora/player"
)

// glance is a still from this computer over the picture of an archive, for as long as it is nearer to a dragged playhead than the
// picture is. While pictures follow the pointer none is looked for: painting it would take the time that they need.
type glance struct {
	box   *fyne.Container
	still *canvas.Image

	wish   func(at time.Time) // for a still; the zero time for none
	wished time.Time
	seen   time.Time // of the deck's last picture
	since  time.Time // the next one is waited for
	slow   bool      // pictures do not follow
}

// slowPicture is how long a dragged playhead waits for a picture until a still is looked for.
const slowPicture = 100 * time.Millisecond

func newGlance(wish func(time.Time)) *glance {
	g := &glance{wish: wish, still: &canvas.Image{FillMode: canvas.ImageFillContain, ScaleMode: canvas.ImageScaleFastest}}
	g.box = container.NewStack(canvas.NewRectangle(color.Black), g.still)
	g.box.Hide()
	return g
}

// follow wishes for a still of the playhead while it is dragged and pictures do not follow it; what is dragged is zero otherwise.
func (g *glance) follow(now, dragged time.Time, deck player.DeckState) {
	waited := now.Sub(g.since)
	switch {
	case dragged.IsZero() || deck.Exact:
		g.since, g.slow = now, false
	case !deck.At.Equal(g.seen):
		g.since, g.slow = now, waited >= slowPicture
	case waited >= slowPicture:
		g.slow = true
	}
	g.seen = deck.At
	if !g.slow {
		dragged = time.Time{}
	}
	if !dragged.Equal(g.wished) {
		g.wished = dragged
		g.wish(dragged)
	}
}

// show shows the still when it is worth it, over a tile.
func (g *glance) show(t app.Thumb, head time.Time, deck player.DeckState, over fyne.CanvasObject) {
	if t.Image == nil || !nearer(t, head, deck) {
		setVisible(g.box, false)
		return
	}
	if g.box.Position() != over.Position() || g.box.Size() != over.Size() {
		g.box.Move(over.Position())
		g.box.Resize(over.Size())
	}
	if g.still.Image != t.Image {
		g.still.Image = t.Image
		g.still.Refresh()
	}
	setVisible(g.box, true)
}

// nearer tells whether a still is nearer to the playhead than the picture of a deck, by so much that it is seen. Where nothing is recorded none is.
func nearer(t app.Thumb, head time.Time, deck player.DeckState) bool {
	const seen, current = 500 * time.Millisecond, 5 * time.Second
	if deck.Exact || deck.Vacant() || t.Of.Sub(head).Abs() > current {
		return false
	}
	return t.At.Sub(head).Abs()+seen < deck.At.Sub(head).Abs()
}

// wishGlances wishes for a still of each stream that needs one at this moment.
func (p *watchPage) wishGlances(now time.Time) {
	held := p.times.hand.mode == scrubbing
	for i, g := range p.glances {
		var dragged time.Time
		var deck player.DeckState
		if held && i < len(p.last.scenes) {
			dragged = p.times.playhead
			if d := p.last.scenes[i].Deck; d != nil {
				deck = d.State()
			}
		}
		g.follow(now, dragged, deck)
	}
}

// showGlances brings the stills over the pictures to this moment.
func (p *watchPage) showGlances() {
	m := &p.last
	for i, g := range p.glances {
		if i >= len(m.scenes) || m.scenes[i].Deck == nil || m.glances[i].Stream != m.scenes[i].Stream || !p.tiles[i].box.Visible() {
			setVisible(g.box, false)
			continue
		}
		g.show(m.glances[i], m.watching.Position(), m.scenes[i].Deck.State(), p.tiles[i].box)
	}
}

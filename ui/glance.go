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

// nearer tells whether a still is nearer to the playhead than the picture of a deck, by so much that it is seen.
func nearer(t app.Thumb, head time.Time, deck player.DeckState) bool {
	const seen, current = 500 * time.Millisecond, 5 * time.Second
	if deck.Exact || t.Of.Sub(head).Abs() > current {
		return false
	}
	return t.At.Sub(head).Abs()+seen < deck.At.Sub(head).Abs()
}

// wishGlance wishes for a still where one is needed at this moment.
func (p *watchPage) wishGlance(now time.Time) {
	var dragged time.Time
	var deck player.DeckState
	if p.times.hand.mode == scrubbing {
		dragged = p.times.playhead
		if d := p.last.watching.Deck; d != nil {
			deck = d.State()
		}
	}
	p.glance.follow(now, dragged, deck)
}

// showGlance brings the still over the picture in the focus to this moment.
func (p *watchPage) showGlance() {
	m := &p.last
	if m.watching.Deck == nil || m.glance.Stream != m.watching.Stream {
		setVisible(p.glance.box, false)
		return
	}
	for _, t := range p.tiles {
		if t.stream == m.watching.Stream && t.box.Visible() {
			p.glance.show(m.glance, m.watching.Position(), m.watching.Deck.State(), t.box)
			return
		}
	}
}

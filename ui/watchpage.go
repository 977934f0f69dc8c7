package ui

import (
	"image/color"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"

	"kinora/app"
)

// watchPage is one stream or several side by side: their pictures, or what stands in their place, the line of figures, the time
// below, and at the right what is known of the present moment.
type watchPage struct {
	box       *fyne.Container
	tiles     []*tile
	mosaic    *fyne.Container // holds them
	view      *videoView      // of the first tile
	pump      *pump
	stage     *container.ThemeOverride // the pictures and all over them, dark in every theme
	placard   *placard                 // in place of a picture, while a stream is open: on black
	idle      *placard                 // while none is open: on the page
	badge     *badge
	toast     *toast
	blank     *canvas.Text // nothing, in the typeface of what is said over pictures: reading that costs three frames, which nobody misses once the first picture is there
	pointer   *pointerArea
	bar       *statusBar // below the picture
	times     *timeBar
	known     *app.Surveyed  // that times shows
	noted     []app.Bookmark // likewise
	glances   []*glance      // over the tiles
	transport *transportBar
	below     *fyne.Container // both bars, and what is between them
	over      *statusBar      // over its foot, when there is nothing but the picture
	foot      *fyne.Container
	inspector *inspector
	middle    *fyne.Container // the stage and the inspector

	stirred func()
	release func()
	inspect bool      // the inspector is wanted
	bare    bool      // nothing but the picture: full screen or kiosk
	stirs   time.Time // when the pointer moved last
	last    model     // shown last
	passed  time.Time // when anything but a picture could move last
	waits   bool      // for a picture that is looked for, since the last tick
	follows bool      // what moves with a picture has yet to, after that one
	ticked  time.Time // when the line of figures was brought up to date last, between models
}

// linger is how long the line over the picture stays after the pointer has come to rest.
const linger = 2500 * time.Millisecond

// headPace is how often the playhead's time is written anew while it moves.
const headPace = 100 * time.Millisecond

// watchParts is what the page is given to act with; a button is made anew by each call.
type watchParts struct {
	offer      func(offer) *button
	sound      func() *button
	record     func() *button
	fullscreen func() *button
	times      *timeBar
	transport  transportParts
	toast      *button
	close      *button // of the inspector
	screen     func()  // leaves or enters full screen
	stirred    func()  // the pointer moved after a rest, or the archive has come to another state
	release    func()  // what has waited for a picture is shown
	focus      func(stream string)
	glance     func(tile int, at time.Time) // wishes for a still; the zero time for none
}

func newWatchPage(a watchParts) *watchPage {
	p := &watchPage{
		placard:   newPlacard(a.offer),
		idle:      newPlacard(a.offer),
		badge:     newBadge(a.offer),
		toast:     newToast(a.toast),
		bar:       newStatusBar(false, a.sound(), a.record(), a.fullscreen()),
		over:      newStatusBar(true, a.sound(), a.record(), a.fullscreen()),
		transport: newTransportBar(a.transport),
		inspector: newInspector(a.close),
		times:     a.times,
		blank:     canvas.NewText("\u00a0", color.Transparent), // of a mere space Fyne knows that it is nothing
		stirred:   a.stirred,
		release:   a.release,
	}
	p.mosaic = container.New(mosaic{gap: space1})
	views := make([]*videoView, app.MostTiles)
	over := container.NewWithoutLayout(p.blank)
	for i := range views {
		t := newTile()
		p.tiles = append(p.tiles, t)
		p.mosaic.Add(t.box)
		views[i] = t.view
		g := newGlance(func(at time.Time) { a.glance(i, at) })
		p.glances = append(p.glances, g)
		over.Add(g.box)
	}
	p.view = views[0]
	p.pump = newPump(views...)
	p.pump.also = p.tick
	p.pointer = newPointerArea(func() {
		rested := time.Since(p.stirs) > linger
		p.stirs = time.Now()
		if rested {
			a.stirred()
		}
	}, a.screen, func(at fyne.Position) {
		if t := p.tileAt(at); t != nil && len(p.last.scenes) > 1 {
			a.focus(t.stream)
		}
	})
	p.foot = newEdges(nil, p.over.box, nil, nil, nil)
	p.stage = container.NewThemeOverride(container.NewStack(p.mosaic, over, p.pointer, p.placard.box, p.badge.box, p.toast.box, p.foot), look{alwaysDark})
	p.middle = newEdges(nil, nil, nil, p.inspector.box, container.NewStack(p.stage, p.idle.box))
	p.below = column(0, p.bar.box, p.times.box, p.transport.box)
	p.box = newEdges(nil, p.below, nil, nil, p.middle)
	p.over.box.Hide()
	p.badge.box.Hide()
	p.blank.Hide()
	p.placard.box.Hide()
	p.inspector.box.Hide()
	return p
}

// tileAt is the tile at a place of the stage.
func (p *watchPage) tileAt(at fyne.Position) *tile {
	for _, t := range p.tiles {
		from, size := t.box.Position(), t.box.Size()
		if t.box.Visible() && at.X >= from.X && at.Y >= from.Y && at.X < from.X+size.Width && at.Y < from.Y+size.Height {
			return t
		}
	}
	return nil
}

// leave lets the pump stand still while the page is not seen. What has waited for a picture does not wait for the page.
func (p *watchPage) leave() {
	p.release()
	p.pump.run(false)
	p.times.let(time.Now())
}

// show brings the page to the model's moment. It refreshes nothing that holds the picture. It is called only while the page is
// seen.
func (p *watchPage) show(m *model) {
	p.last = *m
	open := m.watching.Open()
	alone := len(m.scenes) < 2
	s := stageOf(m)
	p.showTiles(m, s, alone)
	p.pump.run(open)
	if s.symbol == "waiting" && !s.alarm && m.watching.Archived() && p.tiles[0].seen() {
		s.picture = true // the last one stays until the one that is looked for is there
	}

	setVisible(p.stage, open)
	setVisible(p.blank, s.picture)
	setVisible(p.idle.box, !open)
	setVisible(p.placard.box, open && alone && !s.picture)
	setVisible(p.badge.box, open && (s.alarm && (s.picture || !alone) || s.all))
	switch {
	case !open:
		p.idle.show(s)
	case p.badge.box.Visible():
		p.badge.stand(p.tiles[0].reach())
		p.badge.show(s)
	case !s.picture && alone:
		p.placard.show(s)
	}
	p.toast.show(m.now)
	p.showBars(m, open)

	if drawer := p.inspect && !p.bare && open && m.watching.Take == ""; drawer != p.inspector.box.Visible() {
		setVisible(p.inspector.box, drawer)
		relayout(p.middle)
	}
	if p.inspector.box.Visible() {
		p.inspector.show(m)
	}
}

// showTiles gives each picture its place. A take has one, as a stream alone.
func (p *watchPage) showTiles(m *model, s stage, alone bool) {
	scenes := m.scenes
	if len(scenes) == 0 && m.watching.Player != nil {
		scenes = []scene{{Tile: app.Tile{Account: m.watching.Take, Stream: m.watching.Stream, Player: m.watching.Player}}}
	}
	changed := false
	for i, t := range p.tiles {
		was := t.box.Visible()
		if i < len(scenes) {
			t.show(scenes[i], alone, scenes[i].Stream == m.watching.Stream, s.picture || s.symbol == "waiting")
		} else {
			t.clear()
		}
		changed = changed || was != t.box.Visible()
	}
	if changed {
		relayout(p.mosaic)
	}
}

// showBars shows the line over the picture or below it, and the time below.
func (p *watchPage) showBars(m *model, open bool) {
	rested := m.now.Sub(p.stirs) >= linger
	p.pointer.hidden = p.bare && rested
	if above := p.bare && open && !rested; above != p.over.box.Visible() {
		setVisible(p.over.box, above)
		relayout(p.foot)
	}
	below := !p.bare && open
	times := below && m.watching.Take == ""
	if below != p.below.Visible() || times != p.transport.box.Visible() {
		setVisible(p.below, below)
		setVisible(p.bar.box, below)
		setVisible(p.times.box, times)
		setVisible(p.transport.box, times)
		relayout(p.box)
	}
	if times {
		p.times.choose(m.watching.In, m.watching.Out)
		p.showPast(m)
		p.showGlances()
		p.transport.show(m)
	}
	switch {
	case !open:
	case p.bare:
		p.over.show(m)
	default:
		p.bar.show(m)
	}
}

// tick moves what follows the playhead between two models, and asks for another one when the archive has come to another state.
// What moves with every picture moves when one is painted, so that it costs no repaint of its own. A picture that was waited for is
// painted alone, and sooner for that: the rest follows a tick later, unless it has waited for long.
func (p *watchPage) tick(now time.Time, painted bool) {
	waits := !painted && p.hushed(p.last.watching.Transport, now)
	alone := painted && p.waits && now.Sub(p.passed) < hush
	if p.waits = waits; waits || alone {
		p.follows = p.follows || alone
		return
	}
	painted, p.follows = painted || p.follows, false
	p.passed = now
	p.release()
	p.wishGlances(now)
	rested := now.Sub(p.ticked) >= headPace
	if p.times.box.Visible() && (painted || rested) {
		p.times.pass(p.last.onScreen(now), now)
		p.showGlances()
	}
	t := p.last.watching.Transport
	if t == nil || !rested {
		return
	}
	p.ticked = now
	for i := range p.last.scenes {
		s := &p.last.scenes[i]
		if s.Deck == nil {
			continue
		}
		if phase := s.Deck.State().Phase; phase != s.deck.Phase {
			s.deck.Phase = phase
			if s.Deck == p.last.watching.Deck {
				p.last.deck.Phase = phase
			}
			p.stirred()
		}
	}
	if shown := p.last.onScreen(now); !shown.Equal(p.last.head.shown) {
		p.last.now, p.last.head.at, p.last.head.shown = now, t.Position(), shown
		bar := p.bar
		if p.bare {
			bar = p.over
		}
		bar.where.set(whereabouts(&p.last))
	}
}

// setVisible shows or hides o unless it is so already: either repaints.
func setVisible(o fyne.CanvasObject, on bool) {
	switch {
	case on && !o.Visible():
		o.Show()
	case !on && o.Visible():
		o.Hide()
	}
}

// appear gives what lies over the picture the colours of an appearance: dark ones in every theme.
func (p *watchPage) appear(a appearance) {
	p.stage.Theme = look{overPicture(a)}
	p.stage.Refresh()
}

// overPicture is the appearance of what lies over a picture.
func overPicture(a appearance) appearance {
	if a == highContrast {
		return a
	}
	return alwaysDark
}

package ui

import (
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
)

// watchPage is one stream: its picture, or what stands in its place, and the line of figures below.
type watchPage struct {
	box     *fyne.Container
	view    *videoView
	pump    *pump
	stage   *container.ThemeOverride // the picture and all over it, dark in every theme
	placard *placard                 // in place of a picture, while a stream is open: on black
	idle    *placard                 // while none is open: on the page
	badge   *badge
	pointer *pointerArea
	bar     *statusBar // below the picture
	over    *statusBar // over its foot, when there is nothing but the picture
	foot    *fyne.Container

	bare  bool      // nothing but the picture: full screen or kiosk
	stirs time.Time // when the pointer moved last
}

// linger is how long the line over the picture stays after the pointer has come to rest.
const linger = 2500 * time.Millisecond

// watchParts is what the page is given to act with; a button is made anew by each call.
type watchParts struct {
	offer      func(offer) *button
	record     func() *button
	fullscreen func() *button
	screen     func() // leaves or enters full screen
	stirred    func() // the pointer moved after a rest
}

func newWatchPage(a watchParts) *watchPage {
	p := &watchPage{
		view:    newVideoView(),
		placard: newPlacard(a.offer),
		idle:    newPlacard(a.offer),
		badge:   newBadge(a.offer),
		bar:     newStatusBar(a.record(), a.fullscreen()),
		over:    newStatusBar(a.record(), a.fullscreen()),
	}
	p.pump = newPump(p.view)
	p.pointer = newPointerArea(func() {
		rested := time.Since(p.stirs) > linger
		p.stirs = time.Now()
		if rested {
			a.stirred()
		}
	}, a.screen)
	p.foot = newEdges(nil, p.over.box, nil, nil, nil)
	p.stage = container.NewThemeOverride(container.NewStack(p.view, p.pointer, p.placard.box, p.badge.box, p.foot), look{alwaysDark})
	p.box = newEdges(nil, p.bar.box, nil, nil, container.NewStack(p.stage, p.idle.box))
	p.over.box.Hide()
	p.badge.box.Hide()
	p.placard.box.Hide()
	return p
}

// leave lets the pump stand still while the page is not seen.
func (p *watchPage) leave() { p.pump.run(false) }

// show brings the page to the model's moment. It refreshes nothing that holds the picture. It is called only while the page is
// seen.
func (p *watchPage) show(m *model) {
	open := m.watching.Player != nil
	p.view.play(m.watching.Player)
	p.pump.run(open)

	s := stageOf(m)
	setVisible(p.stage, open)
	setVisible(p.idle.box, !open)
	setVisible(p.placard.box, open && !s.picture)
	setVisible(p.badge.box, open && s.picture && s.alarm)
	switch {
	case !open:
		p.idle.show(s)
	case !s.picture:
		p.placard.show(s)
	case s.alarm:
		p.badge.show(s)
	}

	stirred := m.now.Sub(p.stirs) < linger
	p.pointer.hidden = p.bare && !stirred
	if above := p.bare && open && stirred; above != p.over.box.Visible() {
		setVisible(p.over.box, above)
		relayout(p.foot)
	}
	if below := !p.bare && open; below != p.bar.box.Visible() {
		setVisible(p.bar.box, below)
		relayout(p.box)
	}
	switch {
	case !open:
	case p.bare:
		p.over.show(m)
	default:
		p.bar.show(m)
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

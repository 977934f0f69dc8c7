package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/theme"

	"kinora/app"
)

// callPage is a call, or what this program offers on a channel: the picture or what stands in its place, the stages on the way to it,
// the viewers, a line with what can be done, and at the right what was said and how the call does.
type callPage struct {
	box     *fyne.Container
	view    *videoView
	pump    *pump
	stage   *container.ThemeOverride // the picture and all over it, dark in every theme
	placard *placard                 // in place of the picture
	falls   *waterfall               // below the placard, until there is a picture
	viewers *viewerList
	own     *ownPicture
	card    *fyne.Container // holds placard, falls and viewers
	badge   *badge
	toast   *toast
	mark    *mark
	quality *caption
	bar     *fyne.Container
	buttons callButtons
	drawer  *callDrawer
	middle  *fyne.Container // the stage and the drawer

	bare bool // nothing but the picture: full screen
}

// callButtons do something about a call.
type callButtons struct {
	talk                                       *talkButton
	loud                                       *soundLevel // of the other side
	sound, chat, record, snap, figures, hangUp *button
}

// callParts is what the page is given to act with.
type callParts struct {
	offer   func(offer) *button
	buttons callButtons
	toast   *button
	viewers viewerParts
	drawer  *callDrawer
}

func newCallPage(a callParts) *callPage {
	p := &callPage{
		view: newVideoView(), placard: newPlacard(a.offer), falls: newWaterfall(), viewers: newViewerList(a.viewers), badge: newBadge(a.offer),
		toast: newToast(a.toast), mark: newMark(conditionNone), quality: newCaption("", theme.ColorNameForeground).figures().cut(0), buttons: a.buttons, drawer: a.drawer,
	}
	p.own = newOwnPicture()
	p.pump = newPump(p.view, p.own.view)
	p.card = container.NewCenter(column(space4, p.own.box, p.placard.box,
		container.NewCenter(container.New(sized{width: placardWidth}, p.falls.box)),
		container.NewCenter(container.New(sized{width: placardWidth}, p.viewers.box))))
	p.stage = container.NewThemeOverride(container.NewStack(p.view, p.card, p.badge.box, p.toast.box), look{alwaysDark})
	b := p.buttons
	words := newEdges(nil, nil, padded(container.NewCenter(p.mark), 0, 0, 0, space2), nil, p.quality)
	p.bar = container.New(sized{height: barHeight}, newEdges(newRule(), nil, nil, nil,
		padded(newEdges(nil, nil, nil, container.NewCenter(row(space1, b.talk, b.loud, b.sound, b.chat, b.record, b.snap, b.figures, b.hangUp)), words), 0, 0, space3, space2)))
	p.middle = newEdges(nil, nil, nil, p.drawer.box, p.stage)
	p.box = newEdges(nil, p.bar, nil, nil, p.middle)
	p.badge.box.Hide()
	p.drawer.box.Hide()
	return p
}

// leave lets go of the picture, so that it costs nothing while it is not seen. The call goes on.
func (p *callPage) leave() {
	p.pump.run(false)
	p.view.play(nil, false)
	p.own.clear()
}

// show brings the page to the model's moment. It is called only while the page is seen.
func (p *callPage) show(m *model) {
	s := stageOfCall(m)
	c, there := m.call()
	o, offered := m.calls.offer(m.calls.channel)
	if there && s.picture {
		p.view.play(picturesOf(c.Player, nil), false)
	} else {
		p.view.play(nil, false)
	}
	own := offered && !o.Ended
	if p.own.show(own, o) {
		relayout(p.card)
	}
	p.pump.run(there && s.picture || own)
	p.showCard(m, s, there && !offered)
	badge := s.picture && s.alarm
	setVisible(p.badge.box, badge)
	if badge {
		p.badge.show(s)
	}
	changed := p.viewers.show(o.Viewers, m.now)
	if changed {
		relayout(p.card)
	}
	p.toast.show(m.now)
	p.showBar(m)
	if drawer := p.drawer.wanted != drawerNone && !p.bare && (there || offered); drawer != p.drawer.box.Visible() {
		setVisible(p.drawer.box, drawer)
		relayout(p.middle)
	}
	if p.drawer.box.Visible() {
		p.drawer.show(m)
	}
}

// showCard shows what stands in the place of the picture.
func (p *callPage) showCard(m *model, s stage, called bool) {
	setVisible(p.card, !s.picture)
	falls := called && m.calls.last.Phase != app.CallEnded && m.calls.last.Fault.Kind != app.FaultHungUp
	changed := falls != p.falls.box.Visible()
	setVisible(p.falls.box, falls)
	if s.picture {
		return
	}
	if falls {
		p.falls.show(&m.calls.last, m.now)
	}
	p.placard.show(s)
	if changed {
		relayout(p.card)
	}
}

// showBar says how the call does, and what can be done.
func (p *callPage) showBar(m *model) {
	c, there := m.call()
	_, offered := m.calls.offer(m.calls.channel)
	if bar := !p.bare && (there || offered); bar != p.bar.Visible() {
		setVisible(p.bar, bar)
		relayout(p.box)
	}
	showSound(p.buttons.sound, m.calls.sound)
	p.buttons.loud.show(m.calls.sound)
	words, sign := "", conditionNone
	if there && !offered {
		words = brief(c.Channel)
		if q := quality(&c); q != "" {
			words += " · " + q
		}
		if c.Talking {
			words += " · " + lang.L("you are heard")
		}
		switch {
		case c.Quality == app.CallPoor:
			sign = conditionFailed
		case m.talking():
			sign = conditionLive
		default:
			sign = conditionSilent
		}
	} else if offered {
		words, sign = brief(m.calls.channel), conditionLive
	}
	p.quality.set(words)
	p.mark.set(sign)
	talking := m.talking()
	_, recorded := m.callRecording()
	record := lang.L("Record")
	symbol := "record"
	if recorded {
		record, symbol = lang.L("Stop recording"), "stop"
	}
	p.buttons.record.setText(record, symbol)
	p.buttons.record.enable(talking && !c.Picture.IsZero() || recorded)
	p.buttons.snap.enable(talking && !c.Picture.IsZero())
	p.buttons.chat.choose(p.drawer.wanted == drawerChat)
	p.buttons.figures.choose(p.drawer.wanted == drawerFigures)
	p.buttons.figures.enable(there)
	p.buttons.talk.enable(m.talking())
	p.buttons.talk.choose(c.Talking)
	for _, o := range []fyne.CanvasObject{p.buttons.talk, p.buttons.record, p.buttons.snap, p.buttons.figures} {
		setVisible(o, !offered)
	}
	hang := lang.L("Hang up")
	if offered {
		hang = lang.L("End the offer")
	}
	p.buttons.hangUp.setText(hang, "hangup")
	p.buttons.hangUp.enable(talking || offered)
	relayout(p.bar)
}

// callRecording is the recording of what is seen of the call, if there is one.
func (m *model) callRecording() (app.Recording, bool) {
	for _, r := range m.recordings {
		if r.Camera.Kind == app.Conversation && r.Camera.Name == m.calls.channel && !r.Ended {
			return r, true
		}
	}
	return app.Recording{}, false
}

// appear gives what lies over the picture the colours of an appearance: dark ones in every theme.
func (p *callPage) appear(a appearance) {
	p.stage.Theme = look{overPicture(a)}
	p.stage.Refresh()
}

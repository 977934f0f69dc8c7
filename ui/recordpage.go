package ui

import (
	"slices"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"kinora/app"
)

// recordPage is capture and upload: what the camera gives, how far every second of it has come, and the takes that this
// computer holds.
type recordPage struct {
	box    *fyne.Container
	view   *videoView
	pump   *pump
	stage  *container.ThemeOverride // the preview and what stands in its place, dark in every theme
	empty  *caption
	blank  *fyne.Container // holds empty
	meter  *meter
	mark   *mark
	title  *caption
	text   *widget.Label
	lines  *fyne.Container // holds text
	doing  *doings
	words  *fyne.Container
	lamp   *lampView
	data   *caption // the newest line of telemetry
	warned *warningList
	target *picker
	owner  *caption
	source *picker
	mic    *picker
	qual   *picker
	cost   *caption
	more   *button
	check  *button
	press  *button // Record or Stop
	marker *button
	ledger []*ledgerCell
	strip  *strip
	told   *caption
	takes  *takeList
	note   *caption // in place of takes

	spans   func(take string) []app.Span
	preview func() app.Preview
	looked  time.Time // when the strip was brought up to date last
	painted []app.Span
}

// recordParts is what the page is given to act with.
type recordParts struct {
	offer                        func(offer) *button
	target, source, mic, quality *picker
	more, check, press, marker   *button
	takes                        *takeList
	keys                         func(*fyne.KeyEvent)
	runes                        func(rune)
	spans                        func(take string) []app.Span
	preview                      func() app.Preview // of the moment, for the meter
}

// stripPace is how often the strip is brought up to date at most.
const stripPace = 500 * time.Millisecond

func newRecordPage(a recordParts) *recordPage {
	p := &recordPage{
		view: newVideoView(), meter: newMeter(), mark: newMark(conditionSilent), doing: newDoings(a.offer),
		lamp: newLampView(), warned: newWarningList(), target: a.target, source: a.source, mic: a.mic, qual: a.quality,
		more: a.more, check: a.check, press: a.press, marker: a.marker, takes: a.takes, spans: a.spans, preview: a.preview,
		data:  newCaption("", colorQuiet).small().figures().cut(0),
		owner: newCaption("", colorQuiet).cut(0),
		empty: newCaption("", colorQuiet),
		cost:  newCaption("", colorQuiet).small().cut(0),
		told:  newCaption("", colorQuiet).small().cut(0),
		note:  newCaption("", colorQuiet).cut(0),
	}
	p.pump = newPump(p.view)
	p.pump.also = func(now time.Time, _ bool) { p.listen(now) }
	p.title = newCaption("", theme.ColorNameForeground).bold().cut(0)
	p.title.size = theme.SizeNameHeadingText
	p.strip = newStrip(p.tell)
	p.strip.keys, p.strip.runes = a.keys, a.runes
	p.blank = container.NewCenter(p.empty)
	p.stage = container.NewThemeOverride(container.NewStack(p.view, p.blank), look{alwaysDark})

	p.text, p.lines = newParagraph("", fyne.TextAlignLeading, true)
	head := newEdges(nil, nil, padded(container.NewCenter(p.mark), 0, 0, 0, space2), nil, p.title)
	to := newEdges(nil, nil, container.New(sized{width: 260}, p.target.button), nil, padded(p.owner, 0, 0, space2, 0))
	p.words = column(space2, head, p.lines, to, row(space2, p.press, p.marker, p.check, p.doing.box), p.lamp.box, p.data)

	sources := container.New(evenly{perRow: 3, gap: space3}, p.source.box,
		column(space1, p.mic.box, p.meter), column(space1, p.qual.box, p.cost))
	setup := newEdges(nil, nil, nil, padded(column(0, container.New(sized{height: captionSize + space2}, row(0)), p.more), 0, 0, space3, 0), sources)
	figures := container.New(evenly{perRow: 5, gap: space3})
	for range ledgerOf(&model{}) {
		c := newLedgerCell()
		p.ledger = append(p.ledger, c)
		figures.Add(c.box)
	}
	strip := column(space1, p.strip, p.told)
	heading := padded(newCaption(lang.L("TAKES ON THIS COMPUTER"), colorQuiet).small().bold(), 0, space1, space3, space3)
	list := newEdges(column(0, newRule(), padded(heading, space2, 0, 0, 0), padded(p.note, 0, 0, space3, space3)), nil, nil, nil, p.takes)
	p.box = container.New(recordLayout{}, p.stage, p.words, p.warned.box, setup, strip, figures, list)
	p.lines.Hide()
	p.data.Hide()
	p.tell("")
	return p
}

// listen moves the meter.
func (p *recordPage) listen(now time.Time) {
	shown := p.preview()
	switch {
	case phaseOf(shown.State) != intakeRunning:
	case shown.Sound():
		p.meter.tick(now, shown.State.RMS, shown.State.Peak)
	default:
		p.meter.reset()
	}
}

// tell says what the chosen second of the strip is, or what the columns mean.
func (p *recordPage) tell(words string) {
	if words == "" {
		words = lang.L("A column is one second:  ▁ captured  ▃ on disk  ▅ sent  ▆ received  █ persisted   hatched: lost or refused")
	}
	p.told.set(words)
}

// leave lets go of what the page shows, so that it costs nothing while it is not seen.
func (p *recordPage) leave() {
	p.pump.run(false)
	p.view.play(nil, false)
	p.meter.reset()
}

// show brings the page to the model's moment. It is called only while the page is seen.
func (p *recordPage) show(m *model) {
	p.view.play(picturesOf(m.preview.Player, nil), false)
	p.pump.run(m.preview.Camera.ID != "")
	s := standingOf(m)
	p.mark.set(s.mark)
	p.title.set(s.title)
	changed := p.doing.show(s.offers, normal)
	weight := widget.LowImportance
	if s.alarm {
		weight = widget.WarningImportance
	}
	if text := joined(s.lines); text != p.text.Text || weight != p.text.Importance {
		p.text.Importance = weight
		p.text.SetText(text)
		p.lines.Hidden = text == ""
		changed = true
	}
	changed = p.lamp.show(lampOf(m)) || changed
	changed = p.warned.show(warningsOf(m)) || changed
	p.data.set(m.preview.Data)
	setVisible(p.data, m.preview.Data != "")
	p.showPreview(m)
	p.showSetup(m)
	p.showStrip(m)
	m.spans = p.painted
	for i, line := range ledgerOf(m) {
		p.ledger[i].show(line)
	}
	p.takes.show(m)
	if none := len(m.takes) == 0; none != p.note.Visible() {
		setVisible(p.note, none)
		changed = true
	}
	p.note.set(lang.L("Nothing has been recorded on this computer yet. What is recorded stays listed here for a month."))
	if changed {
		relayout(p.box)
	}
}

// showPreview says what stands in the place of a picture.
func (p *recordPage) showPreview(m *model) {
	words := ""
	switch {
	case m.preview.Camera.ID == "":
		words = lang.L("The preview appears here")
	case m.preview.Player == nil || m.preview.Player.State().LastFrame.IsZero():
		words = m.preview.Camera.Name
	}
	if p.empty.text != words {
		p.empty.set(words)
		relayout(p.blank)
	}
}

// showSetup shows what is chosen; while it is recorded from, that stays as it is.
func (p *recordPage) showSetup(m *model) {
	rec, recording := m.target()
	camera, symbol := m.plan.Camera.Name, sourceSymbol(m.plan.Camera.Kind)
	if recording {
		camera, symbol = rec.Camera.Name, sourceSymbol(rec.Camera.Kind)
	}
	switch {
	case m.looking && !recording:
		camera, symbol = lang.L("Looking for sources…"), "waiting"
	case camera == "":
		camera, symbol = lang.L("Choose…"), "camera"
	}
	p.source.setText(camera, symbol)
	p.mic.setText(soundName(m), "microphone")
	p.qual.setText(qualityName(m.plan.Settings.Quality), "")
	p.cost.set(cost(m))
	for _, b := range []*button{p.source.button, p.mic.button, p.qual.button} {
		b.enable(!recording)
	}
	stream := m.plan.Stream
	if stream == "" {
		stream = lang.L("Choose a stream…")
	}
	p.target.setText(stream, "")
	p.owner.set(accountLabel(m.account))

	p.marker.setText(markerName(m.marks), "marker")
	p.marker.enable(recording)
	setVisible(p.check, !recording)
	p.check.enable(m.plan.Stream != "")
	setVisible(p.marker, recording)
	switch {
	case recording && rec.Stopping:
		p.press.weight = loss
		p.press.setText(lang.L("Finishing"), "stop")
	case recording:
		p.press.weight = loss
		p.press.setText(lang.L("Stop"), "stop")
	default:
		p.press.weight = primary
		p.press.setText(lang.L("Record"), "record")
	}
	p.press.enable(recording && !rec.Stopping || !recording && m.plan.Stream != "" && m.plan.Camera.ID != "")
	relayout(p.words)
}

// showStrip asks for the take's spans, at most twice a second, and paints them when they are others.
func (p *recordPage) showStrip(m *model) {
	if m.now.Sub(p.looked) < stripPace-50*time.Millisecond && m.now.After(p.looked) {
		return
	}
	p.looked = m.now
	take, ok := m.take()
	var spans []app.Span
	if ok {
		spans = p.spans(take.ID)
	}
	if !slices.Equal(spans, p.painted) {
		p.painted = spans
		p.strip.show(take.Began, spans)
	}
}

// appear gives the preview the colours of an appearance: dark ones in every theme.
func (p *recordPage) appear(a appearance) {
	p.stage.Theme = look{overPicture(a)}
	p.stage.Refresh()
	p.strip.Refresh()
}

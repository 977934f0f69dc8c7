package ui

import (
	"fmt"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"kinora/app"
)

// drawerKind is what the drawer at the right of a call shows.
type drawerKind int

const (
	drawerNone drawerKind = iota
	drawerChat
	drawerFigures
)

// callDrawer is at the right of a call: what was said over the data channel, or how the call does.
type callDrawer struct {
	box    *fyne.Container
	title  *caption
	chat   *fyne.Container
	text   *widget.Label
	scroll *container.Scroll
	entry  *entry
	body   *container.Scroll // of the figures
	facts  *factList
	falls  *waterfall

	wanted drawerKind
	shown  []app.Text
}

const drawerWidth = 320

// newCallDrawer makes a drawer; hide closes it, and say sends what was typed.
func newCallDrawer(hide *button, say func(string)) *callDrawer {
	d := &callDrawer{title: newCaption("", theme.ColorNameForeground).bold().cut(0), facts: newFactList(), falls: newWaterfall()}
	d.entry = newEntry(lang.L("Say something, or send a command"))
	d.entry.OnSubmitted = func(text string) {
		if strings.TrimSpace(text) != "" {
			say(text)
		}
	}
	text, box := newParagraph("", fyne.TextAlignLeading, false)
	text.Selectable = true
	d.text = text
	d.scroll = container.NewVScroll(padded(box, space2, space3, space3, space3))
	d.chat = newEdges(nil, padded(d.entry, space2, space2, space3, space3), nil, nil, d.scroll)
	d.body = container.NewVScroll(padded(column(space3, d.falls.box, d.facts.column), space3, space3, space3, space3))
	head := container.New(sized{height: barHeight}, padded(newEdges(nil, nil, nil, container.NewCenter(hide), d.title), 0, 0, space3, space2))
	d.box = container.New(sized{width: drawerWidth}, newEdges(nil, nil, newRule(), nil,
		container.NewStack(newGround(colorSurface), newEdges(newEdges(nil, newRule(), nil, nil, head), nil, nil, nil, container.NewStack(d.chat, d.body)))))
	return d
}

// show brings the drawer to the model's moment.
func (d *callDrawer) show(m *model) {
	c, there := m.call()
	o, offered := m.calls.offer(m.calls.channel)
	chat := d.wanted == drawerChat || offered
	setVisible(d.chat, chat)
	setVisible(d.body, !chat)
	if !chat {
		d.title.set(lang.L("Statistics"))
		d.falls.show(&c, m.now)
		if d.facts.show(callFacts(m)) {
			relayout(d.box)
		}
		return
	}
	d.title.set(lang.L("Chat and commands"))
	texts := c.Texts
	if offered {
		texts = o.Texts
	}
	setVisible(d.entry, m.talking() || offered)
	if !there && !offered {
		texts = nil
	}
	d.write(texts)
}

// write shows what was said, the newest at the foot.
func (d *callDrawer) write(texts []app.Text) {
	same := len(texts) == len(d.shown) && (len(texts) == 0 || texts[len(texts)-1] == d.shown[len(d.shown)-1])
	if same {
		return
	}
	d.shown = texts
	var b strings.Builder
	for _, t := range texts {
		from := t.From
		if from == "" {
			from = lang.L("you")
		}
		fmt.Fprintf(&b, "%s  %s: %s\n", clock(t.At), brief(from), readable([]byte(t.Text)))
	}
	d.text.SetText(strings.TrimSuffix(b.String(), "\n"))
	relayout(d.box)
	d.scroll.Refresh()
	d.scroll.ScrollToBottom()
}

// callFacts lists how a call does.
func callFacts(m *model) []fact {
	c, there := m.call()
	if !there {
		return nil
	}
	s, st := c.Stats, m.calls.picture
	way := lang.L("direct")
	if s.Relayed {
		way = lang.L("relayed by a TURN server")
	}
	facts := []fact{
		{name: lang.L("Way"), value: way, prose: true},
		{name: lang.L("Round trip"), value: milli(s.RoundTrip)},
		{name: lang.L("Jitter"), value: milli(s.Jitter)},
		{name: lang.L("Lost, of the last seconds"), value: fmt.Sprintf("%.2f %%", 100*s.Loss)},
		{name: lang.L("Sent again"), value: fmt.Sprintf("%.2f %%", 100*s.Again)},
		{name: lang.L("Bitrate"), value: bitrate(s.Bitrate)},
		{name: lang.L("Pictures a second"), value: fmt.Sprintf("%.1f", s.FPS)},
		{name: lang.L("Freezes"), value: fmt.Sprintf("%d · %.1f s", s.Freezes, s.Frozen.Seconds())},
		{name: lang.L("Packets"), value: lang.L("{{.Packets}}, {{.Lost}} lost, {{.Again}} sent again", values{"Packets": s.Packets, "Lost": s.Lost, "Again": s.Recovered})},
		{name: lang.L("Key frames asked for"), value: fmt.Sprint(s.KeyFramesAsked)},
		{name: lang.L("Ways looked for again"), value: fmt.Sprint(s.Restarts)},
	}
	if st.Size.X > 0 {
		facts = append(facts, fact{name: lang.L("Picture"), value: fmt.Sprintf("%s %d×%d", codecName(string(st.Codec)), st.Size.X, st.Size.Y)},
			fact{name: lang.L("Held back for smoothness"), value: milli(st.Delay)})
	}
	if st.Latency > 0 {
		facts = append(facts, fact{name: lang.L("On the screen after"), value: milli(st.Latency)})
	}
	if c.Unheard != nil && !c.Phase.Over() {
		facts = append(facts, fact{name: lang.L("Signaling is away; the call goes on"), value: sentence(c.Unheard), prose: true})
	}
	return facts
}

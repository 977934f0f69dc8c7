package ui

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"kinora/app"
	"kinora/media"
	"kinora/player"
)

// inspector is the drawer at the right: what is known of the fragment at the playhead.
type inspector struct {
	box   *fyne.Container
	facts *factList
}

// factList shows named values below one another.
type factList struct {
	column *fyne.Container
	rows   []*inspectorRow
}

func newFactList() *factList { return &factList{column: column(space2 + space1)} }

// inspectorRow is a named value.
type inspectorRow struct {
	box  *fyne.Container
	name *caption
	text *widget.Label
}

const inspectorWidth = 300

func newInspector(hide *button) *inspector {
	i := &inspector{facts: newFactList()}
	title := newCaption(lang.L("At the playhead"), theme.ColorNameForeground).bold().cut(0)
	head := container.New(sized{height: barHeight}, padded(newEdges(nil, nil, nil, container.NewCenter(hide), title), 0, 0, space3, space2))
	body := container.NewVScroll(padded(i.facts.column, space2, space3, space3, space3))
	i.box = container.New(sized{width: inspectorWidth}, newEdges(nil, nil, newRule(), nil,
		container.NewStack(newGround(colorSurface), newEdges(newEdges(nil, newRule(), nil, nil, head), nil, nil, nil, body))))
	return i
}

// fact is a named value of the inspector.
type fact struct {
	name, value string
	prose       bool // words, not figures
}

// show brings the drawer to the model's moment.
func (i *inspector) show(m *model) {
	if i.facts.show(factsOf(m)) {
		relayout(i.box)
		i.facts.column.Refresh()
	}
}

// show reports whether anything has changed.
func (l *factList) show(facts []fact) (changed bool) {
	for len(l.rows) < len(facts) {
		r := newInspectorRow()
		l.rows = append(l.rows, r)
		l.column.Add(r.box)
	}
	for n, r := range l.rows {
		on := n < len(facts)
		changed = changed || on != r.box.Visible()
		setVisible(r.box, on)
		if on {
			changed = r.show(facts[n]) || changed
		}
	}
	return changed
}

func newInspectorRow() *inspectorRow {
	r := &inspectorRow{name: newCaption("", colorQuiet).small().cut(0)}
	l, text := newParagraph("", fyne.TextAlignLeading, false)
	l.Selectable = true
	l.SizeName = theme.SizeNameCaptionText
	r.text = l
	r.box = column(0, r.name, text)
	return r
}

// show reports whether anything has changed.
func (r *inspectorRow) show(f fact) bool {
	r.name.set(f.name)
	if r.text.Text == f.value {
		return false
	}
	r.text.Wrapping = fyne.TextWrapBreak // numbers and bytes have no words
	if f.prose {
		r.text.Wrapping = fyne.TextWrapWord
	}
	r.text.TextStyle.Monospace = !f.prose
	r.text.SetText(f.value)
	return true
}

// factsOf lists what is known at the playhead.
func factsOf(m *model) []fact {
	if !m.watching.Archived() {
		return liveFacts(m)
	}
	d := m.deck
	f := d.Fragment
	facts := []fact{{name: lang.L("Playhead"), value: instant(m.head.at, m.now)}}
	if m.detour != nil {
		facts = append(facts, fact{name: lang.L("Through HLS, without tags and data"), value: sentence(m.detour), prose: true})
	}
	if f.Number == "" {
		return append(facts, fact{name: lang.L("Fragment"), value: lang.L("Nothing is recorded at this time"), prose: true})
	}
	if !d.At.IsZero() && d.Phase == player.DeckReady {
		facts = append(facts, fact{name: lang.L("Picture"), value: lang.L("{{.Time}} into the fragment", values{"Time": fmt.Sprintf("%.3f s", d.At.Sub(f.Start).Seconds())})})
	}
	facts = append(append(facts, fact{name: lang.L("Fragment"), value: f.Number}), fragmentFacts(m, f, d.Tracks, d.Tags)...)
	for _, r := range d.Data {
		name := r.Track.Name
		if name == "" {
			name = lang.L("Track {{.N}}", values{"N": r.Track.ID})
		}
		facts = append(facts, fact{name: name + ", " + clock(r.At), value: readable(r.Data)})
	}
	return facts
}

// fragmentFacts lists what is known of a fragment beside its number.
func fragmentFacts(m *model, f media.Fragment, tracks []media.Track, tags []media.Tag) []fact {
	var facts []fact
	producer := lang.L("Not said")
	if !f.Producer.IsZero() {
		producer = instant(f.Producer, m.now)
	}
	facts = append(facts, fact{name: lang.L("Producer's time"), value: producer}, fact{name: lang.L("Server's time"), value: instant(f.Server, m.now)})
	if !f.Producer.IsZero() {
		facts = append(facts, fact{name: lang.L("Server later by"), value: fmt.Sprintf("%+.3f s", f.Server.Sub(f.Producer).Seconds())})
	}
	facts = append(facts,
		fact{name: lang.L("Length"), value: fmt.Sprintf("%.3f s", f.Length.Seconds())},
		fact{name: lang.L("Size"), value: fragmentSize(f)})
	for _, t := range tracks {
		facts = append(facts, fact{name: lang.L("Track {{.N}}", values{"N": t.ID}), value: trackText(t)})
	}
	for _, t := range tags {
		facts = append(facts, fact{name: t.Name, value: t.Value})
	}
	return facts
}

// liveFacts is factsOf before the fragment of the picture has come whole: what is known is that of the one before.
func liveFacts(m *model) []fact {
	st := m.state
	facts := []fact{{name: lang.L("Fragment"), value: lang.L("That of the live picture still arrives. Press Space to stand still in it."), prose: true}}
	if at := m.watching.Position(); !at.IsZero() {
		name := lang.L("Producer's time")
		if m.watching.Clock() == app.ServerClock {
			name = lang.L("Server's time")
		}
		facts = append(facts, fact{name: name, value: instant(at, m.now)},
			fact{name: lang.L("On the screen after"), value: fmt.Sprintf("%.3f s", st.Latency.Seconds())})
	}
	if st.Size.X > 0 {
		facts = append(facts, fact{name: lang.L("Picture"), value: fmt.Sprintf("%s %d×%d", codecName(string(st.Codec)), st.Size.X, st.Size.Y)})
	}
	if f := st.Newest; f != nil {
		facts = append(append(facts, fact{name: lang.L("Newest whole fragment"), value: f.Number}), fragmentFacts(m, f.Fragment, f.Tracks, f.Tags)...)
	}
	return facts
}

// fragmentSize is how large a fragment is, and what that is in a second.
func fragmentSize(f media.Fragment) string {
	text := amount(f.Size)
	if f.Length > 0 {
		text += " · " + bitrate(8*float64(f.Size)/f.Length.Seconds())
	}
	return text
}

// trackText says what a track carries.
func trackText(t media.Track) string {
	parts := []string{t.Kind.String(), codecName(string(t.Codec))}
	if t.Width > 0 {
		parts = append(parts, fmt.Sprintf("%d×%d", t.Width, t.Height))
	}
	if t.Rate > 0 {
		parts = append(parts, fmt.Sprintf("%d Hz", t.Rate), fmt.Sprintf("%d ch", t.Channels))
	}
	if t.Name != "" {
		parts = append(parts, t.Name)
	}
	return strings.Join(parts, " · ")
}

// readable shows data as text, or its bytes when it is none; not more of it than is of use.
func readable(data []byte) string {
	const most = 600
	cut := data[:min(len(data), most)]
	text := ""
	if utf8.Valid(data) && !strings.ContainsFunc(string(data), func(r rune) bool { return unicode.IsControl(r) && !unicode.IsSpace(r) }) {
		text = strings.TrimSpace(strings.ToValidUTF8(string(cut), ""))
	} else {
		text = fmt.Sprintf("% x", cut)
	}
	if len(data) > most {
		text += " …"
	}
	return text
}

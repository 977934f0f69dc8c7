package ui

import (
	"slices"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// placard stands in the middle where there is no picture: what this is or what happened, and what can be done.
type placard struct {
	box    *fyne.Container
	symbol *glyph
	title  *caption
	text   *widget.Label
	doing  *doings
	shown  stage
}

const placardWidth = 460

// newPlacard returns an empty placard; offers makes the button of an offer.
func newPlacard(offers func(offer) *button) *placard {
	p := &placard{symbol: newGlyph("lens", 40, colorQuiet), doing: newDoings(offers)}
	p.title = newCaption("", theme.ColorNameForeground).bold().cut(placardWidth)
	p.title.size, p.title.align = theme.SizeNameHeadingText, fyne.TextAlignCenter
	var text *fyne.Container
	p.text, text = newParagraph("", fyne.TextAlignCenter, true)
	p.box = container.NewCenter(container.New(sized{width: placardWidth}, column(space3,
		container.NewCenter(p.symbol), p.title, text, container.NewCenter(p.doing.box))))
	return p
}

// show replaces what the placard says.
func (p *placard) show(s stage) {
	if p.shown.symbol != s.symbol || p.shown.alarm != s.alarm {
		color := colorQuiet
		if s.alarm {
			color = theme.ColorNameWarning
		}
		p.symbol.set(s.symbol, color)
	}
	p.title.set(s.title)
	changed := p.doing.show(s.offers, primary)
	if text := joined(s.lines); text != p.text.Text {
		p.text.SetText(text)
		changed = true
	}
	if changed {
		relayout(p.box)
	}
	p.shown = s
}

// joined puts each line into a paragraph, without the empty ones.
func joined(lines []string) string {
	return strings.Join(slices.DeleteFunc(slices.Clone(lines), func(s string) bool { return s == "" }), "\n")
}

// badge says over the picture what is wrong with it.
type badge struct {
	box    *fyne.Container
	symbol *glyph
	title  *caption
	text   *widget.Label
	doing  *doings
	shown  stage
}

// doings is a row of the buttons of all offers, of which some are seen. All are made at once, because what is added to
// a container.ThemeOverride later does not take its theme.
type doings struct {
	box     *fyne.Container
	buttons []*button
	shown   []offer
}

func newDoings(offers func(offer) *button) *doings {
	d := &doings{box: row(space2)}
	for o := range offersEnd {
		b := offers(o)
		b.Hide()
		d.buttons = append(d.buttons, b)
		d.box.Add(b)
	}
	d.box.Hide()
	return d
}

// show shows the buttons of these offers, the first of them with a weight, and reports whether that changed anything.
func (d *doings) show(offers []offer, first weight) bool {
	if slices.Equal(d.shown, offers) {
		return false
	}
	d.shown = offers
	for i, b := range d.buttons {
		b.weight = normal
		if len(offers) > 0 && offers[0] == offer(i) {
			b.weight = first
		}
		b.Hidden = !slices.Contains(offers, offer(i))
		b.Refresh()
	}
	d.box.Hidden = len(offers) == 0
	return true
}

const badgeWidth = 380

func newBadge(offers func(offer) *button) *badge {
	b := &badge{symbol: newGlyph("offline", symbolSize, theme.ColorNameWarning), doing: newDoings(offers)}
	b.title = newCaption("", theme.ColorNameForeground).bold().cut(badgeWidth - 80)
	var text *fyne.Container
	b.text, text = newParagraph("", fyne.TextAlignLeading, true)
	words := column(space2, b.title, text, b.doing.box)
	b.box = container.New(corner{inset: space3, most: badgeWidth}, container.NewStack(newPlate(),
		padded(newEdges(nil, nil, padded(container.New(layout.NewVBoxLayout(), b.symbol), 0, 0, 0, space2+space1), nil, words),
			space3, space3, space3, space3)))
	return b
}

// stand puts the badge below what has the corner: the height of a plate with a name.
func (b *badge) stand(below float32) {
	if l := (corner{inset: space3, most: badgeWidth, below: below}); b.box.Layout != l {
		b.box.Layout = l
		relayout(b.box)
	}
}

func (b *badge) show(s stage) {
	if b.shown.symbol != s.symbol {
		b.symbol.set(s.symbol, theme.ColorNameWarning)
	}
	b.title.set(s.title)
	changed := b.doing.show(s.offers, normal)
	if text := joined(s.lines); text != b.text.Text {
		b.text.SetText(text)
		changed = true
	}
	if changed {
		relayout(b.box)
	}
	b.shown = s
}

// glyph is a symbol in a colour of the theme.
type glyph struct {
	widget.BaseWidget
	name  string
	color fyne.ThemeColorName
	size  float32
}

func newGlyph(name string, size float32, color fyne.ThemeColorName) *glyph {
	g := &glyph{name: name, size: size, color: color}
	g.ExtendBaseWidget(g)
	return g
}

func (g *glyph) set(name string, color fyne.ThemeColorName) {
	g.name, g.color = name, color
	g.Refresh()
}

func (g *glyph) CreateRenderer() fyne.WidgetRenderer {
	r := &glyphRenderer{glyph: g, image: &canvas.Image{}}
	paint(r.image, g.name, colorOf(g, g.color))
	return r
}

type glyphRenderer struct {
	glyph *glyph
	image *canvas.Image
}

func (r *glyphRenderer) Layout(size fyne.Size) { r.image.Resize(size) }
func (r *glyphRenderer) MinSize() fyne.Size    { return fyne.NewSquareSize(r.glyph.size) }
func (r *glyphRenderer) Refresh() {
	paint(r.image, r.glyph.name, colorOf(r.glyph, r.glyph.color))
	r.image.Refresh()
}
func (r *glyphRenderer) Objects() []fyne.CanvasObject { return []fyne.CanvasObject{r.image} }
func (r *glyphRenderer) Destroy()                     {}

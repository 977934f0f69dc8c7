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
	doing  *fyne.Container

	shown  stage
	offers func(offer) *button
}

const placardWidth = 460

// newPlacard returns an empty placard; offers makes the button of an offer.
func newPlacard(offers func(offer) *button) *placard {
	p := &placard{symbol: newGlyph("lens", 40, colorQuiet), offers: offers}
	p.title = newCaption("", theme.ColorNameForeground).bold().cut(placardWidth)
	p.title.size, p.title.align = theme.SizeNameHeadingText, fyne.TextAlignCenter
	var text *fyne.Container
	p.text, text = newParagraph("", fyne.TextAlignCenter, true)
	p.doing = row(space2)
	p.box = container.NewCenter(container.New(sized{width: placardWidth}, column(space3,
		container.NewCenter(p.symbol), p.title, text, container.NewCenter(p.doing))))
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
	if text := joined(s.lines); text != p.text.Text {
		p.text.SetText(text)
		relayout(p.box)
	}
	if !slices.Equal(p.shown.offers, s.offers) {
		p.doing.RemoveAll()
		for i, o := range s.offers {
			b := p.offers(o)
			if i == 0 {
				b.weight = primary
			}
			p.doing.Add(b)
		}
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
	doing  *fyne.Container
	shown  stage
	offers func(offer) *button
}

const badgeWidth = 380

func newBadge(offers func(offer) *button) *badge {
	b := &badge{symbol: newGlyph("offline", symbolSize, theme.ColorNameWarning), offers: offers}
	b.title = newCaption("", theme.ColorNameForeground).bold().cut(badgeWidth - 80)
	var text *fyne.Container
	b.text, text = newParagraph("", fyne.TextAlignLeading, true)
	b.doing = row(space2)
	back := newGround(colorSurface)
	back.radius = radius
	words := column(space2, b.title, text, b.doing)
	b.box = container.New(corner{inset: space3, most: badgeWidth}, container.NewStack(back,
		padded(newEdges(nil, nil, padded(container.New(layout.NewVBoxLayout(), b.symbol), 0, 0, 0, space2+space1), nil, words),
			space3, space3, space3, space3)))
	return b
}

func (b *badge) show(s stage) {
	if b.shown.symbol != s.symbol {
		b.symbol.set(s.symbol, theme.ColorNameWarning)
	}
	b.title.set(s.title)
	changed := false
	if text := joined(s.lines); text != b.text.Text {
		b.text.SetText(text)
		changed = true
	}
	if !slices.Equal(b.shown.offers, s.offers) {
		b.doing.RemoveAll()
		for _, o := range s.offers {
			b.doing.Add(b.offers(o))
		}
		b.doing.Hidden = len(s.offers) == 0
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

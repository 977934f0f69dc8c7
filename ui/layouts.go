package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// edges lays out like Fyne's border layout, without distances between the parts. Any part but the centre may be nil;
// hidden ones take no room. The Tab key goes through them as people read: from the top, from the left.
type edges struct{ top, bottom, left, right, centre fyne.CanvasObject }

func newEdges(top, bottom, left, right, centre fyne.CanvasObject) *fyne.Container {
	c := container.New(edges{top, bottom, left, right, centre})
	for _, o := range []fyne.CanvasObject{top, left, centre, right, bottom} {
		if o != nil {
			c.Add(o)
		}
	}
	return c
}

func there(o fyne.CanvasObject) bool { return o != nil && o.Visible() }

func (e edges) Layout(_ []fyne.CanvasObject, size fyne.Size) {
	x, y, w, h := float32(0), float32(0), size.Width, size.Height
	place := func(o fyne.CanvasObject, x, y, w, h float32) {
		o.Move(fyne.NewPos(x, y))
		o.Resize(fyne.NewSize(fyne.Max(0, w), fyne.Max(0, h)))
	}
	if there(e.left) {
		lw := e.left.MinSize().Width
		place(e.left, x, y, lw, h)
		x, w = x+lw, w-lw
	}
	if there(e.right) {
		rw := e.right.MinSize().Width
		place(e.right, x+w-rw, y, rw, h)
		w -= rw
	}
	if there(e.top) {
		th := e.top.MinSize().Height
		place(e.top, x, y, w, th)
		y, h = y+th, h-th
	}
	if there(e.bottom) {
		bh := e.bottom.MinSize().Height
		place(e.bottom, x, y+h-bh, w, bh)
		h -= bh
	}
	if e.centre != nil {
		place(e.centre, x, y, w, h)
	}
}

func (e edges) MinSize([]fyne.CanvasObject) (size fyne.Size) {
	if e.centre != nil {
		size = e.centre.MinSize()
	}
	for _, o := range []fyne.CanvasObject{e.top, e.bottom} {
		if there(o) {
			m := o.MinSize()
			size = fyne.NewSize(fyne.Max(size.Width, m.Width), size.Height+m.Height)
		}
	}
	for _, o := range []fyne.CanvasObject{e.left, e.right} {
		if there(o) {
			m := o.MinSize()
			size = fyne.NewSize(size.Width+m.Width, fyne.Max(size.Height, m.Height))
		}
	}
	return size
}

// sized gives its objects a fixed width, a fixed height, or both; a zero leaves that to the objects.
type sized struct{ width, height float32 }

func (s sized) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	for _, o := range objects {
		o.Move(fyne.Position{})
		o.Resize(size)
	}
}

func (s sized) MinSize(objects []fyne.CanvasObject) (size fyne.Size) {
	for _, o := range objects {
		if o.Visible() {
			size = size.Max(o.MinSize())
		}
	}
	if s.width > 0 {
		size.Width = s.width
	}
	if s.height > 0 {
		size.Height = s.height
	}
	return size
}

// corner puts one object at the top left, with a distance, no larger than it needs.
type corner struct{ inset, most, below float32 }

func (c corner) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	for _, o := range objects {
		w := fyne.Min(c.most, size.Width-2*c.inset)
		o.Resize(fyne.NewSize(w, o.Size().Height)) // wrapped text has its height only for a width
		o.Move(fyne.NewPos(c.inset, c.below+c.inset))
		o.Resize(fyne.NewSize(w, o.MinSize().Height))
	}
}

func (c corner) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.Size{} }

// padded keeps a distance around o.
func padded(o fyne.CanvasObject, top, bottom, left, right float32) *fyne.Container {
	return container.New(layout.NewCustomPaddedLayout(top, bottom, left, right), o)
}

// column and row put objects below and beside one another, apart by gap.
func column(gap float32, objects ...fyne.CanvasObject) *fyne.Container {
	return container.New(layout.NewCustomPaddedVBoxLayout(gap), objects...)
}

func row(gap float32, objects ...fyne.CanvasObject) *fyne.Container {
	return container.New(layout.NewCustomPaddedHBoxLayout(gap), objects...)
}

// ground is a plain rectangle in a colour of the theme. What has the window's own colour, as pages and bars have, needs none.
type ground struct {
	widget.BaseWidget
	color  fyne.ThemeColorName
	border fyne.ThemeColorName // empty: none
	radius float32
	least  fyne.Size
}

func newGround(color fyne.ThemeColorName) *ground {
	g := &ground{color: color}
	g.ExtendBaseWidget(g)
	return g
}

// newPlate is a surface that lies over others, with an edge where both are black.
func newPlate() *ground {
	g := newGround(colorSurface)
	g.border, g.radius = theme.ColorNameSeparator, radius
	return g
}

// newRule is a line between two surfaces, one unit thick.
func newRule() *ground {
	g := newGround(theme.ColorNameSeparator)
	g.least = fyne.NewSize(1, 1)
	return g
}

func (g *ground) CreateRenderer() fyne.WidgetRenderer {
	r := &groundRenderer{ground: g, rect: &canvas.Rectangle{CornerRadius: g.radius}}
	r.update()
	return r
}

type groundRenderer struct {
	ground *ground
	rect   *canvas.Rectangle
}

func (r *groundRenderer) Layout(size fyne.Size) { r.rect.Resize(size) }
func (r *groundRenderer) MinSize() fyne.Size    { return r.ground.least }
func (r *groundRenderer) Refresh() {
	r.update()
	r.rect.Refresh()
}
func (r *groundRenderer) update() {
	r.rect.FillColor = colorOf(r.ground, r.ground.color)
	if r.ground.border != "" {
		r.rect.StrokeColor, r.rect.StrokeWidth = colorOf(r.ground, r.ground.border), 1
	}
}
func (r *groundRenderer) Objects() []fyne.CanvasObject { return []fyne.CanvasObject{r.rect} }
func (r *groundRenderer) Destroy()                     {}

// newParagraph is text that wraps, without the padding of Fyne's label.
func newParagraph(text string, align fyne.TextAlign, quiet bool) (*widget.Label, *fyne.Container) {
	l := widget.NewLabel(text)
	l.Wrapping = fyne.TextWrapWord
	l.Alignment = align
	if quiet {
		l.Importance = widget.LowImportance
	}
	return l, padded(l, -space2, -space2, -space2, -space2)
}

// relayout lays a container and the containers in it out anew, after the least sizes of what they hold have changed. It
// paints nothing.
func relayout(c *fyne.Container) {
	if c.Layout != nil {
		c.Layout.Layout(c.Objects, c.Size())
	}
	for _, o := range c.Objects {
		if inner, ok := o.(*fyne.Container); ok && inner.Visible() {
			relayout(inner)
		}
	}
}

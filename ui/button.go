package ui

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// weight says how much a button asks to be pressed.
type weight int

const (
	flat    weight = iota // no ground until the pointer or the focus is on it
	normal                // on a ground
	primary               // the one thing to do here
	loss                  // something will be gone, or a recording ends
)

// button is a quiet button with a symbol, a text, or both. Space and Enter press it while it has the focus; every other
// key goes on to keys. Fields may be set before it is shown; change them with the methods afterwards.
type button struct {
	widget.BaseWidget
	text     string
	symbol   string // name of a symbol; may be empty
	trailing string // symbol after the text
	hint     string // what a button without text does; for screen readers
	weight   weight
	selected bool
	disabled bool
	wide     bool // text at the left, trailing symbol at the right end
	tint     fyne.ThemeColorName
	tapped   func()
	keys     func(*fyne.KeyEvent) // may be nil
	runes    func(rune)           // may be nil

	hovered, focused bool
}

var (
	_ fyne.Tappable     = (*button)(nil)
	_ fyne.Focusable    = (*button)(nil)
	_ desktop.Hoverable = (*button)(nil)
	_ fyne.Accessible   = (*button)(nil)
)

func newButton(text, symbol string, w weight, tapped func()) *button {
	b := &button{text: text, symbol: symbol, weight: w, tapped: tapped}
	b.ExtendBaseWidget(b)
	return b
}

// setText changes text and symbol.
func (b *button) setText(text, symbol string) {
	if b.text != text || b.symbol != symbol {
		b.text, b.symbol = text, symbol
		b.Refresh()
	}
}

func (b *button) enable(on bool) {
	if b.disabled == on {
		b.disabled = !on
		b.Refresh()
	}
}

func (b *button) choose(on bool) {
	if b.selected != on {
		b.selected = on
		b.Refresh()
	}
}

// setTint changes the colour of the symbol; an empty name is the text's.
func (b *button) setTint(c fyne.ThemeColorName) {
	if b.tint != c {
		b.tint = c
		b.Refresh()
	}
}

// Tapped presses the button.
func (b *button) Tapped(*fyne.PointEvent) {
	if !b.disabled && b.tapped != nil {
		b.tapped()
	}
}

func (b *button) FocusGained()                   { b.focused = true; b.Refresh() }
func (b *button) FocusLost()                     { b.focused = false; b.Refresh() }
func (b *button) MouseIn(*desktop.MouseEvent)    { b.hovered = true; b.Refresh() }
func (b *button) MouseMoved(*desktop.MouseEvent) {}
func (b *button) MouseOut()                      { b.hovered = false; b.Refresh() }

func (b *button) TypedKey(ev *fyne.KeyEvent) {
	switch ev.Name {
	case fyne.KeySpace, fyne.KeyReturn, fyne.KeyEnter:
		b.Tapped(nil)
	default:
		if b.keys != nil {
			b.keys(ev)
		}
	}
}

func (b *button) TypedRune(r rune) {
	if b.runes != nil && r != ' ' {
		b.runes(r)
	}
}

func (b *button) AccessibilityLabel() string {
	if b.text != "" {
		return b.text
	}
	return b.hint
}

func (b *button) AccessibilityRole() fyne.AccessibleRole { return fyne.AccessibleRoleButton }

func (b *button) CreateRenderer() fyne.WidgetRenderer {
	r := &buttonRenderer{
		b:      b,
		ground: canvas.NewRectangle(color.Transparent),
		veil:   canvas.NewRectangle(color.Transparent),
		label:  canvas.NewText("", color.Transparent),
		lead:   &canvas.Image{},
		trail:  &canvas.Image{},
	}
	r.ground.CornerRadius, r.veil.CornerRadius = radius, radius
	r.veil.StrokeWidth = 2
	r.update()
	return r
}

type buttonRenderer struct {
	b            *button
	ground, veil *canvas.Rectangle
	label        *canvas.Text
	lead, trail  *canvas.Image
}

// colors returns what the button stands on and what is written on it.
func (r *buttonRenderer) colors() (ground, text color.Color) {
	b := r.b
	switch {
	case b.disabled && b.weight != flat:
		return colorOf(b, colorRaised), colorOf(b, colorQuiet)
	case b.disabled:
		return color.Transparent, colorOf(b, colorQuiet)
	case b.weight == primary:
		return colorOf(b, theme.ColorNamePrimary), colorOf(b, theme.ColorNameForegroundOnPrimary)
	case b.weight == loss:
		return colorOf(b, colorRecording), colorOf(b, colorOnRed)
	case b.selected:
		return colorOf(b, theme.ColorNameSelection), colorOf(b, theme.ColorNameForeground)
	case b.weight == normal:
		return colorOf(b, colorRaised), colorOf(b, theme.ColorNameForeground)
	default:
		return color.Transparent, colorOf(b, theme.ColorNameForeground)
	}
}

func (r *buttonRenderer) update() {
	b := r.b
	ground, text := r.colors()
	r.ground.FillColor = ground
	r.veil.FillColor, r.veil.StrokeColor = color.Transparent, color.Transparent
	if b.hovered && !b.disabled {
		r.veil.FillColor = colorOf(b, theme.ColorNameHover)
	}
	if b.focused {
		r.veil.StrokeColor = colorOf(b, theme.ColorNamePrimary)
		if b.weight == primary || b.weight == loss {
			r.veil.StrokeColor = colorOf(b, theme.ColorNameForeground)
		}
	}
	r.label.Text, r.label.Color, r.label.TextSize = b.text, text, b.Theme().Size(theme.SizeNameText)
	tint := text
	if b.tint != "" && !b.disabled {
		tint = colorOf(b, b.tint)
	}
	paint(r.lead, b.symbol, tint)
	paint(r.trail, b.trailing, text)
}

// paint shows a symbol in an image, or hides the image when there is none.
func paint(img *canvas.Image, name string, c color.Color) {
	img.Hidden = name == ""
	if name == "" {
		img.Resource = nil
		return
	}
	img.FillMode = canvas.ImageFillContain
	img.Resource = symbol(name, c)
}

const buttonInset = 10

func (r *buttonRenderer) Layout(size fyne.Size) {
	r.ground.Resize(size)
	r.veil.Resize(size)
	text := r.label.MinSize()
	content := r.content(text)
	x := (size.Width - content) / 2
	if r.b.wide {
		x = buttonInset
	}
	mid := func(h float32) float32 { return (size.Height - h) / 2 }
	square := fyne.NewSquareSize(symbolSize)
	if !r.lead.Hidden {
		r.lead.Resize(square)
		r.lead.Move(fyne.NewPos(x, mid(symbolSize)))
		x += symbolSize + space2
	}
	r.label.Resize(text)
	r.label.Move(fyne.NewPos(x, mid(text.Height)))
	r.trail.Resize(square)
	r.trail.Move(fyne.NewPos(size.Width-buttonInset-symbolSize+space1, mid(symbolSize)))
}

// content is the width of symbols and text.
func (r *buttonRenderer) content(text fyne.Size) float32 {
	var w float32
	if r.b.text != "" {
		w = text.Width
	}
	for _, img := range []*canvas.Image{r.lead, r.trail} {
		if !img.Hidden {
			if w > 0 {
				w += space2
			}
			w += symbolSize
		}
	}
	return w
}

func (r *buttonRenderer) MinSize() fyne.Size {
	if r.b.text == "" {
		return fyne.NewSquareSize(target)
	}
	inset := float32(buttonInset)
	if r.lead.Hidden && r.trail.Hidden {
		inset = space3
	}
	return fyne.NewSize(r.content(r.label.MinSize())+2*inset, target)
}

func (r *buttonRenderer) Refresh() {
	r.update()
	r.Layout(r.b.Size())
	for _, o := range r.Objects() {
		o.Refresh()
	}
}

func (r *buttonRenderer) Objects() []fyne.CanvasObject {
	return []fyne.CanvasObject{r.ground, r.veil, r.lead, r.label, r.trail}
}

func (r *buttonRenderer) Destroy() {}

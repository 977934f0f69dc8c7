package timeline

import (
	"fmt"
	"image"
	"image/color"
	"unicode/utf8"

	"golang.org/x/image/font"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"
)

// A Face is a font at one size, whose characters are kept as they were drawn first. It does no shaping: it is for figures and
// short names.
type Face struct {
	face    font.Face
	ascent  int // pixels
	descent int
	glyphs  map[rune]glyph
	missing glyph
}

type glyph struct {
	mask    *image.Alpha // nil: nothing is seen
	left    int          // of the mask, from the pen
	top     int          // of the mask, from the line that characters stand on
	advance int
}

// NewFace makes the face of a font file for a size in pixels.
func NewFace(file []byte, size float64) (*Face, error) {
	parsed, err := opentype.Parse(file)
	if err != nil {
		return nil, fmt.Errorf("timeline: the font cannot be read: %w", err)
	}
	face, err := opentype.NewFace(parsed, &opentype.FaceOptions{Size: size, DPI: 72, Hinting: font.HintingFull})
	if err != nil {
		return nil, fmt.Errorf("timeline: the font has no size %g: %w", size, err)
	}
	f := &Face{face: face, glyphs: make(map[rune]glyph)}
	m := face.Metrics()
	f.ascent, f.descent = m.Ascent.Ceil(), m.Descent.Ceil()
	f.missing = f.draw('?')
	return f, nil
}

// Height is that of a line, in pixels.
func (f *Face) Height() int { return f.ascent + f.descent }

func (f *Face) glyph(r rune) glyph {
	g, ok := f.glyphs[r]
	if !ok {
		g = f.draw(r)
		f.glyphs[r] = g
	}
	return g
}

func (f *Face) draw(r rune) glyph {
	box, mask, at, advance, ok := f.face.Glyph(fixed.Point26_6{}, r)
	if !ok {
		return f.missing
	}
	g := glyph{left: box.Min.X, top: box.Min.Y, advance: advance.Round()}
	if !box.Empty() {
		g.mask = image.NewAlpha(image.Rect(0, 0, box.Dx(), box.Dy()))
		for y := range box.Dy() {
			for x := range box.Dx() {
				_, _, _, a := mask.At(at.X+x, at.Y+y).RGBA()
				g.mask.SetAlpha(x, y, color.Alpha{A: uint8(a >> 8)})
			}
		}
	}
	return g
}

// Width is how many pixels a text takes.
func (f *Face) Width(text []byte) int {
	width := 0
	for len(text) > 0 {
		r, n := utf8.DecodeRune(text)
		width += f.glyph(r).advance
		text = text[n:]
	}
	return width
}

// Draw writes a text whose line box has its upper left corner at (x, y), as far as it lies within clip. Opacity goes from 0 to 1.
func (f *Face) Draw(img *image.RGBA, clip image.Rectangle, x, y int, text []byte, c color.RGBA, opacity float64) {
	clip = clip.Intersect(img.Rect)
	y += f.ascent
	for len(text) > 0 {
		r, n := utf8.DecodeRune(text)
		text = text[n:]
		g := f.glyph(r)
		if g.mask != nil {
			blendMask(img, clip, image.Pt(x+g.left, y+g.top), g.mask, c, uint32(opacity*256))
		}
		x += g.advance
	}
}

// blendMask lays a colour over a picture as thickly as mask and opacity, 0 to 256, say.
func blendMask(img *image.RGBA, clip image.Rectangle, at image.Point, mask *image.Alpha, c color.RGBA, opacity uint32) {
	area := mask.Rect.Add(at).Intersect(clip)
	for y := area.Min.Y; y < area.Max.Y; y++ {
		from := mask.Pix[mask.PixOffset(area.Min.X-at.X, y-at.Y):]
		row := img.Pix[img.PixOffset(area.Min.X, y) : img.PixOffset(area.Max.X-1, y)+4]
		for i := 0; i < len(row); i += 4 {
			if a := uint32(from[i/4]) * opacity >> 8; a != 0 {
				blend(row[i:i+4:i+4], c, a)
			}
		}
	}
}

// blend lays a colour over one pixel; a goes from 0 to 255.
func blend(p []uint8, c color.RGBA, a uint32) {
	p[0] = uint8((uint32(p[0])*(255-a) + uint32(c.R)*a) / 255)
	p[1] = uint8((uint32(p[1])*(255-a) + uint32(c.G)*a) / 255)
	p[2] = uint8((uint32(p[2])*(255-a) + uint32(c.B)*a) / 255)
}

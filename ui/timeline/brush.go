package timeline

import (
	"image"
	"image/color"
)

// brush fills rectangles of a picture.
type brush struct {
	img *image.RGBA
}

func (b brush) fill(r image.Rectangle, c color.RGBA) {
	r = r.Intersect(b.img.Rect)
	if r.Empty() {
		return
	}
	first := b.img.Pix[b.img.PixOffset(r.Min.X, r.Min.Y) : b.img.PixOffset(r.Max.X-1, r.Min.Y)+4]
	first[0], first[1], first[2], first[3] = c.R, c.G, c.B, 0xff
	for n := 4; n < len(first); n *= 2 {
		copy(first[n:], first[:n])
	}
	for y := r.Min.Y + 1; y < r.Max.Y; y++ {
		copy(b.img.Pix[b.img.PixOffset(r.Min.X, y):], first)
	}
}

// veil lays a colour over what is there; opacity goes from 0 to 1.
func (b brush) veil(r image.Rectangle, c color.RGBA, opacity float64) {
	r = r.Intersect(b.img.Rect)
	a := uint32(opacity * 255)
	if r.Empty() || a == 0 {
		return
	}
	for y := r.Min.Y; y < r.Max.Y; y++ {
		row := b.img.Pix[b.img.PixOffset(r.Min.X, y) : b.img.PixOffset(r.Max.X-1, y)+4]
		for i := 0; i < len(row); i += 4 {
			blend(row[i:i+4:i+4], c, a)
		}
	}
}

// hatch draws slanted lines; period and ink are pixels. The lines of neighbouring rectangles meet.
func (b brush) hatch(r image.Rectangle, c color.RGBA, period, ink int) {
	r = r.Intersect(b.img.Rect)
	for y := r.Min.Y; y < r.Max.Y; y++ {
		row := b.img.Pix[b.img.PixOffset(r.Min.X, y):]
		for x, at := 0, (r.Min.X+y)%period; x < r.Dx(); x++ {
			if at < ink {
				p := row[4*x : 4*x+4 : 4*x+4]
				p[0], p[1], p[2] = c.R, c.G, c.B
			}
			if at++; at == period {
				at = 0
			}
		}
	}
}

// columns draws a bar of columns from x, each as strong as it is covered: half and more wherever there is anything at all.
func (b brush) columns(x, top, bottom int, covered []float32, c, ground color.RGBA) {
	top, bottom = max(top, b.img.Rect.Min.Y), min(bottom, b.img.Rect.Max.Y)
	for i, n := 0, len(covered); i < n; {
		share := covered[i]
		end := i + 1
		for end < n && covered[end] == share {
			end++
		}
		if share > 0 {
			b.fill(image.Rect(x+i, top, x+end, bottom), mix(ground, c, Strength(share)))
		}
		i = end
	}
}

// Strength is how much of its colour a column has of which share is covered: what is there is seen however short it is.
func Strength(share float32) float64 {
	if share <= 0 {
		return 0
	}
	return 0.5 + 0.5*min(float64(share), 1)
}

// mix is part of b in a; part goes from 0 to 1.
func mix(a, b color.RGBA, part float64) color.RGBA {
	m := func(x, y uint8) uint8 { return uint8(float64(x)*(1-part) + float64(y)*part + 0.5) }
	return color.RGBA{m(a.R, b.R), m(a.G, b.G), m(a.B, b.B), 0xff}
}

// dot draws a filled diamond around a point.
func (b brush) dot(x, y, size int, c color.RGBA) {
	for dy := -size; dy <= size; dy++ {
		w := size - max(dy, -dy)
		b.fill(image.Rect(x-w, y+dy, x+w+1, y+dy+1), c)
	}
}

// wedge draws a filled triangle that points down at a point.
func (b brush) wedge(x, y, size int, c color.RGBA) {
	for i := range size {
		b.fill(image.Rect(x-i, y-i-1, x+i+1, y-i), c)
	}
}

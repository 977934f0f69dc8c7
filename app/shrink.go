package app

import (
	"image"
	"image/draw"
)

// shrink returns a copy of a picture that fits into a box, each pixel the mean of those that it stands for. A picture that
// fits is copied as it is.
func shrink(img *image.RGBA, width, height int) *image.RGBA {
	size := img.Rect.Size()
	to := size
	if to.X > width {
		to = image.Pt(width, max(1, size.Y*width/size.X))
	}
	if to.Y > height {
		to = image.Pt(max(1, size.X*height/size.Y), height)
	}
	small := image.NewRGBA(image.Rectangle{Max: to})
	if to == size {
		draw.Draw(small, small.Rect, img, img.Rect.Min, draw.Src)
		return small
	}
	sums := make([]uint32, 4*to.X)
	for y := range to.Y {
		top, bottom := y*size.Y/to.Y, (y+1)*size.Y/to.Y
		clear(sums)
		for row := top; row < bottom; row++ {
			from := img.Pix[row*img.Stride:]
			for x := range to.X {
				for i := x * size.X / to.X; i < (x+1)*size.X/to.X; i++ {
					sums[4*x] += uint32(from[4*i])
					sums[4*x+1] += uint32(from[4*i+1])
					sums[4*x+2] += uint32(from[4*i+2])
				}
			}
		}
		for x := range to.X {
			n := uint32((bottom - top) * ((x+1)*size.X/to.X - x*size.X/to.X))
			p := small.Pix[y*small.Stride+4*x:]
			p[0], p[1], p[2], p[3] = uint8(sums[4*x]/n), uint8(sums[4*x+1]/n), uint8(sums[4*x+2]/n), 0xff
		}
	}
	return small
}

// lumaColumns and lumaRows are the size of a luma: small enough that the noise of a camera is gone, large enough that a person far
// away is in it.
const (
	lumaColumns = 32
	lumaRows    = 18
)

// luma is how bright the parts of a picture are.
type luma [lumaColumns * lumaRows]uint8

// lumaOf looks at every second pixel of every second row.
func lumaOf(img *image.RGBA) (l luma) {
	size := img.Rect.Size()
	for r := range lumaRows {
		for c := range lumaColumns {
			sum, n := 0, 0
			for y := r * size.Y / lumaRows; y < (r+1)*size.Y/lumaRows; y += 2 {
				row := img.Pix[y*img.Stride:]
				for x := c * size.X / lumaColumns; x < (c+1)*size.X/lumaColumns; x += 2 {
					sum += 2*int(row[4*x]) + 5*int(row[4*x+1]) + int(row[4*x+2])
					n += 8
				}
			}
			l[r*lumaColumns+c] = uint8(sum / max(n, 1))
		}
	}
	return l
}

// noise is how much a part may change without anything having moved.
const noise = 10

// moved tells whether something is elsewhere. What all parts have in common, as when a cloud passes, is no movement.
func (l *luma) moved(before *luma) bool {
	common := 0
	for i := range l {
		common += int(l[i]) - int(before[i])
	}
	common /= len(l)
	for i := range l {
		if d := int(l[i]) - int(before[i]) - common; d > noise || d < -noise {
			return true
		}
	}
	return false
}

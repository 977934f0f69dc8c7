package xscreen

import (
	"errors"
	"fmt"
	"image"
	"image/png"
	"os"
	"path/filepath"
)

// Row reads the pixels from (x, y) rightwards into dst, 4 bytes each in the order blue, green, red, unused. It does not
// allocate.
func (d *Display) Row(dst []byte, x, y int) error {
	if y < 0 || y >= d.Size.Y || x < 0 || x+len(dst)/4 > d.Size.X {
		return fmt.Errorf("%d pixels from (%d, %d) are not all on a screen of %v", len(dst)/4, x, y, d.Size)
	}
	_, err := d.pixels.ReadAt(dst, d.origin+int64(y)*d.stride+4*int64(x))
	return err
}

// Image returns a copy of the whole screen.
func (d *Display) Image() (*image.RGBA, error) {
	img := image.NewRGBA(image.Rectangle{Max: d.Size})
	for y := range d.Size.Y {
		row := img.Pix[y*img.Stride:][:4*d.Size.X]
		if err := d.Row(row, 0, y); err != nil {
			return nil, err
		}
		for i := 0; i < len(row); i += 4 {
			row[i], row[i+2], row[i+3] = row[i+2], row[i], 0xFF
		}
	}
	return img, nil
}

// Save writes the screen to a PNG file, and makes its directory.
func (d *Display) Save(path string) error {
	img, err := d.Image()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	encoder := png.Encoder{CompressionLevel: png.BestSpeed}
	return errors.Join(encoder.Encode(f, img), f.Close())
}

// Changed returns the share of pixels, 0 to 1, that differ clearly between two images of the same size.
func Changed(a, b *image.RGBA) float64 {
	if a.Rect != b.Rect {
		return 1
	}
	const clearly = 24 // levels of 255
	n := 0
	for i := 0; i < len(a.Pix); i += 4 {
		for c := range 3 {
			if delta := int(a.Pix[i+c]) - int(b.Pix[i+c]); delta > clearly || delta < -clearly {
				n++
				break
			}
		}
	}
	return float64(n) / float64(len(a.Pix)/4)
}

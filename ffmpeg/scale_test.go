package ffmpeg

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"math"
	"testing"
)

// lossless H.264 keeps each sample.
func lossless(matrix, colorRange string) options {
	return options{"preset": "ultrafast", "qp": "0", "colorspace": matrix, "color_range": colorRange}
}

// show decodes the clip's first picture and leaves it current.
func show(t testing.TB, c clip) *VideoDecoder {
	t.Helper()
	d := openDecoder(t, c.Track)
	send(t, d, c.packets[0])
	if _, size, ok, err := d.Receive(); !ok || err != nil || size != image.Pt(c.Width, c.Height) {
		t.Fatalf("Receive = %v, %v, %v", size, ok, err)
	}
	return d
}

// drawGuarded draws into a tight picture of w by h and fails when a byte beyond it changes.
func drawGuarded(t testing.TB, d *VideoDecoder, w, h int) *image.RGBA {
	t.Helper()
	const guard = 4096
	buf := bytes.Repeat([]byte{0xa5}, 4*w*h+2*guard)
	img := &image.RGBA{Pix: buf[guard : guard+4*w*h : guard+4*w*h], Stride: 4 * w, Rect: image.Rect(0, 0, w, h)}
	if err := d.Draw(img); err != nil {
		t.Fatal(err)
	}
	for _, side := range [][]byte{buf[:guard], buf[guard+4*w*h:]} {
		if !bytes.Equal(side, bytes.Repeat([]byte{0xa5}, guard)) {
			t.Fatalf("drawing %dx%d wrote beyond the picture", w, h)
		}
	}
	return img
}

// rgb is the conversion by the book: ITU-R BT.601, BT.709 or BT.2020 with kr and kb.
func rgb(y, cb, cr byte, kr, kb float64, full bool) color.RGBA {
	l, u, v := (float64(y)-16)/219, (float64(cb)-128)/224, (float64(cr)-128)/224
	if full {
		l, u, v = float64(y)/255, (float64(cb)-128)/255, (float64(cr)-128)/255
	}
	r := l + 2*(1-kr)*v
	b := l + 2*(1-kb)*u
	g := (l - kr*r - kb*b) / (1 - kr - kb)
	c := func(x float64) byte { return byte(math.Round(255 * min(max(x, 0), 1))) }
	return color.RGBA{c(r), c(g), c(b), 255}
}

// distance is the largest difference of a channel, 255 when alpha is not opaque.
func distance(a, b color.RGBA) int {
	d := 0
	for _, p := range [][2]byte{{a.R, b.R}, {a.G, b.G}, {a.B, b.B}} {
		d = max(d, max(int(p[0])-int(p[1]), int(p[1])-int(p[0])))
	}
	if a.A != 255 {
		return 255
	}
	return d
}

// The colours of a stream come out right to 3 of 255, at the stream's size and scaled, whether swscale or the remainder
// at the edge drew them.
func TestColourMatrixAndRange(t *testing.T) {
	spaces := map[string][2]float64{"bt709": {0.2126, 0.0722}, "smpte170m": {0.299, 0.114}, "bt2020nc": {0.2627, 0.0593}}
	for _, c := range []struct {
		matrix, colorRange, size string
		means                    string
	}{
		{"bt709", "tv", "128x64", "bt709"},
		{"bt709", "pc", "128x64", "bt709"},
		{"smpte170m", "tv", "128x64", "smpte170m"},
		{"bt470bg", "pc", "1280x720", "smpte170m"},
		{"bt2020nc", "tv", "128x64", "bt2020nc"},
		{"unknown", "tv", "640x480", "smpte170m"},
		{"unknown", "unknown", "720x576", "smpte170m"},
		{"unknown", "unknown", "1280x720", "bt709"},
		{"unknown", "pc", "1920x1080", "bt709"},
	} {
		t.Run(c.matrix+" "+c.colorRange+" "+c.size, func(t *testing.T) {
			for _, s := range [][3]byte{{16, 128, 128}, {235, 128, 128}, {126, 128, 128}, {81, 90, 240}, {145, 54, 34}, {41, 240, 110}, {150, 90, 170}, {100, 160, 100}} {
				graph := fmt.Sprintf("color=s=%s:r=30,format=yuv420p,geq=lum=%d:cb=%d:cr=%d", c.size, s[0], s[1], s[2])
				d := show(t, makeClip(t, graph, "libx264", 1, lossless(c.matrix, c.colorRange)))
				k := spaces[c.means]
				want := rgb(s[0], s[1], s[2], k[0], k[1], c.colorRange == "pc")
				size := d.frame
				for _, fit := range []image.Point{{size.Width(), size.Height()}, {101, 57}} {
					img := drawGuarded(t, d, fit.X, fit.Y)
					for _, at := range []image.Point{{0, 0}, {fit.X / 2, fit.Y / 2}, {fit.X - 1, fit.Y - 1}, {fit.X - 1, 0}, {0, fit.Y - 1}} {
						if got := img.RGBAAt(at.X, at.Y); distance(got, want) > 3 {
							t.Errorf("YCbCr %v at %v of %v is %v, want %v", s, at, fit, got, want)
						}
					}
				}
			}
		})
	}
}

// Whatever size a tile has: each pixel is drawn, none is beyond.
func TestEverySizeIsDrawnWhole(t *testing.T) {
	wide := show(t, makeClip(t, "color=c=0x3070c0:s=320x180:r=30,format=yuv420p", "libx264", 1, live()))
	odd := show(t, makeClip(t, "color=c=0x3070c0:s=35x27:r=30,format=yuv420p", "libvpx", 1, nil))
	want := rgbOf(0x3070c0)
	check := func(d *VideoDecoder, w, h int) {
		t.Helper()
		img := drawGuarded(t, d, w, h)
		for y := range h {
			for x := range w {
				if got := img.RGBAAt(x, y); distance(got, want) > 4 {
					t.Fatalf("%dx%d from %dx%d: pixel %d,%d is %v, want %v", w, h, d.frame.Width(), d.frame.Height(), x, y, got, want)
				}
			}
		}
	}
	for w := 1; w <= 70; w++ {
		for _, h := range []int{1, 2, 3, 16, 33} {
			check(wide, w, h)
		}
	}
	check(odd, 35, 27)
	for _, w := range []int{318, 320, 321, 333, 640, 641} {
		check(wide, w, 181)
	}
}

// smooth is a picture of many colours without hard edges, which keeps what the halved chroma costs out of a comparison.
func smooth(size string) string { return "testsrc2=s=" + size + ":r=30,format=yuv444p,gblur=sigma=6" }

// A picture at its own size shows what its samples say.
func TestUnscaledPicture(t *testing.T) {
	for _, format := range []string{"yuv420p", "yuv422p", "yuv444p", "yuv420p10"} {
		for _, size := range []string{"320x180", "330x182", "648x64"} {
			d := show(t, makeClip(t, smooth(size)+",format="+format, "libx264", 1, lossless("bt709", "tv")))
			ref := show(t, makeClip(t, smooth(size)+",format=yuv444p", "libx264", 1, lossless("bt709", "tv")))
			w, h := d.frame.Width(), d.frame.Height()
			img := drawGuarded(t, d, w, h)
			planes, err := ref.frame.Data().Bytes(1)
			if err != nil {
				t.Fatal(err)
			}
			sum, n := 0.0, 0
			for y := range h {
				for x := range w {
					i := y*w + x
					want := rgb(planes[i], planes[w*h+i], planes[2*w*h+i], 0.2126, 0.0722, false)
					dist := float64(distance(img.RGBAAt(x, y), want))
					sum += dist * dist
					n++
				}
			}
			if psnr := 10 * math.Log10(255*255*float64(n)/(sum+1)); psnr < 31 {
				t.Errorf("%s %s: PSNR of the worst channel %.1f dB", format, size, psnr)
			} else {
				t.Logf("%s %s: PSNR of the worst channel %.1f dB", format, size, psnr)
			}
		}
	}
}

// A scaled picture shows the same as the original: nowhere moved, and as fine as plain averaging makes it. Grey, as the
// colours of sharp edges are kept at half the width only.
func TestScaledPicture(t *testing.T) {
	d := show(t, makeClip(t, "testsrc2=s=1280x720:r=30,format=gray,format=yuv420p", "libx264", 1, lossless("bt709", "tv")))
	original := drawGuarded(t, d, 1280, 720)
	for _, fit := range []image.Point{{1000, 563}, {640, 360}, {321, 181}, {100, 57}} {
		img := drawGuarded(t, d, fit.X, fit.Y)
		sum := 0.0
		for y := range fit.Y {
			for x := range fit.X {
				dist := float64(distance(img.RGBAAt(x, y), average(original,
					float64(x)*1280/float64(fit.X), float64(y)*720/float64(fit.Y), float64(x+1)*1280/float64(fit.X), float64(y+1)*720/float64(fit.Y))))
				sum += dist * dist
			}
		}
		if psnr := 10 * math.Log10(255*255*float64(fit.X*fit.Y)/(sum+1)); psnr < 50 {
			t.Errorf("%v: PSNR of the worst channel %.1f dB", fit, psnr)
		} else {
			t.Logf("%v: PSNR of the worst channel %.1f dB", fit, psnr)
		}
	}
}

// average is the mean colour of a rectangle with fractional edges.
func average(img *image.RGBA, x0, y0, x1, y1 float64) color.RGBA {
	var r, g, b, area float64
	for y := int(y0); float64(y) < y1 && y < img.Rect.Dy(); y++ {
		for x := int(x0); float64(x) < x1 && x < img.Rect.Dx(); x++ {
			a := (min(x1, float64(x+1)) - max(x0, float64(x))) * (min(y1, float64(y+1)) - max(y0, float64(y)))
			c := img.RGBAAt(x, y)
			r, g, b, area = r+a*float64(c.R), g+a*float64(c.G), b+a*float64(c.B), area+a
		}
	}
	return color.RGBA{byte(r/area + 0.5), byte(g/area + 0.5), byte(b/area + 0.5), 255}
}

func TestDrawAllocatesNothing(t *testing.T) {
	c := makeClip(t, "testsrc2=s=1280x720:r=30,format=yuv420p", "libx264", 30, live())
	d := show(t, c)
	img := image.NewRGBA(image.Rect(0, 0, 1000, 563))
	i := 0
	if n := testing.AllocsPerRun(60, func() {
		if err := d.Send(c.packets[i%len(c.packets)]); err != nil {
			t.Error(err)
		}
		if _, _, ok, err := d.Receive(); !ok || err != nil {
			t.Error(ok, err)
		}
		if err := d.Draw(img); err != nil {
			t.Error(err)
		}
		if _, _, ok, err := d.Receive(); ok || err != nil {
			t.Error(ok, err)
		}
		i++
	}); n != 0 {
		t.Errorf("%v allocations a picture", n)
	}
}

func BenchmarkDraw(b *testing.B) {
	for _, c := range []struct {
		from string
		to   image.Point
	}{
		{"1920x1080", image.Pt(1920, 1080)}, {"1280x720", image.Pt(1000, 563)}, {"1920x1080", image.Pt(1280, 720)}, {"1920x1080", image.Pt(640, 360)},
	} {
		b.Run(fmt.Sprintf("%s-%dx%d", c.from, c.to.X, c.to.Y), func(b *testing.B) {
			d := show(b, makeClip(b, "testsrc2=s="+c.from+":r=30,format=yuv420p", "libx264", 1, live()))
			img := image.NewRGBA(image.Rectangle{Max: c.to})
			b.ReportAllocs()
			b.SetBytes(int64(len(img.Pix)))
			for b.Loop() {
				if err := d.Draw(img); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func rgbOf(c uint32) color.RGBA { return color.RGBA{byte(c >> 16), byte(c >> 8), byte(c), 255} }

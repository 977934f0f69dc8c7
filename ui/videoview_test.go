package ui

import (
	"image"
	"image/color"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/test"

	"kinora/app"
	"kinora/internal/leak"
	"kinora/player"
)

// shown returns a view of the size with the picture painted, and its window.
func shown(t testing.TB, picture *image.RGBA, w, h float32) (*videoView, fyne.Window) {
	t.Helper()
	leak.Check(t)
	test.NewTempApp(t)
	v := newVideoView()
	win := test.NewTempWindow(t, v)
	win.SetPadded(false)
	win.Resize(fyne.NewSize(w, h))
	v.play(playing(t, picture), false)
	win.Canvas().Capture() // tells the player its size and takes the first frame
	within(t, "the picture has its place", func() bool {
		v.tick(time.Now())
		win.Canvas().Capture()
		return !v.moved && v.pixels.X <= int(w) && v.pixels.Y <= int(h) && v.shape == picture.Rect.Size()
	})
	return v, win
}

// near reports whether a pixel has a colour, as far as the painter's rounding goes.
func near(c color.Color, want color.RGBA) bool {
	r, g, b, _ := c.RGBA()
	d := func(x uint32, y uint8) bool { return x>>8 <= uint32(y)+6 && uint32(y) <= x>>8+6 }
	return d(r, want.R) && d(g, want.G) && d(b, want.B)
}

func TestVideoViewLetterboxes(t *testing.T) {
	for _, c := range []struct {
		name    string
		picture image.Point
		view    image.Point
		place   image.Rectangle
	}{
		{"as large as the view", image.Pt(320, 180), image.Pt(320, 180), image.Rect(0, 0, 320, 180)},
		{"a higher view", image.Pt(320, 180), image.Pt(320, 240), image.Rect(0, 30, 320, 210)},
		{"a wider view", image.Pt(320, 180), image.Pt(400, 180), image.Rect(40, 0, 360, 180)},
		{"a larger picture", image.Pt(1280, 720), image.Pt(320, 240), image.Rect(0, 30, 320, 210)},
		{"a smaller picture", image.Pt(80, 60), image.Pt(320, 300), image.Rect(0, 30, 320, 270)},
		{"an upright picture", image.Pt(90, 160), image.Pt(320, 160), image.Rect(115, 0, 205, 160)},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, win := shown(t, quadrants(c.picture.X, c.picture.Y), float32(c.view.X), float32(c.view.Y))
			img := win.Canvas().Capture()
			black := color.RGBA{A: 255}
			for i, want := range quadrantColors {
				x := c.place.Min.X + c.place.Dx()*(1+2*(i%2))/4
				y := c.place.Min.Y + c.place.Dy()*(1+2*(i/2))/4
				if got := img.At(x, y); !near(got, want) {
					t.Errorf("at %d,%d in the picture is %v, want %v", x, y, got, want)
				}
			}
			for _, p := range []image.Point{{c.place.Min.X - 2, c.view.Y / 2}, {c.place.Max.X + 1, c.view.Y / 2}, {c.view.X / 2, c.place.Min.Y - 2}, {c.view.X / 2, c.place.Max.Y + 1}} {
				if p.In(image.Rectangle{Max: c.view}) && !near(img.At(p.X, p.Y), black) {
					t.Errorf("at %v beside the picture is %v, want black", p, img.At(p.X, p.Y))
				}
			}
			for _, p := range []image.Point{{c.place.Min.X + 1, c.view.Y / 4}, {c.place.Max.X - 2, c.view.Y / 4}, {c.view.X / 4, c.place.Min.Y + 1}, {c.view.X / 4, c.place.Max.Y - 2}} {
				if p.In(c.place) && near(img.At(p.X, p.Y), black) {
					t.Errorf("at %v, inside the picture's edge, it is black", p)
				}
			}
		})
	}
}

func TestVideoViewFollowsItsSize(t *testing.T) {
	v, win := shown(t, quadrants(640, 360), 320, 180)
	if v.pixels != image.Pt(320, 180) {
		t.Errorf("frames have %v pixels, want those of the view", v.pixels)
	}
	win.Resize(fyne.NewSize(480, 270))
	within(t, "frames have the new size", func() bool {
		v.tick(time.Now())
		win.Canvas().Capture()
		return v.pixels == image.Pt(480, 270)
	})
}

func TestFramesAreFitForTheTexture(t *testing.T) {
	v, _ := shown(t, quadrants(640, 360), 300, 200)
	img, ok := v.generate(300, 169).(*image.RGBA)
	if !ok {
		t.Fatalf("the generator returns a %T, want *image.RGBA", v.generate(300, 169))
	}
	if img.Stride != 4*img.Rect.Dx() {
		t.Errorf("rows of %d pixels are %d bytes apart", img.Rect.Dx(), img.Stride)
	}
	for i := 3; i < len(img.Pix); i += 4 {
		if img.Pix[i] != 255 {
			t.Fatal("a pixel is not opaque")
		}
	}
}

func TestVideoViewWithoutAPicture(t *testing.T) {
	test.NewTempApp(t)
	v := newVideoView()
	win := test.NewTempWindow(t, v)
	win.SetPadded(false)
	win.Resize(fyne.NewSize(160, 90))
	for _, p := range []*player.Player{nil, player.New(player.Options{Codecs: fakeCodecs{}})} {
		v.play(picturesOf(p, nil), false)
		if v.tick(time.Now()) {
			t.Error("a view without a frame asks for a repaint")
		}
		if got := win.Canvas().Capture().At(80, 45); !near(got, color.RGBA{A: 255}) {
			t.Errorf("without a picture the view is %v, want black", got)
		}
	}
}

func TestTheLastPictureStaysUntilTheNextSourceHasOne(t *testing.T) {
	v, win := shown(t, quadrants(320, 180), 320, 180)
	first := v.source
	none := player.New(player.Options{Codecs: fakeCodecs{}})
	v.play(none, true)
	v.tick(time.Now())
	if got := win.Canvas().Capture().At(80, 45); !near(got, quadrantColors[0]) {
		t.Errorf("before the next picture the view is %v, want the last one", got)
	}
	v.hide(true)
	if got := win.Canvas().Capture().At(80, 45); !near(got, color.RGBA{A: 255}) {
		t.Errorf("what is hidden is %v, want black", got)
	}
	v.hide(false)
	v.play(first, true)
	win.Canvas().Capture()
	if v.before != nil {
		t.Error("the source before is kept although there is a picture")
	}
	v.play(none, false)
	if got := win.Canvas().Capture().At(80, 45); !near(got, color.RGBA{A: 255}) {
		t.Errorf("another stream begins with %v, want black", got)
	}
}

// Streams of two accounts may have one name: a link leads from one to the other at once.
func TestThePictureOfAnotherAccountGoesAtOnce(t *testing.T) {
	test.NewTempApp(t)
	tile := newTile()
	for _, c := range []struct {
		account, stream string
		stays           bool
	}{{"home", "gate", false}, {"home", "gate", true}, {"field", "gate", false}, {"field", "yard", false}} {
		s := scene{Tile: app.Tile{Account: c.account, Stream: c.stream, Player: player.New(player.Options{Codecs: fakeCodecs{}})}}
		tile.show(s, true, true, true)
		if stays := tile.view.before != nil; stays != c.stays {
			t.Errorf("%s of %s: the picture before stays: %v, want %v", c.stream, c.account, stays, c.stays)
		}
	}
}

func TestPumpTicksWhatIsDue(t *testing.T) {
	v, win := shown(t, quadrants(320, 180), 320, 180)
	p := newPump(v)
	before := v.source.(*player.Player).State().Shown
	within(t, "two more frames were painted", func() bool {
		p.tick(time.Now())
		win.Canvas().Capture()
		return v.source.(*player.Player).State().Shown >= before+2
	})
	p.run(true)
	p.run(true)
	if !p.running {
		t.Error("the pump does not run")
	}
	p.run(false)
	if p.running {
		t.Error("the pump still runs")
	}
}

// paintOne is what the interface does for a frame: a tick that asks for a repaint, and the generator that takes what is due.
func paintOne(v *videoView, p *pump) {
	v.moved = true
	p.tick(time.Now())
	v.generate(320, 180)
}

func TestAFrameAllocatesNothing(t *testing.T) {
	v, _ := shown(t, quadrants(320, 180), 320, 180)
	p := newPump(v)
	// The average is rounded down, so that what the player behind it allocates at its 30 frames a second does not count.
	if n := testing.AllocsPerRun(5000, func() { paintOne(v, p) }); n > 0 {
		t.Errorf("painting a frame allocates %.0f times", n)
	}
}

func BenchmarkFrame(b *testing.B) {
	v, _ := shown(b, quadrants(320, 180), 320, 180)
	p := newPump(v)
	b.ReportAllocs()
	for b.Loop() {
		paintOne(v, p)
	}
}

// What is black is uploaded in one way alone, whatever was seen before.
func TestBlackIsAlwaysScaledInOneWay(t *testing.T) {
	v, _ := shown(t, quadrants(320, 180), 320, 180)
	v.generate(320, 180)
	if v.raster.ScaleMode != canvas.ImageScalePixels {
		t.Fatalf("a picture of the view's size has scale mode %v", v.raster.ScaleMode)
	}
	v.hide(true)
	if v.generate(320, 180); v.raster.ScaleMode != canvas.ImageScaleFastest {
		t.Errorf("black has scale mode %v behind a picture, and %v before", v.raster.ScaleMode, canvas.ImageScaleFastest)
	}
}

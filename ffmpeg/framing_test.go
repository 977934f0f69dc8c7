package ffmpeg

import (
	"bytes"
	"fmt"
	"image"
	"testing"
	"time"

	"github.com/asticode/go-astiav"
)

// corners is a picture in which every corner has a luma of its own: 1 and 2 above, 3 and 4 below, times 50.
func corners(w, h int) string {
	return fmt.Sprintf(`color=s=%dx%d:r=30,format=yuv420p,geq=lum=50*(1+gte(X\,%d)+2*gte(Y\,%d)):cb=128:cr=128`, w, h, w/2, h/2)
}

// decoded hands the first pictures of a lavfi graph to a function.
func decoded(t testing.TB, graph string, n int, hand func(f *astiav.Frame, at time.Duration)) {
	t.Helper()
	in := &input{Input: Input{Format: "lavfi", URL: graph}, interrupt: newInterrupt(), epoch: time.Now()}
	defer in.interrupt.free()
	if err := in.open(t.Context(), [2]bool{true, false}); err != nil {
		t.Fatal(err)
	}
	defer in.close()
	h := &framesTo{hand: hand, left: n}
	in.streams[0].out = h
	if err := in.run(t.Context()); err != nil && h.left > 0 {
		t.Fatal(err)
	}
}

type framesTo struct {
	frameKeeper
	hand func(f *astiav.Frame, at time.Duration)
	left int
}

func (h *framesTo) encode(f *astiav.Frame, at time.Duration) error {
	if h.left == 0 || f == nil {
		return errEnough
	}
	h.left--
	h.hand(f, at)
	return nil
}

// lumaOf is the tight luma plane of a picture.
func lumaOf(t testing.TB, f *astiav.Frame) *image.Gray {
	t.Helper()
	b, err := f.Data().Bytes(1)
	if err != nil {
		t.Fatal(err)
	}
	return &image.Gray{Pix: b[:f.Width()*f.Height()], Stride: f.Width(), Rect: image.Rect(0, 0, f.Width(), f.Height())}
}

func openFraming(t testing.TB, s settings, format astiav.PixelFormat) *framing {
	t.Helper()
	s.space = bt601
	f, err := newFraming(s, format)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(f.free)
	return f
}

func TestPicturesAreTurned(t *testing.T) {
	for _, format := range []astiav.PixelFormat{astiav.PixelFormatYuv420P, astiav.PixelFormatNv12} {
		for o, want := range map[orientation]string{
			{0, false}: "1234", {90, false}: "3142", {180, false}: "4321", {270, false}: "2413",
			{0, true}: "2143", {90, true}: "1324", {180, true}: "3412", {270, true}: "4231",
		} {
			t.Run(fmt.Sprint(format, o), func(t *testing.T) {
				size := o.size(image.Pt(160, 90))
				f := openFraming(t, settings{size: size, facing: o}, format)
				decoded(t, corners(160, 90), 3, func(p *astiav.Frame, _ time.Duration) {
					out, err := f.frame(p, time.Time{})
					if err != nil {
						t.Fatal(err)
					}
					if out.Width() != size.X || out.Height() != size.Y || out.PixelFormat() != format {
						t.Fatalf("%dx%d, want %v", out.Width(), out.Height(), size)
					}
					luma, got := lumaOf(t, out), ""
					for _, at := range []image.Point{{1, 1}, {size.X - 2, 1}, {1, size.Y - 2}, {size.X - 2, size.Y - 2}} {
						got += fmt.Sprint((luma.GrayAt(at.X, at.Y).Y + 25) / 50)
					}
					if got != want {
						t.Errorf("the corners are %s, want %s", got, want)
					}
				})
			})
		}
	}
	if err := (orientation{rotate: 45}).check(); err == nil {
		t.Error("pictures are turned by 45 degrees")
	}
}

func TestRightPicturesPassAsTheyAre(t *testing.T) {
	f := openFraming(t, settings{size: image.Pt(160, 90)}, astiav.PixelFormatYuv420P)
	decoded(t, corners(160, 90), 1, func(p *astiav.Frame, _ time.Duration) {
		if out, err := f.frame(p, time.Time{}); out != p || err != nil {
			t.Errorf("the picture was copied: %v", err)
		}
	})
}

// A picture of another shape keeps it between bars that are wholly black, also after one that filled everything.
func TestOtherShapesGetBars(t *testing.T) {
	for name, c := range map[string]struct {
		graph string
		shown image.Rectangle // within 640x360
	}{
		"same shape":        {"color=white:s=1280x720,format=bgr0", image.Rect(0, 0, 640, 360)},
		"a rounded size":    {"color=white:s=174x98,format=yuv420p", image.Rect(0, 0, 640, 360)},
		"4:3":               {"color=white:s=320x240,format=yuv420p", image.Rect(80, 0, 560, 360)},
		"4:3, 4:2:2":        {"color=white:s=1024x768,format=yuyv422", image.Rect(80, 0, 560, 360)},
		"upright":           {"color=white:s=360x640,format=yuv420p", image.Rect(218, 0, 420, 360)},
		"flat":              {"color=white:s=640x120,format=rgb24", image.Rect(0, 120, 640, 240)},
		"oblong samples":    {"color=white:s=320x360,format=yuv420p,setsar=2", image.Rect(0, 0, 640, 360)},
		"oblong the other":  {"color=white:s=640x360,format=yuv444p,setsar=1/2", image.Rect(160, 0, 480, 360)},
		"one line of 65535": {"color=white:s=16384x2,format=yuv420p", image.Rect(0, 178, 640, 180)},
	} {
		for _, format := range []astiav.PixelFormat{astiav.PixelFormatYuv420P, astiav.PixelFormatNv12} {
			t.Run(fmt.Sprint(name, format), func(t *testing.T) {
				f := openFraming(t, settings{size: image.Pt(640, 360)}, format)
				for _, graph := range []string{"color=white:s=1280x720,format=bgr0", c.graph} {
					shown := image.Rect(0, 0, 640, 360)
					if graph == c.graph {
						shown = c.shown
					}
					decoded(t, graph, 1, func(p *astiav.Frame, _ time.Duration) {
						out, err := f.frame(p, time.Time{})
						if err != nil {
							t.Fatal(err)
						}
						luma := lumaOf(t, out)
						for y := range 360 {
							for x := range 640 {
								v, inside := luma.GrayAt(x, y).Y, image.Pt(x, y).In(shown)
								if inside && v < 233 || !inside && v != 16 {
									t.Fatalf("luma at %d,%d is %d; the picture is %v", x, y, v, shown)
								}
							}
						}
						b, err := out.Data().Bytes(1)
						if err != nil {
							t.Fatal(err)
						}
						for i, v := range b[640*360:] {
							if v < 127 || v > 129 {
								t.Fatalf("chroma %d is %d", i, v)
							}
						}
					})
				}
			})
		}
	}
}

func TestPicturesAreNotChangedByText(t *testing.T) {
	b, err := newBurner(true, "Quay 3")
	if err != nil {
		t.Skip(err)
	}
	defer b.free()
	f := openFraming(t, settings{size: image.Pt(160, 90), burner: b}, astiav.PixelFormatYuv420P)
	decoded(t, corners(160, 90), 1, func(p *astiav.Frame, _ time.Duration) {
		before := bytes.Clone(lumaOf(t, p).Pix)
		out, err := f.frame(p, time.Now())
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(before, lumaOf(t, p).Pix) || bytes.Equal(before, lumaOf(t, out).Pix) {
			t.Error("the text is in the caller's picture, or nowhere")
		}
	})
}

// Pictures that are turned, with text that is drawn anew for each, and encoders that are replaced leave nothing behind.
func TestMemoryStaysLevelOverTurnedPictures(t *testing.T) {
	before := 0
	for i := range 60 {
		t.Run("", func(t *testing.T) { // which frees the encoder
			s := plain()
			s.facing, s.epoch = orientation{90, true}, time.Now()
			if demoFont() != "" {
				b, err := newBurner(true, "Quay 3")
				if err != nil {
					t.Fatal(err)
				}
				s.burner = b // freed with the encoder
			}
			h := openHeard(t, s, failing(5))
			for i := range 10 {
				h.encode(t, "testsrc2=s=640x480:r=30,format=bgr0", 1, time.Duration(i)*time.Second)
			}
		})
		if i == 20 {
			before = residentMiB(t)
		}
	}
	if after := residentMiB(t); after > before+24 {
		t.Errorf("memory grew from %d to %d MiB over 40 encoders", before, after)
	} else {
		t.Logf("memory %d MiB after 20 encoders, %d MiB after 60", before, after)
	}
}

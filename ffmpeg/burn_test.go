package ffmpeg

import (
	"bytes"
	"image"
	"strings"
	"testing"
	"time"

	"github.com/asticode/go-astiav"
)

func openBurner(t testing.TB, clock bool, place string) *burner {
	t.Helper()
	if demoFont() == "" {
		t.Skip("there is no font: text in pictures cannot be tested")
	}
	b, err := newBurner(clock, place)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.free)
	return b
}

// burnt is the luma of a grey picture with text.
func burnt(t testing.TB, b *burner, size image.Point, format astiav.PixelFormat, at time.Time) *image.Gray {
	t.Helper()
	f := openFraming(t, settings{size: size, burner: b}, format)
	var luma *image.Gray
	decoded(t, "color=0x808080:s=64x64,format=yuv420p,setsar="+itoa(size.X)+"/"+itoa(size.Y), 1, func(p *astiav.Frame, _ time.Duration) {
		out, err := f.frame(p, at)
		if err != nil {
			t.Fatal(err)
		}
		luma = lumaOf(t, out)
	})
	return luma
}

// The text is the picture's own time, whole seconds, as it is written in plain letters with the zone that it is in.
func TestBurntTime(t *testing.T) {
	size := image.Pt(640, 360)
	berlin := time.FixedZone("", 2*3600)
	at := time.Date(2026, 11, 24, 23, 59, 59, 0, berlin)
	clock := func(at time.Time) []byte {
		return burnt(t, openBurner(t, true, "Quay 3"), size, astiav.PixelFormatYuv420P, at).Pix
	}
	words := func(text string) []byte {
		return burnt(t, openBurner(t, false, text), size, astiav.PixelFormatYuv420P, at).Pix
	}
	now := clock(at)
	if !bytes.Equal(now, words("2026-11-24 23:59:59 +02:00  Quay 3")) {
		t.Error("the picture does not show its time and place")
	}
	if !bytes.Equal(now, clock(at.Add(999*time.Millisecond))) {
		t.Error("the text changes within a second")
	}
	if bytes.Equal(now, clock(at.Add(time.Second))) {
		t.Error("the text stands still")
	}
	if !bytes.Equal(clock(at.Add(time.Second)), words("2026-11-25 00:00:00 +02:00  Quay 3")) {
		t.Error("the next day does not begin")
	}
	if bytes.Equal(now, clock(at.UTC())) {
		t.Error("the zone is not shown")
	}
}

// One burner, many pictures: what was there before does not shine through.
func TestBurntTextFollowsTheTimeOfEachPicture(t *testing.T) {
	b, start := openBurner(t, true, ""), time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	f := openFraming(t, settings{size: image.Pt(320, 180), burner: b}, astiav.PixelFormatNv12)
	decoded(t, "color=0x808080:s=320x180:r=2,format=yuv420p", 6, func(p *astiav.Frame, at time.Duration) {
		out, err := f.frame(p, start.Add(at))
		if err != nil {
			t.Fatal(err)
		}
		want := burnt(t, openBurner(t, false, start.Add(at).Format(clockLayout)), image.Pt(320, 180), astiav.PixelFormatNv12, start)
		if !bytes.Equal(lumaOf(t, out).Pix, want.Pix) {
			t.Errorf("the picture of %v shows something else", at)
		}
	})
}

// Whatever is asked, the box is inside the picture, at its foot, and has letters.
func TestBurntTextHasRoom(t *testing.T) {
	for name, place := range map[string]string{
		"plain": "Quay 3", "special": `It's 50%: [a], b;c \d {e} "f" %{pts}`, "other letters": "Größe Ωμέγα Москва",
		"control": "two\nlines\tand\x00 zero", "long": strings.Repeat("very ", 60) + "long",
	} {
		for _, size := range []image.Point{{1280, 720}, {360, 640}, {160, 90}, {16, 16}} {
			for _, format := range []astiav.PixelFormat{astiav.PixelFormatYuv420P, astiav.PixelFormatNv12} {
				b := openBurner(t, true, place)
				luma := burnt(t, b, size, format, time.Now())
				var box image.Rectangle
				bright := 0
				for y := range size.Y {
					for x := range size.X {
						if v := luma.GrayAt(x, y).Y; v < 120 || v > 130 {
							box = box.Union(image.Rect(x, y, x+1, y+1))
							if v > 220 {
								bright++
							}
						}
					}
				}
				if box.Empty() || size.Y > 16 && (box.Min.Y < size.Y/2 || bright < 10) {
					t.Errorf("%s in %v: the text is at %v with %d bright samples", name, size, box, bright)
				}
				if size.X >= 1280 && name != "long" && box.Max.X > size.X-20 {
					t.Errorf("%s in %v: the text reaches %v", name, size, box)
				}
			}
		}
	}
}

// Where there is little room the letters are smaller: no word is cut off.
func TestBurntTextIsWhole(t *testing.T) {
	size, at := image.Pt(360, 640), time.Now()
	for place := "x"; len(place) < 60; place += " x" {
		b := openBurner(t, true, place)
		all := burnt(t, b, size, astiav.PixelFormatYuv420P, at)
		less := burnt(t, openBurner(t, true, strings.TrimSuffix(place, "x")+"y"), size, astiav.PixelFormatYuv420P, at)
		if b.size > 8 && bytes.Equal(all.Pix, less.Pix) {
			t.Errorf("the last of %d letters is not shown at size %d", len(place), b.size)
		}
	}
}

func TestBurntTimeReachesTheStream(t *testing.T) {
	if demoFont() == "" {
		t.Skip("there is no font: text in pictures cannot be tested")
	}
	// The foot of each picture, where nothing moves but the text.
	src := start(t, CaptureOptions{Encoder: "libx264", Burn: Burn{Time: true, Text: "Quay 3"}, Preset: Sharp,
		Inputs: []Input{{Format: "lavfi", URL: "color=0x3070c0:s=640x360:r=10:d=4,format=yuv420p"}}})
	d := openDecoder(t, src.Tracks()[0])
	var last *image.RGBA
	changes := map[time.Duration]bool{}
	for _, p := range read(t, src, -1) {
		send(t, d, p)
		if _, _, ok, err := d.Receive(); !ok || err != nil {
			t.Fatal(ok, err)
		}
		img := drawGuarded(t, d, 640, 360)
		if last != nil {
			moved := 0
			for y := 300; y < 360; y++ {
				for x := range 640 {
					if distance(img.RGBAAt(x, y), last.RGBAAt(x, y)) > 60 {
						moved++
					}
				}
			}
			if at := src.Epoch().Add(p.PTS); moved > 20 {
				changes[p.PTS] = true
				if at.Nanosecond() >= int(100*time.Millisecond) {
					t.Errorf("the text changed at %v, in the middle of a second", at)
				}
			}
		}
		last = img
	}
	if len(changes) < 3 || len(changes) > 4 {
		t.Errorf("the text changed at %v in 4 seconds", changes)
	}
}

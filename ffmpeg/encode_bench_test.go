package ffmpeg

import (
	"image"
	"testing"
	"time"

	"github.com/asticode/go-astiav"

	"kinora/media"
)

// moving is a second of a picture of 1280x720 in which a part moves.
func moving(b *testing.B, format string) (pictures []*astiav.Frame) {
	decoded(b, "testsrc2=s=1280x720:r=30,format="+format, 30, func(f *astiav.Frame, _ time.Duration) {
		pictures = append(pictures, f.Clone())
	})
	b.Cleanup(func() {
		for _, p := range pictures {
			p.Free()
		}
	})
	return pictures
}

// What a picture costs from decoder to packet; x264 is most of it.
func BenchmarkEncodePicture(b *testing.B) {
	for _, format := range []string{"yuv420p", "bgr0", "yuyv422"} {
		b.Run(format, func(b *testing.B) {
			pictures := moving(b, format)
			s := plain()
			s.size, s.space, s.bitrate = image.Pt(1280, 720), bt709, 2_800_000
			e, err := openVideoEncoder(1, s, []*h264{software}, func(*media.Packet) error { return nil })
			if err != nil {
				b.Fatal(err)
			}
			defer e.free()
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				if err := e.encode(pictures[i%len(pictures)], time.Duration(i)*time.Second/30); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// What is done to a picture before it is encoded.
func BenchmarkFraming(b *testing.B) {
	hd := image.Pt(1280, 720)
	for name, c := range map[string]struct {
		format string
		s      settings
		text   bool
	}{
		"as it is":       {"yuv420p", settings{size: hd}, false},
		"converted":      {"bgr0", settings{size: hd}, false},
		"packed":         {"yuyv422", settings{size: hd}, false},
		"small":          {"yuv420p", settings{size: image.Pt(640, 360)}, false},
		"bars":           {"yuv420p", settings{size: image.Pt(720, 720)}, false},
		"turned by 90":   {"yuv420p", settings{size: image.Pt(720, 1280), facing: orientation{rotate: 90}}, false},
		"turned by 180":  {"yuv420p", settings{size: hd, facing: orientation{rotate: 180}}, false},
		"mirrored":       {"yuv420p", settings{size: hd, facing: orientation{mirror: true}}, false},
		"time and place": {"yuv420p", settings{size: hd}, true},
	} {
		b.Run(name, func(b *testing.B) {
			pictures := moving(b, c.format)
			if c.text {
				c.s.burner = openBurner(b, true, "Quay 3")
			}
			f := openFraming(b, c.s, astiav.PixelFormatYuv420P)
			epoch := time.Now()
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				if _, err := f.frame(pictures[i%len(pictures)], epoch.Add(time.Duration(i)*time.Second/30)); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkEncodeSound(b *testing.B) {
	n := 0
	in := &input{Input: Input{Format: "lavfi", URL: "sine=r=48000"}, interrupt: newInterrupt(), epoch: time.Now()}
	defer in.interrupt.free()
	if err := in.open(b.Context(), [2]bool{false, true}); err != nil {
		b.Fatal(err)
	}
	defer in.close()
	e, err := newAudioEncoder(2, in.streams[1].decoder, CaptureOptions{}, func(*media.Packet) error { n++; return nil })
	if err != nil {
		b.Fatal(err)
	}
	defer e.free()
	b.ReportAllocs()
	for b.Loop() {
		if err := e.fill(e.next + time.Second*audioSamples/audioRate); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(n)/float64(b.N), "packets/op")
}

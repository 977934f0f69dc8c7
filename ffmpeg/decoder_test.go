package ffmpeg

import (
	"bytes"
	"errors"
	"image"
	"io/fs"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"
	"time"

	"kinora/media"
)

func TestEachPacketGivesItsPictureAtOnce(t *testing.T) {
	for name, o := range map[string]struct {
		codec string
		options
	}{
		"h264":        {"libx264", live()},
		"h264 slices": {"libx264", options{"preset": "ultrafast", "tune": "zerolatency", "slices": "4"}},
		"h265":        {"libx265", options{"preset": "ultrafast", "tune": "zerolatency", "x265-params": "log-level=error"}},
		"mjpeg":       {"mjpeg", nil},
		"vp8":         {"libvpx", options{"deadline": "realtime", "lag-in-frames": "0"}},
		"vp9":         {"libvpx-vp9", options{"deadline": "realtime", "lag-in-frames": "0"}},
	} {
		t.Run(name, func(t *testing.T) {
			format := "yuv420p"
			if name == "mjpeg" {
				format = "yuvj420p"
			}
			c := makeClip(t, "testsrc2=s=320x180:r=30,format="+format, o.codec, 40, o.options)
			d := openDecoder(t, c.Track)
			for i, p := range c.packets {
				send(t, d, p)
				if got := receiveAll(t, d); len(got) != 1 || got[0] != p.PTS {
					t.Fatalf("after packet %d of %v came the pictures %v", i, p.PTS, got)
				}
			}
			if d.Damaged() != 0 {
				t.Errorf("%d damaged", d.Damaged())
			}
		})
	}
}

func TestReorderedPicturesComeInOrderAndComplete(t *testing.T) {
	for name, o := range map[string]struct {
		codec string
		options
	}{
		"h264": {"libx264", options{"preset": "veryfast", "bf": "3", "g": "20", "x264-params": "b-adapt=0"}},
		"h265": {"libx265", options{"preset": "veryfast", "x265-params": "bframes=3:b-adapt=0:log-level=error"}},
	} {
		t.Run(name, func(t *testing.T) {
			c := makeClip(t, "testsrc2=s=320x180:r=30,format=yuv420p", o.codec, 50, o.options)
			if slices.IsSortedFunc(c.packets, func(a, b *media.Packet) int { return int(a.PTS - b.PTS) }) {
				t.Fatal("the clip has no reordered pictures")
			}
			d := openDecoder(t, c.Track)
			var want, got []time.Duration
			for _, p := range c.packets {
				want = append(want, p.PTS)
				send(t, d, p)
				got = append(got, receiveAll(t, d)...)
			}
			send(t, d, nil)
			got = append(got, receiveAll(t, d)...)
			slices.Sort(want)
			if !slices.Equal(got, want) {
				t.Errorf("pictures %v, want %v", got, want)
			}
			// The end is not final.
			d.Flush()
			send(t, d, c.packets[0])
			send(t, d, nil)
			if got := receiveAll(t, d); len(got) != 1 {
				t.Errorf("after a flush the key frame gave %v", got)
			}
		})
	}
}

// Large pictures are decoded by several threads: late by less than there are threads, and complete.
func TestLargePicturesAreDecodedInParallel(t *testing.T) {
	c := makeClip(t, "testsrc2=s=2560x1440:r=30,format=yuv420p", "libx264", 12, live())
	threads := decoderThreads(c.Track, runtime.NumCPU())
	if small := decoderThreads(media.Track{Width: 1920, Height: 1080}, 8); small != 1 || threads < min(2, runtime.NumCPU()) {
		t.Errorf("%d threads for 2560x1440 and %d for 1920x1080", threads, small)
	}
	d := openDecoder(t, c.Track)
	var got []time.Duration
	for i, p := range c.packets {
		send(t, d, p)
		if got = append(got, receiveAll(t, d)...); i+1-len(got) >= threads && threads > 1 {
			t.Errorf("after packet %d only %d pictures have come", i, len(got))
		}
	}
	send(t, d, nil)
	if got = append(got, receiveAll(t, d)...); len(got) != len(c.packets) || !slices.IsSorted(got) {
		t.Errorf("%d packets gave the pictures %v", len(c.packets), got)
	}
}

func TestSizeFollowsTheStream(t *testing.T) {
	o := live()
	o["repeat"] = "yes" // parameter sets are in the stream only
	big := makeClip(t, "testsrc2=s=640x360:r=30,format=yuv420p", "libx264", 3, o)
	o = live()
	o["repeat"] = "yes"
	small := makeClip(t, "testsrc2=s=320x240:r=30,format=yuv420p", "libx264", 3, o)
	track := makeClip(t, "testsrc2=s=640x360:r=30,format=yuv420p", "libx264", 1, live()).Track
	d := openDecoder(t, track)
	screen := image.NewRGBA(image.Rect(0, 0, 200, 100))
	for _, c := range []clip{big, small, big} {
		for _, p := range c.packets {
			send(t, d, p)
			_, size, ok, err := d.Receive()
			if want := image.Pt(c.Width, c.Height); err != nil || !ok || size != want {
				t.Fatalf("Receive = %v, %v, %v; want %v", size, ok, err, want)
			}
			if err := d.Draw(screen); err != nil {
				t.Fatal(err)
			}
		}
	}
	if d.Damaged() != 0 {
		t.Errorf("%d damaged", d.Damaged())
	}
}

func TestDecodingStartsAtAKeyFrame(t *testing.T) {
	c := makeClip(t, "testsrc2=s=320x180:r=30,format=yuv420p", "libx264", 61, live())
	d := openDecoder(t, c.Track)
	for i, p := range c.packets[1:] {
		send(t, d, p)
		if got := receiveAll(t, d); (len(got) == 1) != (i+1 >= 30) {
			t.Fatalf("packet %d gave %v", i+1, got)
		}
	}
	gap := *c.packets[45]
	gap.Discontinuity = true
	send(t, d, &gap)
	if got := receiveAll(t, d); len(got) != 0 {
		t.Errorf("a picture that depends on what was before a gap was shown: %v", got)
	}
	send(t, d, c.packets[60])
	if got := receiveAll(t, d); len(got) != 1 {
		t.Errorf("the next key frame gave %v", got)
	}
	if d.Damaged() != 0 {
		t.Errorf("%d damaged, want 0: nothing was", d.Damaged())
	}
}

// Some producers never say which packets are key frames.
func TestKeyFramesWithoutTheFlag(t *testing.T) {
	for codec, o := range map[string]options{"libx264": live(), "libx265": {"preset": "ultrafast", "tune": "zerolatency", "g": "30", "x265-params": "log-level=error:scenecut=0"}} {
		c := makeClip(t, "testsrc2=s=320x180:r=30,format=yuv420p", codec, 40, o)
		d := openDecoder(t, c.Track)
		for i, p := range c.packets[1:] {
			q := *p
			q.Key = false
			send(t, d, &q)
			if got := receiveAll(t, d); (len(got) == 1) != (i+1 >= 30) {
				t.Fatalf("%s: packet %d gave %v", codec, i+1, got)
			}
		}
	}
}

func TestAHeaderCannotClaimHugeMemory(t *testing.T) {
	before := residentMiB(t)
	d := openDecoder(t, media.Track{ID: 1, Codec: media.VP8})
	// A VP8 key frame (RFC 6386, 9.1) of 15000x15000.
	frame := append([]byte{0x10, 0x02, 0x00, 0x9d, 0x01, 0x2a, 0x98, 0x3a, 0x98, 0x3a}, make([]byte, 5000)...)
	send(t, d, &media.Packet{Track: 1, Key: true, Data: frame})
	if got := receiveAll(t, d); len(got) != 0 || d.Damaged() != 1 {
		t.Errorf("pictures %v, %d damaged", got, d.Damaged())
	}
	if after := residentMiB(t); after > before+50 {
		t.Errorf("memory grew from %d to %d MiB", before, after)
	}
}

func TestDamageIsSkippedToTheNextKeyFrame(t *testing.T) {
	c := makeClip(t, "testsrc2=s=320x180:r=30,format=yuv420p", "libx264", 61, live())
	for name, spoil := range map[string]func([]byte) []byte{
		"cut":            func(b []byte) []byte { return b[:len(b)/2] },
		"wrong length":   func(b []byte) []byte { b = bytes.Clone(b); b[0], b[1] = 0x7f, 0xff; return b },
		"noise":          func(b []byte) []byte { return noise(b[:4], len(b)-4) },
		"nothing at all": func([]byte) []byte { return nil },
		"other NAL type": func(b []byte) []byte { b = bytes.Clone(b); b[4] = 0x1c; return b },
	} {
		t.Run(name, func(t *testing.T) {
			d := openDecoder(t, c.Track)
			for i, p := range c.packets {
				if i == 10 {
					p = &media.Packet{Track: 1, PTS: p.PTS, DTS: p.DTS, Data: spoil(p.Data)}
				}
				send(t, d, p)
				got := receiveAll(t, d)
				if want := i < 10 || i >= 30; (len(got) == 1) != want {
					t.Fatalf("packet %d gave pictures %v", i, got)
				}
			}
			if d.Damaged() != 1 {
				t.Errorf("Damaged = %d, want 1", d.Damaged())
			}
		})
	}
}

func noise(head []byte, n int) []byte {
	r := rand.New(rand.NewPCG(1, 2))
	out := bytes.Clone(head)
	for range n {
		out = append(out, byte(r.Uint32()))
	}
	return out
}

func TestNoiseNeverFails(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	screen := image.NewRGBA(image.Rect(0, 0, 100, 57))
	for _, codec := range []string{"libx264", "libx265", "mjpeg", "libvpx", "libvpx-vp9"} {
		format := "yuv420p"
		if codec == "mjpeg" {
			format = "yuvj420p"
		}
		var o options
		if codec == "libx265" {
			o = options{"x265-params": "log-level=error"}
		}
		c := makeClip(t, "testsrc2=s=160x120:r=30,format="+format, codec, 8, o)
		d := openDecoder(t, c.Track)
		for range 300 {
			p := *c.packets[r.IntN(len(c.packets))]
			p.Data = bytes.Clone(p.Data)
			for range 1 + r.IntN(4) {
				p.Data[r.IntN(len(p.Data))] = byte(r.Uint32())
			}
			p.Data = p.Data[:1+r.IntN(len(p.Data))]
			p.Key = r.IntN(2) == 0
			send(t, d, &p)
			for {
				_, _, ok, err := d.Receive()
				if err != nil {
					t.Fatal(err)
				}
				if !ok {
					break
				}
				if err := d.Draw(screen); err != nil {
					t.Fatal(err)
				}
			}
		}
		t.Logf("%s: %d damaged of 300", codec, d.Damaged())
	}
}

func TestUnsupportedCodecsAreNamed(t *testing.T) {
	for _, codec := range []media.Codec{"V_UNCOMPRESSED", "", media.Opus, media.AAC} {
		if _, err := (Codecs{}).Video(media.Track{ID: 3, Codec: codec}); !errors.Is(err, ErrUnsupported) {
			t.Errorf("codec %q: %v, want ErrUnsupported", codec, err)
		}
	}
}

func TestUseAfterCloseAndWithoutPicture(t *testing.T) {
	c := makeClip(t, "testsrc2=s=160x120:r=30,format=yuv420p", "libx264", 1, live())
	d := openDecoder(t, c.Track)
	screen := image.NewRGBA(image.Rect(0, 0, 64, 48))
	if err := d.Draw(screen); err == nil {
		t.Error("Draw without a picture gave no error")
	}
	send(t, d, c.packets[0])
	if _, _, ok, _ := d.Receive(); !ok {
		t.Fatal("no picture")
	}
	for _, bad := range []*image.RGBA{
		{}, screen.SubImage(image.Rect(0, 0, 32, 24)).(*image.RGBA), {Pix: screen.Pix[:100], Stride: 4 * 64, Rect: screen.Rect},
	} {
		if err := d.Draw(bad); err == nil {
			t.Errorf("Draw into %v with stride %d and %d bytes gave no error", bad.Rect, bad.Stride, len(bad.Pix))
		}
	}
	for range 2 {
		if err := d.Close(); err != nil {
			t.Fatal(err)
		}
	}
	d.Flush()
	if err := d.Send(c.packets[0]); !errors.Is(err, fs.ErrClosed) {
		t.Errorf("Send after Close: %v", err)
	}
	if _, _, _, err := d.Receive(); !errors.Is(err, fs.ErrClosed) {
		t.Errorf("Receive after Close: %v", err)
	}
	if err := d.Draw(screen); err == nil {
		t.Error("Draw after Close gave no error")
	}
}

func BenchmarkDecode(b *testing.B) {
	for name, size := range map[string]string{"720p": "1280x720", "1080p": "1920x1080"} {
		b.Run(name, func(b *testing.B) {
			c := makeClip(b, "testsrc2=s="+size+":r=30,format=yuv420p", "libx264", 60, live())
			d := openDecoder(b, c.Track)
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				if err := d.Send(c.packets[i%len(c.packets)]); err != nil {
					b.Fatal(err)
				}
				if _, _, ok, err := d.Receive(); !ok || err != nil {
					b.Fatal(ok, err)
				}
			}
		})
	}
}

// Pixels that are not square, as those of analog cameras, are shown in the shape that they have.
func TestAnamorphicPictures(t *testing.T) {
	for aspect, want := range map[string]image.Point{
		"1:1": {704, 288}, "12:11": {768, 288}, "16:11": {1024, 288}, "1:2": {704, 576}, "10:1": {704, 288},
	} {
		c := makeClip(t, "color=c=0x3070c0:s=704x288:r=30,format=yuv420p", "libx264", 1, options{"preset": "ultrafast", "aspect": aspect})
		d := openDecoder(t, c.Track)
		send(t, d, c.packets[0])
		_, size, ok, err := d.Receive()
		if !ok || err != nil || size != want {
			t.Errorf("704x288 with pixels of %s is %v, %v, %v; want %v", aspect, size, ok, err, want)
		}
	}
}

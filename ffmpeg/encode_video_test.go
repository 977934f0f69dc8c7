package ffmpeg

import (
	"errors"
	"image"
	"log/slog"
	"math/rand"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/asticode/go-astiav"

	"kinora/media"
)

// heard collects what an encoder passes on, with the track as it is at each packet.
type heard struct {
	packets []*media.Packet
	tracks  []media.Track
	encoder *videoEncoder
}

func (h *heard) emit(p *media.Packet) error {
	h.packets = append(h.packets, p)
	h.tracks = append(h.tracks, h.encoder.track())
	return nil
}

func (h *heard) bytes() (n int) {
	for _, p := range h.packets {
		n += len(p.Data)
	}
	return n
}

// plain is what tests ask of an encoder.
func plain() settings {
	return settings{quality: Balanced.quality(), size: image.Pt(320, 180), space: bt601, rate: 30, interval: 2 * time.Second, bitrate: 500_000}
}

func openHeard(t testing.TB, s settings, codecs ...*h264) *heard {
	t.Helper()
	h := new(heard)
	e, err := openVideoEncoder(1, s, codecs, h.emit)
	if err != nil {
		t.Fatal(err)
	}
	h.encoder = e
	t.Cleanup(e.free)
	return h
}

// checkDecodes fails when a packet does not give its picture, decoders being opened anew where the track changes.
func (h *heard) checkDecodes(t *testing.T) {
	t.Helper()
	var d *VideoDecoder
	for i, p := range h.packets {
		if i == 0 || p.Discontinuity {
			d = openDecoder(t, h.tracks[i])
		} else if !slices.Equal(h.tracks[i].Private, h.tracks[i-1].Private) {
			t.Errorf("packet %d: the track has changed without a discontinuity", i)
		}
		send(t, d, p)
		if got := receiveAll(t, d); len(got) != 1 || got[0] != p.PTS {
			t.Errorf("the packet of %v gave the pictures %v", p.PTS, got)
		}
	}
}

func (h *heard) encode(t testing.TB, graph string, n int, from time.Duration) {
	t.Helper()
	decoded(t, graph, n, func(f *astiav.Frame, at time.Duration) {
		if err := h.encoder.encode(f, from+at); err != nil {
			t.Fatal(err)
		}
	})
}

var errGone = errors.New("the graphics card has gone")

// failing is an encoder of the hardware, here software in disguise, that breaks after a number of pictures.
func failing(after int) *h264 {
	h := *software
	h.options = func(s settings) options {
		o := software.options(s)
		o["profile"] = "baseline" // so that its parameter sets differ
		return o
	}
	h.upload = func(_ *astiav.CodecContext, dst, src *astiav.Frame) error {
		if after--; after < 0 {
			return errGone
		}
		dst.Unref()
		return dst.Ref(src)
	}
	return &h
}

func TestEncoderThatFailsInMidRunIsReplaced(t *testing.T) {
	h := openHeard(t, plain(), failing(20))
	before := h.encoder.track().Private
	h.encode(t, "testsrc2=s=320x180:r=30,format=yuv420p", 60, 0)
	if len(h.packets) != 60 {
		t.Fatalf("%d packets of 60 pictures", len(h.packets))
	}
	for i, p := range h.packets {
		if p.Discontinuity != (i == 20) || p.Key != (i == 0 || i == 20) {
			t.Errorf("packet %d: discontinuity %v, key %v", i, p.Discontinuity, p.Key)
		}
		if own := slices.Equal(h.tracks[i].Private, before); own != (i < 20) {
			t.Errorf("packet %d is described by the first encoder's parameter sets: %v", i, own)
		}
	}
	if h.encoder.codec != software {
		t.Error("software does not go on")
	}
	h.checkDecodes(t)
}

func TestEncoderThatDoesNotOpenIsPassedOver(t *testing.T) {
	missing := &h264{name: "h264_imaginary"}
	refusing := *software
	refusing.attach = func(*astiav.CodecContext, image.Point) error { return errGone }
	h := openHeard(t, plain(), missing, &refusing, software)
	if h.encoder.codec != software {
		t.Errorf("%s was taken", h.encoder.name())
	}
	_, err := openVideoEncoder(1, plain(), []*h264{missing, &refusing}, nil)
	if !errors.Is(err, errGone) {
		t.Errorf("none opens: %v", err)
	}
}

// Each encoder that this computer has no hardware for says no in words, at once, and what works is tried only once.
func TestHardwareIsTried(t *testing.T) {
	for _, h := range hardware {
		err := quietly(func() error { return try(h) })
		t.Logf("%s: %v", h.name, err)
		if works := slices.Contains(working(), h); works != (err == nil) {
			t.Errorf("%s works: %v, and its trial said %v", h.name, works, err)
		}
		if err == nil {
			fast := openHeard(t, plain(), h)
			fast.encode(t, "testsrc2=s=320x180:r=30,format=yuv420p", 30, 0)
			fast.checkDecodes(t)
		}
	}
	if err := quietly(func() error { return try(software) }); err != nil {
		t.Errorf("libx264: %v", err)
	}
	if err := try(failing(2)); !errors.Is(err, errGone) {
		t.Errorf("an encoder that breaks: %v", err)
	}
}

func TestTrialsAreSilent(t *testing.T) {
	b := logTo(t, slog.LevelWarn)
	for _, h := range append(hardware[:len(hardware):len(hardware)], failing(0), failing(2)) {
		if err := quietly(func() error { return try(h) }); err != nil && b.Len() > 0 {
			t.Errorf("the trial of %s logged %s", h.name, b)
		}
	}
	if astiav.Log(nil, astiav.LogLevelError, "%s\n", "after"); !strings.Contains(b.String(), "after") {
		t.Error("nothing is logged after a trial")
	}
}

func TestEncodersByName(t *testing.T) {
	if got, err := choose(""); err != nil || got[len(got)-1] != software {
		t.Errorf("without a name %v, %v", got, err)
	}
	if got, err := choose("libx264"); err != nil || len(got) != 1 || got[0] != software {
		t.Errorf("libx264: %v, %v", got, err)
	}
	if _, err := choose("h264_telepathy"); err == nil || !strings.Contains(err.Error(), "h264_telepathy") {
		t.Errorf("an unknown name: %v", err)
	}
}

// costly is what costs more than any ceiling allows.
const costly = "testsrc2=s=320x180:r=30,format=yuv420p,noise=alls=60:allf=t"

// The bits follow the ceiling within two seconds of media time, down and up again, and each packet stays decodable.
func TestCeilingChangesWhileItRuns(t *testing.T) {
	rigid := *software
	rigid.adapts = false
	for name, codec := range map[string]*h264{"adapts": software, "is opened anew": &rigid} {
		t.Run(name, func(t *testing.T) {
			s := plain()
			s.bitrate, s.interval = 2_000_000, time.Second
			h := openHeard(t, s, codec)
			var at time.Duration
			second := func() (bits int) {
				before := h.bytes()
				h.encode(t, costly, 30, at)
				at += time.Second
				return 8 * (h.bytes() - before)
			}
			for _, ceiling := range []int{2_000_000, 300_000, 100_000, 1_500_000} {
				h.encoder.setBitrate(ceiling)
				if h.encoder.bitrate() != ceiling {
					t.Errorf("the ceiling is %d, not %d", h.encoder.bitrate(), ceiling)
				}
				second()
				second()
				bits := (second() + second() + second()) / 3
				if bits > ceiling*115/100 || bits < ceiling*6/10 {
					t.Errorf("%d bits a second under a ceiling of %d", bits, ceiling)
				}
			}
			h.checkDecodes(t)
			for i, p := range h.packets {
				// A level of H.264 goes with the ceiling: opened anew, the parameter sets may say another.
				if changed := i > 0 && !slices.Equal(h.tracks[i].Private, h.tracks[i-1].Private); p.Discontinuity != changed || changed && codec.adapts {
					t.Errorf("packet %d: discontinuity %v, other parameter sets %v", i, p.Discontinuity, changed)
				}
			}
		})
	}
	h := openHeard(t, plain(), software)
	if h.encoder.setBitrate(1); h.encoder.bitrate() != minBitrate {
		t.Errorf("the ceiling is %d", h.encoder.bitrate())
	}
}

// What does not move costs next to nothing, whatever the ceiling.
func TestQualityIsConstant(t *testing.T) {
	s := plain()
	s.bitrate = 5_000_000
	h := openHeard(t, s, software)
	h.encode(t, "smptebars=s=320x180:r=30,format=yuv420p", 60, 0)
	if bits := 8 * h.bytes() / 2; bits > 100_000 {
		t.Errorf("a picture that stands still costs %d bits a second", bits)
	}
}

// Times are the capture clock's: what comes irregularly goes out at exactly the same times.
func TestIrregularTimesAreKept(t *testing.T) {
	random := rand.New(rand.NewSource(1))
	var times []time.Duration
	for at := 17 * time.Microsecond; len(times) < 120; at += time.Duration(1 + random.Intn(int(150*time.Millisecond))) {
		times = append(times, at)
	}
	h, i := openHeard(t, plain(), software), 0
	decoded(t, "testsrc2=s=320x180:r=30,format=yuv420p", len(times), func(f *astiav.Frame, _ time.Duration) {
		if err := h.encoder.encode(f, times[i]); err != nil {
			t.Fatal(err)
		}
		i++
	})
	lastKey := time.Duration(-1)
	for i, p := range h.packets {
		if p.PTS != times[i] || p.DTS != times[i] {
			t.Errorf("picture %d of %v came out at %v, %v", i, times[i], p.PTS, p.DTS)
		}
		if p.Key {
			if lastKey >= 0 && (p.PTS-lastKey < 1900*time.Millisecond || p.PTS-lastKey > 2200*time.Millisecond) {
				t.Errorf("key frames at %v and %v", lastKey, p.PTS)
			}
			lastKey = p.PTS
		}
	}
	if len(h.packets) != len(times) {
		t.Errorf("%d packets of %d pictures", len(h.packets), len(times))
	}
	h.checkDecodes(t)
}

// A camera comes back with another size and format; the track stays as it is.
func TestPicturesThatChange(t *testing.T) {
	h := openHeard(t, plain(), software)
	for i, graph := range []string{"testsrc2=s=320x180:r=30,format=yuv420p", "testsrc2=s=640x480:r=30,format=yuyv422",
		"color=blue:s=177x99:r=30,format=bgr0", "testsrc2=s=1920x1080:r=30,format=yuvj420p", "testsrc2=s=320x180:r=30,format=yuv420p"} {
		h.encode(t, graph, 10, time.Duration(i)*time.Second)
	}
	if len(h.packets) != 50 {
		t.Errorf("%d packets of 50 pictures", len(h.packets))
	}
	h.checkDecodes(t)
}

func TestOptionsReachThePicture(t *testing.T) {
	for name, c := range map[string]struct {
		o        CaptureOptions
		size     image.Point
		pictures int // of the 60 of 2 seconds
	}{
		"nothing asked":     {CaptureOptions{}, image.Pt(1280, 720), 60},
		"low bandwidth":     {CaptureOptions{Preset: LowBandwidth}, image.Pt(640, 360), 30},
		"turned":            {CaptureOptions{Rotate: 90}, image.Pt(720, 1280), 60},
		"turned and small":  {CaptureOptions{Rotate: 270, Preset: LowBandwidth}, image.Pt(360, 640), 30},
		"turned to fit":     {CaptureOptions{Rotate: 90, MaxSize: image.Pt(400, 400)}, image.Pt(224, 400), 60},
		"thinned":           {CaptureOptions{MaxRate: 10}, image.Pt(1280, 720), 20},
		"thinned even more": {CaptureOptions{Preset: LowBandwidth, MaxRate: 10}, image.Pt(640, 360), 20},
		"not thinned less":  {CaptureOptions{Preset: LowBandwidth, MaxRate: 25}, image.Pt(640, 360), 30},
	} {
		t.Run(name, func(t *testing.T) {
			c.o.Encoder = "libx264"
			c.o.Inputs = []Input{{Format: "lavfi", URL: "testsrc2=s=1280x720:r=30:d=2,format=yuv420p"}}
			src := start(t, c.o)
			v := src.Tracks()[0]
			if n := len(read(t, src, -1)); image.Pt(v.Width, v.Height) != c.size || n < c.pictures-1 || n > c.pictures+1 {
				t.Errorf("%d pictures of %dx%d, want %d of %v", n, v.Width, v.Height, c.pictures, c.size)
			}
		})
	}
	for name, o := range map[string]CaptureOptions{"45 degrees": {Rotate: 45}, `"h264_telepathy"`: {Encoder: "h264_telepathy"}} {
		o.Inputs = []Input{{Format: "lavfi", URL: "testsrc2=s=320x180:r=30,format=yuv420p"}}
		if src, err := Capture(t.Context(), o); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
			if err == nil {
				src.Close()
			}
		}
	}
}

// What a way could carry more than was wanted is not spent.
func TestTheCeilingIsNotLifted(t *testing.T) {
	src, err := Capture(t.Context(), CaptureOptions{Bitrate: 500_000, Inputs: []Input{{Format: "lavfi", URL: "testsrc=size=64x36:rate=25"}}})
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	c := src.(*capture)
	for _, x := range []struct{ wanted, want int }{{300_000, 300_000}, {2_000_000, 500_000}} {
		if c.SetBitrate(x.wanted); c.Bitrate() != x.want {
			t.Errorf("the ceiling is %d, not %d", c.Bitrate(), x.want)
		}
	}
}

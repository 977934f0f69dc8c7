package ffmpeg

import (
	"errors"
	"io"
	"math"
	"testing"
	"time"

	"github.com/asticode/go-astiav"

	"kinora/media"
)

// checkFilled fails when the packets leave more than 100 ms without sound between two times, or overlap.
func checkFilled(t *testing.T, packets []*media.Packet, from, to time.Duration) {
	t.Helper()
	const frame = time.Second * audioSamples / audioRate
	if len(packets) == 0 {
		t.Fatal("there is no sound")
	}
	if first, last := packets[0].PTS, packets[len(packets)-1].PTS; first > from+100*time.Millisecond || last < to-100*time.Millisecond {
		t.Errorf("sound is from %v to %v, not from %v to %v", first, last, from, to)
	}
	for i := 1; i < len(packets); i++ {
		if step := packets[i].PTS - packets[i-1].PTS; step < frame-time.Millisecond || step > 100*time.Millisecond {
			t.Errorf("a step of %v after the packet of %v", step, packets[i-1].PTS)
		}
	}
}

// loudness decodes packets and gives the mean square of each in dBFS.
func loudness(t *testing.T, track media.Track, packets []*media.Packet) (levels []float64) {
	t.Helper()
	codec := astiav.FindDecoder(astiav.CodecIDAac)
	cc := astiav.AllocCodecContext(codec)
	defer cc.Free()
	if err := cc.SetExtraData(track.Private); err != nil {
		t.Fatal(err)
	}
	if err := cc.Open(codec, nil); err != nil {
		t.Fatal(err)
	}
	p, f := astiav.AllocPacket(), astiav.AllocFrame()
	defer p.Free()
	defer f.Free()
	for _, q := range packets {
		if code := sendPacket(cc, p, q.Data, q.PTS, q.DTS, true); code < 0 {
			t.Fatal(avError(code))
		}
		for receiveFrame(cc, f) >= 0 {
			var m meter
			m.add(f)
			rms, _ := m.level()
			levels = append(levels, rms)
		}
	}
	return levels
}

const tone = "sine=frequency=440:sample_rate=48000:samples_per_frame=480:duration=2"

// A microphone gives nothing for a while, or for ever: whoever sees the time pass fills its track.
func TestFill(t *testing.T) {
	for name, c := range map[string]struct {
		graph string
		lost  [2]time.Duration // sound that does not come
		late  time.Duration    // how far behind the present the silence is
	}{
		"a pause":             {tone, [2]time.Duration{500 * time.Millisecond, 1500 * time.Millisecond}, 0},
		"a pause, cautiously": {tone, [2]time.Duration{500 * time.Millisecond, 1500 * time.Millisecond}, 200 * time.Millisecond},
		"nothing at first":    {tone, [2]time.Duration{0, 1200 * time.Millisecond}, 0},
		"nothing at all":      {tone, [2]time.Duration{0, time.Hour}, 0},
		"other rates":         {"sine=sample_rate=8000:duration=2,aformat=sample_fmts=u8", [2]time.Duration{500 * time.Millisecond, 1500 * time.Millisecond}, 0},
		"six channels":        {"aevalsrc=0.1|0.1|0.1|0.1|0.1|0.1:c=5.1(side):d=2", [2]time.Duration{500 * time.Millisecond, 1500 * time.Millisecond}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			packets, e := soundOf(t, c.graph, CaptureOptions{}, func(e *audioEncoder, f *astiav.Frame, at time.Duration) error {
				if at >= c.lost[0] && at < c.lost[1] {
					return e.fill(at - c.late)
				}
				return e.encode(f, at)
			})
			checkFilled(t, packets, 0, 2*time.Second)
			levels := loudness(t, e.track(), packets)
			for i, p := range packets[:min(len(packets), len(levels))] {
				quiet := p.PTS > c.lost[0]+100*time.Millisecond && p.PTS < min(c.lost[1], 2*time.Second)-100*time.Millisecond
				if loud := p.PTS > 50*time.Millisecond && p.PTS < c.lost[0]-50*time.Millisecond || p.PTS > c.lost[1]+100*time.Millisecond && p.PTS < 1900*time.Millisecond; quiet && levels[i] > -60 || loud && levels[i] < -40 {
					t.Errorf("%.0f dBFS at %v", levels[i], p.PTS)
				}
			}
			if rms, _ := e.level(); c.lost[1] == time.Hour && !math.IsInf(rms, -1) {
				t.Errorf("a microphone that gives nothing shows %v dBFS", rms)
			}
		})
	}
}

// What is filled already is not filled again.
func TestFillBackwards(t *testing.T) {
	packets, _ := soundOf(t, tone, CaptureOptions{}, func(e *audioEncoder, f *astiav.Frame, at time.Duration) error {
		if err := e.encode(f, at); err != nil {
			return err
		}
		return e.fill(at - time.Second)
	})
	checkFilled(t, packets, 0, 2*time.Second)
	if n := len(packets); n < 93 || n > 96 {
		t.Errorf("%d packets of 2 seconds", n)
	}
}

// The silence was too much: sound that comes for its time is left out, and no packet goes back.
func TestSoundAfterTooMuchSilence(t *testing.T) {
	filled := false
	packets, _ := soundOf(t, tone, CaptureOptions{}, func(e *audioEncoder, f *astiav.Frame, at time.Duration) error {
		if at > time.Second && !filled {
			filled = true
			if err := e.fill(at + 600*time.Millisecond); err != nil {
				return err
			}
		}
		return e.encode(f, at)
	})
	checkFilled(t, packets, 0, 2*time.Second)
}

// Holes in what a device or file gives: short ones become silence, and one of a minute stays.
func TestHolesInSound(t *testing.T) {
	for name, c := range map[string]struct {
		hole   time.Duration
		filled bool
	}{
		"drift":    {30 * time.Millisecond, true},
		"short":    {300 * time.Millisecond, true},
		"seconds":  {6 * time.Second, true},
		"a minute": {time.Minute, false},
	} {
		t.Run(name, func(t *testing.T) {
			packets, _ := soundOf(t, tone, CaptureOptions{}, func(e *audioEncoder, f *astiav.Frame, at time.Duration) error {
				if at >= time.Second {
					at += c.hole
				}
				return e.encode(f, at)
			})
			if c.filled {
				checkFilled(t, packets, 0, 2*time.Second+c.hole)
				return
			}
			if n, last := len(packets), packets[len(packets)-1].PTS; n > 100 || last < c.hole+1900*time.Millisecond {
				t.Errorf("%d packets, the last at %v", n, last)
			}
		})
	}
}

// After a discontinuity sound, or silence, begins there, with frames of any size; the first packet is marked.
func TestSoundAfterADiscontinuity(t *testing.T) {
	for name, silent := range map[string]bool{"sound": false, "silence": true} {
		t.Run(name, func(t *testing.T) {
			broken := false
			packets, _ := soundOf(t, tone, CaptureOptions{}, func(e *audioEncoder, f *astiav.Frame, at time.Duration) error {
				if at < time.Second {
					return e.encode(f, at)
				}
				if !broken {
					broken = true
					e.discontinue()
				}
				if silent {
					return e.fill(time.Hour + at)
				}
				return e.encode(f, time.Hour+at)
			})
			marks := 0
			for i, p := range packets {
				if p.Discontinuity {
					marks++
					if before := packets[i-1].PTS; p.PTS < time.Hour || before > time.Hour {
						t.Errorf("the mark is at %v, after %v", p.PTS, before)
					}
					checkFilled(t, packets[:i], 0, time.Second)
					checkFilled(t, packets[i:], time.Hour+time.Second, time.Hour+2*time.Second)
				}
			}
			if marks != 1 {
				t.Errorf("%d marks", marks)
			}
		})
	}
}

// A microphone comes back as another one: the track stays what it is.
func TestSoundThatChanges(t *testing.T) {
	others := []string{"sine=sample_rate=8000:duration=1", "aevalsrc=0.1*sin(880*PI*t)|0:s=44100:d=1,aformat=sample_fmts=s32", "sine=sample_rate=48000:duration=1"}
	packets, _ := soundOf(t, tone, CaptureOptions{}, func(e *audioEncoder, f *astiav.Frame, at time.Duration) error {
		if err := e.encode(f, at); err != nil || at < 1990*time.Millisecond {
			return err
		}
		for i, graph := range others { // what they hear goes to the first one's encoder
			from := time.Duration(2+i) * time.Second
			soundOf(t, graph, CaptureOptions{}, func(_ *audioEncoder, f *astiav.Frame, at time.Duration) error { return e.encode(f, from+at) })
		}
		return nil
	})
	checkFilled(t, packets, 0, 5*time.Second)
}

func TestPresetsReachTheSound(t *testing.T) {
	size := func(o CaptureOptions) (n int) {
		packets, _ := soundOf(t, "anoisesrc=d=3:r=48000", o, plainly)
		for _, p := range packets {
			n += len(p.Data)
		}
		return n
	}
	low, balanced, own := size(CaptureOptions{Preset: LowBandwidth}), size(CaptureOptions{}), size(CaptureOptions{Preset: Sharp, AudioBitrate: 32000})
	if !(own < low && low < balanced) {
		t.Errorf("32000: %d bytes, low bandwidth: %d, balanced: %d", own, low, balanced)
	}
}

func TestPlainSoundOfCalls(t *testing.T) {
	for _, codec := range []media.Codec{media.MuLaw, media.ALaw} {
		src, err := Capture(t.Context(), CaptureOptions{Call: true, Sound: codec, Inputs: []Input{{Format: "lavfi", URL: tone}}})
		if err != nil {
			t.Fatal(err)
		}
		defer src.Close()
		track := src.Tracks()[0]
		if track.Codec != codec || track.Rate != 8000 || track.Channels != 1 {
			t.Fatalf("track %+v", track)
		}
		d, err := Codecs{}.Audio(track)
		if err != nil {
			t.Fatal(err)
		}
		defer d.Close()
		last, n, loudest := time.Duration(-1), 0, 0.0
		for ; ; n++ {
			p, err := src.Read()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			if len(p.Data) != 160 || last >= 0 && p.PTS-last != 20*time.Millisecond {
				t.Fatalf("packet %d has %d bytes and comes %v after the one before", n, len(p.Data), p.PTS-last)
			}
			last = p.PTS
			if err := d.Send(p); err != nil {
				t.Fatal(err)
			}
			for {
				_, samples, ok, err := d.Receive()
				if err != nil {
					t.Fatal(err)
				}
				if !ok {
					break
				}
				for _, s := range samples {
					loudest = max(loudest, math.Abs(float64(s)))
				}
			}
		}
		_, peak := src.(interface{ Level() (rms, peak float64) }).Level()
		if was := 20 * math.Log10(loudest); n < 95 || n > 105 || math.Abs(was-peak) > 3 {
			t.Errorf("%s: two seconds are %d packets; decoded the loudest sample is %.1f dB, the meter says %.1f dB", codec, n, was, peak)
		}
	}
}

func TestSoundOfCalls(t *testing.T) {
	src, err := Capture(t.Context(), CaptureOptions{Call: true, Inputs: []Input{{Format: "lavfi", URL: tone}}})
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	track := src.Tracks()[0]
	if track.Codec != media.Opus || track.Rate != audioRate || track.Channels != 1 {
		t.Fatalf("track %+v", track)
	}
	last, n := time.Duration(-1), 0
	for ; ; n++ {
		p, err := src.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if last >= 0 && p.PTS-last != 20*time.Millisecond {
			t.Errorf("packet %d comes %v after the one before", n, p.PTS-last)
		}
		// 20 ms of one frame by CELT or SILK. Source: RFC 6716, section 3.1.
		if config, code := p.Data[0]>>3, p.Data[0]&3; code != 0 || config < 12 && config%4 != 1 || config >= 16 && config%4 != 3 || config >= 12 && config < 16 && config%2 != 1 {
			t.Errorf("packet %d is of configuration %d with code %d, not one frame of 20 ms", n, config, code)
		}
		last = p.PTS
	}
	if n < 95 || n > 105 {
		t.Errorf("two seconds are %d packets", n)
	}
}

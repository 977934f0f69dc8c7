package ffmpeg

import (
	"errors"
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/asticode/go-astiav"

	"kinora/media"
)

// soundMaker encodes sound as it comes.
type soundMaker struct {
	coder
	packets []*media.Packet
}

func (m *soundMaker) encode(f *astiav.Frame, at time.Duration) error {
	if f != nil {
		f.SetPts(int64(at) * int64(m.t.Rate) / int64(time.Second))
	}
	return m.pump(f, func(data []byte, pts int64, _ bool) error {
		at := time.Duration(pts) * time.Second / time.Duration(m.t.Rate)
		m.packets = append(m.packets, &media.Packet{Track: 1, PTS: at, DTS: at, Key: true, Data: append([]byte(nil), data...)})
		return nil
	})
}

// makeSound encodes a tone of 440 Hz, half of full scale, two seconds long, with one of FFmpeg's encoders.
func makeSound(t testing.TB, encoder string, codec media.Codec, rate, channels, frame int) (media.Track, []*media.Packet) {
	t.Helper()
	format := map[string]string{"aac": "fltp", "libopus": "s16"}[encoder]
	if format == "" {
		format = "s16"
	}
	layout, name := astiav.ChannelLayoutMono, "mono"
	expr := "0.5*sin(880*PI*t)"
	if channels == 2 {
		layout, name = astiav.ChannelLayoutStereo, "stereo"
		expr += "|" + expr
	}
	graph := fmt.Sprintf("aevalsrc=%s:s=%d:d=2:n=%d,aformat=sample_fmts=%s:channel_layouts=%s", expr, rate, frame, format, name)
	if encoder == "aac" && channels == 2 { // takes planes only
		packets, e := soundOf(t, graph, CaptureOptions{}, plainly)
		return e.track(), packets
	}
	in := &input{Input: Input{Format: "lavfi", URL: graph}, interrupt: newInterrupt(), epoch: time.Now()}
	defer in.interrupt.free()
	if err := in.open(t.Context(), [2]bool{false, true}); err != nil {
		t.Fatal(err)
	}
	defer in.close()
	found := astiav.FindEncoderByName(encoder)
	if found == nil {
		t.Fatalf("this FFmpeg has no encoder %s", encoder)
	}
	m := &soundMaker{coder: coder{context: astiav.AllocCodecContext(found), packet: astiav.AllocPacket()}}
	defer m.free()
	m.t = media.Track{ID: 1, Kind: media.Audio, Codec: codec, Rate: rate, Channels: channels}
	cc := m.context
	cc.SetSampleFormat(in.streams[1].decoder.SampleFormat())
	cc.SetSampleRate(rate)
	cc.SetChannelLayout(layout)
	cc.SetTimeBase(astiav.NewRational(1, rate))
	cc.SetFlags(astiav.NewCodecContextFlags(astiav.CodecContextFlagGlobalHeader))
	if err := m.open(found, nil); err != nil {
		t.Fatal(err)
	}
	m.t.Private = cc.ExtraData()
	in.streams[1].out = m
	if err := in.run(t.Context()); err != nil {
		t.Fatal(err)
	}
	return m.t, m.packets
}

func openSound(t testing.TB, track media.Track) *AudioDecoder {
	t.Helper()
	d, err := Codecs{}.Audio(track)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return d
}

// played decodes packets, checks that each sound begins where the one before has ended, and returns all samples.
func played(t testing.TB, d *AudioDecoder, packets []*media.Packet) (first time.Duration, samples []float32) {
	t.Helper()
	next := time.Duration(math.MinInt64)
	for _, p := range packets {
		if err := d.Send(p); err != nil {
			t.Fatal(err)
		}
		for {
			pts, got, ok, err := d.Receive()
			if err != nil {
				t.Fatal(err)
			}
			if !ok {
				break
			}
			if next == math.MinInt64 {
				first = pts
			} else if off := (pts - next).Abs(); off > time.Millisecond {
				t.Errorf("a sound at %v follows upon one that ends at %v", pts, next)
			}
			samples = append(samples, got...)
			next = pts + time.Duration(len(got)/media.SoundChannels)*time.Second/media.SoundRate
		}
	}
	return first, samples
}

func TestSoundOfEachCodec(t *testing.T) {
	for name, c := range map[string]struct {
		encoder               string
		codec                 media.Codec
		rate, channels, frame int
		bare                  bool // as from a call, without setup data
	}{
		"aac":            {"aac", media.AAC, 48000, 2, 1024, false},
		"aac mono 44100": {"aac", media.AAC, 44100, 1, 1024, false},
		"aac 16000":      {"aac", media.AAC, 16000, 1, 1024, false},
		"opus":           {"libopus", media.Opus, 48000, 2, 960, false},
		"opus of a call": {"libopus", media.Opus, 48000, 2, 960, true},
		"a-law":          {"pcm_alaw", media.ALaw, 8000, 1, 160, true},
		"mu-law":         {"pcm_mulaw", media.MuLaw, 8000, 1, 160, true},
		"pcm":            {"pcm_s16le", media.PCM, 32000, 2, 640, true},
	} {
		t.Run(name, func(t *testing.T) {
			track, packets := makeSound(t, c.encoder, c.codec, c.rate, c.channels, c.frame)
			if c.bare {
				track.Private = nil
			}
			d := openSound(t, track)
			first, samples := played(t, d, packets)
			n := len(samples) / media.SoundChannels
			if length := time.Duration(n) * time.Second / media.SoundRate; (length - 2*time.Second).Abs() > 150*time.Millisecond {
				t.Errorf("2 s became %v", length)
			}
			if (first - packets[0].PTS).Abs() > 10*time.Millisecond {
				t.Errorf("sound begins at %v, its first packet is of %v", first, packets[0].PTS)
			}
			// In the middle second: the loudness, and 440 periods.
			var squares float64
			crossings := 0
			from := n/2 - media.SoundRate/2
			for i := from; i < from+media.SoundRate; i++ {
				l, r := samples[2*i], samples[2*i+1]
				if math.Abs(float64(l-r)) > 0.05 {
					t.Fatalf("left %v, right %v", l, r)
				}
				squares += float64(l) * float64(l)
				if l >= 0 != (samples[2*i-2] >= 0) {
					crossings++
				}
			}
			want := 0.5 / math.Sqrt2
			if c.channels == 1 {
				want /= math.Sqrt2 // the power of one channel goes to two
			}
			if rms := math.Sqrt(squares / media.SoundRate); math.Abs(rms-want) > 0.1*want {
				t.Errorf("a mean of %.3f, want %.3f", rms, want)
			}
			if crossings < 876 || crossings > 884 {
				t.Errorf("%d crossings of zero in a second", crossings)
			}
			if d.Damaged() != 0 {
				t.Errorf("%d damaged", d.Damaged())
			}
		})
	}
}

func TestDamagedSoundIsSkipped(t *testing.T) {
	track, packets := makeSound(t, "aac", media.AAC, 48000, 2, 1024)
	d := openSound(t, track)
	packets[20] = &media.Packet{Track: 1, PTS: packets[20].PTS, Data: []byte{0xff, 0x00, 0x13, 0x37, 0xff}}
	packets[30] = &media.Packet{Track: 1, PTS: packets[30].PTS}
	if _, samples := played(t, d, packets[:20]); len(samples) == 0 {
		t.Fatal("no sound in front of the damage")
	}
	for _, p := range packets[20:31] {
		if err := d.Send(p); err != nil {
			t.Fatal(err)
		}
		for ok := true; ok; {
			var err error
			if _, _, ok, err = d.Receive(); err != nil {
				t.Fatal(err)
			}
		}
	}
	if n := d.Damaged(); n != 2 {
		t.Errorf("%d damaged, want 2", n)
	}
	if _, samples := played(t, d, packets[31:]); len(samples) < media.SoundRate {
		t.Errorf("%d samples behind the damage", len(samples))
	}
}

func TestSoundThatCannotBeDecoded(t *testing.T) {
	for name, track := range map[string]media.Track{
		"unknown":       {ID: 2, Kind: media.Audio, Codec: "A_WHATEVER", Rate: 48000, Channels: 2},
		"a picture":     {ID: 2, Kind: media.Audio, Codec: "mjpeg"},
		"many channels": {ID: 2, Kind: media.Audio, Codec: media.PCM, Rate: 48000, Channels: 1 << 20},
		"no rate":       {ID: 2, Kind: media.Audio, Codec: media.ALaw, Rate: -1, Channels: 1},
	} {
		t.Run(name, func(t *testing.T) {
			if d, err := (Codecs{}).Audio(track); err == nil {
				d.Close()
				t.Fatal("a decoder was made")
			} else if unknown := track.Codec == "A_WHATEVER"; unknown != errors.Is(err, ErrUnsupported) && track.Codec != "mjpeg" {
				t.Errorf("the error is %v", err)
			}
		})
	}
}

func TestDecodingSoundDoesNotAllocate(t *testing.T) {
	track, packets := makeSound(t, "aac", media.AAC, 44100, 1, 1024)
	d := openSound(t, track)
	played(t, d, packets)
	i := 0
	if n := testing.AllocsPerRun(200, func() {
		if err := d.Send(packets[i%len(packets)]); err != nil {
			t.Fatal(err)
		}
		for ok := true; ok; {
			_, _, ok, _ = d.Receive()
		}
		i++
	}); n > 0 {
		t.Errorf("%v allocations a packet", n)
	}
}

func BenchmarkDecodeSound(b *testing.B) {
	track, packets := makeSound(b, "aac", media.AAC, 48000, 2, 1024)
	d := openSound(b, track)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		if err := d.Send(packets[i%len(packets)]); err != nil {
			b.Fatal(err)
		}
		for ok := true; ok; {
			_, _, ok, _ = d.Receive()
		}
	}
}

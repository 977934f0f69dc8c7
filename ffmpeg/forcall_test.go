package ffmpeg

import (
	"errors"
	"io"
	"math"
	"testing"
	"time"

	"kinora/media"
)

// recorded is what a capture gave, read again.
type recorded struct {
	tracks  []media.Track
	packets []*media.Packet
}

func (r *recorded) Tracks() []media.Track { return r.tracks }
func (r *recorded) Epoch() time.Time      { return time.Unix(1000, 0) }
func (r *recorded) Close() error          { return nil }
func (r *recorded) Read() (*media.Packet, error) {
	if len(r.packets) == 0 {
		return nil, io.EOF
	}
	p := r.packets[0]
	r.packets = r.packets[1:]
	return p, nil
}

// recordedWith captures two seconds of a picture and a tone, at a time of the timeline.
func recordedWith(t *testing.T, call bool, at time.Duration) *recorded {
	t.Helper()
	src, err := Capture(t.Context(), CaptureOptions{Call: call, Preset: LowBandwidth, Inputs: []Input{
		{Format: "lavfi", URL: "testsrc=size=64x36:rate=25:duration=2"}, {Format: "lavfi", URL: tone}}})
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	r := &recorded{tracks: src.Tracks()}
	for {
		p, err := src.Read()
		if errors.Is(err, io.EOF) {
			return r
		}
		if err != nil {
			t.Fatal(err)
		}
		p.PTS, p.DTS = p.PTS+at, p.DTS+at
		r.packets = append(r.packets, p)
	}
}

func TestSoundOfAStreamForACall(t *testing.T) {
	const begin, again = time.Hour, 3 * time.Hour
	in := recordedWith(t, false, begin)
	second := recordedWith(t, false, again).packets // the producer has begun anew
	second[0].Discontinuity = true
	in.packets = append(in.packets, second...)
	pictures := 0
	for _, p := range in.packets {
		if p.Track == videoTrack {
			pictures++
		}
	}
	src := ForCall(in)
	track, _ := media.AudioTrack(src.Tracks())
	if track.Codec != media.Opus || track.Channels != 1 || len(src.Tracks()) != 2 || !src.Epoch().Equal(time.Unix(1000, 0)) {
		t.Fatalf("tracks %+v", src.Tracks())
	}
	d, err := Codecs{}.Audio(track)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	sound, loudest, last := map[bool]int{}, 0.0, time.Duration(0)
	for {
		p, err := src.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if p.Track == videoTrack {
			pictures--
			continue
		}
		late := p.PTS >= again-time.Second
		if zero := map[bool]time.Duration{false: begin, true: again}[late]; p.PTS < zero-time.Second/10 || p.PTS > zero+2200*time.Millisecond {
			t.Fatalf("sound at %v", p.PTS)
		}
		if sound[late]++; sound[late] > 1 && p.PTS-last != 20*time.Millisecond {
			t.Errorf("a sound follows %v upon the one before", p.PTS-last)
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
	if pictures != 0 || sound[false] < 90 || sound[true] < 90 || loudest < 0.05 {
		t.Errorf("%d pictures are missing; %v packets of 20 ms of two times two seconds; the loudest sample is %.3f", pictures, sound, loudest)
	}
	if rms, _ := src.(*forCall).Level(); rms < -40 {
		t.Errorf("the level is %.1f dB", rms)
	}
	if err := src.Close(); err != nil {
		t.Error(err)
	}
	if _, err := src.Read(); err == nil {
		t.Error("it is read after its end")
	}
}

func TestSoundThatCallsCarryIsPassedOn(t *testing.T) {
	in := recordedWith(t, true, 0)
	want := len(in.packets)
	src := ForCall(in)
	defer src.Close()
	for n := 0; ; n++ {
		_, err := src.Read()
		if errors.Is(err, io.EOF) {
			if n != want {
				t.Errorf("%d packets, want %d", n, want)
			}
			return
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

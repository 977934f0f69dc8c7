package ffmpeg

import (
	"math"
	"testing"
	"time"

	"github.com/asticode/go-astiav"

	"kinora/media"
)

// soundOf decodes a lavfi graph's sound, and gives each frame to hand. The frames are hand's to empty.
func soundOf(t testing.TB, graph string, o CaptureOptions, hand func(e *audioEncoder, f *astiav.Frame, at time.Duration) error) (packets []*media.Packet, e *audioEncoder) {
	t.Helper()
	in := &input{Input: Input{Format: "lavfi", URL: graph}, interrupt: newInterrupt(), epoch: time.Now()}
	t.Cleanup(in.interrupt.free)
	if err := in.open(t.Context(), [2]bool{false, true}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(in.close)
	e, err := newAudioEncoder(2, in.streams[1].decoder, o, func(p *media.Packet) error {
		packets = append(packets, p)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.free)
	in.streams[1].out = handed{e, hand}
	if err := in.run(t.Context()); err != nil {
		t.Fatal(err)
	}
	return packets, e
}

// handed is an encoder whose frames go through a function.
type handed struct {
	*audioEncoder
	hand func(e *audioEncoder, f *astiav.Frame, at time.Duration) error
}

func (h handed) encode(f *astiav.Frame, at time.Duration) error {
	if f == nil {
		return h.audioEncoder.encode(nil, 0)
	}
	return h.hand(h.audioEncoder, f, at)
}

func plainly(e *audioEncoder, f *astiav.Frame, at time.Duration) error { return e.encode(f, at) }

func TestLevel(t *testing.T) {
	for name, c := range map[string]struct {
		graph     string
		rms, peak float64
	}{
		"sine at full scale": {"aevalsrc=sin(880*PI*t):s=48000:d=1", -3.01, 0},
		"sine 20 dB below":   {"aevalsrc=0.1*sin(880*PI*t):s=48000:d=1", -23.01, -20},
		"integers":           {"aevalsrc=0.1*sin(880*PI*t):s=44100:d=1,aformat=sample_fmts=s16", -23.01, -20},
		"eight bits":         {"aevalsrc=0.5*sin(880*PI*t):s=16000:d=1,aformat=sample_fmts=u8", -9.03, -6.02},
		"one of two sides":   {"aevalsrc=sin(880*PI*t)|0:s=48000:d=1", -6.02, 0},
		"loud, then quiet":   {"aevalsrc=if(lt(t\\,0.8)\\,1\\,0.01)*sin(880*PI*t):s=48000:d=1", -43.01, -40},
		"silence":            {"anullsrc=r=48000:d=1", math.Inf(-1), math.Inf(-1)},
	} {
		t.Run(name, func(t *testing.T) {
			var rms, peak float64
			n := 0
			soundOf(t, c.graph, CaptureOptions{}, func(e *audioEncoder, f *astiav.Frame, at time.Duration) error {
				err := e.encode(f, at)
				rms, peak = e.level() // the last frame at the end is filled up with silence
				n++
				return err
			})
			if n == 0 || !(math.Abs(rms-c.rms) < 0.5 || rms == c.rms) || !(math.Abs(peak-c.peak) < 0.5 || peak == c.peak) {
				t.Errorf("after %d frames: %.2f and %.2f dBFS, want %.2f and %.2f", n, rms, peak, c.rms, c.peak)
			}
		})
	}
}

func TestLevelBeforeThereIsSound(t *testing.T) {
	if rms, peak := new(meter).level(); !math.IsInf(rms, -1) || !math.IsInf(peak, -1) {
		t.Errorf("%v and %v dBFS", rms, peak)
	}
}

package ffmpeg

import (
	"testing"
	"time"

	"github.com/asticode/go-astiav"

	"kinora/media"
)

// marks is a way out that only counts discontinuities.
type marks struct{ n int }

func (m *marks) track() media.Track                        { return media.Track{} }
func (m *marks) encode(*astiav.Frame, time.Duration) error { return nil }
func (m *marks) discontinue()                              { m.n++ }
func (m *marks) free()                                     {}

// camera is an input on the network and its one stream, in milliseconds, that is at a media time now.
func camera(now time.Duration) (*input, *stream, *marks) {
	m := new(marks)
	s := &stream{base: astiav.NewRational(1, 1000), rate: 25, out: m, coded: new(coded)}
	in := &input{Input: Input{URL: "rtsp://camera/1"}, clock: clock(steady() - now), placed: true}
	in.streams[0] = s
	return in, s, m
}

func TestIrregularTimesStay(t *testing.T) {
	in, s, m := camera(time.Second)
	for _, ms := range []int64{0, 33, 35, 290, 291, 700, 760, 5000, 5040} {
		at, err := in.schedule(t.Context(), s, ms, 40*time.Millisecond)
		if want := time.Duration(ms) * time.Millisecond; err != nil || at != want {
			t.Errorf("the picture of %v is placed at %v, %v", want, at, err)
		}
	}
	if m.n > 0 {
		t.Errorf("%d discontinuities", m.n)
	}
}

// A camera's clock that is set moves nothing by more than what is between two pictures.
func TestACamerasClockThatIsSet(t *testing.T) {
	hour := time.Hour.Milliseconds()
	for name, step := range map[string]int64{"forward": hour, "back": -hour} {
		t.Run(name, func(t *testing.T) {
			in, s, m := camera(0)
			last := time.Duration(-1)
			for i := range int64(200) {
				ms := i * 40
				if i >= 50 {
					ms += step
				}
				if i >= 150 {
					ms -= step
				}
				at, err := in.schedule(t.Context(), s, ms, 40*time.Millisecond)
				if err != nil {
					t.Fatal(err)
				}
				if d := at - last; d <= 0 || d > 100*time.Millisecond {
					t.Errorf("picture %d comes %v after the last", i, d)
				}
				last = at
			}
			if m.n != 2 {
				t.Errorf("%d discontinuities, want 2", m.n)
			}
		})
	}
}

// What comes in bursts, or is read late because nobody took it, keeps its times.
func TestBurstsKeepTheirTimes(t *testing.T) {
	for name, now := range map[string]time.Duration{"early": 0, "late": time.Minute} {
		t.Run(name, func(t *testing.T) {
			in, s, m := camera(now)
			for i := range int64(500) {
				if at, err := in.schedule(t.Context(), s, i*40, 40*time.Millisecond); err != nil || at != time.Duration(i)*40*time.Millisecond {
					t.Fatalf("picture %d is placed at %v, %v", i, at, err)
				}
			}
			if m.n > 0 {
				t.Errorf("%d discontinuities", m.n)
			}
		})
	}
}

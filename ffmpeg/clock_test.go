package ffmpeg

import (
	"testing"
	"time"
)

// Frames of a device that stamps with the wall clock, which is set while it runs, keep their distances.
func TestAClockThatIsSetMovesNoPicture(t *testing.T) {
	const started = 1_800_000_000 * time.Second
	const frame = 40 * time.Millisecond
	for name, step := range map[string]time.Duration{"forward": time.Hour, "back": -time.Hour, "by a second": time.Second} {
		for kind, follows := range map[string]bool{"device that follows": true, "device that does not": false} {
			for late, behind := range map[string]time.Duration{"at once": 10 * time.Millisecond, "late": 300 * time.Millisecond} {
				t.Run(name+", "+kind+", read "+late, func(t *testing.T) {
					s := stamps{started}
					for i := range 500 {
						taken := time.Duration(i) * frame
						own, wall := started+taken, started+taken+behind
						if taken >= 4*time.Second && follows {
							own += step
						}
						if taken+behind >= 4*time.Second {
							wall += step
						}
						if taken >= 12*time.Second && follows { // and back again
							own -= step
						}
						if taken+behind >= 12*time.Second {
							wall -= step
						}
						if got := s.media(own, wall, taken+behind); got != taken {
							t.Fatalf("picture %d of %v is placed at %v", i, taken, got)
						}
					}
				})
			}
		}
	}
}

func TestASlewedClockIsFollowed(t *testing.T) {
	s := stamps{time.Hour}
	if got := s.media(time.Hour+2*time.Second, time.Hour+2*time.Second+clockStep/2, 2*time.Second); got != 2*time.Second {
		t.Errorf("placed at %v", got)
	}
}

func TestMediaTimeBeginsAtTheEpoch(t *testing.T) {
	epoch, c := startClock()
	first := c.now()
	if first < 0 || first > 10*time.Second || c.now() < first {
		t.Errorf("media time %v, then %v", first, c.now())
	}
	if early := time.Until(epoch); early > 0 {
		t.Errorf("the epoch is %v ahead", early)
	}
}

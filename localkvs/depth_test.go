package localkvs

import (
	"testing"
	"time"
)

// All that a manifest lists is within its time-shift buffer, however long nothing has come: players that find all of it outside give
// their own reckoning of the time up, and do not find what comes afterwards.
func TestTimeShiftBufferOutlastsAPause(t *testing.T) {
	began := time.Now()
	w := &window{began: began, target: 2 * time.Second}
	for at := 4 * time.Second; at < 14*time.Second; at += 2 * time.Second {
		w.shown = append(w.shown, shown{media: at, length: 2 * time.Second})
	}
	for since, want := range map[time.Duration]string{
		12 * time.Second: "PT10.000S", 14 * time.Second: "PT10.000S", 15 * time.Second: "PT11.000S", 74 * time.Second: "PT70.000S",
	} {
		m := new(mpd)
		r := &play{playback: &playback{Mode: live}, now: began.Add(since)}
		r.moving(m, w, 14*time.Second)
		if m.Depth != want || m.Delay != "PT6.000S" {
			t.Errorf("%s after its start a manifest of 4 s to 14 s has %s of a buffer and a delay of %s, want %s and PT6.000S", since, m.Depth, m.Delay, want)
		}
	}
}

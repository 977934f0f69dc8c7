package mp4

import (
	"time"

	"kinora/media"
)

// Timeline places fragments behind each other, from zero on. Those that follow each other in the producer's time keep their
// times; a pause of up to two seconds is shown as a still. What does not follow, because nothing was recorded or because
// the clock was set, is joined: it begins where the fragment before it ended.
type Timeline struct {
	begun   bool
	start   time.Time     // of the last fragment, on the producer's clock
	at, end time.Duration // where it was placed, and where it ends by itself
	pause   time.Duration // by how much later than that the next one may start
}

// Overlaps and pauses of fragments that still follow each other.
const (
	overlap   = 50 * time.Millisecond
	still     = 2 * time.Second
	longStill = 20 * time.Second // where a fragment is one picture, which does not say how long it lasts
)

// Place returns where a fragment begins.
func (l *Timeline) Place(f *media.Recorded) time.Duration {
	start := f.Producer
	if start.IsZero() {
		start = f.Start
	}
	if l.begun {
		at := l.at + start.Sub(l.start)
		if late := at - l.end; late < -overlap || late > l.pause {
			at = l.end
		}
		l.at = at
	}
	l.begun, l.start = true, start
	l.end = l.at + Duration(f.Tracks, f.Packets, 0)
	l.pause = still
	if t, ok := media.VideoTrack(f.Tracks); ok && len(of(t, f.Packets)) == 1 {
		l.pause = longStill
	}
	return l.at
}

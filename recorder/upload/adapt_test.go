package upload

import (
	"testing"
	"time"
)

// uplink simulates a line, a camera that records at the adapter's bitrate, and an uploader that skips to the live edge.
type uplink struct {
	backlog float64 // bits
	bitrate int
	changes int
}

// run simulates some seconds with a line of so many bits a second.
func (l *uplink) run(a *Adapter, from time.Time, seconds, line int) time.Time {
	for i := range seconds {
		sent := min(l.backlog+float64(l.bitrate), float64(line))
		l.backlog += float64(l.bitrate) - sent
		behind := time.Duration(l.backlog / float64(l.bitrate) * float64(time.Second))
		s := State{Phase: Uploading, Rate: sent, Behind: behind + time.Duration(i%4)*time.Second, Live: min(behind, 6*time.Second)}
		if s.Live < late {
			s.Live = 0
		}
		next := a.Next(from, s, l.bitrate)
		if next != l.bitrate {
			l.changes++
		}
		l.bitrate = next
		from = from.Add(time.Second)
	}
	return from
}

func TestBitrateFollowsTheLine(t *testing.T) {
	a := &Adapter{Ceiling: 4_000_000, Floor: 200_000}
	l := &uplink{bitrate: a.Ceiling}
	at := l.run(a, time.Unix(1_700_000_000, 0), 120, 10_000_000)
	if l.changes != 0 || l.bitrate != a.Ceiling {
		t.Fatalf("%d changes to %d on a line that is fast enough", l.changes, l.bitrate)
	}
	at = l.run(a, at, 60, 1_500_000)
	if l.bitrate > 1_500_000 || l.bitrate < 800_000 || l.changes > 6 {
		t.Errorf("%d after %d changes on a line of 1500000", l.bitrate, l.changes)
	}
	l.changes = 0
	at = l.run(a, at, 1800, 1_500_000)
	if l.changes > 40 || l.bitrate > 1_700_000 || l.backlog > 20*1_500_000 {
		t.Errorf("%d changes in half an hour on a line of 1500000, now %d with %.0f behind", l.changes, l.bitrate, l.backlog)
	}
	at = l.run(a, at, 600, 10_000_000)
	if l.bitrate != a.Ceiling {
		t.Errorf("%d ten minutes after the line became fast again", l.bitrate)
	}
	l.run(a, at, 300, 50_000)
	if l.bitrate != a.Floor {
		t.Errorf("%d on a line that carries nothing, want the floor", l.bitrate)
	}
}

func TestBitrateStaysWhileOffline(t *testing.T) {
	a := &Adapter{Ceiling: 4_000_000, Floor: 200_000}
	at := time.Unix(1_700_000_000, 0)
	for i := range 600 {
		s := State{Phase: Offline, Behind: time.Duration(i) * time.Second, Live: time.Duration(i) * time.Second}
		if got := a.Next(at.Add(time.Duration(i)*time.Second), s, 3_000_000); got != 3_000_000 {
			t.Fatalf("%d after %d s without a network", got, i)
		}
	}
}

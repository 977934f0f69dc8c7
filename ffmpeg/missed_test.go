package ffmpeg

import (
	"testing"
	"time"
)

func TestPicturesThatTheComputerWasTooSlowFor(t *testing.T) {
	const length = 40 * time.Millisecond
	var m missed
	count := func(now time.Duration, wantAll, wantLately int) {
		t.Helper()
		if all, lately := m.count(now); all != wantAll || lately != wantLately {
			t.Errorf("at %v: %d, %d lately; want %d and %d", now, all, lately, wantAll, wantLately)
		}
	}
	now := 10 * time.Second
	m.frame(0, length, now)
	m.frame(length/4, length, now) // as devices are
	count(now, 0, 0)
	m.waited()
	m.frame(10*length, length, now) // the camera gave none
	count(now, 0, 0)
	m.frame(length, length, now)
	m.frame(2*length+length/4, length, now)
	count(now, 3, 3)
	m.frame(time.Hour, length, now) // the computer slept
	m.late(time.Hour, length, now)
	count(now, 3, 3)
	now += time.Minute
	m.late(2*time.Second, length, now)
	count(now, 53, 53)
	count(now+time.Minute, 53, 50)
	count(now+2*time.Minute, 53, 0)
	count(now+time.Hour, 53, 0)
	m.frame(length, 0, now)
	m.late(length, 0, now)
	count(now+time.Hour, 53, 0)
}

package player

import (
	"image"
	"testing"
	"testing/synctest"
	"time"
)

// backlog is a live source that begins with what has come in the last time: frames in one burst, and then in real time.
func backlog(length time.Duration) func() *fakeSource {
	return func() *fakeSource {
		s := newSource(steady(4000, 30, nil))
		s.epoch = s.epoch.Add(-length)
		s.opened = s.opened.Add(-length)
		return s
	}
}

// Behind an archive live play shows each picture once, a little faster until it is live.
func TestLiveGoesOnBehindAnArchive(t *testing.T) {
	bubble(t, func(t *testing.T) {
		p := New(Options{Open: opener(backlog(2 * time.Second)), Codecs: &fakeCodecs{size: image.Pt(64, 36), work: time.Millisecond}})
		shown := time.Now().Add(-1500 * time.Millisecond) // fifteen frames behind its beginning
		p.Follow(shown)
		stop := start(t, p)
		defer stop()
		tick := time.NewTicker(time.Second / 60)
		defer tick.Stop()
		last, lastWall := shown, time.Now()
		count := 0
		for range 60 * 60 {
			now := <-tick.C
			f := p.Frames().Take(now)
			if f == nil || f.At.Equal(last) {
				continue
			}
			if step := f.At.Sub(last); step <= 0 || step > 35*time.Millisecond {
				t.Fatalf("picture %d is %v behind the one before", count, step)
			}
			if wait := now.Sub(lastWall); wait > 55*time.Millisecond && count > 0 {
				t.Errorf("picture %d was waited for for %v", count, wait)
			}
			last, lastWall = f.At, now
			if count++; count == 30 {
				if age := now.Sub(f.At); age < 1200*time.Millisecond {
					t.Errorf("after a second play is only %v behind: it has leapt", age)
				}
			}
		}
		if age := time.Since(last); age > 150*time.Millisecond {
			t.Errorf("after a minute play is %v behind", age)
		}
		synctest.Wait()
	})
}

// What was shown long ago, or will never come, changes nothing.
func TestLiveThatDoesNotFollow(t *testing.T) {
	for _, shown := range []time.Duration{-time.Hour, -10 * time.Second, time.Hour} {
		bubble(t, func(t *testing.T) {
			p := New(Options{Open: opener(backlog(2 * time.Second)), Codecs: newCodecs()})
			p.Follow(time.Now().Add(shown))
			stop := start(t, p)
			defer stop()
			time.Sleep(time.Second)
			f := p.Frames().Take(time.Now())
			if f == nil || time.Since(f.At) > 150*time.Millisecond {
				t.Errorf("behind a picture of %v ago it shows %+v", -shown, f)
			}
		})
	}
}

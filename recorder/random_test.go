package recorder

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"kinora/media"
	"kinora/mkv"
	"kinora/recorder/spool"
)

// mishaps returns cameras that fail one after the other, with silent tracks, discontinuities, late frames and wrong clocks; and
// the pictures and sounds they give, in order.
func mishaps(r *rand.Rand) (cams []*webcam, given []string) {
	epoch := noon
	for range 1 + r.IntN(4) {
		c := newWebcam(nil)
		c.tracks = append(c.tracks, positions)
		c.epoch = epoch.Add([]time.Duration{0, time.Hour, -time.Hour, -300 * time.Millisecond}[r.IntN(4)])
		c.fails = errTest
		gop, silent := 1+r.IntN(40), r.IntN(3)
		pts := time.Duration(r.IntN(2000)) * time.Millisecond
		for n := range 20 + r.IntN(300) {
			pts += time.Duration(20+r.IntN(100)) * time.Millisecond
			if r.IntN(150) == 0 {
				silent = r.IntN(3)
			}
			jump := r.IntN(200) == 0
			if jump {
				pts += []time.Duration{time.Minute, -8 * time.Second, -time.Second, 25 * time.Second}[r.IntN(4)]
			}
			for _, track := range []int{1, 2, 3} {
				if track == silent || track == 3 && r.IntN(20) > 0 {
					continue
				}
				p := media.Packet{Track: track, PTS: pts, Key: track != 1 || n%gop == 0, Data: fmt.Append(nil, len(cams), track, n)}
				if track == 2 {
					p.PTS -= time.Duration(r.IntN(50)) * time.Millisecond
				}
				p.Discontinuity = jump && r.IntN(2) == 0
				jump = false
				c.packets = append(c.packets, p)
				if track != 3 {
					given = append(given, string(p.Data))
				}
			}
		}
		cams = append(cams, c)
	}
	cams[len(cams)-1].fails = nil
	return cams, given
}

// Whatever a source does: each frame is stored once and in order or counted, fragments are such as the service takes, and their
// times rise.
func TestRandomMishaps(t *testing.T) {
	for seed := range uint64(25) {
		synctest.Test(t, func(t *testing.T) {
			r := rand.New(rand.NewPCG(seed, 0))
			cams, given := mishaps(r)
			s := openSpool(t, spool.Options{Floor: -1})
			defer s.Close()
			i := NewIntake(IntakeOptions{Open: opens(cams...), FragmentLength: time.Duration(1+r.IntN(10)) * time.Second})
			k, err := i.Begin(s, yard, spool.About{})
			if err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			done := make(chan error, 1)
			go func() { done <- i.Run(ctx) }()
			marks := 0
			for range 5 {
				time.Sleep(time.Duration(r.IntN(10)) * time.Second)
				if i.Mark(mkv.Tag{Name: "event"}) == nil {
					marks++
				}
			}
			err = <-done
			st := i.State()
			var got []string
			for n, f := range contents(t, s) {
				for _, tag := range f.trail {
					if tag.Name == "event" {
						marks--
					}
				}
				earliest, latest := f.frames[0].at, f.frames[0].at
				for _, frame := range f.frames {
					if earliest, latest = earlier(earliest, frame.at), later(latest, frame.at); frame.track != 3 {
						got = append(got, frame.data)
					}
				}
				if d := latest.Sub(earliest); d > 20*time.Second || f.file.Length() > 20*time.Second {
					t.Errorf("seed %d: fragment %d lasts %v, its frames %v", seed, n, f.file.Length(), d)
				}
			}
			left := 0
			for _, data := range given {
				if left < len(got) && got[left] == data {
					left++
				}
			}
			if left != len(got) || len(got)+st.Skipped != len(given) {
				t.Errorf("seed %d: %d frames in, %d stored, %d of them in order, %d skipped", seed, len(given), len(got), left, st.Skipped)
			}
			if (err == nil) != (marks == 0) || st.Phase != Finished || k.Figures().Lost != 0 {
				t.Errorf("seed %d: %v, %d markers are missing, state %+v", seed, err, marks, st)
			}
		})
	}
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

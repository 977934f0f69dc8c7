package recorder

import (
	"context"
	"errors"
	"io"
	"math"
	"testing"
	"testing/synctest"
	"time"

	"kinora/internal/leak"
	"kinora/media"
)

// preview runs an intake over cameras and hands it to f while it runs.
func preview(t *testing.T, cams []*webcam, f func(t *testing.T, i *Intake)) {
	t.Helper()
	leak.Check(t)
	synctest.Test(t, func(t *testing.T) {
		for _, c := range cams[:len(cams)-1] {
			c.fails = errTest
		}
		i := NewIntake(IntakeOptions{Open: opens(cams...), Retry: func(err error) bool { return errors.Is(err, errTest) }})
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- i.Run(ctx) }()
		f(t, i)
		cancel()
		<-done
	})
}

func read(t *testing.T, s media.Source, n int) []*media.Packet {
	t.Helper()
	var all []*media.Packet
	for range n {
		p, err := s.Read()
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
	return all
}

// A preview that begins in the middle has the picture of the moment at once: it gets all since the newest key frame.
func TestTapBeginsAtOnce(t *testing.T) {
	preview(t, []*webcam{newWebcam(frames(0, 40))}, func(t *testing.T, i *Intake) {
		early := i.Tap()
		defer early.Close()
		time.Sleep(2550 * time.Millisecond)
		tap := i.Tap()
		if len(tap.Tracks()) != 0 {
			t.Error("the tracks are told before the first packet")
		}
		began := time.Now()
		got := read(t, tap, 12)
		if time.Since(began) != 0 {
			t.Errorf("what was there took %v", time.Since(began))
		}
		if p := got[0]; string(p.Data) != "picture 20" || !p.Discontinuity || !p.Key || got[1].Discontinuity {
			t.Errorf("it begins with %+v", p)
		}
		if len(tap.Tracks()) != 2 || tap.Epoch() != noon {
			t.Errorf("tracks %v, epoch %v", tap.Tracks(), tap.Epoch())
		}
		if p := read(t, tap, 1)[0]; string(p.Data) != "picture 26" {
			t.Errorf("it goes on with %s", p.Data)
		}
		if p := read(t, early, 1)[0]; string(p.Data) != "picture 0" || !p.Discontinuity {
			t.Errorf("the other begins with %+v", p)
		}
		if err := tap.Close(); err != nil {
			t.Error(err)
		}
		if _, err := tap.Read(); err == nil {
			t.Error("a closed tap reads")
		}
	})
}

func TestCloseUnblocksATap(t *testing.T) {
	preview(t, []*webcam{newWebcam(nil), newWebcam(nil)}, func(t *testing.T, i *Intake) {
		tap := i.Tap()
		done := make(chan error, 1)
		go func() {
			_, err := tap.Read()
			done <- err
		}()
		synctest.Wait()
		if err := tap.Close(); err != nil {
			t.Error(err)
		}
		if err := <-done; err == nil || err == io.EOF {
			t.Errorf("error %v", err)
		}
	})
}

// A reader that does not keep up loses whole groups of pictures, and nobody waits for it.
func TestSlowTap(t *testing.T) {
	in := frames(0, 600)
	for n := range in {
		if in[n].Track == 1 {
			in[n].Data = append(in[n].Data, make([]byte, 100_000)...)
		}
	}
	preview(t, []*webcam{newWebcam(in)}, func(t *testing.T, i *Intake) {
		tap := i.Tap()
		time.Sleep(59 * time.Second)
		st := i.State()
		if st.Phase != Running || st.Bitrate < 7e6 || st.Bitrate > 9e6 {
			t.Errorf("state %+v", st)
		}
		dropped := tap.(interface{ Dropped() int }).Dropped()
		if dropped == 0 || dropped > 1200 {
			t.Errorf("%d packets were dropped", dropped)
		}
		first := read(t, tap, 1)[0]
		if !first.Key || !first.Discontinuity || first.Track != 1 {
			t.Errorf("behind the gap comes %+v", first)
		}
		got := 1
		last := first.PTS
		for {
			p, err := tap.Read()
			if err == io.EOF {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			got++
			if p.PTS-last > 100*time.Millisecond {
				t.Fatalf("a gap from %v to %v without a mark", last, p.PTS)
			}
			last = p.PTS
		}
		if got+dropped != len(in) {
			t.Errorf("%d packets in, %d out, %d dropped", len(in), got, dropped)
		}
	})
}

// A preview lives through the loss of its device.
func TestTapLivesOn(t *testing.T) {
	first, second := newWebcam(frames(0, 15)), newWebcam(without(frames(0, 15), 2, 0, time.Hour))
	second.tracks, second.epoch = second.tracks[:1], noon.Add(time.Minute)
	preview(t, []*webcam{first, second}, func(t *testing.T, i *Intake) {
		tap := i.Tap()
		read(t, tap, 30)
		if tap.Epoch() != noon {
			t.Errorf("epoch %v", tap.Epoch())
		}
		p := read(t, tap, 1)[0]
		if !p.Discontinuity || len(tap.Tracks()) != 1 || tap.Epoch() != second.epoch {
			t.Errorf("after the loss %+v with %d tracks at %v", p, len(tap.Tracks()), tap.Epoch())
		}
		read(t, tap, 14)
		if _, err := tap.Read(); err != io.EOF {
			t.Errorf("at the end %v", err)
		}
		late := i.Tap()
		if _, err := late.Read(); err != io.EOF {
			t.Errorf("after the end %v", err)
		}
	})
}

// talkative is a source with all that a source may offer.
type talkative struct {
	*webcam
	ceiling int
	asked   int // for a key frame
}

func (*talkative) Level() (rms, peak float64) { return -20, -6 }
func (*talkative) Trouble() error             { return errTest }
func (*talkative) Encoder() string            { return "libx264" }
func (*talkative) Missed() (int, int)         { return 9, 4 }
func (c *talkative) Bitrate() int             { return c.ceiling }
func (c *talkative) SetBitrate(bps int)       { c.ceiling = bps }
func (c *talkative) KeyFrame()                { c.asked++ }

func TestStateShowsWhatTheSourceSays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var opened []*talkative
		i := NewIntake(IntakeOptions{Open: func(context.Context) (media.Source, error) {
			c := &talkative{newWebcam(frames(0, 10)).open(), 2_000_000, 0}
			if len(opened) == 0 {
				c.fails = errTest
			}
			opened = append(opened, c)
			return c, nil
		}})
		if st := i.State(); st.Phase != Opening || !math.IsInf(st.RMS, -1) || st.Ceiling != 0 {
			t.Errorf("before Run %+v", st)
		}
		done := make(chan error, 1)
		go func() { done <- i.Run(t.Context()) }()
		time.Sleep(500 * time.Millisecond)
		st := i.State()
		if st.RMS != -20 || st.Peak != -6 || !errors.Is(st.Trouble, errTest) || st.Encoder != "libx264" || st.Ceiling != 2_000_000 || st.Missed != 9 || st.Lately != 4 || len(st.Tracks) != 2 {
			t.Errorf("state %+v", st)
		}
		tap := i.Tap()
		if rms, _ := level(tap); rms != -20 || !errors.Is(trouble(tap), errTest) {
			t.Errorf("a tap says that the level is %v, and the trouble %v", rms, trouble(tap))
		}
		if _, ok := media.As[throttled](tap); ok {
			t.Error("who only looks on has the encoder's bitrate in his hands")
		}
		i.SetBitrate(800_000)
		i.KeyFrame()
		if err := <-done; err != nil {
			t.Error(err)
		}
		if len(opened) != 2 || opened[0].ceiling != 800_000 || opened[1].ceiling != 800_000 || opened[0].asked+opened[1].asked != 1 {
			t.Errorf("%d sources were opened", len(opened))
		}
	})
}

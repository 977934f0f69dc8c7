package player

import (
	"context"
	"errors"
	"image"
	"io"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"kinora/internal/leak"
	"kinora/media"
)

// bubble runs f with the fake time of synctest, which also fails when f leaves a goroutine behind.
func bubble(t *testing.T, f func(t *testing.T)) {
	t.Helper()
	leak.Check(t)
	synctest.Test(t, f)
}

// playFor returns a source of 30 fps that fails with end after d.
func playFor(d time.Duration, end error) func() *fakeSource {
	return func() *fakeSource {
		s := newSource(steady(int(d*30/time.Second), 30, nil))
		s.end = end
		return s
	}
}

func newCodecs() *fakeCodecs { return &fakeCodecs{size: image.Pt(64, 36)} }

var errLost = errors.New("connection lost")

func TestBackoff(t *testing.T) {
	full := minPause
	for attempt := range 100 {
		for range 20 {
			if d := backoff(attempt); d < full/2 || d > full {
				t.Fatalf("the pause after %d failures is %v, want %v to %v", attempt, d, full/2, full)
			}
		}
		full = min(2*full, maxPause)
	}
}

func TestReopensWithGrowingPauses(t *testing.T) {
	bubble(t, func(t *testing.T) {
		var tries []time.Time
		p := New(Options{Codecs: newCodecs(), Open: func(context.Context) (media.Source, error) {
			tries = append(tries, time.Now())
			return nil, errLost
		}})
		stop := start(t, p)
		time.Sleep(time.Minute)
		synctest.Wait()
		s := p.State()
		if s.Phase != Reconnecting || !errors.Is(s.Err, errLost) || !s.NextTry.After(time.Now()) {
			t.Errorf("the state is %v, %v, next try %v", s.Phase, s.Err, s.NextTry)
		}
		if age := time.Since(s.Since); age < 59*time.Second {
			t.Errorf("it is said to be lost for %v", age)
		}
		if err := stop(); err != context.Canceled {
			t.Errorf("Run ended with %v", err)
		}
		full := minPause
		for i := 1; i < len(tries); i++ {
			if d := tries[i].Sub(tries[i-1]); d < full/2 || d > full {
				t.Errorf("pause %d was %v, want %v to %v", i, d, full/2, full)
			}
			full = min(2*full, maxPause)
		}
		if len(tries) < 9 {
			t.Errorf("%d attempts in a minute", len(tries))
		}
		if p.State().Phase != Ended {
			t.Errorf("the phase is %v after the end", p.State().Phase)
		}
	})
}

// After five seconds of play a loss is the first one again.
func TestGoodPlayResetsPauses(t *testing.T) {
	for _, test := range []struct {
		length time.Duration
		most   time.Duration // of the seventh pause
		least  time.Duration
	}{
		{6 * time.Second, minPause, minPause / 2},
		{4 * time.Second, maxPause, maxPause / 2},
	} {
		bubble(t, func(t *testing.T) {
			var ends, opens []time.Time
			p := New(Options{Codecs: newCodecs(), Open: func(context.Context) (media.Source, error) {
				opens = append(opens, time.Now())
				s := playFor(test.length, errLost)()
				s.atEnd = func() { ends = append(ends, time.Now()) }
				return s, nil
			}})
			stop := start(t, p)
			time.Sleep(2 * time.Minute)
			stop()
			if d := opens[7].Sub(ends[6]); d < test.least || d > test.most+50*time.Millisecond {
				t.Errorf("the seventh pause after plays of %v was %v, want %v to %v", test.length, d, test.least, test.most)
			}
		})
	}
}

func TestRetryEndsThePause(t *testing.T) {
	bubble(t, func(t *testing.T) {
		tries := 0
		p := New(Options{Codecs: newCodecs(), Open: func(context.Context) (media.Source, error) {
			tries++
			return nil, errLost
		}})
		p.Retry() // nothing to end: must not shorten a later pause
		stop := start(t, p)
		synctest.Wait()
		if tries != 1 {
			t.Fatalf("%d attempts at once, want 1", tries)
		}
		for want := 2; want < 20; want++ {
			p.Retry()
			p.Retry()
			synctest.Wait()
			if tries != want {
				t.Fatalf("%d attempts after Retry, want %d", tries, want)
			}
		}
		stop()
	})
}

func TestFinalErrors(t *testing.T) {
	denied := errors.New("no permission for kinesisvideo:GetMedia")
	refuse := func(context.Context) (media.Source, error) { return nil, denied }
	tests := []struct {
		name  string
		o     Options
		want  error
		text  string
		phase Phase
	}{
		{"Retry refuses", Options{Open: refuse, Codecs: newCodecs(), Retry: func(err error) bool { return !errors.Is(err, denied) }},
			denied, "cannot open the stream: no permission", Failed},
		{"no decoder", Options{Open: opener(playFor(time.Second, nil)), Codecs: &fakeCodecs{err: errDamaged}},
			errDamaged, "the picture of track 1 (h264) cannot be decoded: damaged", Failed},
		{"the end, once", Options{Open: opener(playFor(time.Second, io.EOF)), Codecs: newCodecs(), Once: true},
			nil, "", Ended},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				p := New(test.o)
				err := p.Run(t.Context())
				if !errors.Is(err, test.want) {
					t.Errorf("Run ended with %v, want %v", err, test.want)
				}
				s := p.State()
				if s.Phase != test.phase || s.Err != err {
					t.Errorf("the state is %v with the error %v, want %v with %v", s.Phase, s.Err, test.phase, err)
				}
				if err != nil && !strings.Contains(err.Error(), test.text) {
					t.Errorf("the error is %q, want %q in it", err, test.text)
				}
			})
		})
	}
}

func TestNoPicture(t *testing.T) {
	bubble(t, func(t *testing.T) {
		var got error
		p := New(Options{Codecs: newCodecs(),
			Retry: func(err error) bool { got = err; return false },
			Open: opener(func() *fakeSource {
				s := newSource(arrivals(arrival{packet: media.Packet{Track: 2, Data: []byte{1}}}))
				s.tracks = []media.Track{{ID: 2, Kind: media.Audio, Codec: media.AAC}, {ID: 5, Codec: media.Text}}
				return s
			})})
		err := p.Run(t.Context())
		if !errors.Is(err, ErrNoPicture) || got != err || err.Error() != "the stream has no picture (tracks: 2 audio aac, 5 data text)" {
			t.Errorf("Run ended with %v", err)
		}
	})
}

// While a live source is opened again, which io.EOF asks for too, its last picture stays.
func TestLastPictureStays(t *testing.T) {
	bubble(t, func(t *testing.T) {
		p := New(Options{Codecs: newCodecs(), Open: opener(playFor(time.Second, io.EOF))})
		stop := start(t, p)
		time.Sleep(900 * time.Millisecond)
		synctest.Wait()
		if s := p.State(); s.Phase != Live || s.Err != nil {
			t.Errorf("the phase is %v (%v) while pictures come", s.Phase, s.Err)
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		if f := p.Frames().Take(time.Now()); f == nil || f.PTS != 966*time.Millisecond {
			t.Errorf("after the loss the picture is %+v", f)
		}
		if s := p.State(); s.Phase != Reconnecting || !strings.Contains(s.Err.Error(), "no more sources") {
			t.Errorf("the phase is %v (%v) after the loss", s.Phase, s.Err)
		}
		stop()
	})
}

func TestPhases(t *testing.T) {
	bubble(t, func(t *testing.T) {
		p := New(Options{Codecs: newCodecs(), Open: opener(func() *fakeSource {
			s := newSource(arrivals(
				arrival{5 * time.Second, media.Packet{Track: 1, Key: true, Data: []byte{1}}},
				arrival{7 * time.Second, media.Packet{Track: 1, PTS: 2 * time.Second, Data: []byte{1}}},
				arrival{20 * time.Second, media.Packet{Track: 1, PTS: 15 * time.Second, Data: []byte{1}}},
				arrival{22 * time.Second, media.Packet{Track: 1, PTS: 17 * time.Second, Data: []byte{1}}},
			))
			s.end = errLost
			return s
		}, playFor(time.Minute, nil))})
		if s := p.State(); s.Phase != Idle {
			t.Errorf("the phase is %v before Run", s.Phase)
		}
		begin := time.Now()
		stop := start(t, p)
		for _, want := range []struct {
			at    time.Duration
			phase Phase
			since time.Duration
		}{
			{time.Second, Connecting, 0},
			{4 * time.Second, Stalled, 0},
			{6 * time.Second, Live, 5 * time.Second},
			{9 * time.Second, Live, 5 * time.Second},
			{11 * time.Second, Stalled, 7 * time.Second},
			{19 * time.Second, Stalled, 7 * time.Second},
			{21 * time.Second, Live, 20 * time.Second},
			{22*time.Second + 50*time.Millisecond, Reconnecting, 22 * time.Second},
		} {
			time.Sleep(time.Until(begin.Add(want.at)))
			synctest.Wait()
			s := p.State()
			if since := s.Since.Sub(begin).Round(50 * time.Millisecond); s.Phase != want.phase || since != want.since {
				t.Errorf("at %v the phase is %v since %v, want %v since %v", want.at, s.Phase, since, want.phase, want.since)
			}
		}
		time.Sleep(time.Second)
		synctest.Wait()
		if s := p.State(); s.Phase != Live || s.Err != nil {
			t.Errorf("after the loss the phase is %v, error %v", s.Phase, s.Err)
		}
		stop()
	})
}

func TestStallLimit(t *testing.T) {
	for _, limit := range []time.Duration{time.Second, 20 * time.Second} {
		bubble(t, func(t *testing.T) {
			var got error
			p := New(Options{Codecs: newCodecs(), Open: opener(playFor(time.Second, nil)), StallLimit: limit,
				Retry: func(err error) bool { got = err; return false }})
			begin := time.Now()
			err := p.Run(t.Context())
			if !errors.Is(err, ErrSilent) || got == nil {
				t.Errorf("Run ended with %v", err)
			}
			if d := time.Since(begin).Round(100 * time.Millisecond); d != limit+time.Second {
				t.Errorf("it ended after %v, want %v", d, limit+time.Second)
			}
		})
	}
}

// A packet that the decoder refuses costs the pictures up to the next key frame.
func TestDamage(t *testing.T) {
	bubble(t, func(t *testing.T) {
		codecs := newCodecs()
		next := steady(150, 30, nil)
		p := New(Options{Codecs: codecs, Open: opener(func() *fakeSource {
			s := newSource(func() (arrival, bool) {
				a, ok := next()
				if a.packet.PTS == 1000*time.Millisecond {
					a.packet.Data = []byte{0xFF}
				}
				return a, ok
			})
			s.end = io.EOF
			return s
		}), Once: true})
		if err := p.Run(t.Context()); err != nil {
			t.Fatal(err)
		}
		s := p.State()
		if s.Damaged != 1 || s.Dropped != 29 || s.Decoded != 120 || s.Received != 150 {
			t.Errorf("damaged %d, dropped %d, decoded %d, received %d; want 1, 29, 120, 150", s.Damaged, s.Dropped, s.Decoded, s.Received)
		}
		if codecs.made != 1 || codecs.closed != 1 {
			t.Errorf("%d decoders were made and %d closed", codecs.made, codecs.closed)
		}
	})
}

// Counters go on where the source is opened again.
func TestCountersOutliveALoss(t *testing.T) {
	bubble(t, func(t *testing.T) {
		p := New(Options{Codecs: newCodecs(), Open: opener(func() *fakeSource {
			s := newSource(arrivals(
				arrival{0, media.Packet{Track: 1, Key: true, Data: []byte{1}}},
				arrival{40 * time.Millisecond, media.Packet{Track: 1, PTS: 40 * time.Millisecond, Data: []byte{0xFF}}},
			))
			s.end = errLost
			return s
		}, playFor(time.Second, nil))})
		stop := start(t, p)
		time.Sleep(10 * time.Second)
		synctest.Wait()
		if s := p.State(); s.Damaged != 1 || s.Decoded != 31 || s.Received != 32 {
			t.Errorf("damaged %d, decoded %d, received %d; want 1, 31, 32", s.Damaged, s.Decoded, s.Received)
		}
		stop()
	})
}

// fragmented is a source whose packets are fragments by themselves.
type fragmented struct {
	*fakeSource
	read int
}

func (s *fragmented) Read() (*media.Packet, error) {
	p, err := s.fakeSource.Read()
	s.read++
	return p, err
}

func (s *fragmented) Newest() *media.Recorded {
	if s.read < 2 {
		return nil
	}
	return &media.Recorded{Fragment: media.Fragment{Number: strconv.Itoa(s.read - 1)}}
}

// What a source knows of the fragment that has come whole last is known while it plays, and when it is opened again.
func TestNewestFragment(t *testing.T) {
	bubble(t, func(t *testing.T) {
		sources := opener(playFor(time.Second, errLost), func() *fakeSource { return newSource(arrivals()) })
		p := New(Options{Codecs: newCodecs(), Open: func(ctx context.Context) (media.Source, error) {
			s, err := sources(ctx)
			if err != nil {
				return nil, err
			}
			return &fragmented{fakeSource: s.(*fakeSource)}, nil
		}})
		stop := start(t, p)
		if f := p.State().Newest; f != nil {
			t.Errorf("at first it is %v", f)
		}
		time.Sleep(500 * time.Millisecond)
		synctest.Wait()
		early := p.State().Newest
		time.Sleep(9500 * time.Millisecond)
		synctest.Wait()
		late := p.State().Newest
		if early == nil || late == nil || early.Number == late.Number || late.Number != "29" {
			t.Errorf("after half a second it is %v, when the source is opened again %v", early, late)
		}
		stop()
	})
}

// At a discontinuity the tracks are read again; a new decoder is made when the codec or its setup has changed.
func TestDiscontinuity(t *testing.T) {
	changed := testTrack
	changed.Private = []byte{2}
	moved := testTrack
	moved.ID = 7
	for _, test := range []struct {
		name          string
		track         media.Track
		made, flushed int
	}{
		{"same track", testTrack, 1, 1},
		{"same track under another number", moved, 1, 1},
		{"other setup", changed, 2, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				codecs := newCodecs()
				p := New(Options{Codecs: codecs, Once: true, Open: opener(func() *fakeSource {
					next := steady(120, 30, nil)
					s := newSource(nil)
					s.end = io.EOF
					s.next = func() (arrival, bool) {
						a, ok := next()
						if a.packet.PTS == 2*time.Second {
							s.tracks = []media.Track{{ID: 9, Kind: media.Audio}, test.track}
							a.packet.Discontinuity = true
						}
						if a.packet.PTS >= 2*time.Second {
							a.packet.Track = test.track.ID
							a.packet.PTS += time.Hour
						}
						return a, ok
					}
					return s
				})})
				if err := p.Run(t.Context()); err != nil {
					t.Fatal(err)
				}
				if s := p.State(); s.Decoded != 120 || s.Dropped != 0 {
					t.Errorf("%d pictures were decoded and %d packets dropped, want 120 and 0", s.Decoded, s.Dropped)
				}
				if codecs.made != test.made || codecs.closed != test.made || codecs.flushed != test.flushed {
					t.Errorf("%d decoders were made, %d closed, flushed %d times", codecs.made, codecs.closed, codecs.flushed)
				}
			})
		})
	}
}

// Sound counts as received bytes only.
func TestFigures(t *testing.T) {
	bubble(t, func(t *testing.T) {
		video := steady(900, 30, nil)
		sound := false
		var last arrival
		p := New(Options{Codecs: newCodecs(), Open: opener(func() *fakeSource {
			return newSource(func() (arrival, bool) {
				if sound = !sound; !sound {
					last.packet.Track, last.packet.Key = 2, true
					return last, true
				}
				var ok bool
				last, ok = video()
				return last, ok
			})
		})})
		stop := start(t, p)
		for range 600 {
			time.Sleep(tick)
			p.Frames().Take(time.Now())
		}
		s := p.State()
		if s.Bitrate < 0.95*2*30*8000 || s.Bitrate > 1.05*2*30*8000 {
			t.Errorf("the bit rate is %.0f, want that of both tracks, 480000", s.Bitrate)
		}
		if s.FPS < 29 || s.FPS > 31 {
			t.Errorf("%.1f pictures a second, want 30", s.FPS)
		}
		if s.Latency <= 0 || s.Latency > 35*time.Millisecond {
			t.Errorf("the latency is %v", s.Latency)
		}
		if s.Size != image.Pt(64, 36) || s.Codec != media.H264 || time.Since(s.LastFrame) > 50*time.Millisecond {
			t.Errorf("size %v, codec %v, last frame %v", s.Size, s.Codec, s.LastFrame)
		}
		if s.Received != s.Decoded || s.Received < 299 || s.Received > 301 {
			t.Errorf("%d video packets were received and %d decoded, want 300", s.Received, s.Decoded)
		}
		stop()
	})
}

// Pictures follow the wanted size, also the one that stands still while the producer pauses; hidden ones are not drawn.
func TestSetFit(t *testing.T) {
	bubble(t, func(t *testing.T) {
		codecs := newCodecs()
		p := New(Options{Codecs: codecs, Open: opener(playFor(time.Second, nil))})
		stop := start(t, p)
		check := func(when string, want image.Point) {
			t.Helper()
			synctest.Wait()
			if f := p.Frames().Take(time.Now()); f == nil || f.Image.Rect.Size() != want || f.Size != image.Pt(64, 36) {
				t.Errorf("%s the picture is %+v, want it at %v", when, f, want)
			}
		}
		time.Sleep(300 * time.Millisecond)
		check("without a wish", image.Pt(64, 36))
		p.SetFit(image.Pt(32, 100))
		time.Sleep(100 * time.Millisecond)
		check("while it plays", image.Pt(32, 18))
		p.SetFit(image.Point{})
		time.Sleep(100 * time.Millisecond)
		synctest.Wait()
		drawn, decoded := codecs.drawn, p.State().Decoded
		time.Sleep(10 * time.Second)
		check("hidden", image.Pt(32, 18))
		if codecs.drawn != drawn || p.State().Decoded <= decoded {
			t.Errorf("hidden, %d pictures were drawn and %d decoded", codecs.drawn-drawn, p.State().Decoded-decoded)
		}
		p.SetFit(image.Pt(16, 16))
		check("shown again in silence", image.Pt(16, 9))
		p.SetFit(image.Pt(1000, 1000))
		check("enlarged", image.Pt(64, 36))
		stop()
	})
}

// Everything at once in real time, for the race detector.
func TestConcurrentUse(t *testing.T) {
	leak.Check(t)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	p := New(Options{Codecs: newCodecs(), Open: func(context.Context) (media.Source, error) {
		return playFor(200*time.Millisecond, errLost)(), nil
	}})
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := p.Run(ctx); err != context.Canceled {
			t.Errorf("Run ended with %v", err)
		}
	})
	use := func(f func(i int)) {
		wg.Go(func() {
			tick := time.NewTicker(time.Millisecond)
			defer tick.Stop()
			for i := 0; ctx.Err() == nil; i++ {
				f(i)
				<-tick.C
			}
		})
	}
	use(func(i int) { p.SetFit(image.Pt(i%70, i%40)) })
	use(func(int) { p.Retry() })
	use(func(int) {
		if p.State().Shown >= 15 {
			cancel()
		}
	})
	use(func(int) {
		if f := p.Frames().Take(time.Now()); f != nil {
			first := f.Image.Pix[0]
			for _, b := range f.Image.Pix {
				if b != first {
					t.Error("a taken picture is torn")
					return
				}
			}
		}
	})
	wg.Wait()
	if ctx.Err() != context.Canceled {
		t.Error("15 pictures were not shown in 10 s")
	}
}

package main

import (
	"context"
	"errors"
	"fmt"
	"image"
	"io"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"kinora/ffmpeg"
	"kinora/internal/leak"
	"kinora/media"
	"kinora/player"
)

// shelf is an archive of whole fragments in memory, each as long as its distance to the next.
type shelf []*media.Recorded

func (s shelf) Find(_ context.Context, at time.Time, forward bool) (media.Fragment, error) {
	i := -1
	for i+1 < len(s) && !s[i+1].Start.After(at) {
		i++
	}
	if i < 0 && !forward {
		return media.Fragment{}, io.EOF
	}
	return s[max(0, i)].Fragment, nil
}

func (s shelf) Next(_ context.Context, f media.Fragment, forward bool) (media.Fragment, error) {
	for i := range s {
		if j := i + map[bool]int{true: 1, false: -1}[forward]; s[i].Number == f.Number && j >= 0 && j < len(s) {
			return s[j].Fragment, nil
		}
	}
	return media.Fragment{}, io.EOF
}

func (s shelf) Load(_ context.Context, f media.Fragment) (*media.Recorded, error) {
	for _, r := range s {
		if r.Number == f.Number {
			return r, nil
		}
	}
	return nil, media.ErrGone
}

// gray is the brightness of the n-th generated picture.
func gray(n int) int { return 16 + n*7%210 }

// generate codes pictures that are gray, each in another way than its neighbours, in fragments of a key frame each.
func generate(t *testing.T, fragments int) shelf {
	t.Helper()
	src, err := ffmpeg.Capture(t.Context(), ffmpeg.CaptureOptions{KeyInterval: time.Second, Encoder: "libx264", Inputs: []ffmpeg.Input{
		{Format: "lavfi", URL: "color=s=160x90:r=30,geq=lum='16+mod(N*7,210)':cb=128:cr=128,format=yuv420p"}}})
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	var s shelf
	var begin time.Duration
	for {
		p, err := src.Read()
		if err != nil {
			t.Fatal(err)
		}
		if p.Key {
			if len(s) == fragments {
				return s
			}
			begin = p.PTS
			s = append(s, &media.Recorded{Tracks: src.Tracks(), Fragment: media.Fragment{
				Number: fmt.Sprintf("%047d", len(s)+1), Start: src.Epoch().Add(begin)}})
		}
		r := s[len(s)-1]
		p.PTS, p.DTS = p.PTS-begin, p.DTS-begin
		r.Packets = append(r.Packets, p)
		r.Length = p.PTS
	}
}

// frames counts the pictures of a shelf.
func (s shelf) frames() (n int) {
	for _, r := range s {
		n += len(r.Packets)
	}
	return n
}

// at is the time of the n-th picture.
func (s shelf) at(n int) time.Time {
	for _, r := range s {
		if n < len(r.Packets) {
			return r.Start.Add(r.Packets[n].PTS)
		}
		n -= len(r.Packets)
	}
	return s[len(s)-1].End()
}

// screenOf takes what a deck shows.
type screenOf struct {
	t    *testing.T
	deck *player.Deck
}

// await waits until the picture of a time is shown, and returns its brightness.
func (s screenOf) await(ctx context.Context, at time.Time) int {
	s.t.Helper()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for {
		if f := s.deck.Frames().Take(time.Now()); f != nil && f.At.Equal(at) && s.deck.State().Exact {
			size := f.Image.Rect.Size()
			return int(f.Image.Pix[f.Image.PixOffset(size.X/2, size.Y/2)])
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			s.t.Fatalf("the picture of %v is not shown: %+v", at, s.deck.State())
		}
	}
}

// Every way to a picture leads to that picture, decoded by FFmpeg.
func TestDeckShowsExactlyWhatIsAskedFor(t *testing.T) {
	leak.Check(t)
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	s := generate(t, 6)
	transport := player.NewTransport(s.at(0))
	deck := player.NewDeck(player.DeckOptions{Transport: transport, Archive: s, Codecs: decoders{}})
	deck.SetFit(image.Pt(80, 45))
	running, stop := context.WithCancel(ctx)
	var group sync.WaitGroup
	group.Go(func() {
		if err := deck.Run(running); !errors.Is(err, context.Canceled) {
			t.Errorf("Run ended with %v", err)
		}
	})
	defer group.Wait()
	defer stop()
	screen := screenOf{t, deck}
	shows := func(way string, n int) {
		t.Helper()
		// Limited range becomes full range.
		want := (gray(n) - 16) * 255 / 219
		if got := screen.await(ctx, s.at(n)); got < want-3 || got > want+3 {
			t.Errorf("%s to picture %d shows brightness %d, want %d", way, n, got, want)
		}
	}
	shows("the beginning", 0)
	random := rand.New(rand.NewPCG(1, 2))
	n := 0
	for range 30 {
		n = random.IntN(s.frames())
		transport.Seek(s.at(n))
		shows("a seek", n)
	}
	for range 40 {
		step := random.IntN(21) - 10
		n = max(0, min(s.frames()-1, n+step))
		transport.Step(step)
		shows("a step", n)
	}
	for range 40 {
		n = max(0, min(s.frames()-1, n-1))
		transport.Step(-1)
		shows("a step back", n)
	}
	for range 40 {
		n = max(0, min(s.frames()-1, n+random.IntN(41)-20))
		transport.Scrub(s.at(n))
		transport.Rest()
		shows("dragging", n)
	}
	transport.Release()
	for _, rate := range []float64{2, -1, -2, 0.5} {
		begin := s.at(s.frames() / 2)
		transport.Seek(begin)
		transport.SetRate(rate)
		transport.Play()
		look := time.NewTicker(10 * time.Millisecond)
		for transport.Position().Sub(begin).Abs() < 500*time.Millisecond && ctx.Err() == nil {
			<-look.C
		}
		look.Stop()
		transport.Pause()
		for n = 0; s.at(n).Before(transport.Position()); n++ {
		}
		if n == s.frames()/2 {
			t.Errorf("at speed %g nothing moved", rate)
		}
		shows(fmt.Sprintf("play at %g", rate), n)
	}
}

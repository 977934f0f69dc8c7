package main

import (
	"context"
	"errors"
	"fmt"
	"image"
	"io"
	"math/rand/v2"
	"os"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"kinora/media"
	"kinora/mkv"
	"kinora/player"
)

// openShelf is a clip whose key frames are followed by pictures that are shown before them, in fragments of one key frame each.
func openShelf(t *testing.T, codec string) (s shelf) {
	t.Helper()
	file, err := os.Open("../../ffmpeg/testdata/opengop-" + codec + ".mkv")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	in := mkv.NewReader(file, mkv.Limits{})
	leading := 0
	for {
		head, err := in.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		for p, err := in.Packet(); err != io.EOF; p, err = in.Packet() {
			if err != nil {
				t.Fatal(err)
			}
			if p.Key {
				s = append(s, &media.Recorded{Tracks: head.Tracks, Fragment: media.Fragment{
					Number: fmt.Sprintf("%047d", len(s)+1), Start: time.Unix(1_700_000_000, 0).Add(p.PTS)}})
			}
			r := s[len(s)-1]
			p.PTS -= r.Start.Sub(time.Unix(1_700_000_000, 0))
			p.DTS = p.PTS
			if p.PTS < 0 {
				leading++
			}
			r.Packets = append(r.Packets, p)
			r.Length = max(r.Length, p.PTS)
		}
	}
	if len(s) != 4 || leading != 6 || s.frames() != 108 {
		t.Fatalf("%d fragments of %d pictures, %d before their key frames", len(s), s.frames(), leading)
	}
	return s
}

// openAt is the time of the n-th picture of such a clip.
func openAt(n int) time.Time {
	return time.Unix(1_700_000_000, 0).Add(time.Duration(n) * 40 * time.Millisecond)
}

// watch is a deck in a bubble, and what it has shown: the pictures' numbers, with a fault for each that is not as it was generated.
type watch struct {
	t         *testing.T
	transport *player.Transport
	deck      *player.Deck
	tick      *time.Ticker
	shown     []int
}

func openWatch(t *testing.T, s shelf, at time.Time) (*watch, func()) {
	w := &watch{t: t, transport: player.NewTransport(at), tick: time.NewTicker(5 * time.Millisecond)}
	w.deck = player.NewDeck(player.DeckOptions{Transport: w.transport, Archive: s, Codecs: decoders{}})
	w.deck.SetFit(image.Pt(80, 45))
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- w.deck.Run(ctx) }()
	return w, func() {
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Errorf("Run ended with %v", err)
		}
		if d := w.deck.State().Damaged; d != 0 {
			t.Errorf("%d packets were damaged", d)
		}
		w.tick.Stop()
	}
}

// pass looks at the screen for some time.
func (w *watch) pass(d time.Duration) {
	w.t.Helper()
	for end := time.Now().Add(d); time.Now().Before(end); <-w.tick.C {
		f := w.deck.Frames().Take(time.Now())
		if f == nil {
			continue
		}
		n := int(f.At.Sub(openAt(0)) / (40 * time.Millisecond))
		if len(w.shown) > 0 && w.shown[len(w.shown)-1] == n {
			continue
		}
		w.shown = append(w.shown, n)
		size := f.Image.Rect.Size()
		got, want := int(f.Image.Pix[f.Image.PixOffset(size.X/2, size.Y/2)]), (gray(n)-16)*255/219
		if !f.At.Equal(openAt(n)) || got < want-4 || got > want+4 {
			w.t.Errorf("picture %d at %v has brightness %d, want %d", n, f.At.Sub(openAt(0)), got, want)
		}
	}
}

// numbers are those of the pictures from one to another.
func numbers(from, to int) (all []int) {
	for n := from; n != to; {
		all = append(all, n)
		if n < to {
			n++
		} else {
			n--
		}
	}
	return append(all, to)
}

// Where groups of pictures are open, each picture is shown, once and as it was, also those that a fragment has of the time before it: by
// play and by steps, forwards and backwards, and by seeks. Without the fragment in front they are left out.
func TestOpenGroups(t *testing.T) {
	for _, codec := range []string{"h264", "h265"} {
		t.Run(codec, func(t *testing.T) {
			s := openShelf(t, codec)
			for _, rate := range []float64{1, 0.5, 2, -1, -0.5} {
				t.Run(fmt.Sprintf("play %g", rate), func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) {
						from, to := 0, 107
						if rate < 0 {
							from, to = to, from
						}
						w, stop := openWatch(t, s, openAt(from))
						defer stop()
						w.pass(time.Second)
						w.transport.SetRate(rate)
						w.transport.Play()
						w.pass(12 * time.Second)
						if want := numbers(from, to); !slices.Equal(w.shown, want) {
							t.Errorf("shown are %v", w.shown)
						}
					})
				})
			}
			for _, step := range []int{1, -1} {
				t.Run(fmt.Sprintf("step %d", step), func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) {
						from, to := 0, 107
						if step < 0 {
							from, to = to, from
						}
						w, stop := openWatch(t, s, openAt(from))
						defer stop()
						w.pass(time.Second)
						for range 110 {
							w.transport.Step(step)
							w.pass(100 * time.Millisecond)
						}
						if want := numbers(from, to); !slices.Equal(w.shown, want) {
							t.Errorf("shown are %v", w.shown)
						}
					})
				})
			}
			t.Run("seeks and far steps", func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					w, stop := openWatch(t, s, openAt(50))
					defer stop()
					w.pass(time.Second)
					expect := func(n int, what string) {
						t.Helper()
						from := w.shown[len(w.shown)-1]
						w.shown = w.shown[len(w.shown)-1:]
						w.pass(100 * time.Millisecond)
						if want := slices.Compact([]int{from, n}); !slices.Equal(w.shown, want) {
							t.Errorf("%s to picture %d; shown are %v", what, n, w.shown)
						}
					}
					random := rand.New(rand.NewPCG(1, 2))
					for range 100 {
						n, to := random.IntN(108), random.IntN(108)
						w.transport.Seek(openAt(n))
						expect(n, "a seek")
						w.transport.Step(to - n)
						expect(to, fmt.Sprintf("%d steps from picture %d", to-n, n))
					}
				})
			})
			t.Run("nothing in front", func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					w, stop := openWatch(t, s[1:], openAt(27))
					defer stop()
					w.pass(time.Second)
					w.transport.Step(-1)
					w.pass(time.Second)
					w.transport.Play()
					w.pass(5 * time.Second)
					if want := numbers(27, 107); !slices.Equal(w.shown, want) {
						t.Errorf("shown are %v", w.shown)
					}
				})
			})
			t.Run("a fragment is lost", func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					w, stop := openWatch(t, shelf{s[0], s[1], s[3]}, openAt(30))
					defer stop()
					w.pass(time.Second)
					w.transport.Play()
					w.pass(5 * time.Second)
					if want := append(numbers(30, 53-2), numbers(81, 107)...); !slices.Equal(w.shown, want) {
						t.Errorf("shown are %v", w.shown)
					}
				})
			})
		})
	}
}

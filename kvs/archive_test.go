package kvs

import (
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"kinora/media"
)

func openArchive(t *testing.T, c *Client, o ArchiveOptions) *Archive {
	t.Helper()
	a := c.Archive("cam", o)
	t.Cleanup(func() { check(t, a.Close()) })
	return a
}

// seconds says where a fragment starts, or how a call failed.
func seconds(f media.Fragment, err error) string {
	if err == io.EOF {
		return "EOF"
	}
	if err != nil {
		return err.Error()
	}
	return f.Start.Sub(shelfEpoch).String()
}

func TestFind(t *testing.T) {
	for _, clock := range []Clock{ServerTime, ProducerTime} {
		t.Run(fmt.Sprint("clock ", clock), func(t *testing.T) {
			s, c := newService(t)
			h := newShelf(t, s)
			h.steady(0, 400) // 13 minutes
			h.add(3*time.Hour, -24*time.Hour*365)
			h.steady(30*time.Hour, 5)
			a := openArchive(t, c, ArchiveOptions{Clock: clock})
			for _, tt := range []struct {
				at            time.Duration
				before, after string
			}{
				{0, "0s", "0s"},
				{1999 * time.Millisecond, "0s", "0s"},
				{2 * time.Second, "2s", "2s"},
				{11*time.Minute + 3*time.Second, "11m2s", "11m2s"},
				{798*time.Second + 2*time.Second, "13m18s", "13m18s"}, // to a second behind the last frame
				{801 * time.Second, "13m18s", "3h0m0s"},
				{2 * time.Hour, "13m18s", "3h0m0s"},
				{20 * time.Hour, "3h0m0s", "30h0m0s"},
				{40 * time.Hour, "30h0m8s", "EOF"},
				{-time.Second, "-8760h0m0s", "0s"},
				{-9000 * time.Hour, "EOF", "-8760h0m0s"},
				{-400000 * time.Hour, "EOF", "-8760h0m0s"},
				{90000 * time.Hour, "30h0m8s", "EOF"},
			} {
				for range 2 { // asked, and known
					if got := seconds(a.Find(testContext(t), shelfEpoch.Add(tt.at), false)); got != tt.before {
						t.Errorf("clock %d, at %v or before: %s, want %s", clock, tt.at, got, tt.before)
					}
					if got := seconds(a.Find(testContext(t), shelfEpoch.Add(tt.at), true)); got != tt.after {
						t.Errorf("clock %d, at %v or after: %s, want %s", clock, tt.at, got, tt.after)
					}
				}
			}
		})
	}
}

// Whatever an archive looks like, walking it visits every fragment once, in order, both ways.
func TestWalk(t *testing.T) {
	for seed := range uint64(12) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			rnd := rand.New(rand.NewPCG(seed, 7))
			s, c := newService(t)
			h := newShelf(t, s)
			h.pages = []int{1000, 40, 7}[seed%3]
			var want []string
			at := time.Duration(0)
			for range 300 {
				switch rnd.IntN(40) {
				case 0:
					at += time.Duration(rnd.Int64N(int64(3 * time.Hour)))
				case 1:
					at += time.Duration(rnd.Int64N(int64(40 * 24 * time.Hour)))
				}
				at = at.Truncate(time.Millisecond)
				h.add(at)
				if rnd.IntN(10) == 0 {
					h.add(at) // sent twice
				}
				want = append(want, at.String())
				at += 2 * time.Second
			}
			a := openArchive(t, c, ArchiveOptions{Clock: ProducerTime})
			for _, forward := range []bool{true, false} {
				start := shelfEpoch.Add(-time.Hour)
				if !forward {
					start = shelfEpoch.Add(at + time.Hour)
				}
				var got []string
				f, err := a.Find(testContext(t), start, forward)
				for ; err == nil; f, err = a.Next(testContext(t), f, forward) {
					got = append(got, f.Start.Sub(shelfEpoch).String())
				}
				if err != io.EOF {
					t.Fatal(err)
				}
				if !forward {
					slices.Reverse(got)
				}
				if !slices.Equal(got, want) {
					t.Errorf("forward %v: %d fragments %v, want %d %v", forward, len(got), got, len(want), want)
				}
			}
		})
	}
}

// Of fragments that were sent twice the larger number is the one that shows, by the producer's clock.
func TestSentTwice(t *testing.T) {
	s, c := newService(t)
	h := newShelf(t, s)
	h.add(0, 2*time.Second, 0, 2*time.Second, 4*time.Second)
	a := openArchive(t, c, ArchiveOptions{Clock: ProducerTime})
	f, err := a.Find(testContext(t), shelfEpoch, true)
	var got []string
	for ; err == nil; f, err = a.Next(testContext(t), f, true) {
		got = append(got, strings.TrimLeft(f.Number, "0"))
	}
	if want := []string{"3", "4", "5"}; err != io.EOF || !slices.Equal(got, want) {
		t.Errorf("%v, %v; want %v", got, err, want)
	}
}

// What is live is found as it comes, and what was not listed yet is not jumped over for good.
func TestLiveEdge(t *testing.T) {
	for _, clock := range []Clock{ServerTime, ProducerTime} {
		t.Run(fmt.Sprint("clock ", clock), func(t *testing.T) {
			s, c := newService(t)
			h := newShelf(t, s)
			base := time.Now().Add(-10 * time.Second).Truncate(time.Millisecond)
			put := func(at time.Duration) Fragment {
				return h.store(Fragment{Server: base.Add(at), Producer: base.Add(at), Length: 1500 * time.Millisecond})
			}
			first := put(0)
			a := openArchive(t, c, ArchiveOptions{Clock: clock})
			f, err := a.Find(testContext(t), time.Now(), false)
			if err != nil || f.Number != first.Number {
				t.Fatalf("found %+v, %v", f, err)
			}
			if _, err := a.Next(testContext(t), f, true); err != io.EOF {
				t.Errorf("behind the newest: %v", err)
			}
			late, third := put(2*time.Second), put(4*time.Second)
			h.mu.Lock()
			h.hidden[late.Number] = true
			h.mu.Unlock()
			var next media.Fragment
			wait(t, "a fragment behind the newest", func() bool {
				next, err = a.Next(testContext(t), f, true)
				return err == nil
			})
			if next.Number != third.Number {
				t.Errorf("next is %s", next.Number)
			}
			h.mu.Lock()
			h.hidden[late.Number] = false
			h.mu.Unlock()
			wait(t, "the fragment that was listed late", func() bool {
				next, err = a.Next(testContext(t), f, true)
				return err == nil && next.Number == late.Number
			})
			if f, err = a.Find(testContext(t), time.Now(), false); err != nil || f.Number != third.Number {
				t.Errorf("the newest is %+v, %v", f, err)
			}
		})
	}
}

func wait(t *testing.T, what string, ok func() bool) {
	t.Helper()
	look := time.NewTicker(20 * time.Millisecond)
	defer look.Stop()
	late := time.After(30 * time.Second)
	for !ok() {
		select {
		case <-look.C:
		case <-late:
			t.Fatalf("in 30 s there was no %s", what)
		}
	}
}

// A window is asked for once, and the ones beside it before they are needed.
func TestFindAsksLittle(t *testing.T) {
	s, c := newService(t)
	h := newShelf(t, s)
	h.steady(0, 900)
	a := openArchive(t, c, ArchiveOptions{Clock: ServerTime})
	f, err := a.Find(testContext(t), shelfEpoch, true)
	n := 0
	for ; err == nil; f, err = a.Next(testContext(t), f, true) {
		n++
	}
	if err != io.EOF || n != 900 {
		t.Fatalf("%d fragments, %v", n, err)
	}
	wait(t, "end of looking around", func() bool { lists, _ := h.calls(); return lists >= 4 })
	if lists, _ := h.calls(); lists > 15 { // 4 windows, one in front of them, and up to today in steps that grow
		t.Errorf("%d questions: %v", lists, h.listed)
	}
	before, _ := h.calls()
	for i := range 900 {
		if got := seconds(a.Find(testContext(t), shelfEpoch.Add(time.Duration(i)*2*time.Second), true)); got != (time.Duration(i) * 2 * time.Second).String() {
			t.Fatal(got)
		}
	}
	if lists, _ := h.calls(); lists != before {
		t.Errorf("%d more questions for what is known: %v", lists-before, h.listed[before:])
	}
}

// A service without limits is asked for a moment first, which is sooner there, and for what lies around it at leisure; AWS for all
// of the window at once.
func TestFindGlances(t *testing.T) {
	for _, plain := range []bool{false, true} {
		s, c := newService(t)
		if plain {
			c.lacking.Store(never)
		}
		h := newShelf(t, s)
		h.steady(0, 600)
		a := openArchive(t, c, ArchiveOptions{Clock: ServerTime})
		if got := seconds(a.Find(testContext(t), shelfEpoch.Add(501*time.Second), false)); got != "8m20s" {
			t.Fatal(got)
		}
		h.mu.Lock()
		first := h.listed[0]
		h.mu.Unlock()
		if want := map[bool]string{false: "8m1s-8m22s", true: "0s-9m59.999s"}[plain]; first != want {
			t.Errorf("limits: %v; the first question is for %s, want %s", plain, first, want)
		}
		waitAround(t, a, shelfEpoch.Add(500*time.Second))
	}
}

// waitAround waits until it is known what lies around a time.
func waitAround(t *testing.T, a *Archive, at time.Time) {
	t.Helper()
	wait(t, "what lies around", func() bool {
		before, _ := a.known(at.UnixMilli() - window/4)
		behind, _ := a.known(at.UnixMilli() + window/4)
		return before != nil && behind != nil
	})
}

// The first question is enough to find a fragment, from its first frame on, and the next one when the time is at its end. Nobody waits
// for what lies around.
func TestGlanceIsEnough(t *testing.T) {
	for _, at := range []time.Duration{500 * time.Second, 501990 * time.Millisecond} {
		s, c := newService(t)
		h := newShelf(t, s)
		h.steady(0, 600)
		first, found := make(chan struct{}, 1), make(chan struct{})
		s.serve("/listFragments", func(w http.ResponseWriter, r *http.Request) {
			select {
			case first <- struct{}{}:
			default:
				<-found
			}
			h.list(w, r)
		})
		a := openArchive(t, c, ArchiveOptions{Clock: ServerTime})
		f, err := a.Find(testContext(t), shelfEpoch.Add(at), false)
		if got := seconds(f, err); got != "8m20s" {
			t.Errorf("at %v there is %v", at, got)
		}
		if at > f.End().Sub(shelfEpoch) {
			if got := seconds(a.Next(testContext(t), f, true)); got != "8m22s" {
				t.Errorf("behind %v there is %v", at, got)
			}
		}
		close(found)
		waitAround(t, a, shelfEpoch.Add(500*time.Second))
	}
}

func TestFindFails(t *testing.T) {
	s, c := newService(t)
	newShelf(t, s)
	s.serve("/listFragments", refusing(400, "AccessDeniedException", "no"))
	a := openArchive(t, c, ArchiveOptions{})
	var e *Error
	if _, err := a.Find(testContext(t), shelfEpoch, true); !errors.As(err, &e) || e.Op != "ListFragments" || !strings.Contains(e.Advice, "kinesisvideo:ListFragments") {
		t.Errorf("%v", err)
	}
	check(t, a.Close())
	if _, err := a.Find(testContext(t), shelfEpoch, true); !errors.Is(err, errClosedArchive) {
		t.Errorf("after Close: %v", err)
	}
}

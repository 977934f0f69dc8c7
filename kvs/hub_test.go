package kvs

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"kinora/media"
)

// tape is a source whose packets a test sends, one "k" or "-" (a key frame, another frame) for each.
type tape struct {
	packets chan *media.Packet
	fail    chan error
	tracks  []media.Track
	ctx     context.Context
	closed  bool
	sent    int
}

func (s *tape) Tracks() []media.Track { return s.tracks }
func (s *tape) Epoch() time.Time      { return testEpoch }
func (s *tape) Close() error          { s.closed = true; return nil }

func (s *tape) Read() (*media.Packet, error) {
	select {
	case p := <-s.packets:
		return p, nil
	case err := <-s.fail:
		return nil, err
	case <-s.ctx.Done():
		return nil, s.ctx.Err()
	}
}

func (s *tape) send(frames string) {
	for _, f := range frames {
		s.packets <- &media.Packet{Track: 1, PTS: time.Duration(s.sent), Key: f == 'k', Data: make([]byte, 1000)}
		s.sent++
	}
	synctest.Wait()
}

// studio opens tapes.
type studio struct {
	tapes []*tape
	fail  error
}

func (o *studio) live(string) media.Opener {
	return func(ctx context.Context) (media.Source, error) {
		if o.fail != nil {
			return nil, o.fail
		}
		s := &tape{packets: make(chan *media.Packet), fail: make(chan error), tracks: testTracks, ctx: ctx}
		o.tapes = append(o.tapes, s)
		return s, nil
	}
}

func listen(t *testing.T, h *Hub) *listener {
	t.Helper()
	s, err := h.Live("cam")(t.Context())
	check(t, err)
	return s.(*listener)
}

// taken returns the numbers of the packets that wait, with a "!" where one is a discontinuity.
func taken(t *testing.T, n *listener) string {
	t.Helper()
	var b strings.Builder
	for n.head < len(n.queue) {
		p, err := n.Read()
		check(t, err)
		fmt.Fprintf(&b, "%d", p.PTS)
		if p.Discontinuity {
			b.WriteByte('!')
		}
		b.WriteByte(' ')
	}
	return strings.TrimSpace(b.String())
}

func TestOneReadForAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := &studio{}
		h := NewHub(o.live)
		a := listen(t, h)
		if got := a.Tracks(); len(got) != 1 || !a.Epoch().Equal(testEpoch) {
			t.Errorf("tracks %v, epoch %v", got, a.Epoch())
		}
		o.tapes[0].send("-k---k--")
		b := listen(t, h)
		o.tapes[0].send("-k")
		if got := taken(t, a); got != "1 2 3 4 5 6 7 8 9" {
			t.Errorf("the first has %s", got)
		}
		if got := taken(t, b); got != "5 6 7 8 9" {
			t.Errorf("the second, who came late, has %s", got)
		}
		if len(o.tapes) != 1 || h.Readers("cam") != 2 || h.Readers("another") != 0 {
			t.Errorf("%d reads for %d", len(o.tapes), h.Readers("cam"))
		}
		check(t, a.Close())
		check(t, a.Close())
		if o.tapes[0].closed {
			t.Error("closed under a reader")
		}
		if _, err := a.Read(); err != io.ErrClosedPipe {
			t.Errorf("reading what is closed: %v", err)
		}
		o.tapes[0].send("-")
		if got := taken(t, b); got != "10" {
			t.Errorf("the one who stays has %s", got)
		}
		check(t, b.Close())
		if !o.tapes[0].closed || h.Readers("cam") != 0 {
			t.Error("not closed behind the last")
		}
		c := listen(t, h)
		if len(o.tapes) != 2 {
			t.Errorf("%d reads after all had gone", len(o.tapes))
		}
		check(t, c.Close())
	})
}

// Who reads too slowly loses what waits, up to a key frame, and nobody else does.
func TestASlowReader(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := &studio{}
		h := NewHub(o.live)
		slow, quick := listen(t, h), listen(t, h)
		o.tapes[0].send("k")
		for range waitPackets {
			o.tapes[0].send("-")
			if _, err := quick.Read(); err != nil {
				t.Fatal(err)
			}
		}
		o.tapes[0].send("--k-")
		if got, want := taken(t, slow), fmt.Sprintf("%d! %d", waitPackets+3, waitPackets+4); got != want {
			t.Errorf("the slow one has %s, want %s", got, want)
		}
		if n := slow.Dropped(); n != waitPackets+3 {
			t.Errorf("%d dropped", n)
		}
		if got := taken(t, quick); quick.Dropped() != 0 || strings.Count(got, " ") != 4 || strings.Contains(got, "!") {
			t.Errorf("the quick one has %s", got)
		}
		check(t, slow.Close())
		check(t, quick.Close())
	})
}

func TestHubFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		broken := errors.New("broken")
		o := &studio{}
		h := NewHub(o.live)
		a, b := listen(t, h), listen(t, h)
		o.tapes[0].send("k")
		o.tapes[0].fail <- broken
		synctest.Wait()
		for _, n := range []*listener{a, b} {
			if got := taken(t, n); got != "0" {
				t.Errorf("before the end %s", got)
			}
			if _, err := n.Read(); err != broken {
				t.Errorf("the end is %v", err)
			}
		}
		c := listen(t, h) // a new read, while the old ones are not closed
		if len(o.tapes) != 2 || !o.tapes[0].closed {
			t.Errorf("%d reads", len(o.tapes))
		}
		for _, n := range []*listener{a, b, c} {
			check(t, n.Close())
		}
		o.fail = broken
		if _, err := h.Live("cam")(t.Context()); err != broken {
			t.Errorf("opening: %v", err)
		}
		o.fail = nil
		check(t, listen(t, h).Close())
	})
}

// The end of a reader's context ends that reader, at once.
func TestHubContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := &studio{}
		h := NewHub(o.live)
		ctx, cancel := context.WithCancel(t.Context())
		s, err := h.Live("cam")(ctx)
		check(t, err)
		other := listen(t, h)
		o.tapes[0].send("k")
		cancel()
		synctest.Wait()
		if _, err := s.Read(); !errors.Is(err, context.Canceled) {
			t.Errorf("%v", err)
		}
		if got := taken(t, other); got != "0" {
			t.Errorf("the other has %s", got)
		}
		check(t, s.Close())
		check(t, other.Close())

		blocked := NewHub(func(string) media.Opener {
			return func(ctx context.Context) (media.Source, error) { <-ctx.Done(); return nil, ctx.Err() }
		})
		ctx, cancel = context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := blocked.Live("cam")(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("opening: %v", err)
		}
	})
}

// Other tracks come with the packet from which on they hold, however late that is read.
func TestTracksTravelWithPackets(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := &studio{}
		h := NewHub(o.live)
		n := listen(t, h)
		s := o.tapes[0]
		s.send("k")
		s.tracks = []media.Track{{ID: 1, Kind: media.Video, Codec: media.H265}}
		s.packets <- &media.Packet{Track: 1, Key: true, Discontinuity: true}
		synctest.Wait()
		var got []media.Codec
		for range 2 {
			_, err := n.Read()
			check(t, err)
			got = append(got, n.Tracks()[0].Codec)
		}
		if got[0] != media.H264 || got[1] != media.H265 {
			t.Errorf("%v", got)
		}
		check(t, n.Close())
	})
}

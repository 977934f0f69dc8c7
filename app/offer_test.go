package app

import (
	"context"
	"errors"
	"io"
	"sync"
	"testing"
	"time"

	"kinora/internal/leak"
	"kinora/media"
)

// fakeHost is a master that takes note of what it is given.
type fakeHost struct {
	o   HostOptions
	fed chan *media.Packet

	mu     sync.Mutex
	kicked []string
	said   []string
}

func (h *fakeHost) Run(ctx context.Context) error {
	<-ctx.Done()
	return context.Cause(ctx)
}

func (h *fakeHost) Feed(ctx context.Context, src media.Source) error {
	defer context.AfterFunc(ctx, func() { src.Close() })()
	for {
		p, err := src.Read()
		switch {
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		}
		select {
		case h.fed <- p:
		default:
		}
	}
}

func (h *fakeHost) Viewers() []Viewer { return []Viewer{{ID: "one"}} }
func (h *fakeHost) State() HostState  { return HostState{Connected: true} }

func (h *fakeHost) Kick(viewer string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.kicked = append(h.kicked, viewer)
}

func (h *fakeHost) Say(text string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.said = append(h.said, text)
}

func TestACameraIsOffered(t *testing.T) {
	leak.Check(t)
	a, acc := calling(t, Options{})
	cam := Camera{ID: "cam", Name: "Camera", Open: func(ctx context.Context) (media.Source, error) { return newFakeSource(ctx, func() {}), nil }}
	if err := a.Calls.Offer("door", cam, Settings{}); err != nil {
		t.Fatal(err)
	}
	<-acc.host.fed
	if err := a.Calls.Offer("door", cam, Settings{}); err == nil {
		t.Error("two cameras were offered on one channel")
	}
	o := until(t, a.Calls.Offers(), func(l []Offered) bool { return len(l) == 1 && len(l[0].Viewers) == 1 })[0]
	if o.Channel != "door" || o.Camera.ID != "cam" || !o.Service.Connected || o.Ended {
		t.Errorf("offered %+v", o)
	}
	if len(acc.host.o.Tracks) != 1 || acc.host.o.Bitrate == nil {
		t.Errorf("the host was given %+v", acc.host.o)
	}
	acc.host.o.Heard("one", "hello")
	a.Calls.Tell("door", "welcome")
	a.Calls.Kick("door", "one")
	until(t, a.Calls.Offers(), func(l []Offered) bool { return len(l[0].Texts) == 2 })
	acc.host.mu.Lock()
	if len(acc.host.kicked) != 1 || len(acc.host.said) != 1 {
		t.Errorf("kicked %v, said %v", acc.host.kicked, acc.host.said)
	}
	acc.host.mu.Unlock()
	a.Calls.Withdraw("door")
	until(t, a.Calls.Offers(), func(l []Offered) bool { return len(l) == 0 })
	if err := a.Calls.Offer("door", cam, Settings{}); err != nil {
		t.Errorf("what was withdrawn cannot be offered again: %v", err)
	}
}

func TestWhatCallsDoNotCarryIsNotOffered(t *testing.T) {
	leak.Check(t)
	a, _ := calling(t, Options{})
	sound := Camera{ID: "mic", Name: "Microphone", Open: func(ctx context.Context) (media.Source, error) {
		return &soundOnly{newFakeSource(ctx, func() {})}, nil
	}}
	if err := a.Calls.Offer("door", sound, Settings{}); err != nil {
		t.Fatal(err)
	}
	o := until(t, a.Calls.Offers(), func(l []Offered) bool { return len(l) == 1 && l[0].Ended })[0]
	if o.Err == nil {
		t.Error("sound that calls do not carry was offered")
	}
	a.Calls.Withdraw("door")
	if l := a.Calls.Offers().Get(); len(l) != 0 {
		t.Errorf("what has ended stays on the list: %+v", l)
	}
}

// soundOnly has AAC alone.
type soundOnly struct{ media.Source }

func (*soundOnly) Tracks() []media.Track {
	return []media.Track{{ID: 1, Kind: media.Audio, Codec: media.AAC, Rate: 48000, Channels: 1}}
}

// pieces yields packets of two runs of a camera, each with a clock of its own.
type pieces struct {
	n      int
	epochs []time.Time
}

func (p *pieces) Tracks() []media.Track { return nil }
func (p *pieces) Epoch() time.Time      { return p.epochs[max(0, p.n-1)/2] }
func (p *pieces) Close() error          { return nil }
func (p *pieces) Read() (*media.Packet, error) {
	if p.n == 2*len(p.epochs) {
		return nil, io.EOF
	}
	p.n++
	at := time.Duration((p.n-1)%2) * 40 * time.Millisecond
	return &media.Packet{PTS: at, DTS: at, Discontinuity: p.n%2 == 1}, nil
}

func TestTimeGoesOnOverDiscontinuities(t *testing.T) {
	begin := time.Unix(1000, 0)
	src, err := evenly(t.Context(), &pieces{epochs: []time.Time{begin, begin.Add(10 * time.Second), begin.Add(15 * time.Second)}})
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []time.Duration{0, 40, 10000, 10040, 15000, 15040} {
		p, err := src.Read()
		if err != nil || p.PTS != want*time.Millisecond || p.DTS != p.PTS || !src.Epoch().Equal(begin) {
			t.Errorf("packet %d: %+v, %v; want it at %d ms of %v", i, p, err, want, begin)
		}
	}
	if _, err := src.Read(); !errors.Is(err, io.EOF) {
		t.Errorf("the end is %v", err)
	}
}

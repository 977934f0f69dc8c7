package peer

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"kinora/internal/hostile"
	"kinora/internal/leak"
	"kinora/signaling"
)

// roughWay is a way to a TURN server that is as bad as a test sets it, and the options of who calls by it alone.
func roughWay(t *testing.T) (*hostile.Packets, Options) {
	url, _ := startTURN(t, "udp", "127.0.0.1:0", nil)
	address, _, _ := strings.Cut(strings.TrimPrefix(url, "turn:"), "?")
	way, err := hostile.ListenPackets(address, 1)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := way.Close(); err != nil {
			t.Error(err)
		}
	})
	return way, Options{Relay: true, Servers: func(context.Context) ([]signaling.ICEServer, error) {
		return []signaling.ICEServer{{URIs: []string{strings.Replace(url, address, way.Addr(), 1)}, Username: "viewer", Password: "secret"}}, nil
	}}
}

// On a way that loses one packet of twenty and lets them overtake each other, pictures come whole and in order. When nothing passes
// for a while they come again, in the same call.
func TestRoughWay(t *testing.T) {
	leak.Check(t)
	way, o := roughWay(t)
	rough := hostile.Weather{Loss: 0.05, Delay: 50 * time.Millisecond, Jitter: 20 * time.Millisecond}
	way.Set(rough)
	x := &exchange{}
	viewers := x.join("one")
	var masters *end
	m := startMaster(t, x, func(o *MasterOptions) { masters = x.join(""); o.Signaling = masters })
	o.Signaling = viewers
	v := NewViewer(o)
	background(t, func(ctx context.Context) { v.Run(ctx) })
	watch(t, v, 200)
	if s := v.Stats(); s.Recovered == 0 {
		t.Errorf("nothing was sent again: %+v", s)
	}
	since := m.Seats()[0].Since
	viewers.away.Store(true)
	way.Set(hostile.Weather{Cut: true})
	until(t, "both sides want signaling", func() bool { return viewers.hurries.Load() > 0 && masters.hurries.Load() > 0 })
	viewers.away.Store(false)
	until(t, "another way is looked for", func() bool { return v.Stats().Restarts > 0 })
	way.Set(rough)
	before := v.Stats().Frames
	until(t, "pictures come again", func() bool { return v.Stats().Frames > before+50 })
	if seats := m.Seats(); len(seats) != 1 || !seats[0].Since.Equal(since) {
		t.Errorf("seats %+v, want the same call", seats)
	}
}

// Who is sent away while nothing passes knows it when the way is looked for again.
func TestLostGoodbye(t *testing.T) {
	leak.Check(t)
	way, o := roughWay(t)
	x := &exchange{}
	m := startMaster(t, x, nil)
	o.Signaling = x.join("one")
	v := NewViewer(o)
	ended := make(chan error, 1)
	background(t, func(ctx context.Context) { ended <- v.Run(ctx) })
	watch(t, v, 10)
	way.Set(hostile.Weather{Cut: true})
	m.Kick("one")
	until(t, "the seat is empty", func() bool { return len(m.Seats()) == 0 })
	way.Set(hostile.Weather{})
	if err := receive(t, ended); !errors.Is(err, ErrHungUp) {
		t.Errorf("the call ended with %v", err)
	}
}

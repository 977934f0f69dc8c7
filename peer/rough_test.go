package peer

import (
	"context"
	"strings"
	"testing"
	"time"

	"kinora/internal/hostile"
	"kinora/internal/leak"
	"kinora/signaling"
)

// On a way that loses one packet of twenty and lets them overtake each other, pictures come whole and in order. When nothing passes
// for a while they come again, in the same call.
func TestRoughWay(t *testing.T) {
	leak.Check(t)
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
	servers := func(context.Context) ([]signaling.ICEServer, error) {
		return []signaling.ICEServer{{URIs: []string{strings.Replace(url, address, way.Addr(), 1)}, Username: "viewer", Password: "secret"}}, nil
	}
	rough := hostile.Weather{Loss: 0.05, Delay: 50 * time.Millisecond, Jitter: 20 * time.Millisecond}
	way.Set(rough)
	x := &exchange{}
	viewers := x.join("one")
	var masters *end
	m := startMaster(t, x, func(o *MasterOptions) { masters = x.join(""); o.Signaling = masters })
	v := NewViewer(Options{Signaling: viewers, Servers: servers, Relay: true})
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

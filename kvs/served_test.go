package kvs

import (
	"context"
	"testing"
	"time"

	"kinora/media"
)

// served is a source of packets with the service's zero at each.
type served struct {
	media.Source
	packets []*media.Packet
	zeros   []time.Time
	n       int
}

func (s *served) Epoch() time.Time { return testEpoch }

func (s *served) Served() time.Time { return s.zeros[max(s.n-1, 0)] }

func (s *served) Read() (*media.Packet, error) {
	p := *s.packets[s.n]
	s.n++
	return &p, nil
}

func TestTheServersTime(t *testing.T) {
	right, later := testEpoch.Add(time.Hour), testEpoch.Add(2*time.Hour)
	s := &served{
		packets: []*media.Packet{{PTS: 0}, {PTS: time.Second}, {PTS: time.Minute, Discontinuity: true}, {PTS: 2 * time.Minute}},
		zeros:   []time.Time{right, right, later, later},
	}
	src, err := ByServerTime(func(context.Context) (media.Source, error) { return s, nil })(t.Context())
	check(t, err)
	for i, want := range []time.Time{right, right.Add(time.Second), later.Add(time.Minute), later.Add(2 * time.Minute)} {
		p, err := src.Read()
		check(t, err)
		if got := src.Epoch().Add(p.PTS); !got.Equal(want) {
			t.Errorf("packet %d is of %v, want %v", i, got, want)
		}
	}
	unknown := &served{packets: []*media.Packet{{PTS: time.Second}}, zeros: []time.Time{{}}}
	src, err = ByServerTime(func(context.Context) (media.Source, error) { return unknown, nil })(t.Context())
	check(t, err)
	if p, err := src.Read(); err != nil || !src.Epoch().Add(p.PTS).Equal(testEpoch.Add(time.Second)) {
		t.Errorf("a source that does not know it: %v, %v", p, err)
	}
}

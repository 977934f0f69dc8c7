package kvs

import (
	"slices"
	"testing"
	"time"

	"kinora/media"
	"kinora/mkv"
)

// What is known of the fragment that has come whole last is known to all who share the read of a stream, by their clocks.
func TestNewestWholeFragment(t *testing.T) {
	s, c := newService(t)
	s.serve("/getMedia", chunks(t, chunk{number: 1}, chunk{number: 2, producer: time.Second, tags: []mkv.Tag{{Name: "operator", Value: "Ada"}}},
		chunk{number: 3, producer: 2 * time.Second, cut: true}))
	for name, o := range map[string]struct {
		open  media.Opener
		start time.Duration
	}{
		"alone":         {c.Live("cam"), time.Second},
		"shared":        {NewHub(c.Live).Live("cam"), time.Second},
		"server's time": {ByServerTime(NewHub(c.Live).Live("cam")), 2 * time.Second},
	} {
		src := open(t, o.open)
		if _, err := src.Read(); err != nil {
			t.Fatal(err)
		}
		if packets, err := read(t, src); err == nil || packets == "" {
			t.Fatalf("%s: packets %q, %v", name, packets, err)
		}
		f := src.(media.Fragmented).Newest()
		if f == nil || f.Number != "2" || f.Length != 500*time.Millisecond || f.Size != 10 || len(f.Tracks) != 1 || len(f.Packets) != 0 {
			t.Fatalf("%s: the newest whole fragment is %+v", name, f)
		}
		if !f.Start.Equal(testEpoch.Add(o.start)) || !f.Producer.Equal(testEpoch.Add(time.Second)) || !f.Server.Equal(testEpoch.Add(2*time.Second)) {
			t.Errorf("%s: it is of %v, %v and %v", name, f.Start, f.Producer, f.Server)
		}
		if !slices.Equal(f.Tags, []media.Tag{{Name: "operator", Value: "Ada"}}) {
			t.Errorf("%s: its tags are %v", name, f.Tags)
		}
		check(t, src.Close())
	}
}

// Before the first fragment has come whole there is none.
func TestNoWholeFragment(t *testing.T) {
	s, c := newService(t)
	s.serve("/getMedia", chunks(t, chunk{number: 1, cut: true}))
	for name, o := range map[string]media.Opener{"alone": c.Live("cam"), "shared": ByServerTime(NewHub(c.Live).Live("cam"))} {
		src := open(t, o)
		if packets, err := read(t, src); err == nil || packets == "" {
			t.Fatalf("%s: packets %q, %v", name, packets, err)
		}
		if f := src.(media.Fragmented).Newest(); f != nil {
			t.Errorf("%s: the newest whole fragment is %+v", name, f)
		}
		check(t, src.Close())
	}
}

package upload

import (
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"kinora/mkv"
)

// Viewers see now while the past fills in, with one connection at a time and with two.
func TestLiveFirst(t *testing.T) {
	for _, connections := range []int{1, 2} {
		s := &service{retention: true, speed: 40_000, limit: connections}
		inBubble(t, s, func(r *rig) {
			r.o.Connections = connections
			old := r.record(1000) // 10 kB each
			old.fragments(20, false)
			old.end()
			k := r.record(1000) // a quarter of the line
			k.fragment(true)
			r.run()
			run := time.Now()
			k.fragments(15, true)
			k.end()
			r.drain(time.Minute)
			r.stored(old.expect(count(20)...) + " " + k.expect(count(16)...))
			// Taking turns costs the live edge a fragment's length, a little more for what it catches up with.
			allowed := time.Second
			if connections == 1 {
				allowed = 3 * time.Second
			}
			for n := 2; n <= 15; n++ {
				if late := s.started(k.name(n)).Sub(k.epoch.Add(time.Duration(n-1) * time.Second)); late > allowed {
					t.Errorf("%d connections: fragment %d came %v late", connections, n, late)
				}
			}
			for _, p := range s.arrived() {
				if strings.HasPrefix(p.name, "2/") {
					if late := p.at.Sub(run); late > time.Second {
						t.Errorf("%d connections: the live edge came after %v", connections, late)
					}
					break
				}
			}
			if last := s.started(old.name(20)).Sub(r.start); last > 16*time.Second {
				t.Errorf("%d connections: the last of the backlog came after %v; arrived %s", connections, last, names(s.arrived()))
			}
			if s.most > connections {
				t.Errorf("%d connections at a time, want %d", s.most, connections)
			}
		})
	}
}

// The live edge is there within two seconds of the network's return.
func TestLiveEdgeAfterAnOutage(t *testing.T) {
	for _, connections := range []int{1, 2} {
		var down atomic.Bool
		s := &service{retention: true, speed: 100_000}
		s.refuse = func(int) error {
			if down.Load() {
				return errCut
			}
			return nil
		}
		s.event = func(int, mkv.Event, func(Ack)) error {
			if down.Load() {
				return errCut
			}
			return nil
		}
		inBubble(t, s, func(r *rig) {
			r.o.Connections, r.o.Stored = connections, s.list
			r.run()
			k := r.record(500)
			k.fragments(5, true)
			down.Store(true)
			k.fragments(60, true)
			if st := r.u.State(); st.Phase != Offline || st.Err == nil || st.Behind < 50*time.Second || st.Live < 50*time.Second {
				t.Errorf("state %+v", st)
			}
			down.Store(false)
			back := time.Now()
			k.fragments(10, true)
			// Fragment 66 begins to be recorded when the network is back; what arrives first must be it or a later one.
			seen := time.Time{}
			for _, p := range s.arrived() {
				if p.at.After(back) && p.name >= k.name(66) && seen.IsZero() {
					seen = p.at
				}
			}
			if seen.IsZero() || seen.Sub(back) > 2*time.Second {
				t.Errorf("%d connections: the live edge came %v after the network", connections, seen.Sub(back))
			}
			k.end()
			r.drain(time.Minute)
			r.stored(k.expect(count(75)...))
			if st := r.u.State(); st.Err != nil || st.Reconnects == 0 {
				t.Errorf("state %+v", st)
			}
		})
	}
}

// A live edge that the line cannot carry skips, and what it skipped comes later.
func TestLiveEdgeSkips(t *testing.T) {
	s := &service{retention: true, speed: 6000}
	inBubble(t, s, func(r *rig) {
		r.o.Connections = 2
		r.run()
		k := r.record(1000)
		k.fragments(40, true)
		begun := len(s.arrived())
		newest := s.arrived()[0].name
		for _, p := range s.arrived() {
			newest = max(newest, p.name)
		}
		if newest < k.name(30) {
			t.Errorf("after 40 s the newest of %d that began to arrive is %s", begun, newest)
		}
		k.end()
		r.drain(3 * time.Minute)
		r.stored(k.expect(count(40)...))
	})
}

func TestSecondConnectionIsRefused(t *testing.T) {
	s := &service{retention: true, limit: 1, speed: 40_000}
	inBubble(t, s, func(r *rig) {
		r.o.Connections = 2
		r.o.Classify = func(error) Class { return Busy }
		old := r.record(1000)
		old.fragments(20, false)
		old.end()
		r.run()
		k := r.record(500)
		k.fragments(20, true)
		k.end()
		r.drain(time.Minute)
		r.stored(old.expect(count(20)...) + " " + k.expect(count(20)...))
		if s.tried() > 60 {
			t.Errorf("%d connections were tried", s.tried())
		}
	})
}

func TestInOrder(t *testing.T) {
	s := &service{retention: true, speed: 40_000}
	inBubble(t, s, func(r *rig) {
		r.o.Order, r.o.Connections = InOrder, 2
		old := r.record(1000)
		old.fragments(10, false)
		old.end()
		k := r.record(1000)
		k.fragment(true)
		r.run()
		k.fragments(8, true)
		k.end()
		r.drain(time.Minute)
		var got []string
		for _, p := range s.stored {
			got = append(got, p.name)
		}
		if want := old.expect(count(10)...) + " " + k.expect(count(9)...); strings.Join(got, " ") != want {
			t.Errorf("stored %v, want %s", got, want)
		}
	})
}

// The backlog gets what the live edge leaves of the line.
func TestBacklogUsesTheLine(t *testing.T) {
	s := &service{retention: true, speed: 50_000}
	inBubble(t, s, func(r *rig) {
		old := r.record(5000) // 50 kB each
		old.fragments(60, false)
		old.end()
		r.run()
		r.drain(75 * time.Second) // 60 s at line speed, 75 s at 80 % of it
	})
}

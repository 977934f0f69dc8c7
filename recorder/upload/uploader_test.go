package upload

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/time/rate"

	"kinora/mkv"
)

func TestBacklogGoesInOrderOnOneConnection(t *testing.T) {
	s := &service{retention: true}
	inBubble(t, s, func(r *rig) {
		k := r.record(100)
		k.fragments(5, false)
		k.end()
		r.run()
		r.drain(time.Minute)
		r.quit()
		if got, want := s.names(), "0:1/000001 0:1/000002 0:1/000003 0:1/000004 0:1/000005"; got != want {
			t.Errorf("stored %s, want %s", got, want)
		}
		if st := r.u.State(); st.Phase != Idle || st.Backlog != 0 || st.Behind != 0 || st.Reconnects != 0 {
			t.Errorf("state %+v", st)
		}
		if f := k.k.Figures(); f.Persisted != f.Captured || f.Fragments != 0 {
			t.Errorf("figures %+v", f)
		}
	})
}

// Frames of a fragment are on their way before the fragment is complete.
func TestFrameLeavesAtOnce(t *testing.T) {
	for _, order := range []Order{LiveFirst, InOrder} {
		frames := 0
		s := &service{retention: true}
		s.event = func(_ int, e mkv.Event, _ func(Ack)) error {
			if e.Kind == mkv.Frame {
				frames++
			}
			return nil
		}
		inBubble(t, s, func(r *rig) {
			r.o.Order = order
			r.run()
			k := r.record(100)
			go func() {
				time.Sleep(1050 * time.Millisecond)
				synctest.Wait()
				if frames != 11 {
					t.Errorf("%d frames have arrived, want 11", frames)
				}
				if st := r.u.State(); st.Phase != Uploading || st.Live != 0 {
					t.Errorf("state %+v", st)
				}
			}()
			k.fragments(3, true)
			k.end()
			r.drain(time.Minute)
			r.stored(k.expect(count(3)...))
			if s.tried() != 1 {
				t.Errorf("%d connections, want 1", s.tried())
			}
		})
	}
}

func TestNewHeadNeedsNewConnection(t *testing.T) {
	s := &service{retention: true}
	inBubble(t, s, func(r *rig) {
		for range 2 {
			k := r.record(100)
			k.fragments(2, false)
			k.end()
			time.Sleep(time.Second)
		}
		r.run()
		r.drain(time.Minute)
		if got, want := names(s.arrived()), "0:1/000001 0:1/000002 1:2/000001 1:2/000002"; got != want {
			t.Errorf("stored %s, want %s", got, want)
		}
		if took := time.Since(r.start); took > 3*time.Second {
			t.Errorf("it took %v: there was a pause between the connections", took)
		}
	})
}

// The next connection is made while the old one's acknowledgements are awaited.
func TestRotation(t *testing.T) {
	for _, order := range []Order{LiveFirst, InOrder} {
		s := &service{retention: true}
		inBubble(t, s, func(r *rig) {
			s.answer = func(p piece, ack func(Ack)) error {
				ack(Ack{Type: Received, Timecode: p.timecode})
				if p.name == "1/000004" {
					time.Sleep(3 * time.Second)
				}
				s.store(p)
				ack(Ack{Type: Persisted, Timecode: p.timecode})
				return nil
			}
			r.o.Order, r.o.MaxConnection = order, 3500*time.Millisecond
			r.run()
			k := r.record(100)
			k.fragments(7, true)
			k.end()
			r.drain(time.Minute)
			r.stored(k.expect(count(7)...))
			if s.most != 2 || s.tried() != 2 {
				t.Errorf("%d connections, %d at a time, want 2 and 2", s.tried(), s.most)
			}
			if late := s.started("1/000005").Sub(k.epoch.Add(4 * time.Second)); late > 50*time.Millisecond {
				t.Errorf("the first fragment of the second connection came %v late", late)
			}
		})
	}
}

func TestPauseAndResume(t *testing.T) {
	s := &service{retention: true}
	inBubble(t, s, func(r *rig) {
		r.run()
		r.u.Pause("a metered network")
		k := r.record(100)
		k.fragments(3, true)
		if s.tried() != 0 {
			t.Error("something was sent in a pause")
		}
		if st := r.u.State(); st.Phase != Paused || st.Pause != "a metered network" || st.Behind < 2*time.Second || st.Oldest.IsZero() {
			t.Errorf("state %+v", st)
		}
		r.u.Resume()
		k.fragments(2, true)
		r.u.Pause("by hand")
		k.fragments(5, true)
		n := len(s.arrived())
		k.fragments(5, true)
		if len(s.arrived()) != n {
			t.Error("something was sent in the second pause")
		}
		k.end()
		r.u.Resume()
		r.drain(time.Minute)
		r.stored(k.expect(count(15)...))
	})
}

// A pause that is over at once costs no connection.
func TestShortPause(t *testing.T) {
	s := &service{retention: true}
	inBubble(t, s, func(r *rig) {
		r.run()
		k := r.record(100)
		k.frames = 80 // eight seconds
		go func() {
			time.Sleep(time.Second)
			r.u.Pause("")
			time.Sleep(time.Second)
			r.u.Resume()
		}()
		k.fragment(true)
		k.end()
		r.drain(time.Minute)
		r.stored(k.expect(1))
		if s.tried() != 1 {
			t.Errorf("%d connections, want 1", s.tried())
		}
	})
}

func TestLimit(t *testing.T) {
	s := &service{retention: true}
	inBubble(t, s, func(r *rig) {
		r.o.Limit = rate.NewLimiter(50_000, 32<<10)
		k := r.record(5000)
		k.fragments(20, false) // a megabyte
		k.end()
		r.run()
		begun := time.Now()
		time.Sleep(10 * time.Second)
		if st := r.u.State(); st.Rate < 350_000 || st.Rate > 450_000 || st.ETA < 5*time.Second || st.ETA > 15*time.Second {
			t.Errorf("rate %.0f, ETA %v, want 400000 and about 10 s", st.Rate, st.ETA)
		}
		r.drain(time.Minute)
		if took := time.Since(begun); took < 18*time.Second || took > 22*time.Second {
			t.Errorf("a megabyte took %v at 50 kB/s", took)
		}
		r.stored(k.expect(count(20)...))
	})
}

func TestDrainSaysWhatIsLeft(t *testing.T) {
	s := &service{refuse: func(int) error { return errCut }}
	inBubble(t, s, func(r *rig) {
		k := r.record(100)
		k.fragments(3, false)
		k.end()
		r.run()
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		err := r.u.Drain(ctx)
		if err == nil || !strings.Contains(err.Error(), "3 fragments") || !strings.Contains(err.Error(), errCut.Error()) {
			t.Errorf("drained: %v", err)
		}
	})
}

func TestSetOrderWhileRecording(t *testing.T) {
	s := &service{retention: true, speed: 20_000}
	inBubble(t, s, func(r *rig) {
		r.o.Connections = 2
		old := r.record(1000)
		old.fragments(30, false)
		old.end()
		r.run()
		k := r.record(500)
		k.fragments(4, true)
		r.u.SetOrder(InOrder)
		k.fragments(4, true)
		r.u.SetOrder(LiveFirst)
		k.fragments(4, true)
		k.end()
		r.drain(2 * time.Minute)
		r.stored(old.expect(count(30)...) + " " + k.expect(count(12)...))
	})
}

func TestStreamThatKeepsNothing(t *testing.T) {
	for name, keepsFunc := range map[string]func(context.Context) (bool, error){
		"learned": nil,
		"told":    func(context.Context) (bool, error) { return false, nil },
		"untold":  func(context.Context) (bool, error) { return false, errCut },
	} {
		t.Run(name, func(t *testing.T) {
			s := &service{}
			inBubble(t, s, func(r *rig) {
				r.o.Keeps = keepsFunc
				r.o.Classify = func(error) Class { return Busy }
				r.run()
				k := r.record(100)
				k.fragments(15, true)
				if w := r.u.waiting(); w.fragments > 2 {
					t.Errorf("%d fragments wait", w.fragments)
				}
				k.end()
				r.drain(time.Minute)
				r.stored(k.expect(count(15)...))
			})
		})
	}
}

// A recording may be shorter than the answer to whether its stream keeps it takes. The question stands all the same.
func TestStreamThatKeepsNothingIsToldLate(t *testing.T) {
	inBubble(t, &service{}, func(r *rig) {
		began := time.Now()
		r.o.Keeps = func(context.Context) (bool, error) {
			if time.Since(began) < 5*time.Second {
				return false, errCut
			}
			return false, nil
		}
		r.o.Classify = func(error) Class { return Network }
		k := r.record(100)
		k.fragments(1, false)
		k.end()
		r.run()
		r.drain(10 * time.Second)
		if s := r.u.State(); s.Err != nil || s.Phase != Idle {
			t.Errorf("state %+v once all is safe", s)
		}
	})
}

func TestReceivedIsNotEnoughWhereItIsKept(t *testing.T) {
	s := &service{answer: func(p piece, ack func(Ack)) error { ack(Ack{Type: Received, Timecode: p.timecode}); return nil }}
	inBubble(t, s, func(r *rig) {
		r.o.Keeps = func(context.Context) (bool, error) { return true, nil }
		k := r.record(100)
		k.fragments(15, false)
		k.end()
		r.run()
		time.Sleep(2 * time.Minute)
		if w := r.u.waiting(); w.fragments != 15 {
			t.Errorf("%d fragments wait, want all 15", w.fragments)
		}
	})
}

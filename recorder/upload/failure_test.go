package upload

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"kinora/mkv"
)

func TestEveryErrorID(t *testing.T) {
	for id := range refusals {
		for _, named := range []bool{true, false} {
			t.Run(fmt.Sprint(id, named), func(t *testing.T) { testErrorID(t, id, named) })
		}
	}
	t.Run("4099 unknown", func(t *testing.T) { testErrorID(t, 4099, true) })
}

// testErrorID refuses the third of five fragments: for ever when that is the fragment's fault, and once otherwise.
func testErrorID(t *testing.T, id int, named bool) {
	what := meaning(id).action
	fault := what == skip || what == suspect
	s := &service{retention: true}
	refused := 0
	s.event = func(_ int, e mkv.Event, ack func(Ack)) error {
		if e.Kind != mkv.Start || !slices.ContainsFunc(e.Tags, func(t mkv.Tag) bool { return t.Value == "1/000003" }) || !fault && refused > 0 {
			return nil
		}
		refused++
		a := Ack{Type: Error, Timecode: -1, ErrorID: id, ErrorCode: "CODE"}
		if named {
			a.Timecode = int64(e.Timecode)
		}
		ack(a)
		return errCut
	}
	inBubble(t, s, func(r *rig) {
		r.o.Stored = s.list
		type rejected struct {
			at time.Time
			id int
		}
		told := make(chan rejected, 10)
		r.o.Rejected = func(at time.Time, id int) { told <- rejected{at, id} }
		k := r.record(100)
		k.fragments(5, false)
		k.end()
		r.run()
		if what == hold {
			time.Sleep(10 * time.Second)
			st := r.u.State()
			if st.Phase != Held || st.Class != Refused || st.Err == nil || !strings.Contains(st.Err.Error(), fmt.Sprint(id)) || st.NextTry.IsZero() {
				t.Errorf("state %+v", st)
			}
			r.u.Retry()
		}
		r.drain(time.Minute)
		if !fault {
			r.stored(k.expect(count(5)...))
			if len(told) > 0 {
				t.Errorf("a fragment that is stored is said to be rejected: %+v", <-told)
			}
			return
		}
		r.stored(k.expect(1, 2, 4, 5))
		list := k.k.Rejections()
		if len(list) != 1 || list[0].Number != 3 || !strings.Contains(list[0].Reason, meaning(id).reason) {
			t.Errorf("in quarantine: %+v", list)
		}
		if len(told) != 1 {
			t.Errorf("%d are said to be rejected", len(told))
		} else if x := <-told; x.id != id || !x.at.Equal(list[0].At) {
			t.Errorf("what is rejected is said to be %+v, want that of %v", x, list[0].At)
		}
		if st := r.u.State(); st.Rejected != 1 || refused > 4 {
			t.Errorf("%d rejected after %d refusals", st.Rejected, refused)
		}
	})
}

// The network takes the connection and everything that is sent, and nothing comes back.
func TestHalfOpenConnectionIsGivenUp(t *testing.T) {
	for name, prepare := range map[string]func(*service){
		"reads nothing": func(s *service) { s.silent = true },
		"answers nothing": func(s *service) {
			s.answer = func(piece, func(Ack)) error { return nil }
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := &service{retention: true}
			prepare(s)
			inBubble(t, s, func(r *rig) {
				r.o.Stored = s.list
				r.o.Keeps = func(context.Context) (bool, error) { return true, nil }
				r.run()
				k := r.record(100)
				k.fragments(3, true)
				s.mu.Lock()
				s.silent, s.answer = false, nil
				s.mu.Unlock()
				k.fragments(20, true)
				k.end()
				r.drain(time.Minute)
				r.stored(k.expect(count(23)...))
			})
		})
	}
}

// What was stored without its acknowledgement having arrived is not sent again, after a cut and after a crash.
func TestExactlyOnce(t *testing.T) {
	for _, crash := range []bool{false, true} {
		s := &service{retention: true}
		lost := 0
		s.answer = func(p piece, ack func(Ack)) error {
			ack(Ack{Type: Received, Timecode: p.timecode})
			s.store(p)
			if p.name >= "1/000003" && p.name <= "1/000005" && lost < 3 {
				if lost++; lost == 3 {
					return errCut
				}
				return nil
			}
			ack(Ack{Type: Persisted, Timecode: p.timecode})
			return nil
		}
		inBubble(t, s, func(r *rig) {
			r.o.Order, r.o.Stored = InOrder, s.list
			k := r.record(100)
			k.fragments(5, false)
			k.end()
			if crash {
				s.refuse = func(conn int) error {
					if conn > 0 && r.takes == 1 {
						return errCut
					}
					return nil
				}
			}
			r.run()
			if crash {
				time.Sleep(500 * time.Millisecond)
				r.quit()
				r.closeSpool()
				r.takes = 2
				r.openSpool()
				r.run()
			}
			r.drain(time.Minute)
			r.stored(k.expect(count(5)...))
			if st := r.u.State(); st.Repeats != 3 {
				t.Errorf("crash %v: %d repeats, want 3", crash, st.Repeats)
			}
		})
	}
}

// What the service lists leaves the last frame's duration out, and that is long with a slow camera. What lacks a frame is a piece.
func TestRepeatsOfASlowCamera(t *testing.T) {
	for _, missing := range []time.Duration{0, time.Second} {
		s := &service{retention: true}
		cut := false
		s.answer = func(p piece, ack func(Ack)) error {
			ack(Ack{Type: Received, Timecode: p.timecode})
			s.store(p)
			if !cut && p.name == "1/000003" {
				cut = true
				return errCut
			}
			if cut {
				ack(Ack{Type: Persisted, Timecode: p.timecode})
			}
			return nil
		}
		inBubble(t, s, func(r *rig) {
			r.o.Order = InOrder
			r.o.Stored = func(ctx context.Context, from, to time.Time) ([]Stored, error) {
				list, err := s.list(ctx, from, to)
				for i := range list {
					list[i].Length -= missing
				}
				return list, err
			}
			k := r.record(100)
			k.frames, k.step = 3, time.Second
			k.fragments(5, false)
			k.end()
			r.run()
			r.drain(time.Minute)
			want := 3
			if missing > 0 {
				want = 0
			}
			if st := r.u.State(); st.Repeats != want {
				t.Errorf("%v missing: %d repeats, want %d; stored %s", missing, st.Repeats, want, s.names())
			}
		})
	}
}

// An outage of hours is a few lines of the log: its beginning, another reason, its end.
func TestOutageIsLoggedOnce(t *testing.T) {
	failures := 0
	s := &service{retention: true}
	s.refuse = func(int) error {
		if failures++; failures > 2000 {
			return nil
		}
		if failures > 1000 {
			return fmt.Errorf("no route from port %d", failures)
		}
		return errCut
	}
	inBubble(t, s, func(r *rig) {
		var log strings.Builder
		r.o.Log = slog.New(slog.NewTextHandler(&log, nil))
		k := r.record(100)
		k.fragments(3, false)
		k.end()
		r.run()
		r.drain(time.Hour)
		r.quit()
		lines := strings.Count(log.String(), "\n")
		if first, _, _ := strings.Cut(log.String(), "\n"); !strings.Contains(first, errCut.Error()) || lines > 20 {
			t.Errorf("%d lines, the first %q", lines, first)
		}
		if !strings.Contains(log.String(), "stores again") || !strings.Contains(log.String(), "attempts=2000") {
			t.Errorf("nothing about the end in\n%s", log.String())
		}
	})
}

// A file that somebody removed or cut short is accounted for, and does not keep the others from being sent.
func TestFileThatCannotBeRead(t *testing.T) {
	for name, damage := range map[string]func(path string) error{
		"removed":   os.Remove,
		"cut short": func(path string) error { return os.Truncate(path, 300) },
	} {
		t.Run(name, func(t *testing.T) {
			s := &service{retention: true}
			inBubble(t, s, func(r *rig) {
				k := r.record(100)
				k.fragments(5, false)
				k.end()
				files, err := filepath.Glob(filepath.Join(r.dir, "*", "*", "*", "000003.mkv"))
				if err != nil || len(files) != 1 {
					t.Fatal(files, err)
				}
				if err := damage(files[0]); err != nil {
					t.Fatal(err)
				}
				r.run()
				r.drain(time.Minute)
				r.stored(k.expect(1, 2, 4, 5))
				if list := k.k.Rejections(); len(list) != 1 || list[0].Number != 3 || !strings.Contains(list[0].Reason, "this disk") {
					t.Errorf("in quarantine: %+v", list)
				}
				if s.tried() > 5 {
					t.Errorf("%d connections", s.tried())
				}
			})
		})
	}
}

func TestStrangeAcknowledgements(t *testing.T) {
	s := &service{}
	s.answer = func(p piece, ack func(Ack)) error {
		ack(Ack{Type: Persisted, Timecode: 7})
		ack(Ack{Type: Received, Timecode: p.timecode + 1000}) // perhaps not even sent
		s.store(p)
		ack(Ack{Type: Persisted, Timecode: p.timecode})
		ack(Ack{Type: Persisted, Timecode: p.timecode})
		ack(Ack{Type: Received, Timecode: p.timecode})
		ack(Ack{Type: Waiting})
		return nil
	}
	inBubble(t, s, func(r *rig) {
		r.run()
		k := r.record(100)
		k.fragments(10, true)
		k.end()
		r.drain(time.Minute)
		r.stored(k.expect(count(10)...))
		if st := r.u.State(); st.Strays < 30 || st.Repeats != 0 {
			t.Errorf("state %+v", st)
		}
	})
}

// Seldom is tried what only a person can help with, and often what passes.
func TestPauses(t *testing.T) {
	for class, bounds := range map[Class][2]int{Network: {60, 300}, Busy: {5, 15}, Reauthenticate: {4, 6}, Refused: {2, 3}} {
		s := &service{refuse: func(int) error { return errCut }}
		inBubble(t, s, func(r *rig) {
			r.o.Classify = func(error) Class { return class }
			k := r.record(100)
			k.fragment(false)
			k.end()
			r.run()
			time.Sleep(100 * time.Second)
			if s.tried() < bounds[0] || s.tried() > bounds[1] {
				t.Errorf("class %d: %d attempts in 100 s, want %v", class, s.tried(), bounds)
			}
			before := s.tried()
			r.u.Retry()
			time.Sleep(time.Millisecond)
			if s.tried() == before {
				t.Errorf("class %d: Retry did not end the wait", class)
			}
		})
	}
}

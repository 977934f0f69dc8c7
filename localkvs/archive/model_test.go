package archive

import (
	"cmp"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"kinora/mkv"
)

// model is the simplest thing that answers like a stream: a list of fragments in order of their numbers.
type model struct {
	hours     int
	fragments []*Fragment
}

func (m *model) shown(now time.Time) []*Fragment {
	cutoff := now.Add(-time.Duration(m.hours) * time.Hour)
	var shown []*Fragment
	for _, f := range m.fragments {
		if m.hours > 0 && !f.Server.Before(cutoff) {
			shown = append(shown, f)
		}
	}
	return shown
}

// add takes f, and drops the one of which f is another copy.
func (m *model) add(f *Fragment) {
	m.fragments = slices.DeleteFunc(m.fragments, func(o *Fragment) bool { return f.repeats(o) })
	m.fragments = append(m.fragments, f)
	slices.SortFunc(m.fragments, func(a, b *Fragment) int { return a.Number.Compare(b.Number) })
}

// repeats tells whether two fragments are copies of one.
func (f *Fragment) repeats(o *Fragment) bool {
	take := TakeOf(f.Tags)
	return take != "" && take == TakeOf(o.Tags) && f.Producer.UnixMilli() == o.Producer.UnixMilli()
}

func timeOn(c Clock, f *Fragment) time.Time {
	if c == ServerTime {
		return f.Server
	}
	return f.Producer
}

func TestAnswersLikeTheModel(t *testing.T) {
	outer := t
	rapid.Check(t, func(t *rapid.T) {
		r := newRig(outer)
		r.options.SegmentSize = 4000
		r.run()
		defer r.stop()
		models := map[string]*model{}
		names := rapid.SampledFrom([]string{"door", "yard"})
		hours := rapid.IntRange(0, 48)
		spread := rapid.IntRange(-7200_000, 7200_000) // ms
		pick := func(t *rapid.T) (*Stream, *model) {
			name := names.Draw(t, "stream")
			m := models[name]
			if m == nil {
				m = &model{hours: rapid.IntRange(1, 48).Draw(t, "hours")}
				if _, err := r.Create(Meta{Name: name, RetentionHours: m.hours}); err != nil {
					t.Fatal(err)
				}
				models[name] = m
			}
			s, ok := r.Lookup(name)
			if !ok {
				t.Fatalf("stream %s is lost", name)
			}
			return s, m
		}
		moment := func(t *rapid.T) time.Time {
			return r.clock.Now().Add(-time.Duration(spread.Draw(t, "before now")) * time.Millisecond)
		}
		agree := func(t *rapid.T, e Entry, ok bool, err error, want *Fragment) {
			switch {
			case err != nil:
				t.Fatal(err)
			case ok != (want != nil):
				t.Fatalf("found is %v, expected %+v", ok, want)
			case ok && e.Number != want.Number:
				t.Fatalf("it is %s, not %s", e.Number, want.Number)
			}
		}
		t.Repeat(map[string]func(*rapid.T){
			"create": func(t *rapid.T) {
				name, h := names.Draw(t, "stream"), hours.Draw(t, "hours")
				_, err := r.Create(Meta{Name: name, RetentionHours: h})
				if models[name] != nil {
					if !errors.Is(err, ErrExists) {
						t.Fatalf("creating an existing stream: %v", err)
					}
					return
				}
				if err != nil {
					t.Fatal(err)
				}
				models[name] = &model{hours: h}
			},
			"delete": func(t *rapid.T) {
				s, _ := pick(t)
				if err := r.Delete(s); err != nil {
					t.Fatal(err)
				}
				delete(models, s.name)
			},
			"append": func(t *rapid.T) {
				s, m := pick(t)
				var batch []*Fragment
				for range rapid.IntRange(1, 4).Draw(t, "count") {
					f := fragmentAt(s, r.clock.Now(), rapid.IntRange(0, 3000).Draw(t, "size"))
					f.Producer = moment(t).Truncate(time.Millisecond)
					f.Server = f.Server.Add(-time.Duration(rapid.IntRange(0, 5_000_000).Draw(t, "late")) * time.Millisecond)
					batch = append(batch, f)
				}
				slices.Reverse(batch) // connections need not finish in the order in which they began
				for _, f := range batch {
					err := s.Append(outer.Context(), f)
					if m.hours == 0 {
						if !errors.Is(err, ErrNoRetention) {
							t.Fatalf("appending without retention: %v", err)
						}
						continue
					}
					if err != nil {
						t.Fatal(err)
					}
					m.add(f)
					if !slices.Contains(m.shown(r.clock.Now()), f) {
						continue // expired, and perhaps dropped already: its number is free again
					}
					if err := s.Append(outer.Context(), f); !errors.Is(err, ErrExists) {
						t.Fatalf("appending it twice: %v", err)
					}
				}
			},
			"append takes": func(t *rapid.T) {
				s, m := pick(t)
				if m.hours == 0 {
					return
				}
				for range rapid.IntRange(1, 6).Draw(t, "count") {
					f := fragmentAt(s, r.clock.Now(), rapid.IntRange(0, 2).Draw(t, "bytes"))
					f.Tags = []mkv.Tag{{Name: mkv.Take, Value: rapid.SampledFrom([]string{"a/1", "a/2", "b/1"}).Draw(t, "take")}}
					f.Producer = epoch.Add(time.Duration(rapid.IntRange(0, 2).Draw(t, "producer")) * time.Second)
					f.Frames, f.Backfill = rapid.IntRange(0, 3).Draw(t, "frames"), rapid.Bool().Draw(t, "backfill")
					shown := m.shown(r.clock.Now())
					i := slices.IndexFunc(shown, f.repeats)
					e, found, err := s.FindTake(TakeOf(f.Tags), f.Producer)
					var stored *Fragment
					if i >= 0 {
						stored = shown[i]
					}
					agree(t, e, found, err, stored)
					less := i >= 0 && (f.Frames < stored.Frames || f.Frames == stored.Frames && len(f.Cluster) <= len(stored.Cluster))
					switch err := s.Append(outer.Context(), f); {
					case less && !errors.Is(err, ErrRepeat):
						t.Fatalf("a repeat that has no more: %v", err)
					case !less && err != nil:
						t.Fatal(err)
					case !less:
						m.add(f)
					}
				}
			},
			"shorten retention": func(t *rapid.T) {
				s, m := pick(t)
				h := rapid.IntRange(0, m.hours).Draw(t, "hours")
				if err := s.Update(func(d *Meta) error { d.RetentionHours = h; return nil }); err != nil {
					t.Fatal(err)
				}
				m.hours = h
			},
			"let time pass": func(t *rapid.T) {
				r.clock.add(time.Duration(rapid.IntRange(1, 10*3600_000).Draw(t, "ms")) * time.Millisecond)
				r.tidySoon()
			},
			"reopen": func(*rapid.T) { r.reopen() },
			"rebuild": func(t *rapid.T) {
				r.stop()
				if err := os.Remove(filepath.Join(r.dir, "index.db")); err != nil {
					t.Fatal(err)
				}
				r.run()
			},
			"after, find, last": func(t *rapid.T) {
				s, m := pick(t)
				shown := m.shown(r.clock.Now())
				var last *Fragment
				if len(shown) > 0 {
					last = shown[len(shown)-1]
				}
				e, ok, err := s.Last()
				agree(t, e, ok, err, last)
				for _, f := range m.fragments {
					i := slices.IndexFunc(shown, func(g *Fragment) bool { return g.Number.Compare(f.Number) > 0 })
					e, ok, err := s.After(f.Number)
					if i < 0 {
						agree(t, e, ok, err, nil)
					} else {
						agree(t, e, ok, err, shown[i])
					}
					e, ok, err = s.Find(f.Number)
					if slices.Contains(shown, f) {
						agree(t, e, ok, err, f)
					} else {
						agree(t, e, ok, err, nil)
					}
				}
			},
			"from": func(t *rapid.T) {
				s, m := pick(t)
				c := rapid.SampledFrom([]Clock{ServerTime, ProducerTime}).Draw(t, "clock")
				at := moment(t).Add(time.Duration(rapid.IntRange(0, 999_999).Draw(t, "ns")))
				var want *Fragment
				for _, f := range m.shown(r.clock.Now()) {
					if !timeOn(c, f).Before(at) {
						want = f
						break
					}
				}
				e, ok, err := s.From(c, at)
				agree(t, e, ok, err, want)
			},
			"list": func(t *rapid.T) {
				s, m := pick(t)
				c := rapid.SampledFrom([]Clock{ServerTime, ProducerTime}).Draw(t, "clock")
				from, to := moment(t), moment(t)
				if rapid.Bool().Draw(t, "on a fragment") && len(m.fragments) > 0 { // both ends belong to the range
					from = timeOn(c, rapid.SampledFrom(m.fragments).Draw(t, "first"))
					to = timeOn(c, rapid.SampledFrom(m.fragments).Draw(t, "last"))
				}
				var want []*Fragment
				for _, f := range m.shown(r.clock.Now()) {
					if at := timeOn(c, f); !at.Before(from) && !at.After(to) {
						want = append(want, f)
					}
				}
				slices.SortStableFunc(want, func(a, b *Fragment) int { return timeOn(c, a).Compare(timeOn(c, b)) })
				limit := rapid.IntRange(1, 4).Draw(t, "limit")
				var got []Entry
				for cursor, more := (Cursor{}), true; more; {
					var page []Entry
					var err error
					page, cursor, more, err = s.List(c, from, to, cursor, limit)
					if err != nil {
						t.Fatal(err)
					}
					if len(page) > limit || more && len(page) < limit {
						t.Fatalf("a page of %d has %d entries, more is %v", limit, len(page), more)
					}
					got = append(got, page...)
					if cursor, err = ParseCursor(cursor.String()); err != nil {
						t.Fatal(err)
					}
				}
				if !slices.EqualFunc(got, want, func(e Entry, f *Fragment) bool { return e.Number == f.Number }) {
					t.Fatalf("listed %d, expected %d: %v", len(got), len(want), got)
				}
			},
			"coverage": func(t *rapid.T) { s, m := pick(t); m.coverage(t, s, r.clock.Now(), moment) },
			"tagged":   func(t *rapid.T) { s, m := pick(t); m.tagged(t, s, r.clock.Now()) },
			"": func(t *rapid.T) { // after every step
				for name, m := range models {
					s, ok := r.Lookup(name)
					if !ok {
						t.Fatalf("stream %s is lost", name)
					}
					if err := compare(s, m.shown(r.clock.Now())...); err != nil {
						t.Fatal(err)
					}
				}
				if d := r.Damage(); len(d) > 0 {
					t.Fatal(d[0])
				}
				if got := len(r.Streams()); got != len(models) || !slices.IsSortedFunc(r.Streams(), func(a, b *Stream) int { return cmp.Compare(a.name, b.name) }) {
					t.Fatalf("%d streams are listed, expected %d by name", got, len(models))
				}
			},
		})
	})
}

//go:build unix

package archive

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"syscall"
	"testing"
	"time"

	"kinora/mkv"
)

// onDisk is a rig in a directory that is not in memory.
func onDisk(b *testing.B) *rig {
	return newRigIn(b, b.TempDir())
}

// BenchmarkAppend lets 10 producers append fragments of 1 MB at the same time, without and with a take to recognise them by.
// cpu-ms/op is what the whole process used.
func BenchmarkAppend(b *testing.B) {
	b.Run("plain", func(b *testing.B) { benchmarkAppend(b, false) })
	b.Run("takes", func(b *testing.B) { benchmarkAppend(b, true) })
}

func benchmarkAppend(b *testing.B, takes bool) {
	r := onDisk(b).run()
	const producers, size = 10, 1 << 20
	streams := make([]*Stream, producers)
	for i := range streams {
		streams[i] = r.stream(fmt.Sprintf("camera-%d", i))
	}
	cluster := random(size)
	b.SetBytes(size)
	b.ReportAllocs()
	before := cpuTime(b)
	b.ResetTimer()
	var wg sync.WaitGroup
	for i, s := range streams {
		wg.Go(func() {
			for n := i; n < b.N; n += producers {
				f := &Fragment{Number: s.NextNumber(epoch, false), Server: epoch, Producer: epoch, Cluster: cluster}
				if takes {
					f.Tags = []mkv.Tag{{Name: mkv.Take, Value: fmt.Sprintf("20260504T120000Z-4f2a9c/%06d", n)}}
				}
				if err := s.Append(context.Background(), f); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	b.StopTimer()
	b.ReportMetric(float64((cpuTime(b)-before).Microseconds())/1000/float64(b.N), "cpu-ms/op")
}

func cpuTime(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func BenchmarkSeal(b *testing.B) {
	aead := newAEAD(newKey())
	f := &Fragment{Number: newNumber(1, epoch, 0), Server: epoch, Producer: epoch, Cluster: random(1 << 20)}
	buf := make([]byte, 0, recordSize(f))
	b.SetBytes(1 << 20)
	b.ReportAllocs()
	for b.Loop() {
		appendRecord(buf, aead, f, identity{})
	}
}

func BenchmarkRead(b *testing.B) {
	r := onDisk(b).run()
	s := r.stream("door")
	r.append(s, r.fragment(s, 1<<20))
	e, _, err := s.Last()
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(1 << 20)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := s.Read(e); err != nil {
			b.Fatal(err)
		}
	}
}

// fill gives a stream n entries a second apart without any log.
func fill(b *testing.B, s *Stream, n int) {
	x := s.archive.index
	for n > 0 {
		g := newSegment(s.tail.nextID)
		s.tail.nextID++
		err := x.transaction(func() error {
			for range min(n, segmentRecords) {
				n--
				at := epoch.Add(-time.Duration(n) * time.Second)
				e := Entry{Number: s.NextNumber(at, false), Server: at, Producer: at.Add(-time.Minute), segment: g.id, offset: g.end, Size: 1000}
				e.identity = s.identify("a/1", e.Producer)
				if _, _, err := x.add(s.id, &e); err != nil {
					return err
				}
				g.include(&e)
			}
			return x.put(s.id, &g)
		})
		if err != nil {
			b.Fatal(err)
		}
		s.segments = append(s.segments, g)
	}
}

func BenchmarkQuery(b *testing.B) {
	for _, n := range []int{10_000, 1_000_000} {
		r := onDisk(b)
		a, err := Open(r.dir, Options{Log: slog.New(slog.DiscardHandler), Now: r.clock.Now, Uptime: r.clock.Uptime})
		if err != nil {
			b.Fatal(err)
		}
		s, err := a.Create(Meta{Name: "door", RetentionHours: maxRetention})
		if err != nil {
			b.Fatal(err)
		}
		fill(b, s, n)
		moment := func() time.Time { return epoch.Add(-time.Duration(rand.IntN(n)) * time.Second) }
		query := func(name string, fn func() error) {
			b.Run(fmt.Sprintf("%s/%d", name, n), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					if err := fn(); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
		found := func(_ Entry, ok bool, err error) error {
			if err == nil && !ok {
				err = ErrNotFound
			}
			return err
		}
		query("After", func() error {
			return found(s.After(newNumber(uint64(rand.IntN(n)), time.Time{}, 0)))
		})
		query("FindTake", func() error { return found(s.FindTake("a/1", moment().Add(-time.Minute))) })
		query("FindTake-none", func() error {
			if _, ok, err := s.FindTake("a/2", moment().Add(-time.Minute)); ok || err != nil {
				return fmt.Errorf("it finds another take's: %w", err)
			}
			return nil
		})
		query("Last", func() error { return found(s.Last()) })
		for c, clock := range []string{"server", "producer"} {
			query("From-"+clock, func() error { return found(s.From(Clock(c), moment().Add(-time.Minute))) })
			query("List100-"+clock, func() error {
				_, _, _, err := s.List(Clock(c), moment(), epoch, Cursor{}, 100)
				return err
			})
		}
		if err := a.Close(); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkOpen opens an archive of one stream whose index is sound; logs are not read, so they need not exist.
func BenchmarkOpen(b *testing.B) {
	for _, n := range []int{10_000, 1_000_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			r := onDisk(b)
			o := Options{Log: slog.New(slog.DiscardHandler), Now: r.clock.Now, Uptime: r.clock.Uptime}
			a, err := Open(r.dir, o)
			if err != nil {
				b.Fatal(err)
			}
			s, err := a.Create(Meta{Name: "door", RetentionHours: maxRetention})
			if err != nil {
				b.Fatal(err)
			}
			fill(b, s, n)
			for _, g := range s.segments {
				f, err := a.disk.Create(s.path(g.id))
				if err != nil {
					b.Fatal(err)
				}
				if err := a.disk.Truncate(f, g.end); err != nil {
					b.Fatal(err)
				}
				if err := f.Close(); err != nil {
					b.Fatal(err)
				}
			}
			if err := a.Close(); err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				a, err := Open(r.dir, o)
				if err != nil {
					b.Fatal(err)
				}
				if err := a.Close(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

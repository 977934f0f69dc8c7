package spool

import (
	"fmt"
	"os"
	"runtime"
	"testing"
	"time"
)

// crowd fills a spool with n sealed fragments of one take, without waiting for a disk.
func crowd(t testing.TB, dir string, n int) (list []*sample) {
	t.Helper()
	s, err := Open(dir, Options{Floor: -1})
	must(t, err)
	k, err := s.Begin(door, About{Name: "long"})
	must(t, err)
	list = fragmentsOf(t, testTracks, 0, 1, 3, 100)
	write(t, k, list[0])
	must(t, k.End())
	must(t, s.Close())
	file, err := os.ReadFile(k.path("000001.mkv"))
	must(t, err)
	r, ok := findRecord(file)
	if !ok {
		t.Fatal("a sealed file has no record")
	}
	for i := 2; i <= n; i++ {
		r.number = i
		r.start += 2 * time.Second
		r.at += 2000
		r.append(file[:r.head])
		must(t, os.WriteFile(k.path(fmt.Sprintf("%06d.mkv", i)), file, 0o600))
	}
	return list
}

func TestManyFragmentsAreRecovered(t *testing.T) {
	const n = 10_000
	r := newRig(t)
	r.dir = memory(t)
	list := crowd(t, r.dir, n)
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	r.open()
	runtime.GC()
	runtime.ReadMemStats(&after)
	if each := (after.HeapAlloc - before.HeapAlloc) / n; each > 250 {
		t.Errorf("a fragment costs %d bytes of memory", each)
	}
	count := 0
	for f := r.Oldest(door); f != nil; f = r.After(f) {
		if count++; f.Number() != count {
			t.Fatalf("number %d comes at place %d", f.Number(), count)
		}
		if count%1000 == 1 {
			head, body, err := content(f)
			if err != nil || string(head) != string(list[0].head) || string(body) != string(list[0].body()) {
				t.Fatalf("fragment %d: %d and %d bytes, %v", count, len(head), len(body), err)
			}
		}
	}
	if k := r.take(); count != n || k.Figures().Captured != n*2*time.Second || len(k.Spans()) != 1 {
		t.Errorf("%d fragments: %+v", count, k.Figures())
	}
	f := r.Oldest(door)
	for range n / 2 { // from both sides
		next := r.After(f)
		must(t, f.Advance(Persisted))
		must(t, r.Newest(door).Advance(Persisted))
		f = next
	}
	if u := r.Usage(); u.Bytes != 0 || u.Fragments != 0 || len(r.take().gone) != 1 {
		t.Errorf("%+v is left in %d pieces", u, len(r.take().gone))
	}
	r.shut()
}

func TestAFrameCostsNoAllocation(t *testing.T) {
	r := newRig(t)
	r.open()
	k := r.begin()
	s := samples(t, 1, 10_000)[0]
	f, err := k.Create(s.head, s.at, s.pts)
	must(t, err)
	_, stop := r.Watch(door)
	defer stop()
	buf := make([]byte, 32<<10)
	if n := testing.AllocsPerRun(100, func() {
		if _, err := f.Write(s.pieces[1]); err != nil {
			t.Error(err)
		}
		f.Reach(f.Length() + time.Millisecond)
		if _, err := f.ReadAt(buf, 0); err != nil {
			t.Error(err)
		}
	}); n > 0 {
		t.Errorf("a frame costs %v allocations", n)
	}
	f.Finish()
}

func BenchmarkWriteFrame(b *testing.B) {
	s, err := Open(b.TempDir(), Options{})
	must(b, err)
	k, err := s.Begin(door, About{})
	must(b, err)
	m := samples(b, 1, 16_000)[0]
	f, err := k.Create(m.head, m.at, m.pts)
	must(b, err)
	b.SetBytes(int64(len(m.pieces[1])))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := f.Write(m.pieces[1]); err != nil {
			b.Fatal(err)
		}
		f.Reach(f.Length() + time.Millisecond)
	}
	f.Finish()
	must(b, s.Close())
}

func BenchmarkRecover10000(b *testing.B) {
	dir := b.TempDir()
	crowd(b, dir, 10_000)
	for b.Loop() {
		s, err := Open(dir, Options{Floor: -1})
		must(b, err)
		must(b, s.Close())
	}
}

func BenchmarkAfter(b *testing.B) {
	dir := b.TempDir()
	crowd(b, dir, 10_000)
	s, err := Open(dir, Options{Floor: -1})
	must(b, err)
	f := s.Oldest(door)
	b.ReportAllocs()
	for b.Loop() {
		if f = s.After(f); f == nil {
			f = s.Oldest(door)
		}
	}
	must(b, s.Close())
}

package recorder

import (
	"log/slog"
	"testing"
	"time"

	"kinora/media"
	"kinora/recorder/spool"
)

// benchSpool holds a few seconds only.
func benchTake(b *testing.B) *spool.Take {
	s, err := spool.Open(b.TempDir(), spool.Options{Floor: -1, MaxBytes: 32 << 20})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := s.Close(); err != nil {
			b.Error(err)
		}
	})
	k, err := s.Begin(yard, spool.About{})
	if err != nil {
		b.Fatal(err)
	}
	return k
}

// BenchmarkIntake measures a picture's way from the source to the disk, and to one preview that does not read.
func BenchmarkIntake(b *testing.B) {
	k := benchTake(b)
	i := NewIntake(IntakeOptions{Log: slog.New(slog.DiscardHandler)})
	i.mux = newMuxer(k, &i.o, i.tally, nil)
	tap := i.Tap()
	defer tap.Close()
	f := newFeed(&webcam{tracks: []media.Track{picture}, epoch: noon})
	p := &media.Packet{Track: 1, Data: make([]byte, 20_000)}
	b.SetBytes(int64(len(p.Data)))
	b.ReportAllocs()
	for n := 0; b.Loop(); n++ {
		p.PTS, p.Key = time.Duration(n)*40*time.Millisecond, n%50 == 0
		if err := i.record(f, p); err != nil {
			b.Fatal(err)
		}
		i.taps.push(f, p)
		i.count(p)
	}
	if err := i.End(); err != nil {
		b.Error(err)
	}
	if st := i.State(); st.Skipped != 0 {
		b.Errorf("state %+v", st)
	}
}

// A frame inside a fragment costs no allocation.
func TestFrameCostsNoAllocation(t *testing.T) {
	s := openSpool(t, spool.Options{Floor: -1})
	defer s.Close()
	i := NewIntake(IntakeOptions{})
	if _, err := i.Begin(s, yard, spool.About{}); err != nil {
		t.Fatal(err)
	}
	f := newFeed(&webcam{tracks: []media.Track{picture}, epoch: noon})
	p := &media.Packet{Track: 1, Key: true, Data: make([]byte, 2000)}
	write := func() {
		if err := i.record(f, p); err != nil {
			t.Fatal(err)
		}
		i.count(p)
		p.PTS, p.Key = p.PTS+time.Millisecond, false
	}
	write()
	if n := testing.AllocsPerRun(1000, write); n > 0 {
		t.Errorf("%v allocations for each frame, want none", n)
	}
	if err := i.End(); err != nil {
		t.Error(err)
	}
}

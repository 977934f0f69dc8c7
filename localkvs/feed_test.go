package localkvs

import (
	"math/big"
	"testing"
	"testing/synctest"
	"time"

	"kinora/localkvs/archive"
)

func arrivalsOf(f *feed, n int) []*arrival {
	var all []*arrival
	for i := range n {
		a := &arrival{server: time.Now()}
		f.begin(a, func() archive.Number { return number(uint64(i + 1)) })
		all = append(all, a)
	}
	return all
}

// number makes numbers that differ by their sequence alone.
func number(seq uint64) archive.Number {
	n := new(big.Int).Lsh(big.NewInt(1), 156) // the layout is archive.Number's
	n.Add(n, new(big.Int).Lsh(new(big.Int).SetUint64(seq), 92))
	parsed, err := archive.ParseNumber(n.String())
	if err != nil {
		panic(err)
	}
	return parsed
}

func TestReadersPassAFragmentThatStalls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFeed(Limits{}.withDefaults())
		all := arrivalsOf(f, 2)
		if a, ok := f.next(cursor{}, time.Now()); !ok || a != all[0] {
			t.Error("a fragment that has just begun is passed over")
		}
		time.Sleep(stallTime + time.Millisecond)
		f.grow(all[1], []byte("x"), time.Now())
		if a, ok := f.next(cursor{}, time.Now()); !ok || a != all[1] {
			t.Error("a fragment that stalls holds up a newer one")
		}
		if !f.look(all[0], time.Now()).stalled {
			t.Error("a reader of the stalled fragment is not told")
		}
		f.grow(all[0], []byte("x"), time.Now())
		if f.look(all[0], time.Now()).stalled {
			t.Error("a fragment that grows again is still stalled")
		}
	})
}

func TestNewestFragmentNeverStalls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFeed(Limits{}.withDefaults())
		all := arrivalsOf(f, 1)
		time.Sleep(time.Hour)
		if f.look(all[0], time.Now()).stalled {
			t.Error("a producer that pauses is given up although there is no other")
		}
	})
}

func TestFragmentsPerSecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFeed(Limits{}.withDefaults())
		begin := time.Now()
		for range 21 {
			f.admit(time.Now(), nil)
		}
		if took := time.Since(begin); took != 4*time.Second {
			t.Errorf("21 fragments were admitted in %s, want 4 s at 5 a second", took)
		}
		stop := make(chan struct{})
		close(stop)
		f.admit(time.Now(), stop) // returns although the limit is reached
	})
}

func TestMemoryIsBounded(t *testing.T) {
	f := newFeed(Limits{LiveBytes: 1000, UnstoredBytes: 2000}.withDefaults())
	for _, stored := range []bool{true, false} {
		for _, a := range arrivalsOf(f, 50) {
			f.grow(a, make([]byte, 100), time.Now())
			f.finish(a, nil, 0, time.Now())
			if stored {
				f.markStored(a, time.Now())
			}
		}
		total := 0
		for _, a := range f.arrivals {
			total += len(a.cluster)
		}
		want := 1000
		if !stored {
			want += 2000
		}
		if total != want {
			t.Errorf("stored %v: %d bytes are kept, want %d", stored, total, want)
		}
	}
	if !f.lostSince(number(1)) {
		t.Error("fragments that no archive has were forgotten, and readers are not told")
	}
}

func TestReadersOfADeletedStreamAreTold(t *testing.T) {
	f := newFeed(Limits{}.withDefaults())
	a := arrivalsOf(f, 1)[0]
	f.close()
	if v := f.look(a, time.Now()); v.state != aborted {
		t.Errorf("a fragment that arrives when its stream is deleted is in state %d, want aborted", v.state)
	}
	if _, ok := f.next(cursor{}, time.Now()); ok {
		t.Error("a deleted stream has fragments")
	}
}

// Uploads go on for a moment after their stream was deleted, while readers look at what is left.
func TestUploadsOutliveADeletedStream(t *testing.T) {
	f := newFeed(Limits{}.withDefaults())
	a := arrivalsOf(f, 1)[0]
	f.close()
	<-f.wait()
	f.grow(a, []byte("x"), time.Now())
	<-f.wait()
	b := arrivalsOf(f, 1)[0]
	<-f.wait()
	f.finish(a, nil, 0, time.Now())
	<-f.wait()
	f.abort(b)
}

// Whoever looked a stream up before it was deleted must not bring its live side back.
func TestDeletedStreamHasNoFeed(t *testing.T) {
	store, err := archive.Open(t.TempDir(), archive.Options{})
	if err != nil {
		t.Fatal(err)
	}
	s := New(Options{Archive: store})
	stream, err := store.Create(archive.Meta{Name: "gate", Created: time.Now()})
	if err != nil {
		t.Fatal(err)
	}
	if err := store.Delete(stream); err != nil {
		t.Fatal(err)
	}
	s.dropFeed(stream)
	if _, err := s.feedOf(stream); err == nil || asAPIError(err).name != "ResourceNotFoundException" {
		t.Errorf("the feed of a deleted stream is answered with %v", err)
	}
	if len(s.feeds) != 0 {
		t.Errorf("%d feeds of no stream are kept", len(s.feeds))
	}
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestUnstoredFragmentsAreForgottenInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFeed(Limits{}.withDefaults())
		for _, a := range arrivalsOf(f, 2) {
			f.grow(a, []byte("x"), time.Now())
			f.finish(a, nil, 0, time.Now())
			time.Sleep(time.Minute)
		}
		time.Sleep(unstoredTime - time.Minute) // and no producer comes back
		synctest.Wait()
		f.mu.Lock()
		defer f.mu.Unlock()
		if len(f.arrivals) != 0 {
			t.Errorf("%d fragments of a stream without retention are kept for longer than %s", len(f.arrivals), unstoredTime)
		}
	})
}

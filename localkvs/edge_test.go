package localkvs

import (
	"testing"
	"testing/synctest"
	"time"

	"kinora/localkvs/archive"
)

// arrive takes a fragment of two seconds through a feed, from its admission on.
func arrive(f *feed, seq uint64, producer time.Time, take string) *arrival {
	a := &arrival{server: time.Now(), producer: producer, take: take, backfill: f.admit(producer, nil)}
	f.begin(a, func() archive.Number { return number(seq) })
	f.grow(a, []byte("x"), time.Now())
	return a
}

const length = 2 * time.Second

func TestWhatIsBackfill(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFeed(Limits{}.withDefaults())
		now := time.Now()
		f.finish(arrive(f, 1, now, ""), nil, length, now)
		for distance, want := range map[time.Duration]bool{
			-time.Hour: false, 0: false, length: false, length + time.Millisecond: true, 24 * time.Hour: true,
		} {
			if got := f.edge.isAhead(now.Add(-distance), time.Now()); got != want {
				t.Errorf("a fragment %s behind the newest is a backfill: %v", distance, got)
			}
		}
	})
}

// A producer that is alone is live, although its clock was set back, or its media are old.
func TestLoneUploadIsLive(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFeed(Limits{}.withDefaults())
		now := time.Now()
		f.finish(arrive(f, 1, now, ""), nil, length, now)
		old := now.Add(-time.Hour)
		if a := arrive(f, 2, old, ""); !a.backfill {
			t.Error("it is live while another was live a moment ago")
		}
		time.Sleep(edgeTime + length + time.Millisecond)
		a := arrive(f, 3, old.Add(length), "")
		if a.backfill {
			t.Error("it is taken for a backfill although nothing else is live")
		}
		f.finish(a, nil, length, time.Now())
		if b := arrive(f, 4, old.Add(2*length), ""); b.backfill {
			t.Error("what follows it is taken for a backfill")
		}
	})
}

// A producer that sends two seconds at once, every two seconds, stays live in between.
func TestEdgeOutlastsThePauseOfAProducer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFeed(Limits{}.withDefaults())
		for i := range uint64(10) {
			f.finish(arrive(f, 2*i+1, time.Now(), ""), nil, 10*time.Second, time.Now())
			time.Sleep(9 * time.Second)
			if a := arrive(f, 2*i+2, time.Now().Add(-time.Hour), ""); !a.backfill {
				t.Fatal("a backlog became live between two live fragments")
			}
			time.Sleep(time.Second)
		}
	})
}

// A backlog that is as fast as it may be leaves room for what is live.
func TestLiveNeverWaitsForBackfill(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFeed(Limits{}.withDefaults())
		start := time.Now()
		f.finish(arrive(f, 1, start, ""), nil, time.Second, start)
		stop, done, backlog := make(chan struct{}), make(chan struct{}), 0
		go func() {
			defer close(done)
			for {
				f.admit(start.Add(-time.Hour), stop)
				select {
				case <-stop:
					return
				default:
					backlog++
				}
			}
		}()
		for range 20 {
			time.Sleep(1100 * time.Millisecond)
			before := time.Now()
			f.finish(arrive(f, 2, before, ""), nil, time.Second, before)
			if waited := time.Since(before); waited > 0 {
				t.Errorf("a live fragment waited for %s", waited)
			}
		}
		close(stop)
		<-done
		if backlog < 4*20 {
			t.Errorf("%d fragments of the backlog were admitted in 22 s, want 4 a second", backlog)
		}
	})
}

func TestLiveFragmentDoesNotStallForABackfill(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFeed(Limits{}.withDefaults())
		live := arrive(f, 1, time.Now(), "")
		backfill := arrive(f, 2, time.Now().Add(-time.Hour), "")
		time.Sleep(stallTime + time.Millisecond)
		if f.look(live, time.Now()).stalled {
			t.Error("a live fragment that pauses is given up for a backfill")
		}
		arrive(f, 3, time.Now(), "")
		if !f.look(live, time.Now()).stalled || !f.look(backfill, time.Now()).stalled {
			t.Error("fragments that stall hold up a live one")
		}
	})
}

// Of two copies readers get the one that is whole first.
func TestCopiesThatArriveTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFeed(Limits{}.withDefaults())
		now := time.Now()
		first, second := arrive(f, 1, now, "a/1"), arrive(f, 2, now, "a/1")
		other := arrive(f, 3, now, "a/2")
		if first.repeat || second.repeat {
			t.Error("a copy is a repeat although none is whole")
		}
		f.finish(second, nil, length, now)
		if !f.look(first, now).repeat || second.repeat || other.repeat {
			t.Errorf("repeats are %v, %v, %v; want the first alone", first.repeat, second.repeat, other.repeat)
		}
		if a, ok := f.next(cursor{}, now); !ok || a != second {
			t.Error("readers do not get the whole copy first")
		}
		if third := arrive(f, 4, now, "a/1"); !third.repeat {
			t.Error("a copy of what is whole is no repeat")
		}
		f.finish(first, nil, length, now)
		f.markStored(first, now)
		for _, a := range f.arrivals {
			if a == first {
				t.Error("a repeat that is stored is kept in memory")
			}
		}
	})
}

func TestMeter(t *testing.T) {
	var m meter
	at := func(ms int64) time.Time { return time.UnixMilli(1_800_000_000_000 + ms) }
	for ms := int64(0); ms < 10_000; ms += 100 {
		m.add(at(ms), 1000)
	}
	for ms, want := range map[int64]int64{10_000: 80_000, 12_500: 48_000, 15_900: 0, 3_600_000: 0} {
		if got := m.rate(at(ms)); got != want {
			t.Errorf("%d ms later the rate is %d bit/s, want %d", ms, got, want)
		}
	}
}

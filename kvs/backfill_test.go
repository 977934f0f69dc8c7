package kvs

import (
	"math/rand/v2"
	"slices"
	"sort"
	"testing"
	"time"
)

// A past that was filled in later, in any order, behind a service without extensions: however long a moment is away from what is
// recorded, and however dense that is, a few questions find it.
func TestFindInABackfilledPast(t *testing.T) {
	rnd := rand.New(rand.NewPCG(4, 4))
	var starts []time.Duration
	for hour := range 3 * 24 { // half of three days is there, a fragment each 2 s
		if rnd.IntN(2) == 0 {
			continue
		}
		for i := range 1800 {
			starts = append(starts, time.Duration(hour)*time.Hour+time.Duration(i)*2*time.Second)
		}
	}
	for day := range 5 * 365 { // and a fragment on some days of five years before
		if rnd.IntN(40) == 0 {
			starts = append(starts, -time.Duration(day+1)*24*time.Hour)
		}
	}
	for i := range 6000 { // and a burst of five minutes, twenty fragments a second
		starts = append(starts, 100*time.Hour+time.Duration(i)*50*time.Millisecond)
	}
	sorted := slices.Sorted(slices.Values(starts))
	rnd.Shuffle(len(starts), func(i, j int) { starts[i], starts[j] = starts[j], starts[i] })
	s, c := newService(t)
	c.lacking.Store(never)
	h := newShelf(t, s)
	for i, at := range starts {
		h.store(Fragment{Server: shelfEpoch.Add(2000*time.Hour + time.Duration(i)*100*time.Millisecond), Producer: shelfEpoch.Add(at), Length: 40 * time.Millisecond, Size: 1000})
	}
	worst, sum, asked := 0, 0, 0
	for range 150 {
		at := time.Duration(rnd.Int64N(int64(120 * time.Hour)))
		if rnd.IntN(3) == 0 {
			at = -time.Duration(rnd.Int64N(int64(5 * 365 * 24 * time.Hour)))
		}
		forward := rnd.IntN(2) == 0
		a := openArchive(t, c, ArchiveOptions{Clock: ProducerTime})
		before := s.count("/listFragments")
		f, err := a.Find(testContext(t), shelfEpoch.Add(at), forward)
		took := s.count("/listFragments") - before
		worst, sum, asked = max(worst, took), sum+took, asked+1
		if got, want := seconds(f, err), shows(sorted, at, forward); got != want {
			t.Errorf("at %v, forward %v: %s, want %s", at, forward, got, want)
		}
		check(t, a.Close())
	}
	if mean := float64(sum) / float64(asked); worst > 16 || mean > 7 {
		t.Errorf("a moment takes %d questions at worst, %.1f on average", worst, mean)
	}
}

// shows is what Find is to say of fragments of 40 ms, in order.
func shows(starts []time.Duration, at time.Duration, forward bool) string {
	i := sort.Search(len(starts), func(i int) bool { return starts[i].Milliseconds() > at.Milliseconds() })
	if forward && (i == 0 || starts[i-1]+40*time.Millisecond+joint < at) {
		i++
	}
	if i == 0 || i > len(starts) {
		return "EOF"
	}
	return starts[i-1].String()
}

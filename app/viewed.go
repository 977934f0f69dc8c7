package app

import (
	"cmp"
	"log/slog"
	"path/filepath"
	"slices"
	"sync"
	"time"
)

const (
	viewedStep  = 15 * time.Minute // every zone's days begin with one
	mostViewed  = 4096             // runs of a stream; the oldest are forgotten
	viewedsFile = "viewed.json"

	// viewedAfter is for how many notes in a row a quarter must be seen to count as watched: two seconds. Who only passes it on the way to
	// another time has not watched it.
	viewedAfter = int(2 * time.Second / edgeEvery)
)

// Viewed remembers which quarters of an hour of streams were watched on this computer, between runs as well. Its methods may be called
// from any goroutine.
type Viewed struct {
	file string // empty: nothing is kept
	warn func(error)

	changing sync.Mutex                        // orders changes and their files; only who holds it changes runs
	seeing   map[viewedKey]glanced             // what is seen at the moment; changing is held
	mu       sync.Mutex                        // held for reading and changing runs, and never while a file is written
	runs     map[string]map[string][]viewedRun // by the account's ID and the stream's name on its clock; in order, and apart
}

// viewedKey is a stream on its clock.
type viewedKey struct{ account, name string }

// glanced is a quarter, and how often in a row it was noted.
type glanced struct {
	quarter int64
	times   int
}

// viewedRun is a first quarter since 1970, and the one behind the last.
type viewedRun [2]int64

func newViewed(data string, log *slog.Logger) *Viewed {
	v := &Viewed{runs: make(map[string]map[string][]viewedRun), seeing: make(map[viewedKey]glanced)}
	v.warn = seldom(func(err error) { log.Warn("what was watched cannot be kept", "err", err) })
	if data == "" {
		return v
	}
	v.file = filepath.Join(data, viewedsFile)
	if err := readState(v.file, &v.runs); err != nil || v.runs == nil {
		v.runs = make(map[string]map[string][]viewedRun)
		if err != nil {
			log.Warn("what was watched cannot be read; it is as if nothing was", "err", err)
		}
	}
	return v
}

// Any reports whether anything between two times of a stream, told by a clock, was watched.
func (v *Viewed) Any(acc Account, stream string, clock Clock, from, to time.Time) bool {
	a, b := quarter(from), quarter(to.Add(-time.Nanosecond))
	v.mu.Lock()
	defer v.mu.Unlock()
	runs := v.runs[acc.ID()][clock.on(stream)]
	i, _ := slices.BinarySearchFunc(runs, a, func(r viewedRun, q int64) int { return cmp.Compare(r[1], q+1) })
	return i < len(runs) && runs[i][0] <= b
}

// note is told every edgeEvery that a picture of a moment is seen, and remembers its quarter when it was for long enough. It writes a
// file when that is news.
func (v *Viewed) note(acc Account, stream string, clock Clock, at time.Time) {
	if at.IsZero() {
		return
	}
	v.changing.Lock()
	defer v.changing.Unlock()
	key := viewedKey{acc.ID(), clock.on(stream)}
	now := v.seeing[key]
	if q := quarter(at); q != now.quarter {
		now = glanced{quarter: q}
	}
	now.times++
	v.seeing[key] = now
	if now.times < viewedAfter || !v.add(key.account, key.name, now.quarter) || v.file == "" {
		return
	}
	if err := writeState(v.file, v.runs); err != nil {
		v.warn(err)
	}
}

// add remembers a quarter of an hour of a stream on its clock, and reports whether that is news.
func (v *Viewed) add(acc, name string, q int64) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	of := v.runs[acc]
	if of == nil {
		of = make(map[string][]viewedRun)
		v.runs[acc] = of
	}
	runs := of[name]
	i, _ := slices.BinarySearchFunc(runs, q, func(r viewedRun, q int64) int { return cmp.Compare(r[1], q) })
	// Of all runs i is the first that does not end before q.
	switch {
	case i < len(runs) && runs[i][0] <= q && q < runs[i][1]:
		return false
	case i < len(runs) && runs[i][1] == q:
		runs[i][1]++
		if i+1 < len(runs) && runs[i+1][0] == q+1 {
			runs[i][1] = runs[i+1][1]
			runs = slices.Delete(runs, i+1, i+2)
		}
	case i < len(runs) && runs[i][0] == q+1:
		runs[i][0]--
	default:
		runs = slices.Insert(runs, i, viewedRun{q, q + 1})
	}
	of[name] = runs[max(0, len(runs)-mostViewed):]
	return true
}

// quarter is the quarter of an hour that a moment is in.
func quarter(at time.Time) int64 {
	return at.Truncate(viewedStep).Unix() / int64(viewedStep/time.Second)
}

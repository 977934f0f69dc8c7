package spool

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"kinora/internal/diskspace"
)

// Take is one recording of one source. All methods are safe from any goroutine.
type Take struct {
	spool  *Spool
	target *target
	id     string
	dir    string
	to     Target
	about  About
	began  time.Time
	stamp  time.Time // of the identity: rises from take to take, whatever the clock does

	unsealed sync.WaitGroup // fragments that were created and are not through the sealer
	saving   sync.Mutex     // held while take.json is written
	ending   sync.Mutex     // held while End is at work

	// Guarded by the spool's mu.
	open     bool
	ended    time.Time
	based    bool
	base     time.Duration // media time of the take's beginning
	end      time.Duration // where the newest fragment ends, since the take's beginning
	last     uint32        // highest number given out
	growing  []*Fragment   // not complete
	waiting  []*Fragment   // to be sent, by number
	rejected []*Fragment   // in quarantine, by number
	reasons  map[uint32]string
	gone     []piece
	empty    []run        // fragments that never had a frame
	damaged  map[int]bool // while it is recovered: fragments that lost frames in the crash
	sum      Figures
	trouble  error // of the disk, for the next Create or Write
	failure  error // of sealing, for End
	dirty    bool  // take.json is behind
	removed  bool  // its directory is
}

// ID returns the take's identity, such as 20261124T031339.123Z-4f2a9c.
func (t *Take) ID() string { return t.id }

// Target returns where the take goes.
func (t *Take) Target() Target { return t.to }

// About returns what a person said of it.
func (t *Take) About() About { return t.about }

// Began returns when Begin was called.
func (t *Take) Began() time.Time { return t.began }

// Open reports whether it is still recorded.
func (t *Take) Open() bool {
	t.spool.mu.Lock()
	defer t.spool.mu.Unlock()
	return t.open
}

// Create begins a fragment whose first frame has the producer time at (cut to ms) and the media time pts. head is the Matroska
// from the EBML header to the end of Tracks; it is not kept. A media time that steps back, as after a source was opened again, goes on
// from the take's end. Errors wrap ErrFull or ErrReadOnly.
func (t *Take) Create(head []byte, at time.Time, pts time.Duration) (*Fragment, error) {
	s := t.spool
	if len(head) == 0 || len(head) > maxHead {
		return nil, fmt.Errorf("a fragment's head has 1 to %d bytes, not %d", maxHead, len(head))
	}
	if err := s.room(); err != nil {
		return nil, err
	}
	poke(s.sweep)
	f := &Fragment{take: t, head: uint32(len(head)), headID: hashHead(head), at: at.UnixMilli()}
	s.mu.Lock()
	err := t.begin(f, pts)
	s.mu.Unlock()
	if err != nil {
		return nil, err
	}
	file, err := s.disk.Create(f.path())
	if err == nil {
		r := f.record()
		if err = s.disk.WriteAt(file, r.append(slices.Clip(head)), 0); err != nil {
			err = errors.Join(err, file.Close(), s.remove(f.path()))
		}
	}
	if err != nil {
		t.unsealed.Done()
		return nil, diskError(err)
	}
	f.file, f.crc = file, checksum(head)
	s.mu.Lock()
	t.waiting = insert(t.waiting, f)
	t.growing = append(t.growing, f)
	t.count(f, 1)
	t.target.changed()
	late := !t.open
	s.mu.Unlock()
	if late { // End came meanwhile and waits
		f.Finish()
		return nil, t.over()
	}
	return f, nil
}

func (t *Take) over() error { return fmt.Errorf("take %s has ended; begin another one", t.id) }

// begin numbers a fragment and places it on the take's timeline. mu is held.
func (t *Take) begin(f *Fragment, pts time.Duration) error {
	switch {
	case !t.open:
		return t.over()
	case t.trouble != nil:
		err := t.trouble
		t.trouble = nil
		return err
	case !t.based || pts-t.base < t.end-time.Second:
		t.base, t.based = pts-t.end, true
	}
	t.last++
	f.number, f.start = t.last, pts-t.base
	t.unsealed.Add(1) // while the take is open: End waits afterwards
	return nil
}

// room returns ErrFull when the disk is filled to the floor.
func (s *Spool) room() error {
	if s.o.Floor < 0 {
		return nil
	}
	free, err := diskspace.Free(s.dir)
	if err != nil {
		return diskError(err)
	}
	if free < s.o.Floor {
		return fmt.Errorf("%w: %s has %d MB left, and %d MB are to stay free; free some space",
			ErrFull, s.dir, free/1_000_000, s.o.Floor/1_000_000)
	}
	return nil
}

// Lose accounts for media that could not be stored.
func (t *Take) Lose(d time.Duration) {
	if d <= 0 {
		return
	}
	t.spool.mu.Lock()
	defer t.spool.mu.Unlock()
	t.sum.add(Lost, d)
	t.gone = join(t.gone, piece{From: t.end, To: t.end + d, Stage: Lost})
	t.end += d
	t.touch()
	t.target.changed()
}

// End completes the take. It returns when all is sealed, or tells what could not be. A take that has ended is left as it is.
func (t *Take) End() error {
	t.ending.Lock()
	defer t.ending.Unlock()
	s := t.spool
	s.mu.Lock()
	if !t.open {
		s.mu.Unlock()
		return nil
	}
	t.open, t.ended = false, time.Now().Round(0)
	growing := slices.Clone(t.growing)
	s.mu.Unlock()
	for _, f := range growing {
		f.Finish()
	}
	t.unsealed.Wait()
	err := t.save()
	s.mu.Lock()
	defer s.mu.Unlock()
	t.target.changed()
	return errors.Join(t.failure, err)
}

// past reports whether a take is over, and forgotten. mu is held.
func (t *Take) past(now time.Time) bool {
	return !t.open && len(t.waiting) == 0 && len(t.rejected) == 0 && now.Sub(t.ended) > 30*24*time.Hour
}

// shut closes files that are held open.
func (t *Take) shut() {
	t.spool.mu.Lock()
	list := slices.Concat(t.waiting, t.rejected)
	t.spool.mu.Unlock()
	for _, f := range list {
		f.io.Lock()
		f.shut()
		f.io.Unlock()
	}
}

func (t *Take) path(name ...string) string {
	return filepath.Join(append([]string{t.dir}, name...)...)
}

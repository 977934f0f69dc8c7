package spool

import (
	"errors"
	"fmt"
	"hash/crc32"
	"os"
	"slices"
	"sync"
	"time"
)

const maxHead = 4 << 20

// place is where a fragment's file is.
type place uint8

const (
	part       place = iota // NNNNNN.mkv.part
	inLine                  // NNNNNN.mkv
	quarantine              // rejected/NNNNNN.mkv
	nowhere
)

// Fragment is one file of the spool. The goroutine that created it calls Write, Reach, Until and Finish; all else is safe from any.
type Fragment struct {
	take   *Take
	number uint32
	head   uint32 // bytes
	headID uint64
	start  time.Duration // since the take's beginning
	at     int64         // producer time in ms since 1970

	// io guards file. Reading and writing share it; sealing and removing, which close and move the file, wait for them.
	// It is taken before the spool's mu.
	io   sync.RWMutex
	file *os.File // nil: it is opened when it is read

	// Guarded by the spool's mu.
	crc       uint32 // of head and body
	size      int64  // of the body
	length    time.Duration
	frames    uint32
	holds     int32
	stage     Stage // as far as the network is concerned: never Stored
	place     place // changed while io is locked
	complete  bool
	sealed    bool
	failed    bool // it is through the sealer and not sealed
	unchecked bool // recovered, and not yet compared with its checksum
}

// Take returns the take that it belongs to.
func (f *Fragment) Take() *Take { return f.take }

// Number returns its place in the take, from 1.
func (f *Fragment) Number() int { return int(f.number) }

// Time returns the producer time of its first frame, in whole milliseconds.
func (f *Fragment) Time() time.Time { return time.UnixMilli(f.at) }

// HeadID is equal for fragments with the same head.
func (f *Fragment) HeadID() uint64 { return f.headID }

// Length returns how long it lasts so far.
func (f *Fragment) Length() time.Duration {
	f.take.spool.mu.Lock()
	defer f.take.spool.mu.Unlock()
	return f.length
}

// Size returns the bytes behind the head so far.
func (f *Fragment) Size() int64 {
	f.take.spool.mu.Lock()
	defer f.take.spool.mu.Unlock()
	return f.size
}

// Stage returns how far it has come.
func (f *Fragment) Stage() Stage {
	f.take.spool.mu.Lock()
	defer f.take.spool.mu.Unlock()
	return f.staged()
}

func (f *Fragment) staged() Stage {
	if f.stage == Captured && f.sealed {
		return Stored
	}
	return f.stage
}

// Complete reports whether nothing will be written any more.
func (f *Fragment) Complete() bool {
	f.take.spool.mu.Lock()
	defer f.take.spool.mu.Unlock()
	return f.complete
}

// Sealed reports whether it is fsynced and renamed.
func (f *Fragment) Sealed() bool {
	f.take.spool.mu.Lock()
	defer f.take.spool.mu.Unlock()
	return f.sealed
}

// Write appends Matroska behind the head: leading tags, Cluster, frames, trailing tags; each call whole elements, which it
// adds whole or not at all. An error wraps ErrFull or ErrReadOnly; what was written before can be completed. p is not kept.
func (f *Fragment) Write(p []byte) (int, error) {
	t, s := f.take, f.take.spool
	f.io.RLock()
	defer f.io.RUnlock()
	s.mu.Lock()
	err := t.trouble
	t.trouble = nil
	if f.complete {
		err = fmt.Errorf("fragment %d of take %s is finished", f.number, t.id)
	}
	at := f.body() + f.size
	s.mu.Unlock()
	if err != nil {
		return 0, err
	}
	if err := s.disk.WriteAt(f.file, p, at); err != nil {
		// What was written of p is cut off; when that fails too, the next write or the sealing goes over it.
		return 0, diskError(errors.Join(err, s.disk.Truncate(f.file, at)))
	}
	crc := crc32.Update(f.crc, castagnoli, p)
	s.mu.Lock()
	t.count(f, -1)
	f.crc = crc
	f.size += int64(len(p))
	if len(p) > 0 && (p[0] == 0xA3 || p[0] == 0xA0) { // SimpleBlock, BlockGroup
		f.frames++
	}
	t.count(f, 1)
	t.target.changed()
	s.mu.Unlock()
	return len(p), nil
}

// Reach notes that the fragment lasts to a media time.
func (f *Fragment) Reach(pts time.Duration) {
	t := f.take
	t.spool.mu.Lock()
	defer t.spool.mu.Unlock()
	if f.complete || pts-t.base-f.start <= f.length {
		return
	}
	t.count(f, -1)
	f.length = pts - t.base - f.start
	t.count(f, 1)
	t.end = max(t.end, f.start+f.length)
}

// Until notes that the fragment lasts to a media time and no further: the next one begins there. Frames that reach beyond, such as sound that
// came in before its picture, count for the next one.
func (f *Fragment) Until(pts time.Duration) {
	t := f.take
	t.spool.mu.Lock()
	defer t.spool.mu.Unlock()
	length := pts - t.base - f.start
	if f.complete || length <= 0 {
		return
	}
	t.count(f, -1)
	f.length = length
	t.count(f, 1)
	t.end = f.start + f.length
}

// Finish ends the fragment: it is fsynced and renamed in the background, or removed when it has no frame. It waits while eight others are
// before it.
func (f *Fragment) Finish() {
	t, s := f.take, f.take.spool
	s.mu.Lock()
	if f.complete {
		s.mu.Unlock()
		return
	}
	f.complete = true
	t.growing = slices.DeleteFunc(t.growing, func(g *Fragment) bool { return g == f })
	if f.size == 0 {
		t.vanish(f) // nobody shall wait for an acknowledgement of nothing
	}
	t.touch()
	t.target.changed()
	s.mu.Unlock()
	select {
	case s.seals <- f:
		return
	default:
	}
	s.mu.Lock()
	tell := s.slow.now()
	s.mu.Unlock()
	if tell {
		s.log.Warn("the disk is slow: recording waits for it", "take", t.id, "fragment", f.number)
	}
	s.seals <- f
}

// record is what the file says about itself. mu is held, or nobody else has the fragment yet.
func (f *Fragment) record() record {
	return record{number: int(f.number), head: int(f.head), headID: f.headID, start: f.start, at: f.at,
		sealed: f.complete, size: f.size, length: f.length, frames: int(f.frames), crc: f.crc}
}

// body is where the body begins in the file.
func (f *Fragment) body() int64 { return int64(f.head) + recordSize }

// path returns where the file is. mu or io is held, or nobody else has the fragment yet.
func (f *Fragment) path() string { return f.pathAt(f.place) }

func (f *Fragment) pathAt(p place) string {
	n := int(f.number)
	switch p {
	case part:
		return f.take.path(fileName(n, partSuffix))
	case quarantine:
		return f.take.path(rejectedName, fileName(n, sealedSuffix))
	}
	return f.take.path(fileName(n, sealedSuffix))
}

// shut closes the file. io is locked.
func (f *Fragment) shut() {
	if f.file == nil {
		return
	}
	if err := f.file.Close(); err != nil {
		f.take.spool.log.Warn("closing a fragment's file failed", "path", f.file.Name(), "err", err)
	}
	f.file = nil
}

func checksum(b []byte) uint32 { return crc32.Checksum(b, castagnoli) }

package spool

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"kinora/internal/disk"
	"kinora/internal/diskspace"
	"kinora/internal/filelock"
)

// Options are the spool's budgets. The zero value of each has the meaning that is said. [Spool.Limit] changes the first two.
type Options struct {
	MaxBytes int64         // of all takes together; above it the oldest sealed fragments are evicted; 0: only Floor limits
	MaxAge   time.Duration // of a sealed fragment, after which it is evicted; 0: none
	Floor    int64         // bytes of the disk that stay free; 0: 500 MB; negative: none
	Log      *slog.Logger  // nil discards
}

// Target is where a take's fragments are to go.
type Target struct {
	Account string // the account's identity: stable, without secrets; not its name for people
	Stream  string
}

// About is what a person said of a take. It is kept in take.json.
type About struct {
	Name, Operator, Note string
	Source               string // what is recorded, for people: "Camera 1"
}

// Spool is a directory of takes. All methods are safe from any goroutine.
type Spool struct {
	dir   string
	o     Options // its budgets are guarded by mu
	log   *slog.Logger
	disk  *disk.Disk
	lock  *os.File
	seals chan *Fragment // finished, for the sealer
	keep  chan struct{}  // wakes the keeper
	sweep chan struct{}  // asks the keeper for an eviction
	stop  chan struct{}  // ends the keeper
	work  sync.WaitGroup

	claims sync.Mutex // one Claim at a time

	unsafe rarely // the sealer's, of fragments that cannot be made durable

	// mu guards what follows and, where they say so, the fields of takes and fragments. Nobody waits for the disk
	// while holding it.
	mu      sync.Mutex
	closed  bool
	slow    rarely   // of a disk that recording waits for
	pushing rarely   // of what had to make room
	pushed  eviction // of that, what the log does not know of yet
	takes   []*Take  // by identity
	targets map[Target]*target
	usage   Usage // without Free
}

// target is what goes to one stream.
type target struct {
	takes    []*Take // by identity
	watchers map[chan struct{}]struct{}
}

const sealQueue = 8

// Open recovers what the directory holds and locks it. Errors wrap ErrLocked, ErrFull or ErrReadOnly; what is damaged or
// unknown in the directory is no error, but logged.
func Open(dir string, o Options) (*Spool, error) { return open(dir, o, &disk.Disk{}) }

func open(dir string, o Options, d *disk.Disk) (*Spool, error) {
	if o.Floor == 0 {
		o.Floor = 500_000_000
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	s := &Spool{dir: dir, o: o, log: o.Log, disk: d, targets: map[Target]*target{}, seals: make(chan *Fragment, sealQueue),
		keep: make(chan struct{}, 1), sweep: make(chan struct{}, 1), stop: make(chan struct{})}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, diskError(err)
	}
	f, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, diskError(err)
	}
	if err := filelock.Try(f); err != nil {
		if errors.Is(err, filelock.ErrHeld) {
			err = ErrLocked
		}
		return nil, errors.Join(fmt.Errorf("locking %s: %w; close the other one first", dir, err), f.Close())
	}
	s.lock = f
	s.recover()
	s.work.Go(s.sealer)
	s.work.Go(s.keeper)
	poke(s.sweep)
	return s, nil
}

// Close ends open takes, waits for what is being sealed, and unlocks the directory. Its error is the first that End would have told,
// or that the takes' totals could not be written.
func (s *Spool) Close() error {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return nil
	}
	s.closed = true
	takes := slices.Clone(s.takes)
	s.mu.Unlock()
	var errs []error
	for _, t := range takes {
		errs = append(errs, t.End())
	}
	close(s.stop)
	close(s.seals) // every take has ended, and no new one begins
	s.work.Wait()
	s.tell(s.pushed)
	for _, t := range takes {
		t.shut()
	}
	errs = append(errs, s.save(), s.lock.Close())
	return errors.Join(errs...)
}

// Begin starts a take. Its identity is unique for ever and sorts by time: behind all others, also when the clock was set
// back. Errors wrap ErrFull or ErrReadOnly.
func (s *Spool) Begin(to Target, a About) (*Take, error) {
	began := time.Now().Round(0)
	stamp := began.Truncate(time.Millisecond)
	s.mu.Lock()
	if n := len(s.takes); n > 0 && !stamp.After(s.takes[n-1].stamp) {
		stamp = s.takes[n-1].stamp.Add(time.Millisecond)
	}
	s.mu.Unlock()
	account := filepath.Join(s.dir, escape(to.Account))
	stream := filepath.Join(account, escape(to.Stream))
	id := newID(stamp)
	dir := filepath.Join(stream, id)
	if _, err := os.Lstat(dir); err == nil {
		return nil, fmt.Errorf("the take %s is there already; try again", dir)
	}
	for _, d := range []string{account, stream, dir} {
		if err := s.mkdir(d, filepath.Dir(d)); err != nil {
			return nil, diskError(err)
		}
	}
	t := &Take{spool: s, id: id, dir: dir, to: to, about: a, began: began, stamp: stamp, open: true}
	if err := t.save(); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil, errClosed
	}
	s.add(t)
	return t, nil
}

// add takes a take in. mu is held.
func (s *Spool) add(t *Take) {
	t.target = s.target(t.to)
	s.takes = insertTake(s.takes, t)
	t.target.takes = insertTake(t.target.takes, t)
}

func insertTake(list []*Take, t *Take) []*Take {
	i, _ := slices.BinarySearchFunc(list, t.id, func(o *Take, id string) int { return strings.Compare(o.id, id) })
	return slices.Insert(list, i, t)
}

func (s *Spool) target(t Target) *target {
	g := s.targets[t]
	if g == nil {
		g = &target{watchers: map[chan struct{}]struct{}{}}
		s.targets[t] = g
	}
	return g
}

// Takes returns all takes, oldest first: those that hold fragments, and those that ended within the last 30 days.
func (s *Spool) Takes() []*Take {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	var list []*Take
	for _, t := range s.takes {
		if !t.past(now) {
			list = append(list, t)
		}
	}
	return list
}

// Usage is what the spool holds for sending. What is in quarantine is not counted.
type Usage struct {
	Bytes, Fragments int64
	Length           time.Duration
	Free             int64 // bytes of the disk above the floor; 0 when there are none, or the disk does not tell
	Evicted          int   // fragments, since Open
	EvictedLength    time.Duration
}

// Usage returns the figures of the moment. It is cheap.
func (s *Spool) Usage() Usage {
	free, err := diskspace.Free(s.dir)
	if err != nil {
		free = 0
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	u := s.usage
	u.Free = max(0, free-max(0, s.o.Floor))
	return u
}

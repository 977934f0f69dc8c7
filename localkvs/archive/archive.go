package archive

import (
	"cmp"
	"crypto/cipher"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/semaphore"

	"kinora/internal/disk"
)

// Options tune an Archive. The zero value is ready to use.
type Options struct {
	SegmentSize int64                // bytes after which a log begins a new file; 64 MiB
	MaxPending  int64                // bytes that may be on their way to the disk, which also bounds a fragment; 256 MiB
	Log         *slog.Logger         // slog.Default()
	Now         func() time.Time     // time.Now; retention is measured by it, as far as it is steady
	Uptime      func() time.Duration // a time that only goes on; since Open, by the monotonic clock
}

func (o Options) withDefaults() Options {
	o.SegmentSize = cmp.Or(o.SegmentSize, 64<<20)
	o.MaxPending = cmp.Or(o.MaxPending, 256<<20)
	if o.Log == nil {
		o.Log = slog.Default()
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Uptime == nil {
		opened := time.Now()
		o.Uptime = func() time.Duration { return time.Since(opened) }
	}
	return o
}

// Archive is the durable storage of all streams in one data directory. Its methods may be called from any goroutine.
type Archive struct {
	dir     string
	options Options
	log     *slog.Logger
	disk    disk.Disk
	lock    *os.File
	kek     cipher.AEAD
	root    []byte // of the keys that Key gives out
	index   *index
	clock   *steadyClock
	damage  damageLog

	adminMu sync.Mutex // one Create, Delete or Close at a time

	mu      sync.RWMutex
	streams map[string]*Stream
	garbage []int64 // deleted streams that still have rows

	queueMu   sync.Mutex
	queue     []*pending // at most Options.MaxPending bytes
	running   bool
	stopped   chan struct{} // closed when the present Run has ended
	ready     chan struct{}
	readyOnce sync.Once
	wake      chan struct{}
	untidy    chan struct{}
	closing   chan struct{}
	closeOnce sync.Once
	closeErr  error

	budget  *semaphore.Weighted
	buffers sync.Pool // of *[]byte
}

// Open opens the archive in dir, making it where it does not exist, and recovers from whatever ended the process that used
// it last. What is damaged is stepped over, logged and listed by Damage. ErrLocked when another process uses dir, ErrKey
// when the key-encryption key is missing or another. Close the archive after use.
func Open(dir string, o Options) (*Archive, error) { return open(dir, o, disk.Disk{}) }

func open(dir string, o Options, d disk.Disk) (_ *Archive, err error) {
	dir, err = filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	o = o.withDefaults()
	a := &Archive{
		dir: dir, options: o, log: o.Log, disk: d,
		ready: make(chan struct{}), wake: make(chan struct{}, 1), untidy: make(chan struct{}, 1), closing: make(chan struct{}),
		budget: semaphore.NewWeighted(o.MaxPending),
	}
	if err := os.MkdirAll(a.streamsDir(), 0o700); err != nil {
		return nil, fmt.Errorf("making the data directory: %w", err)
	}
	if a.lock, err = lock(dir); err != nil {
		return nil, err
	}
	err = full(a.load())
	if errors.Is(err, ErrFull) && a.giveReserve() {
		a.log.Warn("the disk is full; what is stored can be read, and nothing is stored until there is room", "dir", dir)
		err = full(a.load())
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("opening the archive in %s: %w", dir, err), a.lock.Close())
	}
	a.keepReserve()
	return a, nil
}

func (a *Archive) load() error {
	ids, err := a.listStreams()
	if err != nil {
		return err
	}
	if a.kek, err = a.loadKEK(len(ids) > 0); err != nil {
		return err
	}
	a.clock = newClock(a.dir, &a.options, &a.disk, len(ids) > 0)
	err = a.loadStreams(ids)
	if errors.Is(err, errIndexDamaged) {
		a.log.Error("the index is damaged and is built again from the logs", "error", err)
		if err := setAside(a.indexPath()); err != nil {
			return fmt.Errorf("moving the damaged index away: %w", err)
		}
		err = a.loadStreams(ids)
	}
	return err
}

// loadStreams opens the index and all streams by it. After an error the index is closed.
func (a *Archive) loadStreams(ids []int64) (err error) {
	a.streams, a.garbage = map[string]*Stream{}, nil
	a.damage.clear()
	if a.index, err = openIndex(a.indexPath()); err != nil {
		return err
	}
	if err := a.openStreams(ids); err != nil {
		return errors.Join(err, a.index.close())
	}
	return nil
}

func (a *Archive) indexPath() string { return filepath.Join(a.dir, "index.db") }

func (a *Archive) streamsDir() string { return filepath.Join(a.dir, "streams") }

// Ready is closed once Run accepts appends.
func (a *Archive) Ready() <-chan struct{} { return a.ready }

// Streams returns all streams, ordered by name.
func (a *Archive) Streams() []*Stream {
	a.mu.RLock()
	list := slices.Collect(maps.Values(a.streams))
	a.mu.RUnlock()
	slices.SortFunc(list, func(x, y *Stream) int { return cmp.Compare(x.name, y.name) })
	return list
}

// Lookup returns the stream with this name.
func (a *Archive) Lookup(name string) (*Stream, bool) {
	a.mu.RLock()
	defer a.mu.RUnlock()
	s, ok := a.streams[name]
	return s, ok
}

func (a *Archive) isClosing() bool {
	select {
	case <-a.closing:
		return true
	default:
		return false
	}
}

// Close ends Run, waits for it, and closes all files. Everything gives ErrClosed afterwards. Closing again is harmless.
func (a *Archive) Close() error {
	a.closeOnce.Do(func() { a.closeErr = a.shut() })
	return a.closeErr
}

func (a *Archive) shut() error {
	a.queueMu.Lock()
	close(a.closing)
	stopped := a.stopped
	a.queueMu.Unlock()
	if stopped != nil {
		<-stopped
	}
	a.adminMu.Lock()
	defer a.adminMu.Unlock()
	var errs []error
	for _, s := range a.Streams() {
		errs = append(errs, s.release())
		s.logMu.Lock()
		errs = append(errs, s.tail.close())
		s.logMu.Unlock()
	}
	a.clock.write()
	return errors.Join(append(errs, a.index.close(), a.lock.Close())...)
}

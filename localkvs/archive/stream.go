package archive

import (
	"crypto/cipher"
	"crypto/rand"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"kinora/mkv"
)

// Meta is what describes a stream. Only Name is checked here; the rest is kept for the service.
type Meta struct {
	Name           string // unique in the archive, not empty; fixed
	ARN            string
	DeviceName     string
	MediaType      string
	KMSKeyID       string
	Version        string
	Tier           string
	RetentionHours int // 0: nothing is stored
	Created        time.Time
	Tags           map[string]string
}

// maxRetention is ten years, the limit of the service's API.
const maxRetention = 87600

func (m *Meta) check() error {
	if m.Name == "" {
		return errors.New("a stream needs a name")
	}
	if m.RetentionHours < 0 || m.RetentionHours > maxRetention {
		return fmt.Errorf("stream %q: a retention of %d hours is outside 0 to %d", m.Name, m.RetentionHours, maxRetention)
	}
	return nil
}

func (m *Meta) copy() Meta {
	c := *m
	c.Tags = maps.Clone(m.Tags)
	return c
}

// Fragment is one fragment as it was ingested. Times are kept to the millisecond and come back in UTC.
type Fragment struct {
	Number   Number
	Server   time.Time // when its ingestion began
	Producer time.Time
	Timecode uint64 // of its cluster, as sent
	Length   time.Duration
	Frames   int
	Backfill bool // it came behind the live edge of its stream
	Outline

	Header  []byte // the MKV head of its session, verbatim
	Lead    []byte // what stood in front of the cluster and belongs to it
	Cluster []byte
	Trail   []byte    // what stood behind it
	Tags    []mkv.Tag // one named mkv.Take, with Producer, says which fragment this is: see Append
}

// Outline is what a playlist says of a fragment beyond its times. Only the index keeps it: that of a fragment whose row was
// found again in the logs, or is older than outlines are, is zero.
type Outline struct {
	Config   int64         // equal for fragments of equal tracks and codec private data; 0: not known
	Duration time.Duration // from its start to where its last picture ends; 0: not known
}

// Entry is a line of the index: a stored fragment without its bytes. It is a value.
type Entry struct {
	Number   Number
	Server   time.Time // UTC, to the millisecond, like Producer
	Producer time.Time
	Timecode uint64
	Length   time.Duration
	Frames   int
	Size     int64 // bytes in the log, with all metadata
	Backfill bool
	Outline

	segment, offset int64
	cluster         int64 // bytes of the cluster
	identity        identity
	tagged          bool   // its producer put tags on it
	tags            string // these, sealed; empty while they are known to its record alone
}

// Stream is one stream of the archive. Its methods may be called from any goroutine.
type Stream struct {
	archive *Archive
	name    string
	id      int64  // of its directory and its rows, never used again
	dir     string // path
	key     []byte // the data key as it is stored, wrapped
	aead    cipher.AEAD
	naming  []byte      // the key of identities
	tagging cipher.AEAD // seals tags in the index

	meta  atomic.Pointer[Meta]     // what it points at is never changed
	notes atomic.Pointer[notebook] // likewise; written with notesMu held

	notesMu sync.Mutex // guards notes.json

	adminMu  sync.Mutex // guards stream.json, and:
	seq      uint64     // of the newest number
	reserved uint64     // stream.json promises that no number up to this one is given out after a restart

	logMu sync.Mutex // guards the log's files, and:
	tail  tail

	mu       sync.RWMutex
	deleted  bool
	segments []segment // by id
	dropped  []segment // expired: their files and rows are to go
}

// description is the content of stream.json.
type description struct {
	Format   int
	Meta     Meta
	Key      []byte // the data key, wrapped by the key-encryption key
	Reserved uint64 // see Stream.reserved
}

const (
	descriptionFormat = 1
	descriptionFile   = "stream.json"
)

// reservation is how many sequence numbers one write of stream.json sets aside: a hundred connections.
const reservation = 100_000

func (s *Stream) describe(m *Meta, reserved uint64) error {
	text, err := json.MarshalIndent(description{descriptionFormat, *m, s.key, reserved}, "", "\t")
	if err != nil {
		return err
	}
	return full(s.archive.disk.Replace(filepath.Join(s.dir, descriptionFile), text))
}

// Meta returns a copy of the stream's description.
func (s *Stream) Meta() Meta { m := s.meta.Load().copy(); return m }

// Update changes the description by fn, which gets a copy; an error from fn leaves all as it is. The change is durable when
// Update returns, and a new retention counts at once. The name is fixed. fn must not call NextNumber or Update.
func (s *Stream) Update(fn func(*Meta) error) error {
	s.adminMu.Lock()
	defer s.adminMu.Unlock()
	if err := s.gone(); err != nil {
		return err
	}
	m := s.Meta()
	if err := fn(&m); err != nil {
		return err
	}
	if m.Name != s.name {
		return fmt.Errorf("stream %q: its name cannot change", s.name)
	}
	if err := m.check(); err != nil {
		return err
	}
	m = m.copy() // fn may have kept the map
	if err := s.describe(&m, s.reserved); err != nil {
		return fmt.Errorf("stream %q: storing its description: %w", s.name, err)
	}
	s.meta.Store(&m)
	s.archive.tidySoon()
	return nil
}

// NextNumber returns the number for a fragment whose ingestion begins now. Numbers of a stream strictly increase, over
// restarts and crashes too. A new connection begins at the next multiple of 1000, plus 1.
//
// Mostly it takes nanoseconds; once in 100,000 numbers it writes stream.json. When that fails (a full disk) numbers still
// increase, the failure is logged, and the promise for the time after a crash is weaker until it succeeds.
func (s *Stream) NextNumber(now time.Time, newConnection bool) Number {
	s.adminMu.Lock()
	defer s.adminMu.Unlock()
	if newConnection && s.seq > 0 {
		s.seq += 1000 - s.seq%1000
	}
	s.seq++
	if s.seq > s.reserved && s.gone() == nil {
		if err := s.describe(s.meta.Load(), s.seq+reservation); err != nil {
			s.archive.log.Error("fragment numbers could not be reserved", "stream", s.name, "error", err)
		} else {
			s.reserved = s.seq + reservation
		}
	}
	var random [4]byte
	rand.Read(random[:])
	return newNumber(s.seq, now, binary.BigEndian.Uint32(random[:]))
}

// release gives back what was reserved and not used, so that after a clean stop numbers go on without a gap.
func (s *Stream) release() error {
	s.adminMu.Lock()
	defer s.adminMu.Unlock()
	if s.gone() != nil || s.seq == s.reserved {
		return nil
	}
	if err := s.describe(s.meta.Load(), s.seq); err != nil {
		return fmt.Errorf("stream %q: storing its description: %w", s.name, err)
	}
	s.reserved = s.seq
	return nil
}

// Size returns the bytes in the stream's log and the number of its fragments, including those that are not shown any more but
// whose segment has not been dropped yet: expired ones, and pieces whose place a longer copy took.
func (s *Stream) Size() (bytes, fragments int64) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	for i := range s.segments {
		bytes += s.segments[i].end
		fragments += s.segments[i].count
	}
	return bytes, fragments
}

func (s *Stream) gone() error {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.deleted {
		return fmt.Errorf("stream %q: %w", s.name, ErrDeleted)
	}
	return nil
}

func (s *Stream) lastSegment() (segment, bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if len(s.segments) == 0 {
		return segment{}, false
	}
	return s.segments[len(s.segments)-1], true
}

// highest returns the largest number in the log.
func (s *Stream) highest() (n Number) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	for i := range s.segments {
		if s.segments[i].last.Compare(n) > 0 {
			n = s.segments[i].last
		}
	}
	return n
}

const (
	newSuffix     = ".new"
	deletedSuffix = ".deleted"
)

// Create makes a stream. ErrExists when the name is taken.
func (a *Archive) Create(m Meta) (*Stream, error) {
	if err := m.check(); err != nil {
		return nil, err
	}
	m = m.copy()
	a.adminMu.Lock()
	defer a.adminMu.Unlock()
	if a.isClosing() {
		return nil, ErrClosed
	}
	if _, ok := a.Lookup(m.Name); ok {
		return nil, fmt.Errorf("stream %q: %w", m.Name, ErrExists)
	}
	s, err := a.create(&m)
	if err != nil {
		return nil, full(fmt.Errorf("creating stream %q: %w", m.Name, err))
	}
	a.mu.Lock()
	a.streams[m.Name] = s
	a.mu.Unlock()
	return s, nil
}

func (a *Archive) create(m *Meta) (*Stream, error) {
	var b [8]byte
	rand.Read(b[:])
	id := int64(binary.BigEndian.Uint64(b[:]) >> 1)
	name := dirName(id)
	final := filepath.Join(a.streamsDir(), name)
	if _, err := os.Lstat(final); err == nil {
		return nil, fmt.Errorf("%s exists already", final)
	}
	key := newKey()
	s := &Stream{
		archive: a, name: m.Name, id: id, dir: final + newSuffix, key: wrap(a.kek, key, name), aead: newAEAD(key),
		naming: identityKey(key), tagging: tagCipher(key), tail: tail{nextID: 1}, reserved: reservation,
	}
	s.meta.Store(m)
	s.notes.Store(&notebook{Format: notesFormat})
	if err := a.disk.Mkdir(s.dir); err != nil {
		return nil, err
	}
	err := s.describe(m, s.reserved)
	if err == nil {
		err = a.disk.Rename(s.dir, final)
	}
	if err == nil {
		s.dir = final
		err = a.disk.SyncDir(a.streamsDir())
	}
	if err != nil {
		return nil, errors.Join(err, a.discard(s.dir))
	}
	return s, nil
}

// discard removes a stream's directory so that a crash halfway leaves what Open knows to be waste.
func (a *Archive) discard(dir string) error {
	trash := dir + deletedSuffix
	if err := a.disk.Rename(dir, trash); err != nil {
		return err
	}
	return a.disk.RemoveAll(trash)
}

func dirName(id int64) string { return fmt.Sprintf("%016x", id) }

// Delete removes the stream and its data; Append and reads give ErrDeleted from then on. After an error the stream is either
// as it was, or deleted with files left over, which the next Open removes: Lookup tells.
func (a *Archive) Delete(s *Stream) error {
	a.adminMu.Lock()
	defer a.adminMu.Unlock()
	if a.isClosing() {
		return ErrClosed
	}
	trash := s.dir + deletedSuffix
	if err := s.bury(trash); err != nil {
		return err
	}
	a.mu.Lock()
	delete(a.streams, s.name)
	a.garbage = append(a.garbage, s.id)
	a.mu.Unlock()
	if err := errors.Join(a.disk.SyncDir(a.streamsDir()), a.disk.RemoveAll(trash)); err != nil {
		return fmt.Errorf("removing the files of deleted stream %q: %w", s.name, err)
	}
	a.tidySoon()
	return nil
}

// bury gives the stream's directory the name of waste. To remove what is in it may take long, and a round of the committer, in which other
// streams have their part, must not wait for that: nothing is locked then.
func (s *Stream) bury(trash string) error {
	s.notesMu.Lock()
	defer s.notesMu.Unlock()
	s.adminMu.Lock()
	defer s.adminMu.Unlock()
	if err := s.gone(); err != nil {
		return err
	}
	s.logMu.Lock()
	defer s.logMu.Unlock()
	if err := s.tail.close(); err != nil {
		return fmt.Errorf("deleting stream %q: %w", s.name, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.archive.disk.Rename(s.dir, trash); err != nil {
		return fmt.Errorf("deleting stream %q: %w", s.name, err)
	}
	s.deleted, s.segments, s.dropped = true, nil, nil
	return nil
}

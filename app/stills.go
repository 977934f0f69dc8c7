package app

import (
	"bytes"
	"encoding/binary"
	"errors"
	"image"
	"image/jpeg"
	"slices"
	"sync"
	"time"

	"kinora/internal/diskcache"
)

// Stills are small pictures of what was recorded, watched or looked for on this computer, so that looking again costs nothing: about one
// a second where something moves, one in thirty seconds where nothing does. They lie in an encrypted cache of a bounded size, by account,
// stream and minute of the producer's clock. Without a cache a few minutes are kept in memory. Its methods may be called
// from any goroutine; they read and write files.
type Stills struct {
	disk *diskcache.Cache // nil: there is none

	mu      sync.Mutex
	minutes []*minute // the one used last in front
	days    map[dayOfStills]*dayMap
}

const (
	stillHeight  = 180
	stillWidth   = 320
	stillQuality = 70
	stillApart   = 500 * time.Millisecond // of stills at the least
	heldMinutes  = 48                     // in memory; a minute is at most 700 kB or so
	maxStill     = 1 << 20                // bytes of one, in a file
)

// minute is the stills of one minute.
type minute struct {
	key    string
	stills []still // in order
	fresh  bool    // there is more than in the file
}

type still struct {
	at   time.Time
	jpeg []byte
}

func newStills(disk *diskcache.Cache) *Stills { return &Stills{disk: disk} }

// minuteKey names a minute of a stream. Accounts have no zero bytes in their names, nor have streams.
func minuteKey(account, stream string, at time.Time) string {
	minute := at.UnixMilli() / 60_000
	return "still\x00" + account + "\x00" + stream + "\x00" + string(binary.BigEndian.AppendUint64(nil, uint64(minute)))
}

// keep keeps a picture of a moment, unless there is one of about that moment.
func (s *Stills) keep(account, stream string, at time.Time, img *image.RGBA) error {
	if at.IsZero() || s.has(account, stream, at) {
		return nil
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, shrink(img, stillWidth, stillHeight), &jpeg.Options{Quality: stillQuality}); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	m := s.minute(minuteKey(account, stream, at))
	i := m.after(at)
	m.stills = slices.Insert(m.stills, i, still{at, b.Bytes()})
	m.fresh = true
	s.mark(account, stream, at)
	return s.trim()
}

// has tells whether there is a still of about that moment.
func (s *Stills) has(account, stream string, at time.Time) bool {
	_, ok := s.near(account, stream, at, stillApart)
	return ok
}

// near returns the still that is nearest to a moment, not farther from it than within.
func (s *Stills) near(account, stream string, at time.Time, within time.Duration) (best still, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	distance := within + 1
	for t := at.Add(-within).Truncate(time.Minute); !t.After(at.Add(within)); t = t.Add(time.Minute) {
		m := s.known(minuteKey(account, stream, t))
		if m == nil {
			continue
		}
		i := m.after(at)
		for _, j := range [2]int{i - 1, i} {
			if j < 0 || j >= len(m.stills) {
				continue
			}
			if d := m.stills[j].at.Sub(at).Abs(); d < distance {
				best, distance, ok = m.stills[j], d, true
			}
		}
	}
	return best, ok
}

// after is the index of the first still that is later than at.
func (m *minute) after(at time.Time) int {
	i := slices.IndexFunc(m.stills, func(x still) bool { return x.at.After(at) })
	if i < 0 {
		return len(m.stills)
	}
	return i
}

// held is where a minute is in memory; -1: it is not. s.mu is held, as in all of the following.
func (s *Stills) held(key string) int {
	return slices.IndexFunc(s.minutes, func(m *minute) bool { return m.key == key })
}

// known returns a minute that has stills; nil: it has none.
func (s *Stills) known(key string) *minute {
	if s.held(key) < 0 && (s.disk == nil || !s.disk.Has(key)) {
		return nil
	}
	m := s.minute(key)
	s.forget()
	return m
}

// forget keeps looking around from costing memory: it lets go the minutes that were not used for longest and are in their files.
func (s *Stills) forget() {
	for i := len(s.minutes) - 1; i > 0 && len(s.minutes) > heldMinutes; i-- {
		if !s.minutes[i].fresh {
			s.minutes = slices.Delete(s.minutes, i, i+1)
		}
	}
}

// minute returns a minute, from memory or from its file, or an empty one.
func (s *Stills) minute(key string) *minute {
	if i := s.held(key); i >= 0 {
		m := s.minutes[i]
		copy(s.minutes[1:i+1], s.minutes[:i])
		s.minutes[0] = m
		return m
	}
	m := &minute{key: key}
	if s.disk != nil {
		if data, ok := s.disk.Get(key); ok {
			m.stills = unpackStills(data)
		}
	}
	s.minutes = slices.Insert(s.minutes, 0, m)
	return m
}

// trim lets go the minutes that were not used for longest.
func (s *Stills) trim() error {
	var err error
	for len(s.minutes) > heldMinutes {
		last := s.minutes[len(s.minutes)-1]
		s.minutes = s.minutes[:len(s.minutes)-1]
		err = errors.Join(err, s.store(last))
	}
	return err
}

func (s *Stills) store(m *minute) error {
	if !m.fresh || s.disk == nil {
		return nil
	}
	m.fresh = false
	return s.disk.Put(m.key, packStills(m.stills))
}

// flush writes what is in memory alone.
func (s *Stills) flush() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var err error
	for _, m := range s.minutes {
		err = errors.Join(err, s.store(m))
	}
	return err
}

// packStills is the content of a minute's file: of each still its time in milliseconds since 1970, its length, and the JPEG.
func packStills(stills []still) []byte {
	var b []byte
	for _, x := range stills {
		b = binary.AppendVarint(b, x.at.UnixMilli())
		b = binary.AppendUvarint(b, uint64(len(x.jpeg)))
		b = append(b, x.jpeg...)
	}
	return b
}

// unpackStills reads what packStills has written, as far as it makes sense.
func unpackStills(b []byte) []still {
	var stills []still
	for len(b) > 0 {
		at, n := binary.Varint(b)
		if n <= 0 {
			break
		}
		size, m := binary.Uvarint(b[n:])
		if m <= 0 || size > maxStill || uint64(len(b)-n-m) < size {
			break
		}
		stills = append(stills, still{time.UnixMilli(at), b[n+m : n+m+int(size)]})
		b = b[n+m+int(size):]
	}
	return stills
}

package archive

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// Note says why nothing is stored in front of a place of a stream, or behind one.
type Note struct {
	Server, Producer time.Time // the place by each clock; zero where nobody knows it
	Before           bool      // the gap is in front of the place; otherwise it is behind
	Reason           string    // as in media.Gap
}

// notebook is the content of a stream's notes.json, the only thing about gaps that the logs do not say. It is replaced as a whole, and
// never changed once others see it.
type notebook struct {
	Format  int
	Uploads int // were open when this was written: whoever reads it after a crash knows that they broke off
	Notes   []storedNote
}

// storedNote is a Note with times in ms since 1970, 0 where they are not known.
type storedNote struct {
	Server   int64
	Producer int64
	Before   bool `json:",omitempty"`
	Reason   string
}

const (
	notesFormat = 1
	notesFile   = "notes.json"
	maxNotes    = 2048 // of a stream; the oldest goes
)

func (n Note) stored() storedNote {
	ms := func(t time.Time) int64 {
		if t.IsZero() {
			return 0
		}
		return t.UnixMilli()
	}
	return storedNote{ms(n.Server), ms(n.Producer), n.Before, n.Reason}
}

// place is the note's place on a clock, 0 when nobody knows it.
func (n *storedNote) place(c Clock) int64 {
	if c == ProducerTime {
		return n.Producer
	}
	return n.Server
}

// UploadBegan notes durably that somebody uploads to the stream, so that a gap is known to be a crash's. UploadEnded must follow.
func (s *Stream) UploadBegan() error {
	return s.note(func(b *notebook) bool {
		b.Uploads++
		return b.Uploads == 1
	})
}

// UploadEnded notes durably that an upload has ended, and why. With stored it had stored something. Attempts that fail one after the other for
// the same reason, and store nothing, are noted once. A note without a reason says nothing.
func (s *Stream) UploadEnded(n Note, stored bool) error {
	last, _, err := s.Last()
	if err != nil && !errors.Is(err, ErrDeleted) && !errors.Is(err, ErrClosed) {
		return err
	}
	return s.note(func(b *notebook) bool {
		b.Uploads--
		if known := len(b.Notes); n.Reason != "" {
			again := !stored && known > 0 && b.Notes[known-1].Reason == n.Reason && last.Server.UnixMilli() <= b.Notes[known-1].Server
			if !again {
				b.Notes = append(b.Notes, n.stored())
				return true
			}
		}
		return b.Uploads == 0
	})
}

// Explain notes durably why there is a gap.
func (s *Stream) Explain(n Note) error {
	return s.note(func(b *notebook) bool {
		if stored := n.stored(); !slices.Contains(b.Notes, stored) {
			b.Notes = append(b.Notes, stored)
			return true
		}
		return false
	})
}

// note changes the notebook by fn, and stores it when fn says that this matters.
func (s *Stream) note(fn func(*notebook) bool) error {
	s.notesMu.Lock() // which is held while the disk works: whoever draws a number does not wait for that
	defer s.notesMu.Unlock()
	if err := s.gone(); err != nil {
		return err
	}
	b := *s.notes.Load()
	b.Notes = slices.Clone(b.Notes)
	write := fn(&b)
	cutoff := s.cutoff()
	b.Notes = slices.DeleteFunc(b.Notes, func(n storedNote) bool { return n.Server < cutoff })
	b.Notes = b.Notes[max(0, len(b.Notes)-maxNotes):]
	s.notes.Store(&b)
	if !write {
		return nil
	}
	text, err := json.Marshal(b)
	if err != nil {
		return err
	}
	return full(s.archive.disk.Replace(filepath.Join(s.dir, notesFile), text))
}

// loadNotes reads the notebook. One that is damaged is reported and begun anew: it costs the reasons of gaps.
func (a *Archive) loadNotes(s *Stream) {
	b := notebook{Format: notesFormat}
	path := filepath.Join(s.dir, notesFile)
	text, err := os.ReadFile(path)
	if err == nil {
		err = json.Unmarshal(text, &b)
	}
	if err == nil && b.Format != notesFormat {
		err = errors.New("it has another format")
	}
	if err != nil {
		if !errors.Is(err, fs.ErrNotExist) {
			a.report(&DamageError{Stream: s.name, File: path, Reason: "why there are gaps cannot be read: " + err.Error()})
		}
		b = notebook{Format: notesFormat}
	}
	s.notes.Store(&b)
}

// noteCrash says behind the newest fragment that the service died, when uploads were open as it did.
func (s *Stream) noteCrash(reason string) error {
	if s.notes.Load().Uploads == 0 {
		return nil
	}
	last, ok, err := s.Last()
	if err != nil {
		return err
	}
	return s.note(func(b *notebook) bool {
		b.Uploads = 0
		if ok {
			b.Notes = append(b.Notes, Note{Server: last.Server.Add(last.Length), Producer: last.Producer.Add(last.Length), Reason: reason}.stored())
		}
		return true
	})
}

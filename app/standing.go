package app

import (
	"fmt"
	"path/filepath"
	"time"

	"kinora/recorder/upload"
)

// RecordingSettings are the person's standing choices. They are kept between runs.
type RecordingSettings struct {
	Order     upload.Order
	Limit     int           // bits a second of all uploads together; 0: none
	Metered   bool          // send on metered networks too
	MaxBytes  int64         // of the spool; 0: only the free-disk floor limits
	MaxAge    time.Duration // of a spooled fragment; 0: none
	Operator  string
	Addresses []string // network cameras; they may hold passwords, which are not for the screen
}

func settingsFile(dir string) string { return filepath.Join(dir, "recording.json") }

// LoadRecordingSettings reads the standing choices in a data directory, for whoever opens the spool. Without a file, and
// with an error, they are the zero value.
func LoadRecordingSettings(dir string) (RecordingSettings, error) {
	var s RecordingSettings
	if dir == "" {
		return s, nil
	}
	if err := readState(settingsFile(dir), &s); err != nil {
		return RecordingSettings{}, fmt.Errorf("the settings of recordings cannot be read: %w", err)
	}
	return s, nil
}

// Settings are the standing choices.
func (r *Recordings) Settings() *Value[RecordingSettings] { return &r.settings }

// Change makes s the standing choices, which hold at once, and keeps them. The error says why they are not kept; they hold
// all the same. It writes to the disk.
func (r *Recordings) Change(s RecordingSettings) error {
	r.apply(s)
	if r.o.Spool != nil {
		r.o.Spool.Limit(s.MaxBytes, s.MaxAge)
	}
	if r.o.Data == "" {
		return nil
	}
	if err := writeState(settingsFile(r.o.Data), s); err != nil {
		return fmt.Errorf("the settings of recordings are not kept: %w", err)
	}
	return nil
}

// apply makes the choices hold.
func (r *Recordings) apply(s RecordingSettings) {
	r.mu.Lock()
	before := r.pauseReason()
	r.mu.Unlock()
	r.settings.Set(s)
	r.limitTo(s.Limit)
	r.each(func(u *upload.Uploader) { u.SetOrder(s.Order) })
	r.pauseAs(before)
}

package app

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"kinora/media"
)

// remembered is a recording that runs, as it is kept for the case that the program does not end in order.
type remembered struct {
	Account   string // ID
	Stream    string
	Camera    string // ID
	Name      string // of the camera
	Kind      SourceKind
	Archive   bool `json:",omitempty"`
	Settings  Settings
	Take      string `json:",omitempty"` // as a person named it
	Operator  string `json:",omitempty"`
	Note      string `json:",omitempty"`
	Telemetry string `json:",omitempty"`
}

// remembers reports whether what runs is kept. Who cannot record forgets nothing either: the data may be that of another window, which does.
func (r *Recordings) remembers() bool { return r.o.Data != "" && r.o.Spool != nil }

func (r *Recordings) rememberedFile() string { return filepath.Join(r.o.Data, "recordings.json") }

// remember keeps which recordings run. Once closing has begun, the file stays as it is.
func (r *Recordings) remember() {
	if !r.remembers() {
		return
	}
	r.remembering.Lock()
	defer r.remembering.Unlock()
	if r.settled {
		return
	}
	var list []remembered
	r.mu.Lock()
	for _, e := range r.entries {
		if p := e.plan; !e.recording.Ended && !e.recording.Stopping && p.Camera.Kind != Conversation {
			list = append(list, remembered{Account: e.target.Account, Stream: p.Stream,
				Camera: p.Camera.ID, Name: p.Camera.Name, Kind: p.Camera.Kind, Archive: p.Camera.Archive,
				Settings: p.Settings, Take: p.Name, Operator: p.Operator, Note: p.Note, Telemetry: p.Telemetry})
		}
	}
	r.mu.Unlock()
	r.write(list)
}

// settle leaves the file as it is, for what was interrupted to begin again, or forgets what ran.
func (r *Recordings) settle(interrupted bool) {
	r.remembering.Lock()
	defer r.remembering.Unlock()
	if !r.settled && !interrupted && r.remembers() {
		r.write(nil)
	}
	r.settled = true
}

// write replaces the file. Where that fails, recordings run all the same.
func (r *Recordings) write(list []remembered) {
	var err error
	if len(list) == 0 {
		err = os.Remove(r.rememberedFile())
	} else {
		err = writeState(r.rememberedFile(), list)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		r.log.Warn("which recordings run cannot be kept; after a crash they will not begin by themselves", "err", err)
	}
}

// resume begins the recordings that ran when the program ended without a person's having ended them. Each waits for its
// camera if that is not here.
func (r *Recordings) resume() {
	if !r.remembers() {
		return
	}
	var list []remembered
	if err := readState(r.rememberedFile(), &list); err != nil {
		r.log.Warn("which recordings ran cannot be read; they do not begin again by themselves", "err", err)
	}
	r.remembering.Lock() // the file stays as it is until all of them have begun
	for _, m := range list {
		err := errAbsent
		if acc := r.o.account(m.Account); acc != nil {
			err = r.begin(acc, r.planOf(m), true)
		}
		if err != nil {
			r.log.Warn("a recording that was interrupted does not begin again", "stream", m.Stream, "err", err)
		}
	}
	r.remembering.Unlock()
	if len(list) > 0 {
		r.remember()
	}
}

var errAbsent = errors.New("its account is not here")

// planOf asks for the recording again. Its camera is looked for whenever it is opened. An archive does not begin again: what
// was read of it would be in the stream twice.
func (r *Recordings) planOf(m remembered) Plan {
	c := Camera{ID: m.Camera, Name: m.Name, Kind: m.Kind, Archive: m.Archive}
	c.With = func(s Settings) media.Opener {
		return func(ctx context.Context) (media.Source, error) {
			if m.Archive {
				return nil, errInterrupted
			}
			found, err := r.o.find(m)
			if err != nil {
				return nil, err
			}
			return found.opener(s)(ctx)
		}
	}
	c.Retry = func(err error) bool { return !errors.Is(err, errInterrupted) }
	return Plan{Stream: m.Stream, Camera: c, Settings: m.Settings, Name: m.Take, Operator: m.Operator, Note: m.Note, Telemetry: m.Telemetry}
}

var errInterrupted = errors.New("the program ended in the middle of the file; what was read until then is kept, record the rest by hand")

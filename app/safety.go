package app

import (
	"time"

	"kinora/recorder/upload"
)

// Safety says whether the computer can be switched off or carried away.
type Safety struct {
	Safe      bool          // nothing is being recorded and the last persisted acknowledgement is in
	Recording int           // takes that are open
	Pending   time.Duration // that is on this disk only, and can be sent from here
	Bytes     int64         // likewise
	Offline   bool          // the service cannot be reached
	ETA       time.Duration // until it is safe; 0: unknown
	Room      time.Duration // how much more the spool can hold at the present bitrate; 0: unknown
	Usage     SpoolUsage
	Battery   Battery
	Metered   bool
	Paused    string // why nothing is sent; empty: it is
}

// Safety is brought up to date twice a second while Run runs.
func (r *Recordings) Safety() *Value[Safety] { return &r.safety }

// safe makes of the takes how safe everything is.
func (r *Recordings) safe(takes []Take) Safety {
	var s Safety
	fragments := 0
	for _, t := range takes {
		if t.Open {
			s.Recording++
		}
		if !t.Here {
			continue
		}
		s.Pending += waits(t.Figures)
		s.Bytes += t.Figures.Bytes
		fragments += t.Figures.Fragments
	}
	if r.o.Spool != nil {
		s.Usage = r.o.Spool.Usage()
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	known := true
	for _, u := range r.uploads {
		state := u.uploader.State()
		s.Offline = s.Offline || state.Phase == upload.Offline
		known = known && (state.ETA > 0 || state.Backlog == 0)
		s.ETA = max(s.ETA, state.ETA)
	}
	if !known {
		s.ETA = 0
	}
	active := 0
	var bitrate float64
	for _, e := range r.entries {
		if !e.recording.Ended {
			active++
			bitrate += e.input.intake.State().Bitrate
		}
	}
	if p := r.preview; bitrate == 0 && p != nil {
		bitrate = p.input.intake.State().Bitrate
	}
	s.Recording = max(s.Recording, active)
	s.Safe = s.Recording == 0 && fragments == 0 && s.Pending == 0
	s.Room = room(s.Usage, r.settings.Get().MaxBytes, bitrate)
	s.Battery, s.Metered, s.Paused = r.around.battery, r.around.metered, r.pauseReason()
	return s
}

// room is for how long the spool can take a bitrate; 0: unknown.
func room(u SpoolUsage, most int64, bitrate float64) time.Duration {
	if bitrate <= 0 {
		return 0
	}
	free := u.Free
	if most > 0 {
		free = min(free, most-u.Bytes)
	}
	seconds := float64(max(free, 0)) * 8 / bitrate
	return time.Duration(min(seconds, 1e9)) * time.Second
}

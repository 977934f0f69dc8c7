package app

import (
	"context"
	"time"
)

// Battery is this computer's.
type Battery struct {
	Present, Charging bool
	Percent           int
	Left              time.Duration // 0: unknown
}

// surroundings are what recordings depend on and cannot change.
type surroundings struct {
	battery Battery
	metered bool
	known   bool // they were looked at
}

// lookEvery is how often the battery and the network are looked at.
const lookEvery = 10 * time.Second

// lookAround keeps the surroundings until ctx ends, and pauses uploads on a metered network.
func (r *Recordings) lookAround(ctx context.Context) {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		s := r.o.surroundings()
		r.mu.Lock()
		before := r.pauseReason()
		r.around = s
		r.mu.Unlock()
		r.pauseAs(before)
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// surroundings looks anew. What cannot be told is taken for harmless.
func (o *Options) surroundings() surroundings {
	s := surroundings{known: true}
	var err error
	if o.Battery != nil {
		if s.battery, err = o.Battery(); err != nil {
			o.Log.Debug("the battery cannot be read", "err", err)
		}
	}
	if o.Metered != nil {
		if s.metered, err = o.Metered(); err != nil {
			o.Log.Debug("whether the network is metered cannot be told", "err", err)
		}
	}
	return s
}

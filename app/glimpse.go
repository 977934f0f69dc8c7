package app

import (
	"context"
	"image"
	"sync"
	"time"
)

// The pace of the preview track.
const (
	glimpseMoving = time.Second
	glimpseStill  = 30 * time.Second
	glimpseSlack  = 40 * time.Millisecond // pictures do not come at full seconds
	glimpsePause  = 200 * time.Millisecond
)

// glimpses chooses from the pictures of a stream those that are kept as stills. A picture costs a millisecond once a second;
// coding and files are for a goroutine of its own, which drops what comes too fast.
type glimpses struct {
	account, stream string
	to              chan<- glimpse
	pause           time.Duration // of this computer's time between two that are looked at, when an archive is played fast

	mu     sync.Mutex
	looked time.Time // of the picture that was looked at last
	when   time.Time // that was
	kept   time.Time // of the picture that was kept last
	moved  time.Time // of the picture in which something had moved last
	luma   luma      // of that
}

// glimpse is a picture that is to be kept.
type glimpse struct {
	account, stream string
	at              time.Time
	img             *image.RGBA
}

// see is shown each picture, in any order of time; img is not kept. It never blocks.
func (g *glimpses) see(at time.Time, img *image.RGBA) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if at.IsZero() || at.Sub(g.looked).Abs() < glimpseMoving-glimpseSlack || time.Since(g.when) < g.pause {
		return
	}
	g.looked, g.when = at, time.Now()
	now := lumaOf(img)
	switch {
	case g.kept.IsZero():
	case now.moved(&g.luma):
		g.moved = at
	case at.Sub(g.kept).Abs() < glimpseStill:
		return
	}
	select {
	case g.to <- glimpse{g.account, g.stream, at, shrink(img, stillWidth, stillHeight)}:
		g.kept, g.luma = at, now
	default: // the next one
	}
}

// moving tells whether something has moved shortly before a moment.
func (g *glimpses) moving(at time.Time) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return at.Sub(g.moved) < 3*glimpseMoving
}

// waitingGlimpses is how many pictures may wait to be coded.
const waitingGlimpses = 16

// flushEvery is how long a still may be in memory alone.
const flushEvery = 20 * time.Second

// run keeps what comes until ctx ends.
func (s *Stills) run(ctx context.Context, from <-chan glimpse, failed func(error)) {
	tick := time.NewTicker(flushEvery)
	defer tick.Stop()
	for {
		var err error
		select {
		case g := <-from:
			err = s.keep(g.account, g.stream, g.at, g.img)
		case <-tick.C:
			err = s.flush()
		case <-ctx.Done():
			if err := s.flush(); err != nil {
				failed(err)
			}
			return
		}
		if err != nil {
			failed(err)
		}
	}
}

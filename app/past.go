package app

import (
	"context"
	"sync"
	"time"
)

// Past is what is known of the archives of the streams that are watched, beside their pictures: what is recorded when, and small
// pictures of it. Its methods return at once and are safe from any goroutine.
type Past struct {
	Survey  *Survey
	Thumbs  *Thumbs            // of what the pointer is on
	Glances [MostTiles]*Thumbs // of what it drags over, for each tile: from this computer alone, at once

	account  func() Account
	ways     *Ways
	watching func() Watching
	keeps    func(stream string) time.Duration // how long a stream keeps what it gets; 0: not known
	stills   *Stills
	waiting  chan glimpse
	failed   func(error)
}

func newPast(o Options, account func() Account, ways *Ways) *Past {
	stills := newStills(o.Stills)
	p := &Past{
		Survey:  newSurvey(stills),
		Thumbs:  newThumbs(stills, o.Codecs),
		account: account,
		ways:    ways,
		stills:  stills,
		waiting: make(chan glimpse, waitingGlimpses),
		failed:  seldom(func(err error) { o.Log.Warn("small pictures cannot be kept", "err", err) }),
	}
	for i := range p.Glances {
		p.Glances[i] = newThumbs(stills, o.Codecs)
	}
	return p
}

// seldom hands on one error a minute at most. It is for one goroutine.
func seldom(say func(error)) func(error) {
	var said time.Time
	return func(err error) {
		if time.Since(said) > time.Minute {
			said = time.Now()
			say(err)
		}
	}
}

// Hover wishes for a small picture of a moment of the stream in the focus; the zero time wishes for none.
func (p *Past) Hover(at time.Time) { p.want(p.Thumbs, p.watching().Stream, at, false) }

// Glance is Hover for a pointer that drags the playhead, and for one of the tiles.
func (p *Past) Glance(tile int, at time.Time) {
	stream := ""
	if tiles := p.watching().Tiles; tile < len(tiles) {
		stream = tiles[tile].Stream
	}
	p.want(p.Glances[tile], stream, at, true)
}

func (p *Past) want(t *Thumbs, stream string, at time.Time, local bool) {
	w := thumbWish{stream: stream, at: at, local: local}
	if acc := p.account(); acc != nil {
		w.account = lens{acc, p.ways}
		w.still = p.ways.Clock(acc, w.stream).on(w.stream)
	}
	t.want(w)
}

// glimpses chooses stills from the pictures that it is shown; they are kept under the stream's name on a clock.
func (p *Past) glimpses(acc Account, still string) *glimpses {
	return &glimpses{account: acc.ID(), stream: still, to: p.waiting, pause: glimpsePause}
}

// follow surveys what is watched.
func (p *Past) follow(w Watching) {
	of := subject{}
	if acc := p.account(); acc != nil && w.Take == "" && w.Stream != "" {
		of.account = lens{acc, p.ways}
		of.streams = []string{w.Stream}
		for _, t := range w.Tiles {
			if t.Stream != w.Stream {
				of.streams = append(of.streams, t.Stream)
			}
		}
		for _, stream := range of.streams {
			of.access = append(of.access, p.ways.access(acc, stream))
		}
		of.keeps = func() time.Duration { return p.keeps(w.Stream) }
		if keeps := of.keeps(); keeps > 0 {
			of.since = time.Now().Add(-keeps)
		}
	}
	p.Survey.follow(of)
}

// run surveys, gets pictures and keeps them until ctx ends.
func (p *Past) run(ctx context.Context) {
	var parts sync.WaitGroup
	parts.Go(func() { p.Survey.run(ctx) })
	for _, t := range append([]*Thumbs{p.Thumbs}, p.Glances[:]...) {
		parts.Go(func() { t.run(ctx) })
	}
	p.stills.run(ctx, p.waiting, p.failed)
	parts.Wait()
}

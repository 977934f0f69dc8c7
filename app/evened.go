package app

import (
	"context"
	"time"

	"kinora/media"
)

// evened is a source whose media time goes on over discontinuities, as a call's does: each packet's is its wall time, told from
// that of the first one.
type evened struct {
	media.Source
	first *media.Packet // read already; nil once it was given out
	zero  time.Time
	shift time.Duration
}

// evenly waits for the first packet of a source, and evens it. It closes the source when that does not come.
func evenly(ctx context.Context, src media.Source) (*evened, error) {
	stop := context.AfterFunc(ctx, func() { src.Close() })
	defer stop()
	p, err := src.Read()
	if err != nil {
		src.Close()
		if ctx.Err() != nil {
			err = context.Cause(ctx)
		}
		return nil, err
	}
	e := &evened{Source: src, first: p}
	e.zero = e.epoch(p)
	return e, nil
}

// epoch is the wall time of the source's time zero; where it knows none, such that the packet is of now.
func (e *evened) epoch(p *media.Packet) time.Time {
	if at := e.Source.Epoch(); !at.IsZero() {
		return at
	}
	return time.Now().Add(-p.PTS)
}

func (e *evened) Epoch() time.Time { return e.zero }

func (e *evened) Read() (*media.Packet, error) {
	p := e.first
	if e.first = nil; p == nil {
		var err error
		if p, err = e.Source.Read(); err != nil {
			return nil, err
		}
		if p.Discontinuity {
			e.shift = e.epoch(p).Sub(e.zero)
		}
	}
	same := *p // others read it too
	same.PTS, same.DTS = p.PTS+e.shift, p.DTS+e.shift
	return &same, nil
}

package kvs

import (
	"context"
	"time"

	"kinora/media"
)

// server is a source that knows the service's clock as well as the producer's: Served is the wall time of media time zero by it, the
// zero time when that is not known. It changes with a discontinuity.
type server interface{ Served() time.Time }

// servedBy is what s says; s may be nil.
func servedBy(s server) time.Time {
	if s == nil {
		return time.Time{}
	}
	return s.Served()
}

// ByServerTime returns an opener of the sources of [Client.Live], or of a [Hub] over it, whose times are the service's and not the
// producer's: of each session of the producer its first fragment is dated by when the service began to receive it. A source that does
// not know that time is left as it is.
func ByServerTime(open media.Opener) media.Opener {
	return func(ctx context.Context) (media.Source, error) {
		source, err := open(ctx)
		if err != nil {
			return nil, err
		}
		s, ok := source.(server)
		if !ok || s.Served().IsZero() {
			return source, nil
		}
		return &redated{Source: source, server: s, epoch: s.Served()}, nil
	}
}

// redated is a source in the service's time.
type redated struct {
	media.Source
	server server
	epoch  time.Time
	shift  time.Duration // of the packets since the last discontinuity

	newest *media.Recorded // of the source
	dated  *media.Recorded // the same, in the service's time
}

func (d *redated) Epoch() time.Time { return d.epoch }

// Newest implements [media.Fragmented].
func (d *redated) Newest() *media.Recorded {
	of, ok := d.Source.(media.Fragmented)
	if !ok {
		return nil
	}
	if r := of.Newest(); r != d.newest {
		dated := *r
		dated.Start = r.Server
		d.newest, d.dated = r, &dated
	}
	return d.dated
}

func (d *redated) Read() (*media.Packet, error) {
	p, err := d.Source.Read()
	if err != nil {
		return nil, err
	}
	if at := d.server.Served(); p.Discontinuity && !at.IsZero() {
		d.shift = at.Sub(d.epoch)
	}
	p.PTS += d.shift
	p.DTS += d.shift
	return p, nil
}

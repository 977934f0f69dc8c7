package app

import (
	"context"
	"errors"
	"io"

	"kinora/media"
)

// errShared: who had a camera open has closed it, or it is wanted for a recording; it is opened anew.
var errShared = errors.New("the camera changes hands")

// shared is what a camera gives that somebody else has open.
type shared struct{ media.Source }

func (s shared) Unwrap() media.Source { return s.Source }

func (s shared) Read() (*media.Packet, error) {
	p, err := s.Source.Read()
	if errors.Is(err, io.EOF) {
		err = errShared
	}
	return p, err
}

// sourceOf opens the camera of an offer: what others have open is shown as it is there.
func (c *Calls) sourceOf(f *offer, s Settings) media.Opener {
	open := c.o.looped(f.camera).opener(s)
	return func(ctx context.Context) (media.Source, error) {
		src, own := c.cameras.share(ctx, f)
		if own == nil {
			return c.o.forCall(shared{src}), nil
		}
		src, err := open(own.life)
		if err != nil {
			if own.life.Err() != nil && ctx.Err() == nil {
				err = errShared
			}
			c.cameras.vacate(f.camera.ID, own)
			return nil, err
		}
		return lent{src, own, func() { c.cameras.vacate(f.camera.ID, own) }}, nil
	}
}

// forCall codes the sound of a source as calls carry it, where that is possible.
func (o *Options) forCall(src media.Source) media.Source {
	if o.ForCall == nil {
		return src
	}
	return o.ForCall(src)
}

// openedAgain reports whether a camera is opened again after an error.
func openedAgain(cam Camera) func(error) bool {
	return func(err error) bool { return errors.Is(err, errShared) || cam.Retry == nil || cam.Retry(err) }
}

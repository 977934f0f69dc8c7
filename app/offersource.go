package app

import (
	"context"
	"errors"
	"io"

	"kinora/media"
)

// errShared: the recording or the preview that a camera was open for has ended; it is opened anew.
var errShared = errors.New("the camera is opened for the call alone")

// shared is what a camera gives that is open for a recording or a preview too.
type shared struct{ media.Source }

func (s shared) Read() (*media.Packet, error) {
	p, err := s.Source.Read()
	if errors.Is(err, io.EOF) {
		err = errShared
	}
	return p, err
}

// sourceOf opens a camera for a call. Most can be open once only: one that is being recorded or previewed is shown as it is there, and
// opened again when that ends.
func (c *Calls) sourceOf(cam Camera, s Settings) media.Opener {
	open := c.o.looped(cam).opener(s)
	return func(ctx context.Context) (media.Source, error) {
		if src := c.share(cam.ID); src != nil {
			return c.o.forCall(shared{src}), nil
		}
		return open(ctx)
	}
}

// forCall codes the sound of a source as calls carry it, where that is possible.
func (o *Options) forCall(src media.Source) media.Source {
	if o.ForCall == nil {
		return src
	}
	return o.ForCall(src)
}

// offeredAgain reports whether a camera that is offered is opened again after an error.
func offeredAgain(cam Camera) func(error) bool {
	return func(err error) bool { return errors.Is(err, errShared) || cam.Retry == nil || cam.Retry(err) }
}

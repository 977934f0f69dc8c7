package player

import (
	"context"
	"fmt"
	"image"
	"time"
)

// snapshot is the present picture, or why there is none.
type snapshot struct {
	image *image.RGBA
	at    time.Time
	err   error
}

// Snapshot returns the picture that was decoded last, at its own size, and when it was taken by the producer's clock, which is
// zero when that is unknown. It waits for a moment between two pictures; without one before ctx ends, the error is ErrNoPicture.
// The picture is the caller's.
func (p *Player) Snapshot(ctx context.Context) (*image.RGBA, time.Time, error) {
	answer := make(chan snapshot, 1)
	select {
	case p.wanted <- answer:
		s := <-answer
		return s.image, s.at, s.err
	case <-ctx.Done():
		return nil, time.Time{}, fmt.Errorf("%w at present", ErrNoPicture)
	}
}

// snapshot draws the current picture at its own size.
func (in *instance) snapshot() snapshot {
	if in.size == (image.Point{}) {
		return snapshot{err: fmt.Errorf("%w at present", ErrNoPicture)}
	}
	img := image.NewRGBA(image.Rectangle{Max: in.size})
	return snapshot{image: img, at: in.frame.At, err: in.decoder.Draw(img)}
}

package peer

import (
	"context"
	"errors"
	"io"
	"testing"
	"time"

	"kinora/internal/leak"
	"kinora/media"
)

// muffled is a camera whose picture, or which as a whole, ends when it is told to.
type muffled struct {
	*camera
	paused, dead chan struct{}
}

func (c *muffled) Read() (*media.Packet, error) {
	for {
		p, err := c.camera.Read()
		if err != nil {
			return nil, err
		}
		select {
		case <-c.dead:
			<-c.closed
			return nil, io.EOF
		case <-c.paused:
			if p.Track == 7 {
				continue
			}
		default:
		}
		return p, nil
	}
}

func TestAViewerKnowsWhyThePictureStandsStill(t *testing.T) {
	leak.Check(t)
	x := &exchange{}
	cam := &muffled{newCamera(t), make(chan struct{}), make(chan struct{})}
	m := NewMaster(MasterOptions{Options: Options{Signaling: x.join(""), Loopback: true}, Tracks: cam.Tracks()})
	background(t, func(ctx context.Context) { m.Run(ctx) })
	background(t, func(ctx context.Context) {
		if err := m.Feed(ctx, cam); err != nil && !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	})
	v, _ := startViewer(t, x, "one")
	watch(t, v, 40)
	close(cam.paused)
	until(t, "sound alone", func() bool { s := v.Stats(); return s.Still == SoundAlone && s.Standing > 0 && s.Freezes > 0 })
	close(cam.dead)
	until(t, "no pictures, on a way that works", func() bool { s := v.Stats(); return s.Still == NoPictures && s.Standing > time.Second/2 })
}

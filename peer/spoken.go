package peer

import (
	"context"
	"sync"
	"sync/atomic"

	"kinora/media"
)

// hear gives the sound of the viewer to whoever listens, until the call ends. Of several sounds it is the first.
func (s *seat) hear(ctx context.Context, r received, running *sync.WaitGroup) {
	t, ok := trackOf(r.track.Codec().RTPCodecCapability)
	if !ok || t.Kind != media.Audio || s.hears {
		s.m.o.Log.Debug("a viewer's track is passed over", "viewer", s.id, "codec", r.track.Codec().MimeType)
		return
	}
	s.hears = true
	sound := newSource()
	sound.alone = true
	in := newInlet(s.link.pc, r.track, sound, t, new(atomic.Int64))
	running.Go(func() {
		err := in.run()
		s.m.o.Log.Debug("a viewer's sound has ended", "viewer", s.id, "err", err)
		sound.end(ErrHungUp)
	})
	running.Go(func() { in.reports(r.receiver) })
	running.Go(func() {
		src, err := sound.open(ctx)
		if err != nil {
			return // the viewer never said anything
		}
		defer src.Close()
		s.m.o.Spoken(s.id, src)
	})
}

package app

import (
	"context"
	"errors"
	"fmt"
	"image"
	"time"

	"kinora/media"
	"kinora/player"
)

// sampler looks at a source that is recorded, so that there are stills of it although nobody watches: at its key frames, and while
// something moves at a picture for each second between them. What is not needed for that is not decoded.
type sampler struct {
	codecs player.Codecs
	see    *glimpses

	decoder player.VideoDecoder // nil: none is open
	picture *image.RGBA
	key     time.Duration // of the last key frame
	group   time.Duration // from the key frame before it
	drawn   time.Duration // of the picture that was drawn last
}

// sample looks at src until it ends or ctx does, and closes it. A source without a picture that can be decoded is read to its
// end: there are no stills of it.
func (s *sampler) sample(ctx context.Context, src media.Source) (err error) {
	stop := context.AfterFunc(ctx, func() { _ = src.Close() }) // closed below, too
	defer func() {
		stop()
		err = errors.Join(err, src.Close(), s.close())
	}()
	for {
		p, err := src.Read()
		if err != nil {
			return nil // the recording itself says why it ended
		}
		track, ok := media.VideoTrack(src.Tracks())
		if !ok || p.Track != track.ID {
			continue
		}
		if err := s.take(p, track, src.Epoch()); err != nil {
			return fmt.Errorf("no small pictures are kept of what is recorded: %w", err)
		}
	}
}

// take decodes a packet when something is to be seen of it.
func (s *sampler) take(p *media.Packet, track media.Track, epoch time.Time) error {
	if p.Key {
		if s.decoder == nil || p.Discontinuity {
			if err := s.open(track); err != nil {
				return err
			}
		}
		s.group, s.key = p.PTS-s.key, p.PTS
	}
	if s.decoder == nil || !p.Key && !s.wants(p.PTS, epoch) {
		return nil
	}
	if err := s.decoder.Send(p); err != nil {
		s.decoder.Flush()
		return nil
	}
	for {
		pts, size, ok, err := s.decoder.Receive()
		if err != nil || !ok {
			return nil
		}
		if (pts - s.drawn).Abs() >= glimpseMoving-glimpseSlack {
			s.drawn = pts
			s.draw(epoch.Add(pts), size)
		}
	}
}

// wants tells whether a picture between two key frames is decoded: while something moves, up to the last whole second before the
// next key frame.
func (s *sampler) wants(pts time.Duration, epoch time.Time) bool {
	since := pts - s.key
	last := (s.group - glimpseMoving/2).Truncate(glimpseMoving)
	return since <= last+50*time.Millisecond && last > 0 && s.see.moving(epoch.Add(pts))
}

// draw shows the current picture.
func (s *sampler) draw(at time.Time, size image.Point) {
	fit := image.Pt(stillWidth, stillHeight)
	if size.X*fit.Y > size.Y*fit.X {
		fit.Y = max(1, size.Y*fit.X/max(size.X, 1))
	} else {
		fit.X = max(1, size.X*fit.Y/max(size.Y, 1))
	}
	if s.picture == nil || s.picture.Rect.Size() != fit {
		s.picture = image.NewRGBA(image.Rectangle{Max: fit})
	}
	if s.decoder.Draw(s.picture) == nil { // a damaged picture is not worth a word
		s.see.see(at, s.picture)
	}
}

func (s *sampler) open(track media.Track) error {
	if err := s.close(); err != nil {
		return err
	}
	d, err := s.codecs.Video(track)
	if err != nil {
		return err
	}
	s.decoder, s.drawn = d, -time.Hour
	return nil
}

func (s *sampler) close() error {
	if s.decoder == nil {
		return nil
	}
	err := s.decoder.Close()
	s.decoder = nil
	return err
}

package player

import (
	"context"
	"errors"
	"fmt"
	"image"
	"io"
	"time"

	"kinora/media"
)

// Still returns one picture of an archive: the key frame nearest in front of a time, or with exact set the picture that is
// seen then. It is scaled to fit into a box, as SetFit does it. at of the result is the picture's own time. Where nothing
// is recorded the error is io.EOF; one that wraps media.ErrGone or media.ErrDamaged is for ever. It blocks; each caller
// costs a decoder while it does.
func Still(ctx context.Context, a media.Archive, codecs Codecs, at time.Time, fit image.Point, exact bool) (*image.RGBA, time.Time, error) {
	s, err := locate(ctx, a, at)
	switch {
	case err != nil:
		return nil, time.Time{}, err
	case !s.found:
		return nil, time.Time{}, io.EOF
	}
	rec, err := a.Load(ctx, s.fragment)
	if err != nil {
		return nil, time.Time{}, err
	}
	r := newRoll(rec)
	if r.empty() {
		return nil, time.Time{}, fmt.Errorf("fragment %s: %w", rec.Number, ErrNoPicture)
	}
	c := cursor{codecs: codecs, light: true}
	img, pts, err := c.still(ctx, r, r.times[r.shows(at)], pack(fit), exact)
	if err = errors.Join(err, c.close()); err != nil {
		return nil, time.Time{}, err
	}
	return img, r.at(pts), nil
}

// still decodes one picture.
func (c *cursor) still(ctx context.Context, r *roll, want time.Duration, box uint64, exact bool) (*image.RGBA, time.Duration, error) {
	k := r.keyFor(want)
	end := len(r.packets)
	if !exact {
		want, end = r.key(k), r.keys[k]+1
	}
	if err := c.begin(r, k, end); err != nil {
		return nil, 0, err
	}
	c.skipBefore(want)
	for !c.over {
		if err := ctx.Err(); err != nil {
			return nil, 0, err
		}
		if !c.work() || c.pts < want {
			continue
		}
		img := &image.RGBA{}
		resize(img, fitted(c.size, box))
		if err := c.decoder.Draw(img); err != nil {
			return nil, 0, err
		}
		return img, c.pts, nil
	}
	return nil, 0, fmt.Errorf("fragment %s: the picture cannot be decoded: %w", r.rec.Number, media.ErrDamaged)
}

package app

import (
	"bytes"
	"context"
	"errors"
	"image"
	"image/draw"
	"image/jpeg"
	"io"
	"sync"
	"time"

	"kinora/media"
	"kinora/player"
)

// Thumb is a small picture of a moment.
type Thumb struct {
	Stream   string
	Of       time.Time   // the moment that was wished
	At       time.Time   // of the picture
	Image    *image.RGBA // nil: there is none, or none yet
	Fragment string      // the number of the fragment that shows then; empty: not known, or not yet
	Err      error       // why there is no picture
}

// Thumbs gets small pictures of moments, one at a time and the newest wish first: at once from the stills of this computer, and
// from the archive when there is none. Its methods return at once and are safe from any goroutine.
type Thumbs struct {
	stills  *Stills
	codecs  player.Codecs
	now     Value[Thumb]
	changed chan struct{} // holds one token when something was wished

	mu   sync.Mutex
	wish thumbWish
}

type thumbWish struct {
	account archiver
	stream  string
	still   string    // what the stream's stills are kept under
	at      time.Time // zero: nothing is wished
	local   bool      // from this computer alone
}

func newThumbs(stills *Stills, codecs player.Codecs) *Thumbs {
	return &Thumbs{stills: stills, codecs: codecs, changed: make(chan struct{}, 1)}
}

// Now is the picture of the newest wish, or as much of it as there is by now.
func (t *Thumbs) Now() *Value[Thumb] { return &t.now }

// want wishes for a picture in place of what was wished before.
func (t *Thumbs) want(w thumbWish) {
	t.mu.Lock()
	t.wish = w
	t.mu.Unlock()
	poke(t.changed)
}

// run serves wishes until ctx ends.
func (t *Thumbs) run(ctx context.Context) {
	var work job
	defer work.stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.changed:
		}
		t.mu.Lock()
		w := t.wish
		t.mu.Unlock()
		if w.at.IsZero() || w.account == nil || w.stream == "" {
			work.stop()
			continue
		}
		work.start(ctx, func(ctx context.Context) { t.serve(ctx, w) })
	}
}

const (
	quietStill = glimpseStill/2 + time.Second // a still so near shows at once: of what was recorded or watched here, nothing moved between
	thumbRest  = 60 * time.Millisecond        // the pointer has rested; the archive is asked
	thumbLimit = 20 * time.Second             // what a picture may take
)

// serve gets the picture of a wish.
func (t *Thumbs) serve(ctx context.Context, w thumbWish) {
	got := Thumb{Stream: w.stream, Of: w.at}
	if near, ok := t.stills.near(w.account.ID(), w.still, w.at, quietStill); ok {
		if img, err := decodeStill(near.jpeg); err == nil {
			got.At, got.Image = near.at, img
			t.publish(ctx, got)
		}
	}
	if w.local {
		if got.Image == nil {
			t.publish(ctx, got)
		}
		return
	}
	rest := time.NewTimer(thumbRest)
	defer rest.Stop()
	select {
	case <-ctx.Done():
		return
	case <-rest.C:
	}
	limited, cancel := context.WithTimeout(media.Aside(ctx), thumbLimit)
	defer cancel()
	archive := w.account.Archive(w.stream)
	f, err := archive.Find(limited, w.at, false)
	recorded := err == nil && !w.at.After(f.End().Add(time.Second))
	if recorded {
		got.Fragment = f.Number
	}
	switch {
	case got.Image == nil:
		got.Image, got.At, got.Err = t.fetch(limited, w, archive)
	case recorded && (got.At.Before(f.Start) || got.At.After(f.End())):
		t.publish(ctx, got)
		if img, at, err := t.fetch(limited, w, archive); err == nil {
			got.Image, got.At = img, at
		}
	}
	t.publish(ctx, got)
}

// fetch gets a picture from the archive, and keeps it.
func (t *Thumbs) fetch(ctx context.Context, w thumbWish, archive media.Archive) (*image.RGBA, time.Time, error) {
	img, at, err := player.Still(ctx, archive, t.codecs, w.at, image.Pt(stillWidth, stillHeight), false)
	if err != nil {
		return nil, time.Time{}, err
	}
	return img, at, t.stills.keep(w.account.ID(), w.still, at, img)
}

// publish says what there is, unless something else is wished by now.
func (t *Thumbs) publish(ctx context.Context, got Thumb) {
	if ctx.Err() == nil {
		t.now.Set(got)
	}
}

// NoPicture tells whether a Thumb's error is that nothing is recorded then.
func (t *Thumb) NoPicture() bool { return errors.Is(t.Err, io.EOF) }

// decodeStill decodes a still into a picture that can be painted as it is.
func decodeStill(data []byte) (*image.RGBA, error) {
	decoded, err := jpeg.Decode(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	img := image.NewRGBA(image.Rectangle{Max: decoded.Bounds().Size()})
	draw.Draw(img, img.Rect, decoded, decoded.Bounds().Min, draw.Src)
	return img, nil
}

package kvs

import (
	"context"
	"slices"

	"kinora/media"
)

const (
	mostWishes = 8 // calls of Prefetch whose fragments wait
	mostWished = 64
	batchMost  = 8       // wished fragments in one call
	batchBytes = 4 << 20 // and what they have together, if there is more than one
	batches    = 2       // calls for wishes at the same time; the service takes five for one stream
)

// wish is what a call of Prefetch asked for, and is not begun.
type wish struct {
	ctx       context.Context
	fragments []media.Fragment
}

// Prefetch gets fragments into the cache in the background; see [media.Prefetcher].
func (a *Archive) Prefetch(ctx context.Context, fragments ...media.Fragment) {
	if len(fragments) == 0 {
		return
	}
	l := &a.loads
	l.mu.Lock()
	l.dropped += max(len(fragments)-mostWished, 0)
	l.wishes = append(l.wishes, wish{ctx, slices.Clone(fragments[:min(len(fragments), mostWished)])})
	if len(l.wishes) > mostWishes {
		l.dropped += len(l.wishes[0].fragments)
		l.wishes = slices.Delete(l.wishes, 0, 1)
	}
	l.mu.Unlock()
	a.group.start(func(ctx context.Context) {
		if err := a.identify(ctx); err != nil {
			a.log.Debug("nothing is read ahead", "err", err)
			return
		}
		a.pump()
	})
}

// pump begins what is wished for, as far as that is allowed at the same time.
func (a *Archive) pump() {
	l := &a.loads
	l.mu.Lock()
	defer l.mu.Unlock()
	for l.batches < batches {
		b := a.wished()
		if b == nil {
			return
		}
		l.batches++
		started := a.group.start(func(context.Context) {
			stop := context.AfterFunc(b.wish, func() {
				l.mu.Lock()
				defer l.mu.Unlock()
				a.review(b)
			})
			a.run(b)
			stop()
			l.mu.Lock()
			l.batches--
			l.mu.Unlock()
			a.pump()
		})
		if !started {
			a.abandon(b)
			return
		}
	}
}

// wished takes a batch from the newest wish, or returns nil when nothing is wished for that is not here or on its way.
func (a *Archive) wished() *batch {
	l := &a.loads
	for len(l.wishes) > 0 {
		w := &l.wishes[len(l.wishes)-1]
		var fragments []media.Fragment
		size := int64(0)
		for w.ctx.Err() == nil && len(w.fragments) > 0 && len(fragments) < batchMost {
			f := w.fragments[0]
			if len(fragments) > 0 && size+f.Size > batchBytes {
				break
			}
			w.fragments = w.fragments[1:]
			twice := slices.ContainsFunc(fragments, func(other media.Fragment) bool { return other.Number == f.Number })
			if !twice && l.now[f.Number] == nil && a.cache.inMemory(a.key(f.Number)) == nil {
				fragments = append(fragments, f)
				size += f.Size
			}
		}
		if len(fragments) > 0 {
			return a.newBatch(fragments, w.ctx, purposeOf(w.ctx))
		}
		l.wishes = l.wishes[:len(l.wishes)-1]
	}
	return nil
}

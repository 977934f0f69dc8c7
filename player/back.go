package player

import (
	"context"
	"slices"
	"time"
)

// rewind shows pictures backwards: in batches that are decoded in order, kept, and shown from the last to the first. While
// one batch is shown the one before it is decoded. Both together hold at most keptBytes; a group of pictures that is
// larger than a batch is decoded once for each.
type rewind struct {
	showing  []keptPicture // the last one is shown next
	decoding []keptPicture
	full     bool // decoding is done
	hole     *hole

	roll   *roll
	lo, hi int // of the roll's times, that decoding has to get; all in front of lo are still to come
	busy   bool
	bytes  int   // of decoding
	err    error // of the codec
}

// begin goes back from the i-th picture of a roll.
func (b *rewind) begin(r *roll, i int) {
	b.roll, b.lo, b.hi = r, i, i
}

func (b *rewind) clear() {
	for _, p := range b.showing {
		p.Release()
	}
	for _, p := range b.decoding {
		p.Release()
	}
	*b = rewind{showing: b.showing[:0], decoding: b.decoding[:0]}
}

// batch is how many pictures of a size are decoded at a time.
func batch(pixels int) int { return max(2, keptBytes/2/max(1, pixels*3/2)) }

// produceBack makes the picture in front of the one shown pending, or does a piece of the work for that.
func (d *Deck) produceBack(ctx context.Context, w wish) {
	b := &d.back
	if len(b.showing) == 0 && b.full {
		b.showing, b.decoding, b.full, b.bytes = b.decoding, b.showing, false, 0
		d.hole, b.hole = b.hole, nil
	}
	switch n := len(b.showing); {
	case n > 0:
		p := b.showing[n-1]
		b.showing = b.showing[:n-1]
		d.pending = pending{ok: true, roll: p.roll, pts: p.pts, size: p.size, kept: p.Picture}
	case d.workBack(ctx, w):
	case b.err != nil:
		d.status.blank(b.roll.rec, b.err)
		d.pending = d.blank(b.roll)
		b.roll, b.err = nil, nil
	default:
		d.nextFragment(ctx, w)
		b.take(d)
	}
}

// take goes on with the fragment that the deck has entered.
func (b *rewind) take(d *Deck) {
	if r := d.roll; r != nil && r != b.roll && !r.empty() && b.lo == 0 {
		b.begin(r, len(r.times))
		b.hole, d.hole = d.hole, nil
	}
}

// workBack does a piece of the work for the next batch; false: there is nothing to do at present.
func (d *Deck) workBack(ctx context.Context, w wish) bool {
	b := &d.back
	switch {
	case b.full || b.err != nil:
		return false
	case b.busy:
	case b.roll == nil || b.lo == 0:
		n := d.peek(ctx, w)
		if n == nil || n.err != nil || newRoll(n.rec).empty() {
			return false
		}
		d.enter(d.reel.take())
		b.take(d)
		return true
	default:
		r := b.roll
		b.hi = b.lo
		k := r.keyFor(r.times[b.hi-1])
		b.lo = max(r.shows(r.at(r.key(k))), b.hi-batch(r.track.Width*r.track.Height))
		if b.err = d.cursor.begin(r, k, r.end(k)); b.err != nil {
			b.lo = 0
			return false
		}
		b.busy = true
	}
	c := &d.cursor
	if c.work() {
		if c.pts >= b.roll.times[b.lo] && c.pts < b.before() {
			if p := c.decoder.(Keeper).Keep(); p != nil {
				b.keep(keptPicture{roll: b.roll, pts: c.pts, size: c.size, Picture: p})
			}
		}
	}
	if c.over || c.last >= b.roll.times[b.hi-1] {
		b.busy, b.full = false, true
	}
	return true
}

// keep takes a decoded picture. Of those that are larger than their track has said the first are left for the next batch.
func (b *rewind) keep(p keptPicture) {
	b.decoding = append(b.decoding, p)
	for b.bytes += p.Bytes(); b.bytes > keptBytes/2 && len(b.decoding) > 2; {
		b.bytes -= b.decoding[0].Bytes()
		b.decoding[0].Release()
		b.decoding = slices.Delete(b.decoding, 0, 1)
		b.lo, _ = slices.BinarySearch(b.roll.times, b.decoding[0].pts)
	}
}

// before is the time from which on pictures are not wanted.
func (b *rewind) before() time.Duration {
	if b.hi < len(b.roll.times) {
		return b.roll.times[b.hi]
	}
	return b.roll.times[b.hi-1] + 1
}

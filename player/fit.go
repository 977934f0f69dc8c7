package player

import (
	"image"
	"sync/atomic"
)

// fit is the box that pictures are to be scaled into, which whoever paints sets and whoever decodes reads.
type fit struct {
	packed  *atomic.Uint64
	changed chan struct{} // a hint; capacity 1
}

func newFit() fit {
	f := fit{packed: new(atomic.Uint64), changed: make(chan struct{}, 1)}
	f.packed.Store(fitUnset)
	return f
}

func (f fit) set(box image.Point) {
	if packed := pack(box); f.packed.Swap(packed) != packed {
		select {
		case f.changed <- struct{}{}:
		default:
		}
	}
}

// of returns the size in pixels at which a picture of the given size is drawn; zero when hidden.
func (f fit) of(size image.Point) image.Point { return fitted(size, f.packed.Load()) }

// fitUnset is no size: both halves are beyond any picture.
const fitUnset = ^uint64(0)

func pack(p image.Point) uint64 {
	if p.X <= 0 || p.Y <= 0 {
		return 0
	}
	return uint64(uint32(p.X))<<32 | uint64(uint32(p.Y))
}

// fitted returns the size in pixels at which a picture of the given size is drawn into the packed box: as large as
// keeps the aspect, exact on the side that is tight, never larger than the picture; zero when hidden.
func fitted(size image.Point, packed uint64) image.Point {
	if packed == 0 || size.X <= 0 || size.Y <= 0 {
		return image.Point{}
	}
	w, h := int64(packed>>32), int64(uint32(packed))
	sx, sy := int64(size.X), int64(size.Y)
	switch {
	case w >= sx && h >= sy:
		return size
	case w*sy <= h*sx:
		return image.Pt(int(w), int(max(1, (w*sy+sx/2)/sx)))
	default:
		return image.Pt(int(max(1, (h*sx+sy/2)/sy)), int(h))
	}
}

package mp4

import (
	"slices"
	"time"

	"kinora/media"
)

// Order is by how much the frames of a track are decoded in another order than they are shown. It is zero where both are the same.
type Order struct {
	Depth int           // how many frames further must be known until it is certain which one is shown when
	Ahead time.Duration // from decoding to showing
}

// OrderOf measures a track in the packets, in decode order, of a whole fragment.
func OrderOf(t media.Track, packets []*media.Packet) (o Order) {
	if t.Kind == media.Audio {
		return o
	}
	own := of(t, packets)
	shown := showing(own)
	for i, p := range own {
		rank, _ := slices.BinarySearch(shown, p.PTS)
		o.Depth = max(o.Depth, i-rank)
		o.Ahead = max(o.Ahead, shown[i]-p.PTS)
	}
	return o
}

// Growing is the segment of one track of a fragment that may still arrive. What is cut off its front does not change when more
// arrives, and is together what AppendSegment makes of the whole.
type Growing struct {
	Track   media.Track
	Packets []*media.Packet // all that there are, also of other tracks, in decode order; times count from the fragment's start
	Order   Order           // as it was in an earlier fragment, or is in this one
	Whole   bool            // nothing will be added
	Next    time.Duration   // media time at which what follows starts; zero when unknown. It counts when the segment is whole
}

// Part is a piece of a segment: samples in a row.
type Part struct {
	From, To    int // the first, and the first that does not belong to it, of the packets that the track has in its codec's form
	Length      time.Duration
	Independent bool // decoding can start here
}

// Cut cuts what has arrived into parts of nearly a length, none of which is longer. It ends in front of a frame that is
// longer itself. The error is a *TrackError.
func (g *Growing) Cut(length time.Duration) ([]Part, error) {
	if err := Check(g.Track); err != nil {
		return nil, err
	}
	list := g.samples()
	scale := timescale(g.Track)
	longest := ticks(length, scale)
	var parts []Part
	from, sum := 0, int64(0)
	cut := func(to int) {
		parts = append(parts, Part{from, to, time.Duration(sum) * time.Second / time.Duration(scale), list[from].sync})
		from, sum = to, 0
	}
	for i, s := range list {
		if int64(s.length) > longest {
			if from < i {
				cut(i)
			}
			return parts, nil
		}
		if sum+int64(s.length) > longest {
			cut(i)
		}
		sum += int64(s.length)
		if sum*100 >= longest*leastPart && sum+int64(s.length) > longest {
			cut(i + 1) // another frame like this one would be too much: there is no need to wait for it
		}
	}
	if g.Whole && from < len(list) {
		cut(len(list))
	}
	return parts, nil
}

// leastPart is which percentage of their length parts must have but the last one of a segment.
const leastPart = 85

// Part makes moof and mdat of a part that Cut has cut.
func (g *Growing) Part(sequence uint32, p Part) (Movable, error) {
	b, err := appendFragment(nil, sequence, []uint32{uint32(g.Track.ID)}, [][]sample{g.samples()[p.From:p.To]})
	if err != nil {
		return Movable{}, err
	}
	return movableOf(b, g.Track), nil
}

// samples are those of which it is certain where they stand and how long they last.
func (g *Growing) samples() []sample {
	own, next, certain := of(g.Track, g.Packets), time.Duration(0), 0
	if g.Whole {
		next, certain = g.Next, len(own)
	} else {
		certain = max(0, len(own)-1-g.Order.Depth)
	}
	switch {
	case certain == 0:
		return nil
	case g.Track.Kind == media.Audio:
		return audioSamples(g.Track, own, movable, next)[:certain]
	default:
		return decodedAhead(g.Track, own, showing(own), g.Order.Ahead, movable, next)[:certain]
	}
}

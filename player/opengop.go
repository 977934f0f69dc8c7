package player

import (
	"bytes"
	"context"
	"errors"
	"io"
	"slices"
	"time"

	"kinora/media"
)

// Where groups of pictures are open, some pictures come behind a key frame and are shown before it: they need the group in front, too
// (leading pictures of H.265, recovery points of H.264). At a fragment's start these are the last pictures of the fragment in front, by
// time as by what it takes to decode them. Without that they are none.

// leads says whether the i-th packet is shown before the first key frame, which it follows.
func (r *roll) leads(i int) bool {
	first := r.keys[0]
	return i > first && (len(r.keys) == 1 || i < r.keys[1]) && r.packets[i].PTS < r.packets[first].PTS
}

// with returns the roll together with the pictures that the fragment behind it begins with; the roll itself when there are none, or
// when something is missing between the two.
func (r *roll) with(behind *media.Recorded) *roll {
	if r.joined || r.empty() {
		return r
	}
	next := newRoll(behind)
	if len(next.lead) == 0 || r.track.Codec != next.track.Codec || !bytes.Equal(r.track.Private, next.track.Private) {
		return r
	}
	shift := behind.Start.Sub(r.rec.Start)
	first := next.lead[0].PTS
	for _, p := range next.lead {
		first = min(first, p.PTS)
	}
	if step := shift + first - r.last(); step <= 0 || step > 3*r.frame() {
		return r
	}
	both := *r
	both.joined = true
	both.packets = append(make([]*media.Packet, 0, len(r.packets)+len(next.lead)), r.packets...)
	both.times = append(make([]time.Duration, 0, len(r.times)+len(next.lead)), r.times...)
	for _, p := range next.lead {
		if p.PTS < next.lead[0].PTS {
			both.times = append(both.times, p.PTS+shift)
		}
		same := *p
		same.PTS += shift
		same.DTS += shift
		both.packets = append(both.packets, &same)
	}
	slices.Sort(both.times)
	return &both
}

// last is the time of the last picture that is shown. The roll must not be empty.
func (r *roll) last() time.Duration { return r.times[len(r.times)-1] }

// complete gives the deck's roll the pictures that the fragment behind it begins with, when the time that is wished is theirs and they
// can be had.
func (d *Deck) complete(ctx context.Context, s spot, at time.Time) {
	r := d.roll
	if r.empty() || !r.reorders || r.joined || !at.After(r.at(r.last())) {
		return
	}
	next, err := s.next, error(nil)
	if next.Number == "" {
		next, err = d.o.Archive.Next(ctx, s.fragment, true)
	}
	var rec *media.Recorded
	if err == nil {
		rec, err = d.o.Archive.Load(ctx, next)
	}
	switch {
	case err == nil:
		d.roll = r.with(rec)
		d.cursor.extend(d.roll)
	case ctx.Err() == nil && !errors.Is(err, io.EOF) && !lost(err):
		d.o.Log.Warn("player: what follows a fragment cannot be had; its own last picture is shown", "fragment", s.fragment.Number, "error", err)
	}
}

// join goes on from the end of the deck's roll into the pictures that the next fragment begins with, when that was read; false: there are none.
func (d *Deck) join(ctx context.Context, w wish) bool {
	r := d.roll
	if r.empty() || !r.reorders || r.joined || d.hole != nil {
		return false
	}
	n := d.peek(ctx, w)
	if n == nil || n.err != nil {
		return false
	}
	both := r.with(n.rec)
	if both == r {
		return false
	}
	d.roll, d.walk.edge = both, both.over()
	if d.cursor.extend(both) {
		return true
	}
	d.after = max(d.after, r.last())
	if d.start(both, len(both.keys)-1, len(both.packets)) {
		d.cursor.skipBefore(d.after + 1)
	}
	return true
}

package player

import (
	"slices"
	"sort"
	"time"

	"kinora/media"
)

// roll is a fragment as a row of pictures: those of its first video track. It never changes. A fragment without video
// has a roll without pictures. Pictures that are shown before its first key frame belong to the roll in front of it, see
// roll.with.
type roll struct {
	rec     *media.Recorded
	track   media.Track
	packets []*media.Packet // in decode order
	times   []time.Duration // in the order in which pictures are shown, from the fragment's start
	keys    []int           // the packets that decoding can start at

	lead     []*media.Packet // the first key frame and what follows it up to the last picture that is shown before it
	reorders bool            // pictures are not shown in the order in which they are decoded
	joined   bool            // it has the pictures that the fragment behind it begins with
}

func newRoll(rec *media.Recorded) *roll {
	r := &roll{rec: rec}
	track, ok := media.VideoTrack(rec.Tracks)
	if !ok {
		return r
	}
	r.track = track
	r.packets = make([]*media.Packet, 0, len(rec.Packets))
	r.times = make([]time.Duration, 0, len(rec.Packets))
	for _, p := range rec.Packets {
		if p.Track != track.ID {
			continue
		}
		if p.Key {
			r.keys = append(r.keys, len(r.packets))
		}
		n := len(r.packets)
		r.reorders = r.reorders || n > 0 && p.PTS < r.packets[n-1].PTS
		r.packets = append(r.packets, p)
	}
	if len(r.keys) == 0 && len(r.packets) > 0 {
		r.keys = []int{0} // some producers flag nothing; the decoder looks for itself
	}
	for i, p := range r.packets {
		if r.leads(i) {
			r.lead = r.packets[r.keys[0] : i+1]
		} else {
			r.times = append(r.times, p.PTS)
		}
	}
	slices.Sort(r.times)
	r.times = slices.Compact(r.times)
	return r
}

// empty says whether there is no picture in it.
func (r *roll) empty() bool { return len(r.times) == 0 }

// same says whether two rolls are of the same fragment.
func (r *roll) same(other *roll) bool {
	return r == other || other != nil && r.rec.Number == other.rec.Number
}

// holds says whether it is the roll of a fragment, of which it has all that there is.
func (r *roll) holds(f media.Fragment) bool { return r != nil && r.rec.Number == f.Number }

// at is the archive's time of a picture.
func (r *roll) at(pts time.Duration) time.Time { return r.rec.Start.Add(pts) }

// shows returns the index in times of the picture that is seen at a time: the last one that began, or the first.
func (r *roll) shows(at time.Time) int {
	pts := at.Sub(r.rec.Start)
	return max(0, sort.Search(len(r.times), func(i int) bool { return r.times[i] > pts })-1)
}

// keyFor returns the index in keys of the last key frame at or before a picture, or the first one.
func (r *roll) keyFor(pts time.Duration) int {
	for k := len(r.keys) - 1; k > 0; k-- {
		if r.packets[r.keys[k]].PTS <= pts {
			return k
		}
	}
	return 0
}

// end returns the packet behind the group of pictures that the k-th key frame begins, also those that come behind the next
// key frame and are shown before it.
func (r *roll) end(k int) int {
	if k+1 == len(r.keys) {
		return len(r.packets)
	}
	end := r.keys[k+1]
	for next := end + 1; next < len(r.packets) && !r.packets[next].Key; next++ {
		if r.packets[next].PTS < r.packets[r.keys[k+1]].PTS {
			end = next + 1
		}
	}
	return end
}

// key returns the k-th key frame's time.
func (r *roll) key(k int) time.Duration { return r.packets[r.keys[k]].PTS }

// frame is the usual distance of pictures.
func (r *roll) frame() time.Duration {
	if n := len(r.times); n > 1 {
		return max(time.Millisecond, (r.times[n-1]-r.times[0])/time.Duration(n-1))
	}
	return time.Second / 30
}

// over is when the last picture has been seen for its time.
func (r *roll) over() time.Time {
	end := r.rec.End()
	if r.empty() {
		return end
	}
	if last := r.at(r.last()); last.After(end) {
		end = last
	}
	return end.Add(min(r.frame(), joint))
}

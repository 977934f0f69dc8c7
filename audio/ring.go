package audio

import (
	"time"

	"kinora/media"
)

const (
	ringFrames = media.SoundRate       // a second
	same       = 20 * time.Millisecond // of timestamps that are off: their rounding, and clocks that drift
)

// ring is a bounded row of frames (a sample for each channel) without holes, and the media time that it has come to. What is
// written while it is full pushes the oldest out, which is counted.
type ring struct {
	frames  [][media.SoundChannels]float32
	head, n int
	end     time.Duration // media time of the frame that is written next
	before  [media.SoundChannels]float32
	lost    uint64 // frames
}

func lasting(frames int) time.Duration { return time.Duration(frames) * time.Second / media.SoundRate }
func framesOf(d time.Duration) int     { return int(d * media.SoundRate / time.Second) }

// at is the media time of the oldest frame.
func (r *ring) at() time.Duration { return r.end - lasting(r.n) }

// frame returns the i-th frame, 0 being the oldest; -1 is the one before it.
func (r *ring) frame(i int) [media.SoundChannels]float32 {
	if i < 0 {
		return r.before
	}
	return r.frames[(r.head+i)%len(r.frames)]
}

// follows says whether sound of a media time belongs behind what is there, or into it.
func (r *ring) follows(pts time.Duration, frames int) bool {
	return r.n > 0 && pts-r.end <= lasting(ringFrames) && pts+lasting(frames) >= r.at()
}

// write appends samples of a media time. A hole in front of them becomes silence, and what is there already is left out; what
// does not follow at all replaces everything.
func (r *ring) write(pts time.Duration, samples []float32) {
	if r.frames == nil {
		r.frames = make([][media.SoundChannels]float32, ringFrames)
	}
	frames := len(samples) / media.SoundChannels
	if !r.follows(pts, frames) {
		r.clear()
		r.end = pts
	}
	switch off := pts - r.end; {
	case off.Abs() <= same:
		r.end += off / 16
	case off > 0:
		for range framesOf(off) {
			r.push([media.SoundChannels]float32{})
		}
		r.end = pts
	default:
		skip := min(frames, framesOf(-off))
		frames -= skip
		samples = samples[skip*media.SoundChannels:]
	}
	for i := range frames {
		r.push([media.SoundChannels]float32(samples[i*media.SoundChannels:]))
	}
	r.end += lasting(frames)
}

func (r *ring) push(f [media.SoundChannels]float32) {
	if r.n == len(r.frames) {
		r.skip(1)
		r.lost++
	}
	r.frames[(r.head+r.n)%len(r.frames)] = f
	r.n++
}

// skip forgets the oldest frames.
func (r *ring) skip(frames int) {
	frames = min(frames, r.n)
	if frames > 0 {
		r.before = r.frame(frames - 1)
		r.head = (r.head + frames) % len(r.frames)
		r.n -= frames
	}
}

func (r *ring) clear() { r.head, r.n = 0, 0 }

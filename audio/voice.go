package audio

import (
	"math"
	"sync"
	"sync/atomic"
	"time"

	"kinora/media"
	"kinora/player"
)

const (
	fadeFrames = media.SoundRate / 200 // 5 ms: what a sound takes to begin and to end, so that it does not click

	farOff   = 40 * time.Millisecond  // from its time, that sound is cut; nearer it is drawn out or hurried
	steadily = time.Millisecond       // from its time, that sound is played as it is
	settling = 500 * time.Millisecond // in which a distance would be gone at the speed that it causes
	mostSlip = 0.08                   // of its speed that sound is drawn out or hurried by
	smooth   = 16                     // blocks that a distance is averaged over
)

// Voice is the sound of one tile. It is heard at the times that a [player.Clock] gives: a little faster or slower where it has
// come to be beside them, as clocks differ and pictures are shifted; and from another place when it is far off. What does not
// come in time is silence. A voice keeps a second of sound; of more the oldest is dropped and counted. Its methods may be called
// from any goroutine and do not block.
type Voice struct {
	out   *Output
	gain  atomic.Uint64 // bits of a float64
	level level

	mu       sync.Mutex
	ring     ring
	clock    player.Clock
	follows  bool
	sounding bool
	part     float64       // of a frame, that was played already of the ring's oldest
	skew     time.Duration // of the sound behind its time, averaged
	fade     int           // frames that have come since the sound began, up to fadeFrames
	loud     float32       // the gain as it was applied last
	tail     [fadeFrames][media.SoundChannels]float32
	tailAt   int // the next frame of the tail; fadeFrames: it is over
	stats    Stats
}

// Stats count what a voice did. All but Skew and Queued only grow.
type Stats struct {
	Skew     time.Duration // how far the sound is behind its time; negative: in front of it
	Queued   time.Duration // of sound that waits
	Heard    time.Duration // of sound that was played, be it muted
	Cuts     uint64        // sound that was far off its time
	Gaps     uint64        // sound that ended because nothing more had come
	Dropped  time.Duration // of sound that found no room
	Skipped  time.Duration // of sound that came after its time
	Sounding bool
}

// NewVoice returns a voice at full volume. It costs nothing while it has no clock to follow, and need not be closed.
func (o *Output) NewVoice() *Voice {
	v := &Voice{out: o, tailAt: fadeFrames}
	v.SetVolume(1)
	return v
}

// SetVolume sets how loud the voice is: 0 is mute, 1 as it was recorded. It changes without a click.
func (v *Voice) SetVolume(gain float64) {
	v.gain.Store(math.Float64bits(max(0, min(1, gain))))
}

// Level is how loud the sound is before its volume: mean and peak of 50 ms in dBFS, minus infinity for silence.
func (v *Voice) Level() (rms, peak float64) { return v.level.get() }

// Stats returns what the voice did so far.
func (v *Voice) Stats() Stats {
	v.mu.Lock()
	defer v.mu.Unlock()
	s := v.stats
	s.Skew, s.Queued, s.Sounding = v.skew, lasting(v.ring.n), v.sounding
	s.Dropped = lasting(int(v.ring.lost))
	return s
}

// Ahead is how long before its time sound has to be here to be heard; zero while nobody would hear it.
func (v *Voice) Ahead() time.Duration {
	if v.gain.Load() == 0 {
		return 0
	}
	return v.out.lead() + period + lasting(needed(fadeFrames)+fadeFrames)
}

// Follow makes the voice be heard at the times of a clock, until Hush.
func (v *Voice) Follow(c player.Clock) {
	v.mu.Lock()
	v.clock = c
	joins := !v.follows
	v.follows = true
	v.mu.Unlock()
	if joins {
		v.out.join(v)
	}
}

// Play takes sound of a media time, in the form of [media.SoundRate]; it is copied.
func (v *Voice) Play(pts time.Duration, samples []float32) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.sounding && !v.ring.follows(pts, len(samples)/media.SoundChannels) {
		v.cut()
	}
	v.ring.write(pts, samples)
}

// Hush ends the sound, and forgets what waits.
func (v *Voice) Hush() {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.cut()
	v.ring.clear()
	v.follows = false
}

// cut ends the sound within a few milliseconds: what would follow becomes a tail that fades.
func (v *Voice) cut() {
	if !v.sounding {
		return
	}
	v.sounding, v.skew, v.part = false, 0, 0
	v.tailAt = 0
	for i := range v.tail {
		v.tail[i] = [media.SoundChannels]float32{}
		if i >= v.ring.n {
			continue
		}
		f, down := v.ring.frame(i), v.swell(float32(fadeFrames-i)/fadeFrames)
		for c := range f {
			v.tail[i][c] = f[c] * down * v.loud
		}
	}
	v.ring.skip(fadeFrames)
}

// swell is the loudness while a sound begins, of a share of its end.
func (v *Voice) swell(share float32) float32 { return share * float32(v.fade) / fadeFrames }

// mix adds the sound whose first frame is heard at a time. It reports whether the voice is still of use.
func (v *Voice) mix(out []float32, at time.Time) (alive bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	for len(out) > 0 {
		n := min(len(out), fadeFrames*media.SoundChannels)
		v.block(out[:n], at)
		out = out[n:]
		at = at.Add(lasting(n / media.SoundChannels))
	}
	if !v.follows && v.tailAt == fadeFrames {
		v.level.silence()
		return false
	}
	return true
}

func (v *Voice) block(out []float32, at time.Time) {
	if v.follows {
		v.play(out, at)
	}
	v.mixTail(out)
}

func (v *Voice) play(out []float32, at time.Time) {
	frames, begin := len(out)/media.SoundChannels, 0
	want := v.clock.At(at)
	if v.sounding {
		off := want - v.ring.at() - time.Duration(v.part*float64(time.Second)/media.SoundRate)
		v.skew += (off - v.skew) / smooth
		switch {
		case off.Abs() > farOff && v.skew.Abs() > farOff/4:
			v.stats.Cuts++
			v.cut()
		case v.ring.n < needed(frames):
			v.stats.Gaps++
			v.cut()
		}
	}
	if !v.sounding {
		var ok bool
		if begin, ok = v.begin(want, frames); !ok {
			for range frames {
				v.level.add([media.SoundChannels]float32{})
			}
			return
		}
	}
	v.render(out[begin*media.SoundChannels:])
	v.stats.Heard += lasting(frames - begin)
}

// needed is how many frames there have to be for a block to be played, at any speed, and for a tail behind it.
func needed(frames int) int { return frames + frames/8 + 4 + fadeFrames }

// begin says at which frame of a block the sound begins, if it does.
func (v *Voice) begin(want time.Duration, frames int) (frame int, ok bool) {
	if late := want - v.ring.at(); late > 0 {
		skip := min(v.ring.n, framesOf(late))
		v.ring.skip(skip)
		v.stats.Skipped += lasting(skip)
	}
	if v.ring.n < needed(frames)+frames {
		return 0, false
	}
	frame = framesOf(max(0, v.ring.at()-want))
	if frame >= frames {
		return 0, false
	}
	v.sounding, v.fade, v.part, v.skew = true, 0, 0, 0
	return frame, true
}

// render adds as many frames as out has, at the speed that brings the sound to its time.
func (v *Voice) render(out []float32) {
	speed := 1.0
	if v.skew.Abs() > steadily {
		speed += max(-mostSlip, min(mostSlip, float64(v.skew)/float64(settling)))
	}
	gain := float32(math.Float64frombits(v.gain.Load()))
	for ; len(out) > 0; out = out[media.SoundChannels:] {
		f := v.interpolate()
		v.level.add(f)
		v.loud += max(-1.0/fadeFrames, min(1.0/fadeFrames, gain-v.loud))
		v.fade = min(fadeFrames, v.fade+1)
		loud := v.loud * v.swell(1)
		for c := range f {
			out[c] += f[c] * loud
		}
		v.part += speed
		whole := int(v.part)
		v.part -= float64(whole)
		v.ring.skip(whole)
	}
}

// interpolate is the sound between the ring's oldest frame and the next one, on a cubic through four.
func (v *Voice) interpolate() [media.SoundChannels]float32 {
	b := v.ring.frame(0)
	if v.part == 0 {
		return b
	}
	a, c, d, x := v.ring.frame(-1), v.ring.frame(1), v.ring.frame(2), float32(v.part)
	for i := range b {
		p, q, r, s := a[i], b[i], c[i], d[i]
		b[i] = q + 0.5*x*(r-p+x*(2*p-5*q+4*r-s+x*(3*(q-r)+s-p)))
	}
	return b
}

func (v *Voice) mixTail(out []float32) {
	for ; len(out) > 0 && v.tailAt < fadeFrames; out = out[media.SoundChannels:] {
		for c, s := range v.tail[v.tailAt] {
			out[c] += s
		}
		v.tailAt++
	}
}

package ffmpeg

import (
	"math"
	"reflect"
	"slices"
	"sync"
	"time"

	"kinora/media"
)

// changes keeps, for the packets with which a stream begins anew, what its track is from there on, until they are read.
// The zero value is empty. Any goroutine.
type changes struct {
	mu     sync.Mutex
	tracks map[*media.Packet]media.Track
}

func (c *changes) add(p *media.Packet, t media.Track) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.tracks == nil {
		c.tracks = make(map[*media.Packet]media.Track)
	}
	c.tracks[p] = t
}

func (c *changes) take(p *media.Packet) media.Track {
	c.mu.Lock()
	defer c.mu.Unlock()
	t := c.tracks[p]
	delete(c.tracks, p)
	return t
}

// adopt replaces the description of a track, and reports whether it differs.
func (c *capture) adopt(t media.Track) bool {
	i := slices.IndexFunc(c.tracks, func(old media.Track) bool { return old.ID == t.ID })
	if i < 0 || reflect.DeepEqual(c.tracks[i], t) {
		return false
	}
	c.tracks = slices.Clone(c.tracks)
	c.tracks[i] = t
	return true
}

// Tracks is for the goroutine that reads.
func (c *capture) Tracks() []media.Track { return c.tracks }
func (c *capture) Epoch() time.Time      { return c.epoch }

// Level is how loud the sound of the last 100 ms or so is, mean and peak in dBFS, minus infinity where there is none.
func (c *capture) Level() (rms, peak float64) {
	if c.sound == nil {
		return math.Inf(-1), math.Inf(-1)
	}
	return c.sound.level()
}

// Trouble says why an input gives nothing at present, nil when all do.
func (c *capture) Trouble() error {
	for _, in := range c.inputs {
		if err := in.trouble.Load(); err != nil {
			return *err
		}
	}
	return nil
}

// Missed is how many pictures the computer was too slow for, and how many of them in the last minute or two.
func (c *capture) Missed() (all, lately int) {
	for _, in := range c.inputs {
		a, l := in.missed.count(c.clock.now())
		all, lately = all+a, lately+l
	}
	return all, lately
}

// SetBitrate changes the video's ceiling, in bits a second, which is never more than the capture began with. It does nothing where the
// video is copied.
func (c *capture) SetBitrate(bps int) {
	if c.picture != nil {
		c.picture.setBitrate(min(bps, c.picture.budget))
	}
}

// KeyFrame makes the next picture a key frame. It does nothing where the video is copied.
func (c *capture) KeyFrame() {
	if c.picture != nil {
		c.picture.asked.Store(true)
	}
}

// Bitrate is the video's ceiling now, zero where it is copied.
func (c *capture) Bitrate() int {
	if c.picture == nil {
		return 0
	}
	return c.picture.bitrate()
}

// Encoder is FFmpeg's name of the video's encoder, "copy" where it is copied, empty where there is none.
func (c *capture) Encoder() string {
	if c.picture != nil {
		return c.picture.name()
	}
	if c.copied {
		return "copy"
	}
	return ""
}

package ffmpeg

import (
	"errors"
	"time"

	"github.com/asticode/go-astiav"

	"kinora/media"
)

// copier passes a stream's packets on as they are coded. It begins, and begins anew after a gap, with a key frame. One
// goroutine at a time.
type copier struct {
	coded  *coded
	t      media.Track
	emit   func(*media.Packet) error
	gap    bool // the next packet is marked Discontinuity
	begun  bool // since the last gap
	passed bool
	last   time.Duration // DTS of the last packet
}

func newCopier(id int, from *coded, emit func(*media.Packet) error) *copier {
	c := &copier{coded: from, emit: emit}
	c.t.ID = id
	c.update()
	return c
}

// adopt goes on with another stream of the same kind, after discontinue.
func (c *copier) adopt(from *coded) {
	c.coded = from
	c.update()
}

// update takes over what the stream is now.
func (c *copier) update() {
	id := c.t.ID
	c.t = c.coded.track
	c.t.ID = id
}

// reconfigure takes setup data that came beside the packets. The packet that follows begins anew.
func (c *copier) reconfigure(data []byte) {
	changed, err := c.coded.configure(data)
	if err != nil {
		logger().Warn("ffmpeg: a camera sent setup data that cannot be used", "error", err)
	}
	if changed {
		c.update()
		c.begun, c.gap = false, true
	}
}

// pass hands a packet on, whose memory stays FFmpeg's. Times rise: one that does not is moved to behind the last.
func (c *copier) pass(data []byte, pts, dts time.Duration, key bool) error {
	if c.t.Kind == media.Audio {
		key = true
	} else if key && c.coded.learn(data) {
		c.update()
		c.begun, c.gap = false, true // also for the first packet: who reads has been told of another track
	}
	out, err := c.coded.unpack(data)
	if err != nil {
		return err
	}
	key = key || hasIDR(c.t.Codec, out)
	if len(out) == 0 || !c.begun && !key {
		return nil
	}
	if c.passed && dts <= c.last {
		dts = c.last + 1
	}
	p := &media.Packet{Track: c.t.ID, PTS: max(pts, dts), DTS: dts, Key: key, Discontinuity: c.gap, Data: out}
	c.begun, c.passed, c.gap, c.last = true, true, false, dts
	return c.emit(p)
}

func (c *copier) track() media.Track { return c.t }

// discontinue makes what follows begin anew, with a key frame.
func (c *copier) discontinue() {
	c.gap = c.passed
	c.begun = false
}

// encode finishes, which takes nothing. There are no frames where nothing is decoded.
func (c *copier) encode(f *astiav.Frame, _ time.Duration) error {
	if f != nil {
		return errors.New("a stream that is passed on as it is coded takes no frames")
	}
	return nil
}

func (c *copier) free() {}

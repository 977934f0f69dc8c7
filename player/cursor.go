package player

import (
	"bytes"
	"fmt"
	"image"
	"math"
	"time"

	"kinora/media"
)

// cursor decodes the pictures of one roll after the other, each from one of its key frames up to a packet. A roll is
// decoded by itself: what the decoder holds back comes out at its end. One goroutine.
type cursor struct {
	codecs  Codecs
	light   bool // with a decoder of the plain sort, which is made sooner
	decoder VideoDecoder
	track   media.Track // of the decoder

	roll       *roll // nil: begin has not been called, or failed
	first, end int   // packets to decode
	next       int   // packet to send
	drained    bool  // the decoder was told that nothing more comes
	over       bool  // nothing more will come out

	ok    bool // a picture is current
	pts   time.Duration
	size  image.Point
	least time.Duration // of the key frame: what comes behind it and is shown before it lacks what it depends on
	last  time.Duration // of the pictures that have come out

	decoded uint64
	damaged uint64        // in earlier decoders, and calls that failed
	cost    time.Duration // usual time for one picture
	spent   time.Duration // since the last picture
}

// begin makes the packets of r from the k-th key frame to end the next ones. The error is that of the codec.
func (c *cursor) begin(r *roll, k, end int) error {
	if c.decoder != nil && (c.track.Codec != r.track.Codec || !bytes.Equal(c.track.Private, r.track.Private)) {
		if err := c.close(); err != nil {
			return err
		}
	}
	c.roll, c.ok = nil, false
	if c.decoder == nil {
		decoder, err := c.open(r.track)
		if err != nil {
			return fmt.Errorf("the picture of track %d (%s) cannot be decoded: %w", r.track.ID, r.track.Codec, err)
		}
		c.decoder, c.track = decoder, r.track
	} else {
		c.decoder.Flush()
	}
	c.roll, c.first, c.next, c.end = r, r.keys[k], r.keys[k], end
	c.drained, c.over, c.least, c.last = false, false, r.key(k), math.MinInt64
	c.skipBefore(math.MinInt64)
	return nil
}

// skipBefore says that pictures before a time are not looked at. begin forgets it.
func (c *cursor) skipBefore(pts time.Duration) {
	if s, ok := c.decoder.(Skipper); ok {
		s.SkipBefore(pts)
	}
}

func (c *cursor) open(t media.Track) (VideoDecoder, error) {
	if codecs, ok := c.codecs.(ArchiveCodecs); ok && !c.light {
		return codecs.ArchiveVideo(t)
	}
	return c.codecs.Video(t)
}

// work sends at most one packet, and says whether there is a new picture, which is current then.
func (c *cursor) work() bool {
	if c.over {
		c.ok = false
		return false
	}
	begin := time.Now()
	if c.receive() {
		c.took(begin)
		return true
	}
	switch {
	case c.drained:
		c.over = true
	case c.next == c.end:
		c.drained = true
		c.send(nil)
	default:
		c.send(c.roll.packets[c.next])
		c.next++
	}
	got := !c.over && c.receive()
	c.took(begin)
	return got
}

func (c *cursor) send(p *media.Packet) {
	if err := c.decoder.Send(p); err != nil {
		c.refuse()
	}
}

func (c *cursor) receive() bool {
	for {
		var err error
		c.pts, c.size, c.ok, err = c.decoder.Receive()
		if err != nil {
			c.refuse()
		}
		if !c.ok {
			return false
		}
		if c.pts >= c.least && c.pts <= c.roll.last() {
			c.last = c.pts
			return true
		}
	}
}

// extend makes the packets that a roll has more than the same one before the next ones as well; false: the end was sent already.
func (c *cursor) extend(r *roll) bool {
	if c.roll == nil || !c.roll.same(r) || c.drained || c.end != len(c.roll.packets) {
		return false
	}
	c.roll, c.end = r, len(r.packets)
	return true
}

// atEnd says whether it was sent all packets, or gives nothing more.
func (c *cursor) atEnd() bool { return c.over || !c.drained && c.next == c.end }

// refuse takes note of a failure: the decoder starts afresh at the next key frame.
func (c *cursor) refuse() {
	c.damaged++
	c.ok = false
	c.decoder.Flush()
	for c.next < c.end && !c.roll.packets[c.next].Key {
		c.next++
	}
}

// took counts the time for a picture.
func (c *cursor) took(begin time.Time) {
	c.spent += time.Since(begin)
	if !c.ok {
		return
	}
	c.decoded++
	if c.cost == 0 {
		c.cost = c.spent
	}
	c.cost += (c.spent - c.cost) / 16
	c.spent = 0
}

// reaches says whether going on leads to a picture, and sooner than from its key frame.
// need is the packet behind the last one that it may take.
func (c *cursor) reaches(r *roll, pts time.Duration, need int) bool {
	if c.roll != r || c.over {
		return false
	}
	k := r.keys[r.keyFor(pts)]
	return c.first <= k && k <= c.next && need <= c.end && c.last < pts
}

// damage counts what could not be decoded.
func (c *cursor) damage() uint64 {
	if c.decoder == nil {
		return c.damaged
	}
	return c.damaged + c.decoder.Damaged()
}

func (c *cursor) close() error {
	if c.decoder == nil {
		return nil
	}
	c.damaged += c.decoder.Damaged()
	err := c.decoder.Close()
	c.decoder, c.roll, c.ok = nil, nil, false
	if err != nil {
		return fmt.Errorf("closing a decoder: %w", err)
	}
	return nil
}

package ffmpeg

import (
	"fmt"
	"strconv"
	"time"

	"github.com/asticode/go-astiav"

	"kinora/media"
)

// encoder turns the decoded frames of one stream into the packets of one track. One goroutine at a time.
type encoder interface {
	// track describes the packets. It changes only before a packet marked Discontinuity is passed on: whoever takes
	// packets finds there what is valid from that packet on.
	track() media.Track
	// encode takes a frame, whose time is on the capture's timeline, and passes finished packets on. Frames may differ
	// from what the encoder was made for, and from each other. The frame is the caller's again afterwards, emptied or
	// not. A nil frame finishes what is held back.
	encode(f *astiav.Frame, at time.Duration) error
	// discontinue makes the next packet start anew, marked Discontinuity.
	discontinue()
	free()
}

// coder is the part that picture and sound have in common: an open codec context and its way out.
type coder struct {
	t       media.Track
	context *astiav.CodecContext
	packet  *astiav.Packet
	emit    func(*media.Packet) error
	gap     bool // the next packet is marked Discontinuity
}

func (c *coder) track() media.Track { return c.t }
func (c *coder) discontinue()       { c.gap = true }

func (c *coder) free() {
	if c.packet != nil {
		c.packet.Free()
	}
	if c.context != nil {
		c.context.Free()
	}
}

// options are codec options by FFmpeg's names.
type options map[string]string

func (o options) dictionary() (*astiav.Dictionary, error) {
	d := astiav.NewDictionary()
	for k, v := range o {
		if err := d.Set(k, v, 0); err != nil {
			d.Free()
			return nil, fmt.Errorf("option %s=%s: %w", k, mask(v), err)
		}
	}
	return d, nil
}

func (c *coder) open(codec *astiav.Codec, o options) error {
	d, err := o.dictionary()
	if err != nil {
		return err
	}
	defer d.Free()
	if err := c.context.Open(codec, d); err != nil {
		return fmt.Errorf("opening the encoder %s: %w", codec.Name(), err)
	}
	return nil
}

// pump sends one frame, nil to drain, and passes each packet that is ready to deliver.
func (c *coder) pump(f *astiav.Frame, deliver func(data []byte, pts int64, key bool) error) error {
	if code := sendFrame(c.context, f); code < 0 && code != codeEOF {
		return &codecError{c.t.Kind, avError(code)}
	}
	for {
		code := receivePacket(c.context, c.packet)
		if code == codeAgain || code == codeEOF {
			return nil
		}
		if code < 0 {
			return &codecError{c.t.Kind, avError(code)}
		}
		err := deliver(packetBytes(c.packet), c.packet.Pts(), c.packet.Flags().Has(astiav.PacketFlagKey))
		c.packet.Unref()
		if err != nil {
			return err
		}
	}
}

// codecError is a failure of the encoder itself, not of those who take its packets.
type codecError struct {
	kind media.Kind
	err  error
}

func (e *codecError) Error() string { return fmt.Sprintf("encoding %s: %v", e.kind, e.err) }
func (e *codecError) Unwrap() error { return e.err }

func itoa(n int) string { return strconv.Itoa(n) }

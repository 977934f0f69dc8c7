package ffmpeg

import "C"

import (
	"encoding/binary"
	"fmt"
	"image"
	"math"
	"time"

	"github.com/asticode/go-astiav"

	"kinora/media"
)

// VideoDecoder turns the packets of one track into pictures. It decodes on the calling goroutine and adds no delay of
// its own: a picture comes out as soon as the stream's reordering allows, for a stream without B-frames right after
// its packet. One goroutine at a time; Close frees it.
type VideoDecoder struct {
	name    string // of the track and codec, for errors
	codec   media.Codec
	context *astiav.CodecContext
	packet  *astiav.Packet
	frame   *astiav.Frame
	drawer  *drawer

	shown   bool          // frame holds the current picture
	unless  time.Duration // pictures before it are decoded only for others that depend on them
	waiting bool          // for a key frame
	damaged uint64
}

func newVideoDecoder(codec *astiav.Codec, t media.Track, threads int) (*VideoDecoder, error) {
	name := fmt.Sprintf("track %d (%s)", t.ID, t.Codec)
	d := &VideoDecoder{
		name:    name,
		codec:   t.Codec,
		context: astiav.AllocCodecContext(codec),
		packet:  astiav.AllocPacket(),
		frame:   astiav.AllocFrame(),
		drawer:  &drawer{name: name, users: 1},
		unless:  math.MinInt64,
		waiting: true,
	}
	if err := d.open(codec, t, threads); err != nil {
		d.Close()
		return nil, fmt.Errorf("%s: the codec's setup data (%d bytes) cannot be used: %w", d.name, len(t.Private), err)
	}
	return d, nil
}

func (d *VideoDecoder) open(codec *astiav.Codec, t media.Track, threads int) error {
	cc := d.context
	if cc.MediaType() != astiav.MediaTypeVideo {
		return ErrUnsupported
	}
	if err := cc.SetExtraData(t.Private); err != nil {
		return err
	}
	cc.SetWidth(t.Width)
	cc.SetHeight(t.Height)
	// low_delay is not set: decoders do not wait unless the stream says that it reorders, and then have to.
	cc.SetThreadCount(threads)
	o, err := options{"max_pixels": maxPixels}.dictionary()
	if err != nil {
		return err
	}
	defer o.Free()
	return cc.Open(codec, o)
}

// decoderThreads is how many threads decode a track. Up to 1920x1088 one does: it takes some milliseconds a picture, while
// every further thread would hold a picture back. Beyond, keeping up is worth that.
func decoderThreads(t media.Track, cores int) int {
	if t.Width*t.Height <= 1920*1088 {
		return 1
	}
	return min(cores, 4)
}

// archiveThreads is how many threads decode a track of an archive: one more than there are cores, so that none of them
// waits, as a picture that is held back comes out with the next packets.
func archiveThreads(cores int) int { return min(cores+1, 4) }

// maxPixels bounds what a damaged or hostile header can make a decoder allocate: 8192x4320.
const maxPixels = "35389440"

// Send decodes one packet. Damaged data is no error: it is counted, and what follows is skipped until the next key
// frame, as at the start and after Flush. Receive is to be called until it has no more pictures before the next Send;
// pictures that nobody received are dropped. A nil packet ends the stream: Receive then gives the pictures that were
// held back for reordering, and Flush makes the decoder ready again. The packet's data is not kept.
func (d *VideoDecoder) Send(p *media.Packet) error {
	if d.context == nil {
		return errClosed(d.name)
	}
	d.shown = false
	if p == nil {
		return d.check(sendPacket(d.context, d.packet, nil, 0, 0, false))
	}
	if p.Discontinuity {
		d.Flush()
	}
	if d.waiting && !p.Key && !hasIDR(d.codec, p.Data) {
		return nil
	}
	if len(p.Data) == 0 { // FFmpeg would take it for the end
		d.damage()
		return nil
	}
	skipUnneeded(d.context, p.PTS < d.unless)
	for {
		code := sendPacket(d.context, d.packet, p.Data, p.PTS, p.DTS, p.Key)
		if code != codeAgain {
			d.waiting = d.waiting && code < 0
			return d.check(code)
		}
		if code = receiveFrame(d.context, d.frame); code < 0 {
			return d.check(code)
		}
	}
}

// hasIDR looks for a picture to start at in packets whose producer does not flag them: the NAL unit types of H.264 (ITU-T
// H.264 table 7-1) and H.265 (ITU-T H.265 table 7-1).
func hasIDR(codec media.Codec, data []byte) bool {
	for len(data) > 4 {
		n := binary.BigEndian.Uint32(data)
		switch {
		case codec == media.H264 && data[4]&31 == 5, codec == media.H265 && data[4]>>1&63 >= 16 && data[4]>>1&63 <= 21:
			return true
		case codec != media.H264 && codec != media.H265, uint64(n)+4 >= uint64(len(data)):
			return false
		}
		data = data[4+n:]
	}
	return false
}

// Receive takes the next decoded picture: its time on the packets' timeline and its size in square pixels, which follows the
// stream. ok is false when the decoder needs another packet. The picture is current, and can be drawn, until the next
// Receive, Send, Flush or Close.
func (d *VideoDecoder) Receive() (pts time.Duration, size image.Point, ok bool, err error) {
	d.shown = false
	if d.context == nil {
		return 0, image.Point{}, false, errClosed(d.name)
	}
	for !d.waiting {
		code := receiveFrame(d.context, d.frame)
		if code == codeAgain || code == codeEOF {
			break
		}
		if code < 0 {
			if err := d.check(code); err != nil {
				return 0, image.Point{}, false, err
			}
			continue
		}
		if isCorrupt(d.frame) {
			d.damage()
			continue
		}
		d.shown = true
		return time.Duration(d.frame.Pts()), shapeOf(d.frame), true, nil
	}
	return 0, image.Point{}, false, nil
}

// shapeOf is the size of a picture when its pixels are made square, as [scaler.convert] understands them: wider or higher, so that nothing
// of it is lost, unless it would be larger than what codecs have.
func shapeOf(f *astiav.Frame) image.Point {
	const most = 8192
	size, square := image.Pt(f.Width(), f.Height()), image.Pt(f.Width(), f.Height())
	switch aspect := f.SampleAspectRatio().Float64(); {
	case aspect > 1 && aspect < 10:
		square.X = int(float64(size.X)*aspect + 0.5)
	case aspect > 0.1 && aspect < 1:
		square.Y = int(float64(size.Y)/aspect + 0.5)
	}
	if square.X > most || square.Y > most {
		return size
	}
	return square
}

// Draw scales the current picture into dst, which must be tight (Stride 4*width, at least one pixel, starting at Pix[0]),
// opaque and converted as the stream's colour matrix and range say (BT.709 for HD and BT.601 below, limited range, when
// it does not say). It allocates only when a size or the stream's format changes.
func (d *VideoDecoder) Draw(dst *image.RGBA) error {
	if !d.shown {
		return fmt.Errorf("%s: there is no picture to draw", d.name)
	}
	return d.drawer.draw(d.frame, dst)
}

// SkipBefore says that pictures before a time of the packets' timeline are not looked at: those that no other picture
// depends on are left out.
func (d *VideoDecoder) SkipBefore(pts time.Duration) { d.unless = pts }

// Flush forgets what was sent: the next picture comes from the next key frame.
func (d *VideoDecoder) Flush() {
	d.shown = false
	d.waiting = true
	if d.context != nil {
		flush(d.context)
	}
}

// Damaged is how many times damaged data made the decoder skip.
func (d *VideoDecoder) Damaged() uint64 { return d.damaged }

// Close frees the decoder's memory. It may be called twice.
func (d *VideoDecoder) Close() error {
	if d.context == nil {
		return nil
	}
	d.shown = false
	d.context.Free()
	d.context = nil
	d.packet.Free()
	d.frame.Free()
	d.drawer.leave()
	return nil
}

// check tells damage, which is counted, from the end and from failures that have nothing to do with the data.
func (d *VideoDecoder) check(code C.int) error {
	switch {
	case code >= 0, code == codeEOF:
		return nil
	case code == codeNoMemory:
		return fmt.Errorf("%s: decoding: %w", d.name, avError(code))
	default:
		d.damage()
		return nil
	}
}

func (d *VideoDecoder) damage() {
	d.damaged++
	d.Flush()
}

package ffmpeg

import "C"

import (
	"fmt"
	"time"

	"github.com/asticode/go-astiav"

	"kinora/media"
)

// AudioDecoder turns the packets of one track into sound of the form that [media.SoundRate] documents, whatever rate and
// channels the track has. It decodes on the calling goroutine. One goroutine at a time; Close frees it.
type AudioDecoder struct {
	name      string // of the track and codec, for errors
	context   *astiav.CodecContext
	packet    *astiav.Packet
	frame     *astiav.Frame
	converter converter

	next    time.Duration // where the last sound ended
	damaged uint64
}

// soundDecoders maps names to FFmpeg's decoders.
var soundDecoders = map[media.Codec]astiav.CodecID{
	media.AAC: astiav.CodecIDAac, "A_AAC": astiav.CodecIDAac,
	media.Opus: astiav.CodecIDOpus, "A_OPUS": astiav.CodecIDOpus,
	media.ALaw: astiav.CodecIDPcmAlaw, media.MuLaw: astiav.CodecIDPcmMulaw,
	media.PCM:     astiav.CodecIDPcmS16Le,
	"A_MPEG/L3":   astiav.CodecIDMp3,
	"A_MPEG/L2":   astiav.CodecIDMp2,
	"A_VORBIS":    astiav.CodecIDVorbis,
	"A_FLAC":      astiav.CodecIDFlac,
	"A_AC3":       astiav.CodecIDAc3,
	"A_EAC3":      astiav.CodecIDEac3,
	"adpcm_g726":  astiav.CodecIDAdpcmG726,
	"A_PCM/FLOAT": astiav.CodecIDPcmF32Le,
}

// Audio opens a decoder for an audio track, whose Private must be in the form that its [media.Codec] documents. An unknown
// codec gives ErrUnsupported, wrapped with its name.
func (Codecs) Audio(t media.Track) (*AudioDecoder, error) {
	var codec *astiav.Codec
	if id, ok := soundDecoders[t.Codec]; ok {
		codec = astiav.FindDecoder(id)
	} else {
		codec = astiav.FindDecoderByName(string(t.Codec))
	}
	if codec == nil {
		return nil, fmt.Errorf("track %d: %w: %q", t.ID, ErrUnsupported, string(t.Codec))
	}
	d := &AudioDecoder{
		name:    fmt.Sprintf("track %d (%s)", t.ID, t.Codec),
		context: astiav.AllocCodecContext(codec),
		packet:  astiav.AllocPacket(),
		frame:   astiav.AllocFrame(),
	}
	if err := d.open(codec, t); err != nil {
		d.Close()
		return nil, fmt.Errorf("%s: a decoder for %d Hz and %d channels (%d bytes of setup data) cannot be made: %w", d.name, t.Rate, t.Channels, len(t.Private), err)
	}
	return d, nil
}

func (d *AudioDecoder) open(codec *astiav.Codec, t media.Track) error {
	cc := d.context
	if cc.MediaType() != astiav.MediaTypeAudio {
		return ErrUnsupported
	}
	if t.Codec == media.ALaw || t.Codec == media.MuLaw {
		if t.Rate == 0 {
			t.Rate = 8000
		}
		t.Channels = max(1, t.Channels)
		t.Private = nil // Matroska's WAVEFORMATEX, which says the same
	}
	if err := describeSound(cc, t); err != nil {
		return err
	}
	if err := cc.SetExtraData(t.Private); err != nil {
		return err
	}
	cc.SetThreadCount(1)
	return cc.Open(codec, nil)
}

// Send decodes one packet. Damaged data is counted, costs its own sound alone, and is no error. Receive is to be called until
// it has no more before the next Send. The packet's data is not kept.
func (d *AudioDecoder) Send(p *media.Packet) error {
	switch {
	case d.context == nil:
		return errClosed(d.name)
	case p.Discontinuity:
		d.Flush()
	}
	if len(p.Data) == 0 { // FFmpeg would take it for the end
		d.damaged++
		return nil
	}
	d.next = p.PTS
	for {
		code := sendPacket(d.context, d.packet, p.Data, p.PTS, p.DTS, true)
		if code != codeAgain {
			return d.check(code)
		}
		if code = receiveFrame(d.context, d.frame); code < 0 {
			return d.check(code)
		}
	}
}

// Receive takes the next decoded sound: its time on the packets' timeline, and its samples, which are valid until the next
// Receive, Send, Flush or Close. ok is false when the decoder needs another packet.
func (d *AudioDecoder) Receive() (pts time.Duration, samples []float32, ok bool, err error) {
	if d.context == nil {
		return 0, nil, false, errClosed(d.name)
	}
	for {
		code := receiveFrame(d.context, d.frame)
		if code == codeAgain || code == codeEOF {
			return 0, nil, false, nil
		}
		if code < 0 {
			if err := d.check(code); err != nil {
				return 0, nil, false, err
			}
			continue
		}
		at := d.next
		if known := d.frame.Pts(); known != astiav.NoPtsValue {
			at = time.Duration(known)
		}
		d.next = at + time.Duration(d.frame.NbSamples())*time.Second/time.Duration(max(1, d.frame.SampleRate()))
		samples, late, err := d.converter.convert(d.frame)
		if err != nil {
			return 0, nil, false, fmt.Errorf("%s: resampling: %w", d.name, err)
		}
		if len(samples) > 0 {
			return at - late, samples, true, nil
		}
	}
}

// Flush forgets what was sent.
func (d *AudioDecoder) Flush() {
	if d.context != nil {
		flush(d.context)
		d.converter.free()
	}
}

// Damaged is how many packets could not be decoded.
func (d *AudioDecoder) Damaged() uint64 { return d.damaged }

// Close frees the decoder's memory. It may be called twice.
func (d *AudioDecoder) Close() error {
	if d.context == nil {
		return nil
	}
	d.context.Free()
	d.context = nil
	d.packet.Free()
	d.frame.Free()
	d.converter.free()
	return nil
}

// check tells damage, which is counted, from the end and from failures that have nothing to do with the data.
func (d *AudioDecoder) check(code C.int) error {
	switch {
	case code >= 0, code == codeEOF:
		return nil
	case code == codeNoMemory:
		return fmt.Errorf("%s: decoding: %w", d.name, avError(code))
	default:
		d.damaged++
		return nil
	}
}

package ffmpeg

/*
#cgo pkg-config: libavcodec libavformat
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>

// The size of the pictures that an access unit with its parameter sets begins.
static int picture_size(enum AVCodecID id, const uint8_t *data, int size, int *w, int *h)
{
	AVCodecContext *cc = avcodec_alloc_context3(NULL);
	AVCodecParserContext *parser = av_parser_init(id);
	uint8_t *out;
	int n, ok;

	*w = *h = 0;
	if (cc && parser) {
		parser->flags |= PARSER_FLAG_COMPLETE_FRAMES;
		cc->codec_id = id;
		av_parser_parse2(parser, cc, &out, &n, data, size, AV_NOPTS_VALUE, AV_NOPTS_VALUE, 0);
		*w = parser->width;
		*h = parser->height;
	}
	ok = *w > 0 && *h > 0;
	av_parser_close(parser);
	avcodec_free_context(&cc);
	return ok;
}
*/
import "C"

import (
	"bytes"
	"encoding/binary"
	"errors"
	"unsafe"

	"github.com/asticode/go-astiav"

	"kinora/media"
	"kinora/media/nal"
)

// coded describes a stream whose packets can be passed on as they are: its track, and how its packets have to be put for
// that.
type coded struct {
	track    media.Track // without ID
	id       astiav.CodecID
	prefixed int  // bytes of the length in front of each NAL unit; zero: behind start codes
	reorders bool // pictures are decoded in another order than they are shown
}

// newCoded describes a stream; nil when it has to be decoded.
func newCoded(par *astiav.CodecParameters) *coded {
	c := &coded{id: par.CodecID(), reorders: (*(**C.AVCodecParameters)(unsafe.Pointer(par))).video_delay > 0}
	switch c.id {
	case astiav.CodecIDH264:
		c.track = media.Track{Kind: media.Video, Codec: media.H264, Width: par.Width(), Height: par.Height()}
	case astiav.CodecIDHevc:
		c.track = media.Track{Kind: media.Video, Codec: media.H265, Width: par.Width(), Height: par.Height()}
	case astiav.CodecIDAac:
		c.track = media.Track{Kind: media.Audio, Codec: media.AAC}
	case astiav.CodecIDPcmAlaw:
		c.track = media.Track{Kind: media.Audio, Codec: media.ALaw}
	case astiav.CodecIDPcmMulaw:
		c.track = media.Track{Kind: media.Audio, Codec: media.MuLaw}
	default:
		return nil
	}
	if c.track.Kind == media.Audio {
		c.track.Rate, c.track.Channels = par.SampleRate(), par.Channels()
	}
	if _, err := c.configure(par.ExtraData()); err != nil {
		logger().Debug("ffmpeg: a stream does not say at first how it is to be decoded", "codec", c.track.Codec, "error", err)
	}
	return c
}

// complete reports whether the track has all that decoders need.
func (c *coded) complete() bool {
	switch c.track.Codec {
	case media.H264, media.H265:
		return c.track.Private != nil && c.track.Width > 0 && c.track.Height > 0
	case media.AAC:
		return c.track.Private != nil && c.track.Rate > 0
	}
	return c.track.Rate > 0 && c.track.Channels > 0
}

// configure takes a stream's setup data, in the form of its container, and reports whether that changes the track.
func (c *coded) configure(data []byte) (changed bool, err error) {
	before := c.track.Private
	switch {
	case len(data) == 0:
		return false, nil
	case c.track.Codec == media.AAC:
		c.track.Private = bytes.Clone(data)
	case c.track.Kind == media.Audio:
	case data[0] == 1 && c.id == astiav.CodecIDH264 && len(data) > 6:
		c.prefixed = int(data[4]&3) + 1
		c.track.Private = withLengths(data, 4)
	case data[0] == 1 && c.id == astiav.CodecIDHevc && len(data) > 22:
		c.prefixed = int(data[21]&3) + 1
		c.track.Private = withLengths(data, 21)
	default:
		config, err := c.parameterSets(data)
		if err != nil {
			return false, err
		}
		c.track.Private = config
	}
	return !bytes.Equal(before, c.track.Private), nil
}

// withLengths is a configuration record whose NAL units have lengths of 4 bytes, which the byte at an offset says.
func withLengths(record []byte, at int) []byte {
	record = bytes.Clone(record)
	record[at] |= 3
	return record
}

func (c *coded) parameterSets(annexB []byte) ([]byte, error) {
	if c.id == astiav.CodecIDHevc {
		return nal.HEVCConfig(annexB)
	}
	return nal.AVCConfig(annexB)
}

// learn takes from a packet what it says about decoding, and reports whether that changes the track: cameras repeat
// their parameter sets before key frames, and send others when somebody changes their settings.
func (c *coded) learn(data []byte) (changed bool) {
	switch {
	case c.track.Codec == media.AAC:
		if header, _, err := adts(data); err == nil && c.track.Private == nil {
			c.track.Private, c.track.Rate, c.track.Channels = header.config(), header.rate(), header.channels
			return true
		}
		return false
	case c.track.Kind == media.Audio || c.prefixed > 0:
		return false
	}
	config, err := c.parameterSets(data)
	if err != nil || bytes.Equal(config, c.track.Private) { // most packets have none
		return false
	}
	c.track.Private = config
	c.measure(data)
	return true
}

// measure takes the size of the pictures from a key frame behind start codes.
func (c *coded) measure(annexB []byte) {
	var w, h C.int
	padded := append(bytes.Clone(annexB), make([]byte, astiavPadding)...)
	if C.picture_size(C.enum_AVCodecID(c.id), (*C.uint8_t)(unsafe.Pointer(unsafe.SliceData(padded))), C.int(len(annexB)), &w, &h) != 0 {
		c.track.Width, c.track.Height = int(w), int(h)
	}
}

// astiavPadding is what FFmpeg's parsers may read past the end: AV_INPUT_BUFFER_PADDING_SIZE.
const astiavPadding = C.AV_INPUT_BUFFER_PADDING_SIZE

// unpack gives the data of a packet as the track's codec has it, in memory of its own. Empty data says that there is
// nothing to show in it.
func (c *coded) unpack(data []byte) ([]byte, error) {
	switch {
	case c.track.Codec == media.AAC:
		header, body, err := adts(data)
		if err != nil {
			return bytes.Clone(data), nil // its setup came apart
		}
		if header.blocks > 1 {
			return nil, errors.New("its AAC comes in bundles, which cannot be passed on; choose another preset")
		}
		return bytes.Clone(body), nil
	case c.track.Kind == media.Audio || c.prefixed == 4:
		return bytes.Clone(data), nil
	case c.prefixed > 0:
		return widen(data, c.prefixed), nil
	}
	return nal.AVCC(make([]byte, 0, len(data)+16), data), nil
}

// widen makes lengths of n bytes in front of NAL units 4 bytes long. What stands behind a wrong length is left out.
func widen(data []byte, n int) []byte {
	out := make([]byte, 0, len(data)+64)
	for len(data) > n {
		length := 0
		for _, b := range data[:n] {
			length = length<<8 | int(b)
		}
		data = data[n:]
		if length > len(data) {
			break
		}
		out = binary.BigEndian.AppendUint32(out, uint32(length))
		out = append(out, data[:length]...)
		data = data[length:]
	}
	return out
}

// lacksTimes reports whether packets of a format have counted times only.
func lacksTimes(f *astiav.FormatContext) bool {
	c := *(**C.AVFormatContext)(unsafe.Pointer(f))
	return c.iformat.flags&C.AVFMT_NOTIMESTAMPS != 0 || C.GoString(c.iformat.name) == "mpjpeg"
}

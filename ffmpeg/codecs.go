// Package ffmpeg is the one room that touches FFmpeg (libav, through go-astiav and a little cgo of its own): it turns
// packets into pictures and cameras into packets.
//
// [Codecs] gives a [VideoDecoder] for a track: Send packets, Receive pictures, Draw the current one into an image.RGBA
// of the size that is wanted on screen. Likewise it gives an [AudioDecoder], whose sound has one form for all, and [Speaker]
// plays that. [Capture] opens devices, cameras on the network, generated pictures or files, encodes H.264 and AAC or passes
// on what is coded already, and is a [media.Source]. [Cameras], [Screens] and [Microphones] list what there is to capture,
// [Address], [File] and [DemoCamera] make it; [Log] carries FFmpeg's own messages to slog. Everything outside works with
// media.Packet and media.Track: no value of FFmpeg leaves this package.
//
// A capture holds on to what it was given: an address that breaks off is reached again, a device that is lost is replaced
// by a card until it is back, and media time goes on evenly when somebody sets the computer's clock. Discontinuity marks
// each such place, and Trouble says what is the matter meanwhile.
//
// A decoder belongs to one goroutine at a time. A capture runs goroutines of its own, which Close waits for. Memory
// that FFmpeg allocated is freed by Close, never by the garbage collector, so every decoder and capture has to be closed.
package ffmpeg

import (
	"errors"
	"fmt"
	"runtime"

	"github.com/asticode/go-astiav"

	"kinora/media"
)

// ErrUnsupported: there is no decoder for the track's codec.
var ErrUnsupported = errors.New("this codec cannot be shown")

// Codecs opens decoders.
type Codecs struct{}

// Video opens a decoder for a video track, whose Private must be in the form that its [media.Codec] documents. Codecs
// beyond those that media names can be decoded too when they carry FFmpeg's name ("mjpeg", "hevc") or their Matroska
// identifier ("V_MJPEG"). An unknown codec gives ErrUnsupported, wrapped with its name.
func (Codecs) Video(t media.Track) (*VideoDecoder, error) {
	return open(t, decoderThreads(t, runtime.NumCPU()))
}

// ArchiveVideo is Video for tracks of an archive: pictures may come out some packets late, and come sooner when many are
// decoded in a row.
func (Codecs) ArchiveVideo(t media.Track) (*VideoDecoder, error) {
	return open(t, archiveThreads(runtime.NumCPU()))
}

func open(t media.Track, threads int) (*VideoDecoder, error) {
	codec := findDecoder(t.Codec)
	if codec == nil {
		return nil, fmt.Errorf("track %d: %w: %q", t.ID, ErrUnsupported, string(t.Codec))
	}
	return newVideoDecoder(codec, t, threads)
}

// decoders maps names to FFmpeg's decoders, the fastest in software for each.
var decoders = map[media.Codec]astiav.CodecID{
	media.H264: astiav.CodecIDH264, "V_MPEG4/ISO/AVC": astiav.CodecIDH264,
	media.H265: astiav.CodecIDHevc, "V_MPEGH/ISO/HEVC": astiav.CodecIDHevc,
	media.VP8: astiav.CodecIDVp8, "V_VP8": astiav.CodecIDVp8,
	media.VP9: astiav.CodecIDVp9, "V_VP9": astiav.CodecIDVp9,
	"V_MJPEG": astiav.CodecIDMjpeg, "V_MPEG4/ISO/ASP": astiav.CodecIDMpeg4,
	"V_MPEG2": astiav.CodecIDMpeg2Video, "V_MPEG1": astiav.CodecIDMpeg1Video,
}

func findDecoder(c media.Codec) *astiav.Codec {
	if id, ok := decoders[c]; ok {
		return astiav.FindDecoder(id)
	}
	return astiav.FindDecoderByName(string(c))
}

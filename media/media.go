// Package media is the vocabulary that every other room speaks: tracks, packets, and where they come from and go to.
//
// A [Source] yields [Packet] values in decode order; a [Sink] takes them. Times on packets are media time, a
// [time.Duration] on the source's own timeline; wall time is a [time.Time]. The two meet in one place only,
// [Source].Epoch: the wall time of media time zero.
//
// The package imports the standard library alone, starts no goroutine and owns no resource.
package media

import (
	"context"
	"time"
)

// Kind says what a track carries.
type Kind uint8

// The kinds of track. Data is anything that is neither picture nor sound: text, positions, telemetry.
const (
	Data Kind = iota
	Video
	Audio
)

// String returns "video", "audio" or "data".
func (k Kind) String() string {
	switch k {
	case Video:
		return "video"
	case Audio:
		return "audio"
	default:
		return "data"
	}
}

// Codec names a coding of frames. One that Kinora does not know keeps the identifier of the container it came
// from (for Matroska the CodecID), so that it can be shown and stored again unchanged.
type Codec string

// The codecs that Kinora knows by name.
const (
	H264  Codec = "h264"  // frames are length-prefixed NAL units (4 bytes), Private is an AVCDecoderConfigurationRecord
	H265  Codec = "h265"  // frames are length-prefixed NAL units (4 bytes), Private is an HEVCDecoderConfigurationRecord
	AAC   Codec = "aac"   // raw access units without ADTS, Private is an AudioSpecificConfig
	ALaw  Codec = "alaw"  // G.711 A-law, 8 bits a sample
	MuLaw Codec = "mulaw" // G.711 µ-law, 8 bits a sample
	PCM   Codec = "pcm"   // signed 16-bit little endian, interleaved
	Opus  Codec = "opus"
	VP8   Codec = "vp8"
	VP9   Codec = "vp9"
	Text  Codec = "text" // UTF-8
)

// Track describes one elementary stream of a source. It is a value; Private must not be modified.
type Track struct {
	ID      int // number that packets carry; positive, unique within its source
	Kind    Kind
	Codec   Codec
	Private []byte // codec private data in the form that Codec documents; may be nil
	Name    string

	Width, Height int // video: picture size in pixels; zero when unknown
	Rate          int // audio: samples a second
	Channels      int // audio
}

// Packet is one coded frame.
type Packet struct {
	Track int           // the ID of its track
	PTS   time.Duration // when it is to be shown, on the source's timeline
	DTS   time.Duration // when it is to be decoded; equal to PTS when frames are not reordered
	Key   bool          // decoding can start here
	// Discontinuity marks a gap, another producer or other tracks: decoders flush, clocks take a new base, and the
	// source's Tracks are to be read again.
	Discontinuity bool
	Data          []byte // belongs to whoever received the packet
}

// Source yields packets in decode order. Read is called from one goroutine; Close may be called from any and
// unblocks Read.
type Source interface {
	// Tracks describes what packets can be expected. It changes only at a packet marked Discontinuity.
	Tracks() []Track
	// Epoch is the wall time of media time zero, the zero time when that is not known.
	Epoch() time.Time
	// Read blocks for the next packet. The end of the media is io.EOF.
	Read() (*Packet, error)
	Close() error
}

// As finds a power that a source has beside those of Source, itself or in what it wraps: what its method Unwrap() Source returns.
func As[T any](s Source) (power T, ok bool) {
	for s != nil {
		if power, ok = s.(T); ok {
			return power, true
		}
		w, wraps := s.(interface{ Unwrap() Source })
		if !wraps {
			break
		}
		s = w.Unwrap()
	}
	return power, false
}

// Sink takes packets in decode order. The packet's Data belongs to the sink after Write.
type Sink interface {
	Write(*Packet) error
	Close() error
}

// Opener opens a source; a supervisor calls it again after a failure. The context bounds the source's whole life.
type Opener func(ctx context.Context) (Source, error)

// Seeker is an optional power of sources over an archive.
type Seeker interface {
	// Seek makes the next Read return the last key frame at or before the given media time.
	Seek(time.Duration) error
}

// VideoTrack returns the first video track, and whether there is one.
func VideoTrack(tracks []Track) (Track, bool) { return first(tracks, Video) }

// AudioTrack returns the first audio track, and whether there is one.
func AudioTrack(tracks []Track) (Track, bool) { return first(tracks, Audio) }

func first(tracks []Track, kind Kind) (Track, bool) {
	for _, t := range tracks {
		if t.Kind == kind {
			return t, true
		}
	}
	return Track{}, false
}

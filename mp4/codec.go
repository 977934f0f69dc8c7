package mp4

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"

	"github.com/Eyevinn/mp4ff/aac"
	"github.com/Eyevinn/mp4ff/avc"
	"github.com/Eyevinn/mp4ff/hevc"
	box "github.com/Eyevinn/mp4ff/mp4"

	"kinora/media"
	"kinora/media/nal"
)

// What keeps a track out of an MP4. Callers decide by errors.Is.
var (
	ErrCodec          = errors.New("the codec has no place in an MP4")
	ErrNoPrivate      = errors.New("the codec private data is missing")
	ErrInvalidPrivate = errors.New("the codec private data is invalid")
)

// TrackError says which track cannot be in an MP4, and why.
type TrackError struct {
	Track int // its ID
	Codec media.Codec
	Err   error // wraps one of the errors above
}

func (e *TrackError) Error() string { return fmt.Sprintf("track %d (%s): %v", e.Track, e.Codec, e.Err) }

// Unwrap returns the reason.
func (e *TrackError) Unwrap() error { return e.Err }

// Check returns nil for a track that can be in an MP4, else a *TrackError.
func Check(t media.Track) error {
	_, err := describe(t)
	return err
}

// Codec is a track's codec in the form of RFC 6381, such as avc1.4D4029, hvc1.1.6.L93.B0, mp4a.40.2, opus, ulaw or alaw. The
// error is a *TrackError.
func Codec(t media.Track) (string, error) {
	d, err := describe(t)
	if err != nil {
		return "", err
	}
	return d.codec, nil
}

// description is what an MP4 says of a track's coding.
type description struct {
	entry         box.Box // of stsd
	codec         string
	width, height int // video
}

func describe(t media.Track) (d description, err error) {
	switch t.Codec {
	case media.H264:
		d, err = describeAVC(t)
	case media.H265:
		d, err = describeHEVC(t)
	case media.AAC:
		d, err = describeAAC(t)
	case media.Opus:
		d, err = describeOpus(t)
	case media.MuLaw:
		d, err = describeG711(t, "ulaw")
	case media.ALaw:
		d, err = describeG711(t, "alaw")
	default:
		err = ErrCodec
	}
	if err != nil {
		return description{}, &TrackError{t.ID, t.Codec, err}
	}
	return d, nil
}

func describeAVC(t media.Track) (d description, err error) {
	if len(t.Private) == 0 {
		return d, ErrNoPrivate
	}
	record, err := avc.DecodeAVCDecConfRec(t.Private)
	if err != nil {
		return d, fmt.Errorf("%w: %w", ErrInvalidPrivate, err)
	}
	if len(record.SPSnalus) == 0 || len(record.PPSnalus) == 0 {
		return d, fmt.Errorf("%w: there are %d SPS and %d PPS in it", ErrInvalidPrivate, len(record.SPSnalus), len(record.PPSnalus))
	}
	if d.width, d.height, err = nal.AVCSize(t.Private); err != nil {
		return d, fmt.Errorf("%w: %w", ErrInvalidPrivate, err)
	}
	d.codec = fmt.Sprintf("avc1.%02X%02X%02X", t.Private[1], t.Private[2], t.Private[3])
	d.entry = visual("avc1", d, "avcC", t.Private)
	return d, nil
}

func describeHEVC(t media.Track) (d description, err error) {
	if len(t.Private) == 0 {
		return d, ErrNoPrivate
	}
	record, err := hevc.DecodeHEVCDecConfRec(t.Private)
	if err != nil {
		return d, fmt.Errorf("%w: %w", ErrInvalidPrivate, err)
	}
	sets := record.GetNalusForType(hevc.NALU_SPS)
	if len(sets) == 0 {
		return d, fmt.Errorf("%w: there is no SPS in it", ErrInvalidPrivate)
	}
	var profile [12]byte
	if profile, d.width, d.height, err = nal.HEVCSequence(sets[0]); err != nil {
		return d, fmt.Errorf("%w: %w", ErrInvalidPrivate, err)
	}
	d.codec = hevc.CodecString("hvc1", &hevc.SPS{ProfileTierLevel: hevc.ProfileTierLevel{ // hvc1: Apple's players take no hev1
		GeneralProfileSpace: profile[0] >> 6, GeneralTierFlag: profile[0]&0x20 != 0, GeneralProfileIDC: profile[0] & 0x1F,
		GeneralProfileCompatibilityFlags: binary.BigEndian.Uint32(profile[1:]),
		GeneralConstraintIndicatorFlags:  binary.BigEndian.Uint64(profile[3:]) & (1<<48 - 1), GeneralLevelIDC: profile[11],
	}})
	d.entry = visual("hvc1", d, "hvcC", t.Private)
	return d, nil
}

// visual is a sample entry with the configuration record as the producer gave it.
func visual(name string, d description, config string, record []byte) box.Box {
	raw := box.CreateUnknownBox(config, uint64(8+len(record)), record)
	entry := box.CreateVisualSampleEntryBox(name, uint16(d.width), uint16(d.height), raw)
	entry.CompressorName = ""
	return entry
}

func describeAAC(t media.Track) (d description, err error) {
	if len(t.Private) == 0 {
		return d, ErrNoPrivate
	}
	config, err := aac.DecodeAudioSpecificConfig(bytes.NewReader(t.Private))
	if err != nil {
		return d, fmt.Errorf("%w: %w", ErrInvalidPrivate, err)
	}
	channels := cmp.Or(t.Channels, int(config.ChannelConfiguration))
	d.codec = fmt.Sprintf("mp4a.40.%d", config.ObjectType)
	d.entry = box.CreateAudioSampleEntryBox("mp4a", uint16(channels), 16, entryRate(rate(t)), box.CreateEsdsBox(t.Private))
	return d, nil
}

// maxChannels is more than any source of G.711 has.
const maxChannels = 8

// describeG711 refuses what no sample entry can say. Silence would take any amount of memory with it.
func describeG711(t media.Track, name string) (d description, err error) {
	if t.Channels > maxChannels || entryRate(rate(t)) == 0 {
		return d, fmt.Errorf("%w: %d channels of %d Hz", ErrCodec, t.Channels, t.Rate)
	}
	return description{codec: name, entry: box.CreateAudioSampleEntryBox(name, uint16(cmp.Or(t.Channels, 1)), 16, entryRate(rate(t)), nil)}, nil
}

// entryRate is a sample rate as a sample entry has it, in 16 bits; zero says that it stands elsewhere.
func entryRate(rate int) uint16 {
	if rate > 0xFFFF {
		return 0
	}
	return uint16(rate)
}

// rate is how many samples a second a track of sound has.
func rate(t media.Track) int {
	if t.Codec == media.Opus {
		return opusRate
	}
	if t.Rate > 0 {
		return t.Rate
	}
	if t.Codec == media.ALaw || t.Codec == media.MuLaw {
		return 8000
	}
	return 48000
}

// timescale is how many ticks a second a track counts.
func timescale(t media.Track) int {
	if t.Kind == media.Audio {
		return rate(t)
	}
	return 90000
}

// Sound tells whether a frame is in the form that its codec documents: NAL units behind their lengths, or just bytes.
func Sound(c media.Codec, data []byte) bool {
	if c != media.H264 && c != media.H265 {
		return len(data) > 0
	}
	for b := data; len(b) > 0; {
		if len(b) < 5 {
			return false
		}
		n := binary.BigEndian.Uint32(b)
		if n == 0 || uint64(n) > uint64(len(b)-4) {
			return false
		}
		b = b[4+n:]
	}
	return len(data) > 0
}

// Starts tells whether decoding can start at a frame: its source says so, or, of sources that say nothing, it is a picture of H.264 or H.265
// that everything can be forgotten before.
func Starts(c media.Codec, p *media.Packet) bool {
	if p.Key || c != media.H264 && c != media.H265 {
		return p.Key
	}
	for b := p.Data; len(b) >= 5; {
		n := binary.BigEndian.Uint32(b)
		if n == 0 || uint64(n) > uint64(len(b)-4) {
			return false
		}
		const idr, firstIRAP, lastIRAP = 5, 16, 21 // H.264, table 7-1; H.265, table 7-1
		if kind := b[4] >> 1 & 0x3F; c == media.H265 && firstIRAP <= kind && kind <= lastIRAP || c == media.H264 && b[4]&0x1F == idr {
			return true
		}
		b = b[4+n:]
	}
	return false
}

// Codecs is the CODECS attribute of tracks that play together.
func Codecs(tracks ...media.Track) (string, error) {
	names := make([]string, len(tracks))
	for i, t := range tracks {
		var err error
		if names[i], err = Codec(t); err != nil {
			return "", err
		}
	}
	return strings.Join(names, ","), nil
}

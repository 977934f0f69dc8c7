package mkv

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"errors"
	"math"
	"strings"
	"time"

	"kinora/media"
	"kinora/media/nal"
)

// Values of TrackType.
const (
	typeVideo    = 1
	typeAudio    = 2
	typeSubtitle = 17
	typeMetadata = 33
)

// What Matroska means when an Audio element is silent, and the codec does not say more.
const (
	defaultRate     = 8000
	defaultChannels = 1
)

const acm = "A_MS/ACM" // CodecPrivate is a WAVEFORMATEX

// codecIDs maps CodecID to codec where nothing else decides.
var codecIDs = map[string]media.Codec{
	"V_MPEG4/ISO/AVC":  media.H264,
	"V_MPEGH/ISO/HEVC": media.H265,
	"V_VP8":            media.VP8,
	"V_VP9":            media.VP9,
	"A_AAC":            media.AAC,
	"A_OPUS":           media.Opus,
	"S_TEXT/UTF8":      media.Text,
}

const (
	pcmID   = "A_PCM/INT/LIT"
	pcmBits = 16
)

// Format tags of WAVEFORMATEX.
const (
	wavePCM   = 1
	waveALaw  = 6
	waveMuLaw = 7
)

type trackEntry struct {
	TrackNumber      uint64
	TrackUID         uint64 `ebml:"TrackUID,omitempty"`
	TrackType        uint64
	FlagLacing       uint64
	Name             string `ebml:"Name,omitempty"`
	CodecID          string
	CodecPrivate     []byte        `ebml:"CodecPrivate,omitempty"`
	SeekPreRoll      uint64        `ebml:"SeekPreRoll,omitempty"`
	Video            *videoElement `ebml:"Video,omitempty"`
	Audio            *audioElement `ebml:"Audio,omitempty"`
	ContentEncodings *struct{}     `ebml:"ContentEncodings,omitempty"`
}

type videoElement struct {
	PixelWidth, PixelHeight uint64
}

type audioElement struct {
	SamplingFrequency float64
	Channels          uint64
	BitDepth          uint64 `ebml:"BitDepth,omitempty"`
}

// track reads an entry of Tracks.
func (t *trackEntry) track() media.Track {
	m := media.Track{ID: int(t.TrackNumber), Name: t.Name, Private: t.CodecPrivate}
	switch t.TrackType {
	case typeVideo:
		m.Kind = media.Video
	case typeAudio:
		m.Kind = media.Audio
	}
	if v := t.Video; v != nil && m.Kind == media.Video {
		m.Width, m.Height = clamp(v.PixelWidth), clamp(v.PixelHeight)
	}
	var bits uint64
	if m.Kind == media.Audio {
		m.Rate, m.Channels = defaultRate, defaultChannels
		if t.CodecID == "A_AAC" {
			rate, channels := aacForm(m.Private)
			m.Rate, m.Channels = cmp.Or(rate, m.Rate), cmp.Or(channels, m.Channels)
		}
		if a := t.Audio; a != nil {
			bits = a.BitDepth
			if f := a.SamplingFrequency; f >= 1 && f <= math.MaxInt32 {
				m.Rate = int(f)
			}
			if a.Channels > 0 {
				m.Channels = clamp(a.Channels)
			}
		}
	}
	m.Codec = media.Codec(t.CodecID)
	switch {
	case codecIDs[t.CodecID] != "":
		m.Codec = codecIDs[t.CodecID]
	case t.CodecID == pcmID && (bits == pcmBits || bits == 0):
		m.Codec = media.PCM
	case t.CodecID == acm:
		readWaveFormat(&m)
	}
	return m
}

// repairAnnexB gives a track whose CodecPrivate is in Annex B form, which KVS takes though players refuse it, the
// configuration record that its codec documents. It says whether it did.
func repairAnnexB(m *media.Track) bool {
	if !bytes.HasPrefix(m.Private, []byte{0, 0, 1}) && !bytes.HasPrefix(m.Private, []byte{0, 0, 0, 1}) {
		return false
	}
	var config []byte
	err := errors.ErrUnsupported
	switch m.Codec {
	case media.H264:
		config, err = nal.AVCConfig(m.Private)
	case media.H265:
		config, err = nal.HEVCConfig(m.Private)
	}
	if err != nil {
		return false // it stays as it came, for whoever can make sense of it
	}
	m.Private = config
	return true
}

// readWaveFormat replaces the WAVEFORMATEX in m.Private by the codec and form that it names, if it is one that has
// a name here.
func readWaveFormat(m *media.Track) {
	b := m.Private
	if len(b) < 16 {
		return
	}
	bits := binary.LittleEndian.Uint16(b[14:])
	switch format := binary.LittleEndian.Uint16(b); {
	case format == waveALaw:
		m.Codec = media.ALaw
	case format == waveMuLaw:
		m.Codec = media.MuLaw
	case format == wavePCM && bits == pcmBits:
		m.Codec = media.PCM
	default:
		return
	}
	if n := binary.LittleEndian.Uint16(b[2:]); n > 0 {
		m.Channels = int(n)
	}
	if n := binary.LittleEndian.Uint32(b[4:]); n > 0 && n <= math.MaxInt32 {
		m.Rate = int(n)
	}
	m.Private = nil
}

// waveFormat is the WAVEFORMATEX of a G.711 track: format, channels, rate, bytes a second, bytes a sample of all
// channels, bits, no extension.
func waveFormat(format int, m media.Track) []byte {
	b := make([]byte, 0, 18)
	b = binary.LittleEndian.AppendUint16(b, uint16(format))
	b = binary.LittleEndian.AppendUint16(b, uint16(m.Channels))
	b = binary.LittleEndian.AppendUint32(b, uint32(m.Rate))
	b = binary.LittleEndian.AppendUint32(b, uint32(m.Rate*m.Channels))
	b = binary.LittleEndian.AppendUint16(b, uint16(m.Channels))
	b = binary.LittleEndian.AppendUint16(b, 8)
	return binary.LittleEndian.AppendUint16(b, 0)
}

// entry is the TrackEntry that stands for m. An Opus track has no CodecDelay: packets say when they are to be heard.
func entry(m media.Track) trackEntry {
	t := trackEntry{
		TrackNumber: uint64(m.ID), TrackUID: uint64(m.ID), Name: m.Name,
		CodecID: codecID(m.Codec), CodecPrivate: m.Private,
	}
	switch {
	case m.Kind == media.Video:
		t.TrackType = typeVideo
		w, h := m.Width, m.Height
		if w == 0 && h == 0 && m.Codec == media.H264 {
			w, h, _ = nal.AVCSize(m.Private) // Matroska demands a size; without one in Private it stays zero
		}
		t.Video = &videoElement{uint64(w), uint64(h)}
	case m.Kind == media.Audio:
		t.TrackType = typeAudio
		t.setAudio(m)
	case strings.HasPrefix(t.CodecID, "S_"):
		t.TrackType = typeSubtitle
	default:
		t.TrackType = typeMetadata
	}
	return t
}

func (t *trackEntry) setAudio(m media.Track) {
	m.Rate, m.Channels = cmp.Or(m.Rate, defaultRate), cmp.Or(m.Channels, defaultChannels)
	t.Audio = &audioElement{SamplingFrequency: float64(m.Rate), Channels: uint64(m.Channels)}
	switch m.Codec {
	case media.PCM:
		t.Audio.BitDepth = pcmBits
	case media.ALaw:
		t.CodecPrivate = waveFormat(waveALaw, m)
	case media.MuLaw:
		t.CodecPrivate = waveFormat(waveMuLaw, m)
	case media.Opus:
		t.SeekPreRoll = uint64(80 * time.Millisecond) // RFC 7845, 4.6
	}
}

func codecID(c media.Codec) string {
	switch c {
	case media.PCM:
		return pcmID
	case media.ALaw, media.MuLaw:
		return acm
	}
	for id, known := range codecIDs {
		if known == c {
			return id
		}
	}
	return string(c)
}

func clamp(v uint64) int { return int(min(v, math.MaxInt32)) }

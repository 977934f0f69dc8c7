package peer

import (
	"encoding/binary"
	"fmt"
	"slices"
	"strings"

	"github.com/pion/webrtc/v4"

	"kinora/media"
)

var feedback = []webrtc.RTCPFeedback{{Type: "ccm", Parameter: "fir"}, {Type: "nack"}, {Type: "nack", Parameter: "pli"}}

// register names what is spoken, best first; with only, nothing else.
func register(m *webrtc.MediaEngine, only []media.Codec) error {
	spoken := func(mime string) bool {
		return len(only) == 0 || slices.ContainsFunc(only, func(c media.Codec) bool { return mimes[c] == mime })
	}
	number := webrtc.PayloadType(96)
	for _, v := range [][2]string{
		{webrtc.MimeTypeH264, "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=64001f"},
		{webrtc.MimeTypeH264, "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=4d001f"},
		{webrtc.MimeTypeH264, "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f"},
		{webrtc.MimeTypeH264, "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42001f"},
		{webrtc.MimeTypeH265, ""},
		{webrtc.MimeTypeVP9, "profile-id=0"},
		{webrtc.MimeTypeVP8, ""},
	} {
		if !spoken(v[0]) {
			continue
		}
		for _, c := range []webrtc.RTPCodecParameters{
			{RTPCodecCapability: webrtc.RTPCodecCapability{MimeType: v[0], ClockRate: 90000, SDPFmtpLine: v[1], RTCPFeedback: feedback}, PayloadType: number},
			{RTPCodecCapability: webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeRTX, ClockRate: 90000, SDPFmtpLine: fmt.Sprintf("apt=%d", number)}, PayloadType: number + 1},
		} {
			if err := m.RegisterCodec(c, webrtc.RTPCodecTypeVideo); err != nil {
				return err
			}
		}
		number += 2
	}
	for _, c := range []webrtc.RTPCodecParameters{
		{RTPCodecCapability: webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeOpus, ClockRate: 48000, Channels: 2, SDPFmtpLine: "minptime=10;useinbandfec=1"}, PayloadType: 111},
		{RTPCodecCapability: webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypePCMU, ClockRate: 8000}, PayloadType: 0},
		{RTPCodecCapability: webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypePCMA, ClockRate: 8000}, PayloadType: 8},
	} {
		if !spoken(c.MimeType) {
			continue
		}
		if err := m.RegisterCodec(c, webrtc.RTPCodecTypeAudio); err != nil {
			return err
		}
	}
	return nil
}

var mimes = map[media.Codec]string{
	media.H264: webrtc.MimeTypeH264, media.H265: webrtc.MimeTypeH265, media.VP8: webrtc.MimeTypeVP8, media.VP9: webrtc.MimeTypeVP9,
	media.Opus: webrtc.MimeTypeOpus, media.MuLaw: webrtc.MimeTypePCMU, media.ALaw: webrtc.MimeTypePCMA,
}

// Carries reports whether calls carry a codec. What one side sends the other may still not take.
func Carries(c media.Codec) bool { return mimes[c] != "" }

// IDs of the tracks of a call.
const (
	videoID = 1
	audioID = 2
)

// trackOf describes what is received with a codec.
func trackOf(c webrtc.RTPCodecCapability) (media.Track, bool) {
	for codec, mime := range mimes {
		if !strings.EqualFold(mime, c.MimeType) {
			continue
		}
		if strings.HasPrefix(mime, "video/") {
			return media.Track{ID: videoID, Kind: media.Video, Codec: codec}, true
		}
		t := media.Track{ID: audioID, Kind: media.Audio, Codec: codec, Rate: int(c.ClockRate), Channels: max(1, int(c.Channels))}
		if codec == media.Opus {
			t.Private = opusHead(t.Channels)
		}
		return t, true
	}
	return media.Track{}, false
}

// opusHead is what files say of Opus (RFC 7845, 5.1). Nothing is to be skipped of what comes over RTP.
func opusHead(channels int) []byte {
	b := append([]byte("OpusHead"), 1, byte(channels), 0, 0)
	b = binary.LittleEndian.AppendUint32(b, 48000)
	return append(b, 0, 0, 0) // gain, and the simple mapping of channels
}

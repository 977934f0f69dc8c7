package mkv

import (
	"bytes"
	"fmt"
	"testing"

	"kinora/media"
)

func TestTrack(t *testing.T) {
	alaw := []byte{6, 0, 1, 0, 0x40, 0x1F, 0, 0, 0x40, 0x1F, 0, 0, 1, 0, 8, 0, 0, 0} // as the C producer SDK writes it
	other := append([]byte{0x55}, alaw[1:]...)
	for _, c := range []struct {
		name  string
		entry trackEntry
		want  media.Track
	}{
		{"no Audio element", trackEntry{TrackNumber: 1, TrackType: typeAudio, CodecID: "A_AAC", CodecPrivate: []byte{1}},
			media.Track{ID: 1, Kind: media.Audio, Codec: media.AAC, Private: []byte{1}, Rate: 8000, Channels: 1}},
		{"AAC that says its form itself", trackEntry{TrackNumber: 1, TrackType: typeAudio, CodecID: "A_AAC", CodecPrivate: []byte{0x11, 0x90}, Audio: &audioElement{}},
			media.Track{ID: 1, Kind: media.Audio, Codec: media.AAC, Private: []byte{0x11, 0x90}, Rate: 48000, Channels: 2}},
		{"AAC of a rate of its own", trackEntry{TrackNumber: 1, TrackType: typeAudio, CodecID: "A_AAC", CodecPrivate: []byte{0x17, 0x80, 0x49, 0xD4, 0x10}},
			media.Track{ID: 1, Kind: media.Audio, Codec: media.AAC, Private: []byte{0x17, 0x80, 0x49, 0xD4, 0x10}, Rate: 37800, Channels: 2}},
		{"AAC of a further kind", trackEntry{TrackNumber: 1, TrackType: typeAudio, CodecID: "A_AAC", CodecPrivate: []byte{0xF8, 0x06, 0x20}},
			media.Track{ID: 1, Kind: media.Audio, Codec: media.AAC, Private: []byte{0xF8, 0x06, 0x20}, Rate: 48000, Channels: 1}},
		{"AAC whose Audio element says more", trackEntry{TrackNumber: 1, TrackType: typeAudio, CodecID: "A_AAC", CodecPrivate: []byte{0x11, 0x90}, Audio: &audioElement{SamplingFrequency: 16000, Channels: 1}},
			media.Track{ID: 1, Kind: media.Audio, Codec: media.AAC, Private: []byte{0x11, 0x90}, Rate: 16000, Channels: 1}},
		{"AAC of no rate that there is", trackEntry{TrackNumber: 1, TrackType: typeAudio, CodecID: "A_AAC", CodecPrivate: []byte{0x17, 0x10}},
			media.Track{ID: 1, Kind: media.Audio, Codec: media.AAC, Private: []byte{0x17, 0x10}, Rate: 8000, Channels: 2}},
		{"Audio of a video track", trackEntry{TrackNumber: 1, TrackType: typeVideo, CodecID: "V_VP8", Audio: &audioElement{SamplingFrequency: 1}},
			media.Track{ID: 1, Kind: media.Video, Codec: media.VP8}},
		{"A-law", trackEntry{TrackNumber: 2, TrackType: typeAudio, CodecID: acm, CodecPrivate: alaw},
			media.Track{ID: 2, Kind: media.Audio, Codec: media.ALaw, Rate: 8000, Channels: 1}},
		{"PCM by WAVEFORMATEX", trackEntry{TrackNumber: 2, TrackType: typeAudio, CodecID: acm, CodecPrivate: []byte{1, 0, 2, 0, 0x44, 0xAC, 0, 0, 0, 0, 0, 0, 4, 0, 16, 0}},
			media.Track{ID: 2, Kind: media.Audio, Codec: media.PCM, Rate: 44100, Channels: 2}},
		{"another WAVEFORMATEX", trackEntry{TrackNumber: 2, TrackType: typeAudio, CodecID: acm, CodecPrivate: other},
			media.Track{ID: 2, Kind: media.Audio, Codec: acm, Private: other, Rate: 8000, Channels: 1}},
		{"a short WAVEFORMATEX", trackEntry{TrackNumber: 2, TrackType: typeAudio, CodecID: acm, CodecPrivate: alaw[:15]},
			media.Track{ID: 2, Kind: media.Audio, Codec: acm, Private: alaw[:15], Rate: 8000, Channels: 1}},
		{"impossible values", trackEntry{TrackNumber: 9, TrackType: typeAudio, CodecID: "A_X", Audio: &audioElement{SamplingFrequency: -1, Channels: 1 << 60}},
			media.Track{ID: 9, Kind: media.Audio, Codec: "A_X", Rate: 8000, Channels: 1<<31 - 1}},
		{"buttons", trackEntry{TrackNumber: 3, TrackType: 18, CodecID: "B_VOBBTN"}, media.Track{ID: 3, Codec: "B_VOBBTN"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := c.entry.track(); fmt.Sprint(got) != fmt.Sprint(c.want) {
				t.Errorf("%+v\nwant %+v", got, c.want)
			}
		})
	}
	if got := entry(media.Track{ID: 2, Kind: media.Audio, Codec: media.ALaw}).CodecPrivate; !bytes.Equal(got, alaw) {
		t.Errorf("%x\nwant %x", got, alaw)
	}
}

// TestEntrySize: Matroska wants a picture size, which capture may leave to the parameter sets.
func TestEntrySize(t *testing.T) {
	avcC := recording(t, "vogels.mkv")[476:517]
	v := entry(media.Track{ID: 1, Kind: media.Video, Codec: media.H264, Private: avcC}).Video
	if *v != (videoElement{640, 480}) {
		t.Errorf("%+v", *v)
	}
	v = entry(media.Track{ID: 1, Kind: media.Video, Codec: media.H264, Private: avcC, Width: 320, Height: 240}).Video
	if *v != (videoElement{320, 240}) {
		t.Errorf("%+v", *v)
	}
}

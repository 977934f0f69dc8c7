package kvstest

import (
	"encoding/base64"
	"encoding/binary"
	"time"

	"kinora/media"
	"kinora/mkv"
)

// What the coders of two recordings say of themselves: H.264, 640 x 480, and AAC, 48 kHz, two channels.
var (
	avcConfig = decoded("AWQAKP/hAA4nZAAorCtAUB7QDxImoAEABCjuHyw=")
	aacConfig = decoded("EZA=")
)

func decoded(text string) []byte {
	b, err := base64.StdEncoding.DecodeString(text)
	mustWrite(err)
	return b
}

// film makes what a camera sends: pictures of H.264, 25 a second, and sound of AAC. Their contents are noise in the form
// of the codecs, which is as far as a service looks that decodes nothing.
type film struct {
	producer
	tracks []media.Track
}

func newFilm(epoch time.Time, tracks ...media.Track) *film {
	if len(tracks) == 0 {
		tracks = []media.Track{
			{ID: 1, Kind: media.Video, Codec: media.H264, Private: avcConfig, Width: 640, Height: 480},
			{ID: 2, Kind: media.Audio, Codec: media.AAC, Private: aacConfig, Rate: 48000, Channels: 2},
		}
	}
	f := &film{producer: producer{buf: &sink{}, epoch: epoch}, tracks: tracks}
	f.w = mkv.NewWriter(f.buf, tracks, mkv.WriterOptions{Epoch: epoch, App: "kvstest"})
	return f
}

const (
	pictureTime = 40 * time.Millisecond
	soundTime   = 1024 * time.Second / 48000
	shotTime    = 2 * time.Second
)

// shot makes a fragment of two seconds, pictures and sound beside each other, and ends it.
func (f *film) shot(at time.Duration) []byte {
	mustWrite(f.w.Begin(at))
	heard := time.Duration(0)
	for seen := time.Duration(0); seen < shotTime; seen += pictureTime {
		for _, t := range f.tracks {
			switch t.Kind {
			case media.Video:
				f.put(t, at+seen, picture(seen == 0), seen == 0)
			case media.Audio:
				for ; heard <= seen; heard += soundTime {
					f.put(t, at+heard, []byte("sound"), true)
				}
			}
		}
	}
	mustWrite(f.w.End())
	return f.take()
}

func (f *film) put(t media.Track, at time.Duration, data []byte, key bool) {
	mustWrite(f.w.Write(&media.Packet{Track: t.ID, PTS: at, DTS: at, Key: key, Data: data}))
}

// picture is one NAL unit behind its length.
func picture(key bool) []byte {
	unit := []byte{0x41, 0x9A, 1, 2, 3, 4, 5, 6}
	if key {
		unit = append([]byte{0x65, 0x88}, make([]byte, 500)...)
	}
	return append(binary.BigEndian.AppendUint32(nil, uint32(len(unit))), unit...)
}

// filmed uploads shots that start at the given times, and returns their numbers when all are persisted.
func (s *subject) filmed(stream string, f *film, at ...time.Duration) (numbers []string) {
	s.Helper()
	u := s.put(stream, nil)
	for _, t := range at {
		u.send(f.shot(t))
		numbers = append(numbers, u.want(f.timecode(t), "BUFFERING", "RECEIVED", "PERSISTED"))
	}
	u.finish()
	u.next()
	return numbers
}

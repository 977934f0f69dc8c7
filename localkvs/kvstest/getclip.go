package kvstest

import (
	"encoding/binary"
	"io"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesisvideo/types"
	"github.com/aws/aws-sdk-go-v2/service/kinesisvideoarchivedmedia"
	archived "github.com/aws/aws-sdk-go-v2/service/kinesisvideoarchivedmedia/types"

	"kinora/media"
)

var getClipTests = []test{
	{name: "Clocks", run: clipClocks},
	{name: "Twice", run: clipTwice},
	{name: "First200", strict: true, run: clipLimit},
	{name: "Media", run: clipMedia},
	{name: "Invalid", run: clipInvalid},
}

func (s *subject) clip(stream string, clock archived.ClipFragmentSelectorType, from, to time.Time) ([]byte, error) {
	s.Helper()
	out, err := s.archivedAt(stream, types.APINameGetClip).GetClip(s.ctx, &kinesisvideoarchivedmedia.GetClipInput{
		StreamName: &stream, ClipFragmentSelector: &archived.ClipFragmentSelector{FragmentSelectorType: clock,
			TimestampRange: &archived.ClipTimestampRange{StartTimestamp: &from, EndTimestamp: &to}},
	})
	if err != nil {
		return nil, err
	}
	defer out.Payload.Close()
	if got := aws.ToString(out.ContentType); got != "video/mp4" {
		s.Errorf("Content-Type is %q", got)
	}
	return io.ReadAll(out.Payload)
}

// wantClip demands a clip of so many pictures and pieces of sound.
func (s *subject) wantClip(stream string, clock archived.ClipFragmentSelectorType, from, to time.Time, pictures, sounds int) {
	s.Helper()
	file, err := s.clip(stream, clock, from, to)
	if err != nil {
		s.Fatal(err)
	}
	order := ""
	for b := file; len(b) > 0; {
		name, _, rest := box(b)
		order += name + " "
		b = rest
	}
	if order != "ftyp moov mdat " {
		s.Errorf("the file has the boxes %q, want an ordinary MP4 with its index in front", order)
	}
	counts := samples(file)
	if len(counts) != 2 || counts[0] != pictures || counts[1] != sounds {
		s.Errorf("the clip has %v samples, want %d pictures and %d of sound", counts, pictures, sounds)
	}
}

// box cuts the first box off. A file that is none ends the walk.
func box(b []byte) (name string, body, rest []byte) {
	if len(b) < 8 {
		return "cut", nil, nil
	}
	size, head := uint64(binary.BigEndian.Uint32(b)), 8
	if size == 1 && len(b) >= 16 {
		size, head = binary.BigEndian.Uint64(b[8:]), 16
	}
	if size < uint64(head) || size > uint64(len(b)) {
		return "broken", nil, nil
	}
	return string(b[4:8]), b[head:size], b[size:]
}

// samples returns how many samples each track has.
func samples(b []byte) (counts []int) {
	for len(b) > 0 {
		name, body, rest := box(b)
		switch name {
		case "moov", "trak", "mdia", "minf", "stbl":
			counts = append(counts, samples(body)...)
		case "stsz":
			counts = append(counts, int(binary.BigEndian.Uint32(body[8:])))
		}
		b = rest
	}
	return counts
}

// A shot has 50 pictures and 92 pieces of sound.
const (
	shotPictures = 50
	shotSounds   = 92
)

const (
	byProducer = archived.ClipFragmentSelectorTypeProducerTimestamp
	byServer   = archived.ClipFragmentSelectorTypeServerTimestamp
)

// clipClocks: both ends belong to the range, only a fragment's start counts, and it is there whole.
func clipClocks(s *subject) {
	stream, _ := s.stream(1)
	f := newFilm(start())
	s.filmed(stream, f, 0, shotTime, 2*shotTime)
	s.wantClip(stream, byProducer, f.epoch.Add(time.Second), f.epoch.Add(2*shotTime), 2*shotPictures, 2*shotSounds)
	s.wantClip(stream, byProducer, f.epoch, f.epoch.Add(time.Millisecond), shotPictures, shotSounds)
	from, to := past()
	s.wantClip(stream, byServer, from, to, 3*shotPictures, 3*shotSounds)
	_, err := s.clip(stream, byProducer, f.epoch.Add(-time.Hour), f.epoch.Add(-time.Minute))
	wantError(s, err, "ResourceNotFoundException")
}

// clipTwice: what was sent again under the same producer time is there once.
func clipTwice(s *subject) {
	stream, _ := s.stream(1)
	f := newFilm(start())
	s.filmed(stream, f, 0, shotTime)
	s.filmed(stream, newFilm(f.epoch), 0, shotTime, 2*shotTime)
	s.wantClip(stream, byProducer, f.epoch, f.epoch.Add(time.Minute), 3*shotPictures, 3*shotSounds)
}

// clipLimit: a clip is the first 200 fragments of what was asked for.
func clipLimit(s *subject) {
	stream, _ := s.stream(1)
	f := newFilm(time.Now().Add(-10 * time.Minute).Truncate(time.Millisecond))
	var at []time.Duration
	for i := range 203 {
		at = append(at, time.Duration(i)*shotTime)
	}
	s.filmed(stream, f, at...)
	s.wantClip(stream, byProducer, f.epoch, f.epoch.Add(10*time.Minute), 200*shotPictures, 200*shotSounds)
}

// clipMedia: what cannot be in an MP4 is said by name.
func clipMedia(s *subject) {
	video := media.Track{ID: 1, Kind: media.Video, Codec: media.H264, Private: avcConfig, Width: 640, Height: 480}
	bare, wrong, vp8 := video, video, video
	bare.Private = nil
	wrong.Private = []byte("this is no avcC")
	vp8.Codec, vp8.Private = media.VP8, nil
	for _, c := range []struct {
		tracks []media.Track
		want   string
	}{
		{[]media.Track{bare}, "MissingCodecPrivateDataException"},
		{[]media.Track{wrong}, "InvalidCodecPrivateDataException"},
		{[]media.Track{vp8}, "UnsupportedStreamMediaTypeException"},
		{[]media.Track{{ID: 1, Kind: media.Audio, Codec: media.AAC, Private: aacConfig, Rate: 48000, Channels: 2}}, "UnsupportedStreamMediaTypeException"},
	} {
		stream, _ := s.stream(1)
		f := newFilm(start(), c.tracks...)
		s.filmed(stream, f, 0)
		_, err := s.clip(stream, byProducer, f.epoch, f.epoch.Add(time.Minute))
		wantError(s, err, c.want)
	}
	stream, _ := s.stream(1)
	f := newFilm(start(), video)
	mustWrite(f.w.Begin(0))
	f.put(video, 0, append([]byte{0, 0, 0, 1}, picture(true)...), true) // with a start code where a length belongs
	u := s.put(stream, nil)
	u.send(f.take())
	u.finish()
	u.want(f.timecode(0), "BUFFERING", "RECEIVED", "PERSISTED")
	_, err := s.clip(stream, byProducer, f.epoch, f.epoch.Add(time.Minute))
	wantError(s, err, "InvalidMediaFrameException")
}

func clipInvalid(s *subject) {
	stream, _ := s.stream(1)
	now := time.Now()
	for _, c := range []struct{ from, to time.Time }{
		{now, now.Add(-time.Minute)},
		{now.Add(-time.Minute), now.Add(-time.Minute)},
		{now.Add(-25 * time.Hour), now.Add(-time.Second)},
		{now.Add(-time.Hour), now.Add(time.Hour)},
	} {
		_, err := s.clip(stream, byServer, c.from, c.to)
		wantError(s, err, "InvalidArgumentException")
	}
	from, to := past()
	missing := s.name()
	_, err := s.archivedAt(stream, types.APINameGetClip).GetClip(s.ctx, &kinesisvideoarchivedmedia.GetClipInput{
		StreamName: &missing, ClipFragmentSelector: &archived.ClipFragmentSelector{FragmentSelectorType: byServer,
			TimestampRange: &archived.ClipTimestampRange{StartTimestamp: &from, EndTimestamp: &to}},
	})
	wantError(s, err, "ResourceNotFoundException")
	kept, _ := s.stream(0)
	_, err = s.clip(kept, byServer, from, to)
	wantError(s, err, "NoDataRetentionException")
}

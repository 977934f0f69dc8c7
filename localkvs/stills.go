package localkvs

import (
	"bytes"
	"context"
	"errors"
	"image"
	"image/jpeg"
	"image/png"
	"slices"
	"time"

	"kinora/localkvs/archive"
	"kinora/media"
)

// Decoder turns coded pictures into images.
type Decoder interface {
	// Pictures decodes packets, in decode order and beginning with a key frame, and calls got with the pictures that are
	// shown at the given times, which are times of packets in rising order. It may leave out one that is damaged. The size is in pixels; zero
	// in both means the picture's own, in X alone as the picture's proportions ask for. An error of got ends it.
	Pictures(ctx context.Context, t media.Track, packets []*media.Packet, at []time.Duration, size image.Point,
		got func(at time.Duration, picture image.Image) error) error
}

// decoders is how many requests decode at once; others wait.
const decoders = 2

// stills makes the images of one request.
type stills struct {
	service *Service
	stream  *archive.Stream
	*sampling
}

// page makes up to limit images, from the sample next on. Samples in the same fragment are decoded together.
func (s *stills) page(ctx context.Context, next, limit int) ([]imageInfo, error) {
	var images []imageInfo
	size := 0
	for len(images) < limit && size < imagesPageBytes {
		at, ok := s.at(next + len(images))
		if !ok {
			break
		}
		entry, found, err := s.covering(ctx, at)
		if err != nil {
			return nil, err
		}
		if !found {
			images = append(images, imageInfo{TimeStamp: epoch(at), Error: "NO_MEDIA"})
			continue
		}
		group := []imageInfo{{TimeStamp: epoch(at)}}
		for len(images)+len(group) < limit {
			at, ok := s.at(next + len(images) + len(group))
			if !ok || !s.covers(entry, at) {
				break
			}
			group = append(group, imageInfo{TimeStamp: epoch(at)})
		}
		done, err := s.decode(ctx, entry, group, imagesPageBytes-size)
		if err != nil {
			return nil, err
		}
		for _, i := range done {
			size += len(i.ImageContent)
		}
		images = append(images, done...)
	}
	return images, nil
}

// longestFragment is how far back a fragment can start that still shows.
const longestFragment = 20 * time.Second

// covering finds the fragment that shows at a time: of those, the one that started last.
func (s *stills) covering(ctx context.Context, at time.Time) (found archive.Entry, ok bool, err error) {
	var after archive.Cursor
	for more := true; more; {
		if ctx.Err() != nil {
			return found, false, errReaderLeft
		}
		var page []archive.Entry
		if page, after, more, err = s.stream.List(s.clock, at.Add(-longestFragment), at, after, 200); err != nil {
			return found, false, err
		}
		for _, e := range page {
			if s.covers(e, at) {
				found, ok = e, true
			}
		}
	}
	return found, ok, nil
}

func (s *stills) start(e archive.Entry) time.Time {
	if s.clock == archive.ServerTime {
		return e.Server
	}
	return e.Producer
}

// covers tells whether a fragment shows at a time: from its start until its last picture ends.
func (s *stills) covers(e archive.Entry, at time.Time) bool {
	length := e.Duration
	if length == 0 {
		length = e.Length + e.Length/time.Duration(max(1, e.Frames-1)) + time.Millisecond
	}
	late := at.Sub(s.start(e))
	return late >= 0 && late < length
}

// decode fills in the images of samples that lie in one fragment: all of them, or the first ones when they become more
// bytes than asked for.
func (s *stills) decode(ctx context.Context, e archive.Entry, samples []imageInfo, room int) ([]imageInfo, error) {
	for i := range samples {
		samples[i].Error = "MEDIA_ERROR"
	}
	f, err := s.stream.Read(e)
	if errors.Is(err, archive.ErrNotFound) || errors.Is(err, archive.ErrCorrupt) {
		s.service.log.Warn("no images of a fragment", "error", err)
		return samples, nil
	}
	if err != nil {
		return nil, err
	}
	p, err := parse(f)
	if err != nil {
		s.service.log.Warn("no images of a fragment", "error", err)
		return samples, nil
	}
	video, ok := media.VideoTrack(p.tracks)
	if !ok {
		return samples, nil
	}
	packets := slices.DeleteFunc(p.packets, func(p *media.Packet) bool { return p.Track != video.ID })
	if len(packets) == 0 {
		return samples, nil
	}
	wanted := make(map[time.Duration][]int) // samples by the time of their picture
	var at []time.Duration
	for i := range samples {
		shown := shownAt(packets, time.Time(samples[i].TimeStamp).Sub(s.start(e)))
		if wanted[shown] == nil {
			at = append(at, shown)
		}
		wanted[shown] = append(wanted[shown], i)
	}
	slices.Sort(at)
	size, full := 0, len(samples)
	err = s.service.decoder.Pictures(ctx, video, upTo(packets, at[len(at)-1]), at, image.Pt(s.width, s.height), func(t time.Duration, picture image.Image) error {
		content, err := s.encode(picture)
		if err != nil || len(content) > maxImageBytes {
			return err
		}
		for _, i := range wanted[t] {
			if size > 0 && size+len(content) > room {
				full = min(full, i)
				return errPageFull
			}
			samples[i].Error, samples[i].ImageContent = "", content
			size += len(content)
		}
		return nil
	})
	switch {
	case ctx.Err() != nil:
		return nil, errReaderLeft
	case err != nil && !errors.Is(err, errPageFull):
		s.service.log.Warn("pictures could not be decoded", "stream", s.stream.Meta().Name, "fragment", e.Number, "error", err)
	}
	return samples[:full], nil
}

var errPageFull = errors.New("the page is full")

// shownAt is the time of the picture that shows at a time of the fragment.
func shownAt(packets []*media.Packet, at time.Duration) time.Duration {
	first, shown := packets[0].PTS, time.Duration(-1<<63)
	for _, p := range packets {
		first = min(first, p.PTS)
		if p.PTS <= at {
			shown = max(shown, p.PTS)
		}
	}
	return max(first, shown)
}

// upTo returns the packets that must be decoded for what is shown up to a time.
func upTo(packets []*media.Packet, last time.Duration) []*media.Packet {
	end := 0
	for i, p := range packets {
		if p.PTS <= last {
			end = i + 1
		}
	}
	return packets[:end]
}

func (s *stills) encode(picture image.Image) ([]byte, error) {
	var b bytes.Buffer
	var err error
	if s.format == "PNG" {
		err = (&png.Encoder{CompressionLevel: png.BestSpeed}).Encode(&b, picture)
	} else {
		err = jpeg.Encode(&b, picture, &jpeg.Options{Quality: s.quality})
	}
	return b.Bytes(), err
}

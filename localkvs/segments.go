package localkvs

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"golang.org/x/sync/semaphore"
	"golang.org/x/sync/singleflight"

	"kinora/localkvs/archive"
	"kinora/localkvs/mpegts"
	"kinora/media"
	"kinora/mp4"
)

const (
	// segmentBytes is how much of made segments is kept. A live stream needs its newest few.
	segmentBytes = 32 << 20
	// makingBytes bounds the fragments of which segments are made at the same time, each held three times.
	makingBytes = 192 << 20
)

// segment is a media segment as it is kept: shared by all sessions, which differ in where it stands on their timelines.
type segment struct {
	mp4       mp4.Movable
	transport []byte // instead, MPEG-TS
	left      int    // frames that MPEG-TS has no room for
}

func (g *segment) size() int64 { return int64(g.mp4.Len() + len(g.transport)) }

// segmentKey names a segment: a fragment's track of a kind, or a fragment as MPEG-TS.
type segmentKey struct {
	fragmentKey
	kind      media.Kind
	container containerName
	start     int64         // of MPEG-TS, whose times cannot be put in later; ms
	part      int           // of the segment, counted from 1; 0 is all of it
	target    time.Duration // of parts
}

// segmenter makes segments, each once, and keeps the newest.
type segmenter struct {
	kept   *lru[segmentKey, *segment]
	flight singleflight.Group
	room   *semaphore.Weighted
}

func newSegmenter() *segmenter {
	return &segmenter{kept: newLRU[segmentKey, *segment](segmentBytes), room: semaphore.NewWeighted(makingBytes)}
}

// errNoTrack is the error of a segment whose fragment has no track of the kind.
var errNoTrack = errors.New("the fragment has no such track")

// segment returns the segment of a fragment. Those who ask for the same one at the same time wait for one making.
func (s *Service) segment(ctx context.Context, key segmentKey, e *archive.Entry) (*segment, error) {
	if g, ok := s.segments.kept.get(key); ok {
		s.metrics.segmentHits.Inc()
		return g, nil
	}
	name := fmt.Sprintf("%p %s %d %s %d", key.stream, key.number, key.kind, key.container, key.start)
	made, err, _ := s.segments.flight.Do(name, func() (any, error) {
		if g, ok := s.segments.kept.get(key); ok {
			return g, nil
		}
		return s.makeSegments(context.WithoutCancel(ctx), key, e)
	})
	if err != nil {
		return nil, err
	}
	return made.(*segment), nil
}

// makeSegments makes the segments of all kinds of one fragment, since players mostly want all of them, and returns the one of
// the key.
func (s *Service) makeSegments(ctx context.Context, key segmentKey, e *archive.Entry) (*segment, error) {
	size := min(e.Size, makingBytes)
	if err := s.segments.room.Acquire(ctx, size); err != nil {
		return nil, err
	}
	defer s.segments.room.Release(size)
	p, err := s.load(key.stream, e)
	if err != nil {
		return nil, err
	}
	s.metrics.segmentsMade.Inc()
	next, err := s.nextStart(key.stream, e)
	if err != nil {
		return nil, err
	}
	if key.container == mpegTS {
		g, err := p.transport(time.Duration(key.start) * time.Millisecond)
		if err != nil {
			return nil, err
		}
		if g.left > 0 {
			s.log.Warn("frames of sound are too large for MPEG-TS and are left out", "stream", key.stream.Meta().Name, "fragment", e.Number.String(), "frames", g.left)
		}
		s.segments.kept.put(key, g, g.size())
		return g, nil
	}
	var wanted *segment
	for _, kind := range []media.Kind{media.Video, media.Audio} {
		g, err := p.fragmented(kind, e, next)
		switch {
		case errors.Is(err, errNoTrack):
			continue
		case err != nil:
			return nil, err
		}
		s.segments.kept.put(segmentKey{fragmentKey: key.fragmentKey, kind: kind, container: fragmentedMP4}, g, g.size())
		if kind == key.kind {
			wanted = g
		}
	}
	if wanted == nil {
		return nil, errNoTrack
	}
	return wanted, nil
}

// nextStart is where the fragment behind one starts, counted from its start; when none follows at once, where it ends.
func (s *Service) nextStart(stream *archive.Stream, e *archive.Entry) (time.Duration, error) {
	next, ok, err := stream.After(e.Number)
	if err != nil || !ok || e.Duration == 0 || !isNear(next.Producer, e.Producer.Add(e.Duration)) {
		return e.Duration, err
	}
	return next.Producer.Sub(e.Producer), nil
}

func trackOf(kind media.Kind, tracks []media.Track) (media.Track, bool) {
	if kind == media.Audio {
		return media.AudioTrack(tracks)
	}
	return media.VideoTrack(tracks)
}

// fragmented makes moof and mdat of one track.
func (p *parsed) fragmented(kind media.Kind, e *archive.Entry, next time.Duration) (*segment, error) {
	t, ok := trackOf(kind, p.tracks)
	if !ok {
		return nil, errNoTrack
	}
	m, err := mp4.NewMovable(mp4.Segment{Sequence: uint32(e.Number.Seq()), Next: next}, t, p.packets)
	if err != nil {
		return nil, asMediaError(err, t.ID)
	}
	if m.Len() == 0 {
		return nil, errNoTrack
	}
	return &segment{mp4: m}, nil
}

// transport makes MPEG-TS of picture and sound.
func (p *parsed) transport(start time.Duration) (*segment, error) {
	var tracks []media.Track
	for _, kind := range []media.Kind{media.Video, media.Audio} {
		if t, ok := trackOf(kind, p.tracks); ok {
			tracks = append(tracks, t)
		}
	}
	left := 0
	sound := make([]*media.Packet, 0, len(p.packets)) // as in MP4, a frame that is not in its codec's form costs no others
	for _, packet := range p.packets {
		i := slices.IndexFunc(tracks, func(t media.Track) bool { return t.ID == packet.Track })
		switch {
		case i < 0 || !mp4.Sound(tracks[i].Codec, packet.Data):
		case !mpegts.Fits(tracks[i].Codec, packet.Data):
			left++
		default:
			sound = append(sound, packet)
		}
	}
	b, err := mpegts.Segment(tracks, sound, start)
	if err != nil {
		return nil, unsupportedMedia("The fragment cannot be put into MPEG-TS: %v.", err)
	}
	return &segment{transport: b, left: left}, nil
}

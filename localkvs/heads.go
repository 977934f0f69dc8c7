package localkvs

import (
	"errors"
	"slices"
	"time"

	"kinora/localkvs/archive"
	"kinora/media"
	"kinora/mp4"
)

// headKey names the way in which fragments of a stream are coded.
type headKey struct {
	stream *archive.Stream
	config int64
}

// head is what a player must know before the first frame.
type head struct {
	tracks  []media.Track
	rate    float64       // pictures a second, 0 when unknown
	slowest time.Duration // longest time from picture to picture
}

// headsBytes is how much of heads is kept. A producer may put megabytes into one.
const headsBytes = 16 << 20

func (s *Service) keepHead(key headKey, h head) {
	weight := int64(1 << 10)
	for _, t := range h.tracks {
		weight += int64(len(t.Name) + len(t.Private))
	}
	s.heads.put(key, h, weight)
}

type fragmentKey struct {
	stream *archive.Stream
	number archive.Number
}

// outlineOf returns the outline of a fragment, from its record where its row has none. It is zero where that is damaged.
func (s *Service) outlineOf(stream *archive.Stream, e *archive.Entry) (archive.Outline, error) {
	if e.Config != 0 {
		return e.Outline, nil
	}
	key := fragmentKey{stream, e.Number}
	if o, ok := s.outlines.get(key); ok {
		return o, nil
	}
	p, err := s.load(stream, e)
	if errors.Is(err, archive.ErrCorrupt) {
		s.log.Error("a fragment is left out of playlists", "error", err)
		return archive.Outline{}, nil
	}
	if err != nil {
		return archive.Outline{}, err
	}
	o := p.outline()
	s.outlines.put(key, o, 1)
	s.keepHead(headKey{stream, o.Config}, p.head())
	return o, nil
}

// headOf returns how a fragment is coded. Its outline must be known.
func (s *Service) headOf(stream *archive.Stream, e *archive.Entry) (head, error) {
	key := headKey{stream, e.Config}
	if h, ok := s.heads.get(key); ok {
		return h, nil
	}
	p, err := s.load(stream, e)
	if err != nil {
		return head{}, err
	}
	h := p.head()
	s.keepHead(key, h)
	return h, nil
}

// maxHeads is how many fragments are tried that are damaged.
const maxHeads = 16

// headIn returns how the fragment at i of a list is coded. Where that one is damaged or gone itself, another one says it that is coded
// alike: what is lost of a recording costs no more than its own time.
func (s *Service) headIn(stream *archive.Stream, w *window, i int) (head, error) {
	h, err := s.headOf(stream, &w.shown[i].Entry)
	for j, tries := 0, 1; j < len(w.shown) && tries < maxHeads; j++ {
		if !errors.Is(err, archive.ErrCorrupt) && !errors.Is(err, archive.ErrNotFound) {
			break
		}
		if j != i && w.shown[j].Config == w.shown[i].Config {
			h, err = s.headOf(stream, &w.shown[j].Entry)
			tries++
		}
	}
	return h, err
}

func (p *parsed) head() head {
	h := head{tracks: p.tracks}
	if t, ok := media.VideoTrack(p.tracks); ok {
		var e extent
		var shown []time.Duration
		for _, packet := range p.packets {
			if packet.Track == t.ID {
				e.add(packet.PTS)
				shown = append(shown, packet.PTS)
			}
		}
		slices.Sort(shown)
		for i := range max(0, len(shown)-1) {
			h.slowest = max(h.slowest, shown[i+1]-shown[i])
		}
		if e.last > e.first {
			h.rate = float64(e.frames-1) / (e.last - e.first).Seconds()
		}
	}
	return h
}

// load reads and parses a fragment. What is not made for players, such as frames that the container has compressed, is an error that says so.
func (s *Service) load(stream *archive.Stream, e *archive.Entry) (*parsed, error) {
	f, err := stream.Read(*e)
	if err != nil {
		return nil, err
	}
	p, err := parse(f)
	if err != nil {
		return nil, unsupportedMedia("%v.", err)
	}
	return p, nil
}

// playable picks the tracks that the session shows, the picture first. The error is the one that the API documents for
// media that players of the protocol cannot play.
func (p *playback) playable(tracks []media.Track) (chosen []media.Track, err error) {
	if t, ok := media.VideoTrack(tracks); ok {
		chosen = append(chosen, t)
	}
	if t, ok := media.AudioTrack(tracks); ok {
		chosen = append(chosen, t)
	}
	if len(chosen) == 0 {
		return nil, unsupportedMedia("The stream has neither picture nor sound.")
	}
	for _, t := range chosen {
		switch t.Codec {
		case media.H264, media.H265, media.AAC:
		case media.ALaw, media.MuLaw:
			if !p.Manifest {
				return nil, unsupportedMedia("Track %d is G.711, which HLS cannot play. Ask for a DASH session.", t.ID)
			}
		case media.Opus: // of calls
			if !p.Manifest && p.Container != fragmentedMP4 {
				return nil, unsupportedMedia("Track %d is Opus, which has no place in MPEG-TS. Ask for FRAGMENTED_MP4.", t.ID)
			}
		default:
			return nil, unsupportedMedia("Track %d is %s, which players cannot play.", t.ID, t.Codec)
		}
		if err := asMediaError(mp4.Check(t), t.ID); err != nil {
			return nil, err
		}
	}
	return chosen, nil
}

package localkvs

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"

	"kinora/localkvs/archive"
	"kinora/media"
	"kinora/mp4"
)

// What one clip can hold: the first of what is asked for.
const (
	clipFragments = 200
	clipBytes     = 100_000_000
	clipRange     = 24 * time.Hour
)

type getClipIn struct {
	streamRef
	ClipFragmentSelector *fragmentSelector
}

// getClip sends an ordinary MP4. It reads the fragments twice: for the index, which stands in front, and for the media, so
// that no more than one of them is in memory.
func (s *Service) getClip(w http.ResponseWriter, r *http.Request, body []byte) error {
	asked := time.Now()
	in, err := decode[getClipIn](body)
	if err != nil {
		return err
	}
	stream, err := s.stream(in.StreamName, in.StreamARN)
	if err != nil {
		return err
	}
	clock, from, to, err := in.ClipFragmentSelector.span(clipRange)
	if err != nil {
		return err
	}
	if stream.Meta().RetentionHours == 0 {
		return noRetention()
	}
	feed, err := s.feedOf(stream)
	if err != nil {
		return err
	}
	release, ok := feed.connect(&feed.clips, s.limits.Clips)
	if !ok {
		return clientLimit("GetClip", s.limits.Clips)
	}
	defer release()
	chosen, err := clipEntries(stream, clock, from, to)
	if err != nil {
		return err
	}
	if err := s.asked.take(stream.Meta().ARN, len(chosen), len(chosen)); err != nil {
		return err
	}
	clip := &clip{Service: s, stream: stream, ctx: r.Context(), entries: chosen}
	if err := clip.plan(); err != nil {
		return err
	}
	head, err := clip.movie.Head()
	if errors.Is(err, mp4.ErrEmpty) {
		return unsupportedMedia("There is no key frame in the fragments.")
	} else if err != nil {
		return err
	}
	if !answerAfter(r, asked) {
		return nil
	}
	w.Header().Set("Content-Type", "video/mp4")
	w.Header().Set("Content-Length", strconv.FormatInt(int64(len(head))+clip.movie.Size(), 10))
	w.WriteHeader(http.StatusOK)
	out := &chunkWriter{w: w, rc: http.NewResponseController(w), stall: s.limits.WriteStall, bytes: s.metrics.clipBytes}
	if err := clip.send(out, head); err != nil {
		s.log.Info("a clip was not sent to its end", "stream", stream.Meta().Name, "fragments", len(chosen), "reason", err)
		panic(http.ErrAbortHandler) // so that nobody takes the part for the whole
	}
	return nil
}

func noRetention() error {
	return &apiError{http.StatusBadRequest, "NoDataRetentionException", "The stream keeps nothing: its retention is 0 hours."}
}

// span is what a selector with a range of a limited length selects: from before to, the past by the server's clock.
func (f *fragmentSelector) span(limit time.Duration) (archive.Clock, time.Time, time.Time, error) {
	clock, from, to, err := f.bounds()
	switch {
	case err != nil:
	case !to.After(from):
		err = invalidArgument("EndTimestamp must be later than StartTimestamp.")
	case to.Sub(from) > limit:
		err = invalidArgument("StartTimestamp and EndTimestamp lie more than %v apart.", limit)
	case clock == archive.ServerTime && to.After(time.Now()):
		err = invalidArgument("EndTimestamp must be in the past when fragments are selected by SERVER_TIMESTAMP.")
	}
	return clock, from, to, err
}

// clipEntries returns the first fragments of a range, in the order of the clock. Of those with the same producer time, which
// a producer sent twice, it is the one with the largest number; by the producer's clock, what was uploaded twice is there once, as in sessions.
func clipEntries(stream *archive.Stream, clock archive.Clock, from, to time.Time) (chosen []archive.Entry, err error) {
	var after archive.Cursor
	size, places := int64(0), make(map[time.Time]int)
	for more := true; more; {
		var page []archive.Entry
		if page, after, more, err = stream.List(clock, from, to, after, clipFragments); err != nil {
			return nil, err
		}
		for _, e := range page {
			i, twice := places[e.Producer]
			if last := len(chosen) - 1; !twice && last >= 0 && clock == archive.ProducerTime {
				i, twice = last, isSame(&chosen[last], &e)
			}
			if twice {
				shown := better(&chosen[i], &e)
				size += shown.Size - chosen[i].Size
				chosen[i], places[shown.Producer] = shown, i
				continue
			}
			if len(chosen) == clipFragments || len(chosen) > 0 && size+e.Size > clipBytes {
				return chosen, nil
			}
			places[e.Producer] = len(chosen)
			chosen, size = append(chosen, e), size+e.Size
		}
	}
	if len(chosen) == 0 {
		return nil, &apiError{http.StatusNotFound, "ResourceNotFoundException", "No fragments found in the stream for the clip request."}
	}
	return chosen, nil
}

// clip is a clip that is being made of stored fragments.
type clip struct {
	*Service
	stream  *archive.Stream
	ctx     context.Context
	entries []archive.Entry
	movie   mp4.Movie
}

// plan reads all fragments for the index. A fragment that cannot be read any more is left out.
func (c *clip) plan() error {
	readable := c.entries[:0]
	for _, e := range c.entries {
		f, err := c.read(e)
		if errors.Is(err, archive.ErrNotFound) || errors.Is(err, archive.ErrCorrupt) {
			c.log.Warn("fragment left out of a clip", "error", err)
			continue
		}
		if err != nil {
			return err
		}
		if _, pictures := media.VideoTrack(f.Tracks); !pictures {
			return unsupportedMedia("Fragment %s has no picture.", f.Number)
		}
		if _, err := c.movie.Add(f); err != nil {
			return clipError(err)
		}
		if c.movie.Broken() > 0 {
			return mediaError("InvalidMediaFrameException", "Fragment %s has a frame that is not in the form of its codec.", f.Number)
		}
		readable = append(readable, e)
	}
	if c.entries = readable; len(readable) == 0 {
		return &apiError{http.StatusNotFound, "ResourceNotFoundException", "No fragments could be read for the clip request."}
	}
	return nil
}

func clipError(err error) error {
	var track *mp4.TrackError
	if errors.As(err, &track) {
		return asMediaError(err, track.Track)
	}
	return unsupportedMedia("The clip cannot be made: %v.", err)
}

// send writes the head and then the media of all fragments.
func (c *clip) send(out *chunkWriter, head []byte) error {
	if err := out.send(head); err != nil {
		return err
	}
	var movie mp4.Movie
	for _, e := range c.entries {
		if c.isDraining() {
			return errServiceStops
		}
		f, err := c.read(e)
		if err != nil {
			return err
		}
		pieces, err := movie.Add(f)
		if err != nil {
			return err
		}
		if err := out.send(slices.Concat(pieces...)); err != nil {
			return err
		}
	}
	if movie.Size() != c.movie.Size() {
		return fmt.Errorf("the media has %d bytes, where %d were announced", movie.Size(), c.movie.Size())
	}
	return nil
}

// read returns what is in a fragment.
func (c *clip) read(e archive.Entry) (*media.Recorded, error) {
	if err := c.ctx.Err(); err != nil {
		return nil, errReaderLeft
	}
	f, err := c.stream.Read(e)
	if err != nil {
		return nil, err
	}
	p, err := parse(f)
	if err != nil {
		return nil, unsupportedMedia("%v.", err)
	}
	return &media.Recorded{
		Fragment: media.Fragment{Number: f.Number.String(), Start: f.Producer, Server: f.Server, Producer: f.Producer, Length: f.Length, Size: e.Size},
		Tracks:   p.tracks, Packets: p.packets,
	}, nil
}

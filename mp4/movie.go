package mp4

import (
	"bytes"
	"errors"
	"fmt"
	"time"

	"kinora/media"
)

// What Movie.Add cannot put into one file.
var (
	// ErrChange is a picture or sound in another coding than before; it needs a file of its own. Another resolution, or
	// other codec private data, does not.
	ErrChange = errors.New("the coding changes, which one file cannot hold")
	// ErrEmpty is a fragment without a track that can be played.
	ErrEmpty = errors.New("there is neither picture nor sound")
)

// Movie plans an ordinary MP4: fragments go in by Add, in the order in which they are to play, and what Add returns is the
// file's media data, piece behind piece. Head is what stands in front of it all. It holds some 20 bytes a frame, no media.
//
// Fragments stand on a Timeline. The first picture is a key frame, the first picture and sound of a fragment stand to each
// other as they were recorded; sound from before the first picture is not played.
type Movie struct {
	video, audio *track
	line         Timeline
	size         int64
	began        time.Time // the first fragment's
	broken       int
	dropped      int
}

// Size is how many bytes of media data there are.
func (m *Movie) Size() int64 { return m.size }

// Duration is how long the movie is.
func (m *Movie) Duration() time.Duration { return m.line.end }

// Broken counts the frames that were left out because they are not in the form that their codec documents.
func (m *Movie) Broken() int { return m.broken }

// Dropped counts the frames that were left out because the first key frame was still to come, or because there was sound
// for their time already.
func (m *Movie) Dropped() int { return m.dropped }

// Place is where the fragment that was added last begins.
func (m *Movie) Place() time.Duration { return m.line.at }

// Add puts a fragment at the end and returns its media data in pieces, which are its packets'. Of each kind of track the
// first is taken. After an error, a *TrackError or one that is ErrChange or ErrEmpty, the movie is as it was before.
func (m *Movie) Add(f *media.Recorded) ([][]byte, error) {
	video, audio, err := m.tracks(f)
	if err != nil {
		return nil, err
	}
	at := m.line.Place(f)
	if m.began.IsZero() {
		m.began = m.line.start
	}
	var pieces [][]byte
	var pictures, sounds []sample
	if video != nil {
		pictures = video.pictures(of(video.media, f.Packets), at)
	}
	if audio != nil {
		sounds = audio.sounds(of(audio.media, f.Packets), at)
	}
	for _, p := range f.Packets {
		switch {
		case len(pictures) > 0 && pictures[0].packet == p:
			pieces = m.take(video, pictures[0], pieces)
			pictures = pictures[1:]
		case len(sounds) > 0 && sounds[0].packet == p:
			pieces = m.take(audio, sounds[0], pieces)
			sounds = sounds[1:]
		case video != nil && p.Track == video.media.ID, audio != nil && p.Track == audio.media.ID:
			m.leaveOut(p, video)
		}
	}
	m.close(video, audio)
	return pieces, nil
}

// take puts a sample into its track's tables.
func (m *Movie) take(t *track, s sample, pieces [][]byte) [][]byte {
	if quiet := t.silence(s); len(quiet) > 0 {
		t.add(sample{at: t.due, sync: true}, len(quiet), m.size)
		pieces = append(pieces, quiet)
		m.size += int64(len(quiet))
	}
	t.add(s, len(s.packet.Data), m.size)
	m.size += int64(len(s.packet.Data))
	return append(pieces, s.packet.Data)
}

// leaveOut counts a frame that is not in the movie.
func (m *Movie) leaveOut(p *media.Packet, video *track) {
	var codec media.Codec
	if video != nil && p.Track == video.media.ID {
		codec = video.media.Codec
	}
	if Sound(codec, p.Data) {
		m.dropped++
	} else {
		m.broken++
	}
}

// close ends the chunks of a fragment: the next one may have another description.
func (m *Movie) close(tracks ...*track) {
	for _, t := range tracks {
		if t != nil {
			t.chunkEnd = -1
		}
	}
}

// tracks finds the tables for a fragment's tracks and makes those that are missing.
func (m *Movie) tracks(f *media.Recorded) (video, audio *track, err error) {
	v, seen := media.VideoTrack(f.Tracks)
	a, heard := media.AudioTrack(f.Tracks)
	if !seen && !heard {
		return nil, nil, fmt.Errorf("fragment %s: %w", f.Number, ErrEmpty)
	}
	if seen {
		if video, err = m.video.follow(v); err != nil {
			return nil, nil, fmt.Errorf("fragment %s: %w", f.Number, err)
		}
	}
	if heard {
		if audio, err = m.audio.follow(a); err != nil {
			return nil, nil, fmt.Errorf("fragment %s: %w", f.Number, err)
		}
	}
	if seen {
		m.video = video.adopt(v)
	}
	if heard {
		m.audio = audio.adopt(a)
	}
	return video, audio, nil
}

// follow returns the tables in which a track goes on: t's, or new ones where there are none. The track is not taken yet.
func (t *track) follow(next media.Track) (*track, error) {
	if t != nil && next.Codec == t.media.Codec && bytes.Equal(next.Private, t.media.Private) && rate(next) == rate(t.media) && next.Channels == t.media.Channels {
		return t, nil
	}
	if err := Check(next); err != nil {
		return nil, err
	}
	if t == nil {
		return &track{media: media.Track{Kind: next.Kind}, scale: timescale(next), chunkEnd: -1}, nil
	}
	if next.Codec != t.media.Codec || next.Kind == media.Audio && (rate(next) != rate(t.media) || next.Channels != t.media.Channels) {
		return nil, fmt.Errorf("track %d: %s, %d Hz: %w", next.ID, next.Codec, next.Rate, ErrChange)
	}
	return t, nil
}

// adopt makes what comes next samples of a track.
func (t *track) adopt(next media.Track) *track {
	if t.media.Codec != next.Codec || !bytes.Equal(t.media.Private, next.Private) {
		d, err := describe(next)
		if err != nil {
			panic("mp4: a track that was checked: " + err.Error())
		}
		t.describe(d, next.Private)
	}
	t.media = next
	return t
}

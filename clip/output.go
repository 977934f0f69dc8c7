package clip

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"kinora/media"
	"kinora/mkv"
	"kinora/mp4"
)

// Format is a kind of file.
type Format string

// The formats. MP4 plays everywhere and takes H.264, H.265, AAC, G.711 and Opus; MKV takes every track and the producers' tags.
const (
	MP4 Format = "mp4"
	MKV Format = "mkv"
)

// FormatOf is the format that a file's name asks for.
func FormatOf(path string) (Format, error) {
	switch strings.ToLower(filepath.Ext(path)) {
	case ".mp4", ".m4v":
		return MP4, nil
	case ".mkv":
		return MKV, nil
	}
	return "", fmt.Errorf("%s: the name must end in .mp4 or .mkv", path)
}

// output is a file that is being written.
type output interface {
	// add writes a fragment. What it returns was left out: tracks that the format cannot hold.
	add(f *media.Recorded) (left []media.Track, err error)
	// skip takes note of a fragment that the file has already, and returns what add has left out.
	skip(f *media.Recorded) (left []media.Track, err error)
	// written is how many bytes the file has.
	written() int64
	// finish makes the file whole.
	finish() error
}

// errAnother is wrapped by the error of add when a fragment needs a file of its own.
var errAnother = errors.New("it needs a file of its own")

// mp4Output writes an MP4.
type mp4Output struct{ w *mp4.Writer }

// frames a second, of picture and sound, for which an MP4's index has room in front.
const framesASecond = 80

// roomOf is how many bytes an MP4 of the fragments keeps for its index.
func roomOf(list []media.Fragment) int {
	var seconds float64
	for i := range list {
		seconds += list[i].Length.Seconds() + 0.1
	}
	return mp4.RoomFor(int(seconds * framesASecond))
}

func newMP4(file *sums, room int) (output, error) {
	w, err := mp4.NewWriter(file, room)
	if err != nil {
		return nil, err
	}
	return &mp4Output{w}, nil
}

func (o *mp4Output) add(f *media.Recorded) ([]media.Track, error) {
	kept, left := playable(f)
	err := o.w.Add(kept)
	if errors.Is(err, mp4.ErrChange) {
		return nil, fmt.Errorf("%w: %w", errAnother, err)
	}
	var track *mp4.TrackError
	if errors.As(err, &track) {
		return nil, fmt.Errorf("fragment %s cannot be in an MP4: %w; write an MKV instead", f.Number, err)
	}
	return left, errors.Join(err, o.w.Flush())
}

func (o *mp4Output) skip(f *media.Recorded) ([]media.Track, error) {
	kept, left := playable(f)
	return left, o.w.Skip(kept)
}

func (o *mp4Output) written() int64 { return o.w.Written() }
func (o *mp4Output) finish() error  { return o.w.Close() }

// playable is a fragment without the tracks that an MP4 cannot hold, and these. A picture that it cannot hold stays: without
// it the clip is not what was asked for.
func playable(f *media.Recorded) (kept *media.Recorded, left []media.Track) {
	var tracks []media.Track
	for _, t := range f.Tracks {
		if t.Kind == media.Data || t.Kind == media.Audio && mp4.Check(t) != nil {
			left = append(left, t)
		} else {
			tracks = append(tracks, t)
		}
	}
	if len(left) == 0 {
		return f, nil
	}
	without := *f
	without.Tracks = tracks
	return &without, left
}

// mkvOutput writes Matroska: a Cluster for each fragment, with the producer's tags.
type mkvOutput struct {
	file   io.Writer // what stands in for file while fragments are skipped
	real   *sums
	size   int64
	line   mp4.Timeline
	tracks []media.Track
	w      *mkv.Writer
	packet media.Packet
}

func newMKV(file *sums) output {
	return &mkvOutput{file: file, real: file}
}

// Write counts what is written.
func (o *mkvOutput) Write(b []byte) (int, error) {
	n, err := o.file.Write(b)
	o.size += int64(n)
	return n, err
}

func (o *mkvOutput) add(f *media.Recorded) ([]media.Track, error) {
	if o.w == nil {
		o.tracks, o.w = f.Tracks, mkv.NewWriter(o, f.Tracks, mkv.WriterOptions{})
	} else if !sameTracks(o.tracks, f.Tracks) {
		return nil, fmt.Errorf("fragment %s has other tracks: %w", f.Number, errAnother)
	}
	at := o.line.Place(f)
	tags := make([]mkv.Tag, len(f.Tags))
	for i, t := range f.Tags {
		tags[i] = mkv.Tag(t)
	}
	if err := o.w.Begin(at, tags...); err != nil {
		return nil, err
	}
	for _, p := range f.Packets {
		o.packet = *p
		o.packet.PTS += at
		if err := o.w.Write(&o.packet); err != nil {
			return nil, err
		}
	}
	return nil, nil
}

func sameTracks(a, b []media.Track) bool {
	return slices.EqualFunc(a, b, func(a, b media.Track) bool {
		return a.ID == b.ID && a.Codec == b.Codec && slices.Equal(a.Private, b.Private) && a.Rate == b.Rate && a.Channels == b.Channels
	})
}

func (o *mkvOutput) skip(f *media.Recorded) ([]media.Track, error) {
	o.file = io.Discard
	left, err := o.add(f)
	o.file = o.real
	if err == nil {
		_, err = o.real.Seek(o.size, io.SeekStart)
	}
	return left, err
}

func (o *mkvOutput) written() int64 { return o.size }
func (o *mkvOutput) finish() error  { return nil }

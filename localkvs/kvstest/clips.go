package kvstest

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"io"
	"time"

	"kinora/media"
	"kinora/mkv"
)

//go:embed testdata/*.mkv
var clipFiles embed.FS

// Clip is real media, cut before every key frame.
type Clip struct {
	Tracks []media.Track
	Pieces []Piece
}

// Piece is what becomes a fragment. Times of packets count from its start.
type Piece struct {
	Length  time.Duration // to where the next one starts
	Packets []*media.Packet
}

// LoadClip returns a clip of testdata.
func LoadClip(name string) (*Clip, error) {
	b, err := clipFiles.ReadFile("testdata/" + name + ".mkv")
	if err != nil {
		return nil, err
	}
	c := new(Clip)
	var starts []time.Duration
	var end time.Duration
	r := mkv.NewReader(bytes.NewReader(b), mkv.Limits{})
	for {
		at, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("clip %s: %w", name, err)
		}
		c.Tracks = at.Tracks
		picture, ok := media.VideoTrack(at.Tracks)
		if !ok {
			return nil, fmt.Errorf("clip %s has no picture", name)
		}
		for {
			p, err := r.Packet()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				return nil, fmt.Errorf("clip %s: %w", name, err)
			}
			if p.Track == picture.ID && p.Key {
				starts = append(starts, p.PTS)
				c.Pieces = append(c.Pieces, Piece{})
			}
			end = max(end, p.PTS)
			if n := len(c.Pieces); n > 0 {
				p.PTS -= starts[n-1]
				p.DTS = p.PTS
				c.Pieces[n-1].Packets = append(c.Pieces[n-1].Packets, p)
			}
		}
	}
	for i := range c.Pieces[:len(c.Pieces)-1] {
		c.Pieces[i].Length = starts[i+1] - starts[i]
	}
	last := &c.Pieces[len(c.Pieces)-1]
	last.Length = c.Pieces[0].Length
	return c, nil
}

// Write puts a piece of the clip, over and over again, into an upload as the fragment that starts at a time.
func (c *Clip) Write(w *mkv.Writer, i int, at time.Duration, tags ...mkv.Tag) error {
	if err := w.Begin(at, tags...); err != nil {
		return err
	}
	for _, p := range c.Pieces[i%len(c.Pieces)].Packets {
		moved := *p
		moved.PTS += at
		moved.DTS = moved.PTS
		if err := w.Write(&moved); err != nil {
			return err
		}
	}
	return w.End()
}

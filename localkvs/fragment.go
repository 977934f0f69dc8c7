package localkvs

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"kinora/localkvs/archive"
	"kinora/media"
	"kinora/mkv"
)

// parsed is what is in a fragment. Times of packets count from the fragment's start.
type parsed struct {
	tracks  []media.Track
	packets []*media.Packet
}

// maxFrames is how many frames of a fragment are taken into memory. In 20 s, which is the longest, three tracks of a thousand a second have
// 60,000; a producer could put millions of nothing into one, each of which costs more than it has bytes.
const maxFrames = 100_000

// parse reads a stored fragment. Its error means that the fragment has more than maxFrames, or that the producer's Matroska cannot be read,
// which ingestion has checked.
func parse(f *archive.Fragment) (*parsed, error) {
	r := mkv.NewReader(io.MultiReader(bytes.NewReader(f.Header), bytes.NewReader(f.Lead), bytes.NewReader(f.Cluster)),
		mkv.Limits{Element: len(f.Cluster) + 1})
	at, err := r.Next()
	if err != nil {
		return nil, fmt.Errorf("fragment %s cannot be read: %w", f.Number, err)
	}
	p := &parsed{tracks: at.Tracks, packets: make([]*media.Packet, 0, min(f.Frames, maxFrames))}
	for {
		packet, err := r.Packet()
		if errors.Is(err, io.EOF) {
			return p, nil
		}
		if err != nil {
			return nil, fmt.Errorf("fragment %s cannot be read: %w", f.Number, err)
		}
		if len(p.packets) == maxFrames {
			return nil, unsupportedMedia("Fragment %s has more than %d frames.", f.Number, maxFrames)
		}
		packet.PTS -= at.Start
		packet.DTS = packet.PTS
		p.packets = append(p.packets, packet)
	}
}

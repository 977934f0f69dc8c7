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

// parse reads a stored fragment. Its error means that the producer's Matroska cannot be read, which ingestion has checked.
func parse(f *archive.Fragment) (*parsed, error) {
	r := mkv.NewReader(io.MultiReader(bytes.NewReader(f.Header), bytes.NewReader(f.Lead), bytes.NewReader(f.Cluster)),
		mkv.Limits{Element: len(f.Cluster) + 1})
	at, err := r.Next()
	if err != nil {
		return nil, fmt.Errorf("fragment %s cannot be read: %w", f.Number, err)
	}
	p := &parsed{tracks: at.Tracks, packets: make([]*media.Packet, 0, f.Frames)}
	for {
		packet, err := r.Packet()
		if errors.Is(err, io.EOF) {
			return p, nil
		}
		if err != nil {
			return nil, fmt.Errorf("fragment %s cannot be read: %w", f.Number, err)
		}
		packet.PTS -= at.Start
		packet.DTS = packet.PTS
		p.packets = append(p.packets, packet)
	}
}

package kvs

import (
	"slices"
	"strings"
	"time"

	"kinora/media"
	"kinora/mkv"
)

// arriving sums up a fragment while its packets are read.
type arriving struct {
	length time.Duration
	bytes  int64
}

// add takes up a packet of the fragment, in the fragment's own time.
func (a *arriving) add(f *mkv.Fragment, p *media.Packet) {
	a.length = max(a.length, p.PTS-f.Start)
	a.bytes += int64(len(p.Data))
}

// whole describes a fragment that was read to its end, and begins the next one.
func (a *arriving) whole(f *mkv.Fragment) *media.Recorded {
	r := &media.Recorded{
		Fragment: media.Fragment{Number: f.Number, Start: f.ProducerTime, Server: f.ServerTime, Producer: f.ProducerTime, Length: a.length, Size: a.bytes},
		Tracks:   f.Tracks,
		Tags:     producersTags(f),
	}
	*a = arriving{}
	return r
}

// producersTags are those of a fragment that the service has not made.
func producersTags(f *mkv.Fragment) []media.Tag {
	var tags []media.Tag
	for _, t := range slices.Concat(f.Tags, f.Trailer) {
		if !strings.HasPrefix(t.Name, "AWS_") {
			tags = append(tags, media.Tag(t))
		}
	}
	return tags
}

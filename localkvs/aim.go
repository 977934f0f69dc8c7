package localkvs

import (
	"math"
	"time"

	"kinora/localkvs/archive"
)

// aimed is of how many fragments the longest is looked for.
const aimed = 200

// aim fixes the target duration of an HLS session whose list grows: by the stream's newest fragments, or by the first of what is replayed.
// A tenth more is allowed for fragments that are somewhat longer.
func aim(stream *archive.Stream, p *playback) (err error) {
	var some []archive.Entry
	switch {
	case p.Manifest || p.Mode == onDemand:
		return nil
	case p.Mode == live:
		some, err = stream.NewestLive(aimed)
	default:
		to := p.To
		if to == 0 {
			to = p.Expires
		}
		some, _, _, err = stream.List(p.Clock, time.UnixMilli(p.From), time.UnixMilli(to), archive.Cursor{}, aimed)
	}
	if err != nil {
		return err
	}
	var longest time.Duration
	for i := range some {
		longest = max(longest, some[i].Duration, some[i].Length)
	}
	p.Target = max(1, int(math.Round(longest.Seconds()*1.1)))
	return nil
}

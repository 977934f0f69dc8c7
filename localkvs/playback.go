package localkvs

import (
	"time"

	"kinora/localkvs/archive"
)

// playback is one streaming session: what a client may play, until when, and how it wants it shown. It is sealed into the
// session's token, which is all that there is of it: open sessions cost nothing, and outlive the service's restart.
type playback struct {
	ARN       string // of the stream; one that is made again under its name has another
	Manifest  bool   `json:",omitempty"` // DASH; otherwise HLS
	Mode      playMode
	Clock     archive.Clock
	From, To  int64          `json:",omitempty"` // ms, both included; To is 0 when there is no end
	Container containerName  `json:",omitempty"`
	Breaks    discontinuity  `json:",omitempty"`
	Times     bool           `json:",omitempty"` // show each fragment's time
	Numbers   bool           `json:",omitempty"` // show each fragment's number
	Max       int            // fragments in a playlist
	Began     int64          // ms
	Expires   int64          // ms
	Part      int64          `json:",omitempty"` // LIVE: the longest part of a fragment, ms
	Target    int            `json:",omitempty"` // of HLS that grows: the target duration, s
	Anchor    archive.Number `json:",omitzero"`  // LIVE: what stands in front of the first playlist; the zero Number when nothing does
}

type (
	playMode      string
	containerName string
	discontinuity string
)

// The values of the API.
const (
	live       playMode = "LIVE"
	liveReplay playMode = "LIVE_REPLAY"
	onDemand   playMode = "ON_DEMAND"

	fragmentedMP4 containerName = "FRAGMENTED_MP4"
	mpegTS        containerName = "MPEG_TS"

	breakAlways discontinuity = "ALWAYS"
	breakNever  discontinuity = "NEVER"
	breakAtGaps discontinuity = "ON_DISCONTINUITY"
)

const (
	defaultExpires      = 300 * time.Second
	defaultLiveResults  = 5
	defaultRangeResults = 1000
	maxResults          = 5000
	maxRange            = 24 * time.Hour
	// liveTime is how old the newest media of a stream may be for a LIVE session to begin.
	liveTime = 30 * time.Second
)

// choose checks what both protocols ask for, and fills in what was left out.
func (p *playback) choose(selector *fragmentSelector, expires *int, maxName string, most *int, now time.Time) error {
	if p.Mode == "" {
		p.Mode = live
	}
	p.Max = defaultLiveResults
	switch p.Mode {
	case live, liveReplay:
	case onDemand:
		p.Max = defaultRangeResults
	default:
		return invalidArgument("PlaybackMode must be LIVE, LIVE_REPLAY or ON_DEMAND.")
	}
	if most != nil {
		if p.Max = *most; p.Max < 1 || p.Max > maxResults {
			return invalidArgument("%s must be 1 to %d.", maxName, maxResults)
		}
	}
	lasts := defaultExpires
	if expires != nil {
		if *expires < 300 || *expires > 43200 {
			return invalidArgument("Expires must be 300 to 43200 seconds.")
		}
		lasts = time.Duration(*expires) * time.Second
	}
	p.Began, p.Expires = now.UnixMilli(), now.Add(lasts).UnixMilli()
	return p.pick(selector, now)
}

// pick takes the fragments that the session is about from its selector.
func (p *playback) pick(in *fragmentSelector, now time.Time) error {
	if in == nil {
		in = &fragmentSelector{}
	}
	switch in.FragmentSelectorType {
	case "", "SERVER_TIMESTAMP":
		p.Clock = archive.ServerTime
	case "PRODUCER_TIMESTAMP":
		p.Clock = archive.ProducerTime
	default:
		return invalidArgument("FragmentSelectorType must be SERVER_TIMESTAMP or PRODUCER_TIMESTAMP.")
	}
	var from, to *epoch
	if in.TimestampRange != nil {
		from, to = in.TimestampRange.StartTimestamp, in.TimestampRange.EndTimestamp
	}
	switch {
	case p.Mode == live && in.TimestampRange != nil:
		return invalidArgument("TimestampRange must be left out when PlaybackMode is LIVE.")
	case p.Mode == live:
		return nil
	case from == nil:
		return invalidArgument("TimestampRange must have a StartTimestamp when PlaybackMode is %s.", p.Mode)
	case to == nil && p.Mode == onDemand:
		return invalidArgument("TimestampRange must have an EndTimestamp when PlaybackMode is ON_DEMAND.")
	}
	p.From = time.Time(*from).UnixMilli()
	if to == nil {
		return nil
	}
	p.To = time.Time(*to).UnixMilli()
	switch length := p.To - p.From; {
	case length <= 0:
		return invalidArgument("EndTimestamp must lie after StartTimestamp.")
	case length > maxRange.Milliseconds():
		return invalidArgument("The TimestampRange must not be longer than 24 hours.")
	case p.Clock == archive.ServerTime && time.Time(*to).After(now):
		return invalidArgument("EndTimestamp must lie in the past when FragmentSelectorType is SERVER_TIMESTAMP.")
	}
	return nil
}

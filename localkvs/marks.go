package localkvs

import (
	"time"

	"kinora/media"
	"kinora/mkv"
	"kinora/mp4"
)

// mark is where a frame lies in its cluster.
type mark struct {
	at       time.Duration // of the frame, after the fragment's start
	from, to uint32
	track    int32
	key      bool
}

// markOf marks the frame of an event by where it lies in the event's bytes.
func markOf(e *mkv.Event, scale time.Duration) mark {
	return mark{time.Duration(e.Relative) * scale, uint32(e.Begin), uint32(e.Begin + len(e.Data)), int32(e.Track), e.Key}
}

// note takes the marks of frames whose bytes are appended to the cluster next. Beyond maxFrames there are none.
func (a *arrival) note(frames []mark) {
	for _, m := range frames {
		if len(a.marks) == maxFrames {
			return
		}
		m.from, m.to = m.from+uint32(len(a.cluster)), m.to+uint32(len(a.cluster))
		a.marks = append(a.marks, m)
	}
}

// size is what a fragment costs in memory.
func (a *arrival) size() int64 {
	const markSize = 24
	return int64(len(a.header) + len(a.lead) + len(a.cluster) + len(a.trail) + markSize*len(a.marks))
}

// coded is how a fragment was coded, which the next one will be too.
type coded struct {
	config int64
	order  mp4.Order
}

// ownOrder is the order of the pictures of a whole fragment. It is called by whoever lets the fragment grow.
func (a *arrival) ownOrder() (o mp4.Order) {
	if a.head == nil {
		return o
	}
	p := a.parsed(&progress{cluster: a.cluster, marks: a.marks})
	if t, ok := media.VideoTrack(p.tracks); ok {
		o = mp4.OrderOf(t, p.packets)
	}
	return o
}

// expect takes for a fragment that begins what was so in the one before.
func (f *feed) expect(a *arrival) {
	a.marks = make([]mark, 0, f.lastMarks+f.lastMarks/8)
	if f.coded.config == a.config {
		a.order, a.ordered = f.coded.order, true
	}
}

// learn takes from a whole fragment what the next one will be like.
func (f *feed) learn(a *arrival, order mp4.Order) {
	f.lastMarks = len(a.marks)
	f.coded = coded{a.config, order}
	if !a.ordered {
		a.order, a.ordered = order, true
	}
}

// progress is how far a fragment has come.
type progress struct {
	cluster []byte
	marks   []mark
	state   arrivalState
	order   mp4.Order
	ordered bool
}

func (f *feed) progress(a *arrival) progress {
	f.mu.Lock()
	defer f.mu.Unlock()
	return progress{a.cluster, a.marks, a.state, a.order, a.ordered}
}

// parsed is what has arrived of a fragment. What its container has compressed or encrypted is left out.
func (a *arrival) parsed(p *progress) *parsed {
	packets := make([]media.Packet, 0, len(p.marks))
	all := make([]*media.Packet, 0, len(p.marks))
	for _, m := range p.marks {
		track := int(m.track)
		if !a.head.Plain(track) {
			continue
		}
		packets = append(packets, media.Packet{Track: track, PTS: m.at, DTS: m.at, Key: m.key, Data: a.head.Frame(track, p.cluster[m.from:m.to])})
		all = append(all, &packets[len(packets)-1])
	}
	return &parsed{tracks: a.head.Tracks, packets: all}
}

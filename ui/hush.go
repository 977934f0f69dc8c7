package ui

import (
	"time"

	"kinora/player"
)

// Everything else that has changed waits for a picture that is looked for, to be painted a tick after it: without a GPU painting the
// window costs as much as decoding ten pictures, and takes all cores from that.
const (
	hush     = 150 * time.Millisecond // it waits so long at most, and is not painted more often while the picture is looked for
	hushMost = 2 * time.Second        // then the picture is waited for no more
)

// hushed says whether the page waits for a picture at a time that was wished, and shows nothing else until then. What is watched
// now has the transport; a page that does not show that yet has to.
func (p *watchPage) hushed(now *player.Transport, at time.Time) bool {
	t := p.last.watching.Transport
	if t == nil || t != now || !p.pump.running {
		return false
	}
	since, sought := t.Sought()
	if !sought || at.Sub(since) >= hushMost {
		return false
	}
	if p.passed.After(since) {
		since = p.passed
	}
	return at.Sub(since) < hush
}

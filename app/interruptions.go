package app

import (
	"cmp"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"kinora/media"
)

const (
	mostInterruptions = 1024 // of a stream; the oldest are forgotten
	interruptionsFile = "interruptions.json"

	// interruptionSlack is how far beside a gap one may lie that is its reason: it is noticed a little after the last frame, and ends with the next
	// key frame.
	interruptionSlack = 2 * time.Second
)

// Interruptions remembers why this computer recorded nothing into streams, between runs as well: a service that lists fragments alone cannot
// say why there are gaps. Its methods may be called from any goroutine.
type Interruptions struct {
	file string // empty: nothing is kept
	warn func(error)

	changing sync.Mutex // orders changes and their files; only who holds it changes list
	mu       sync.Mutex // held for reading and changing list, and never while a file is written
	list     map[string]map[string][]interruption
}

// interruption is a moment from which on, or up to which, nothing was recorded. Of a stream they are in order.
type interruption struct {
	At     int64  // ms since 1970
	Reason string // as in media.Gap
}

func newInterruptions(data string, log *slog.Logger) *Interruptions {
	n := &Interruptions{list: make(map[string]map[string][]interruption)}
	n.warn = seldom(func(err error) { log.Warn("why recordings were interrupted cannot be kept", "err", err) })
	if data == "" {
		return n
	}
	n.file = filepath.Join(data, interruptionsFile)
	if err := readState(n.file, &n.list); err != nil || n.list == nil {
		n.list = make(map[string]map[string][]interruption)
		if err != nil {
			log.Warn("why recordings were interrupted cannot be read; nothing is known of it", "err", err)
		}
	}
	return n
}

// note remembers that at a moment nothing was recorded into a stream of an account, and why. It writes a file.
func (n *Interruptions) note(account, stream string, at time.Time, reason string) {
	n.changing.Lock()
	defer n.changing.Unlock()
	if n.add(account, stream, interruption{at.UnixMilli(), reason}) && n.file != "" {
		if err := writeState(n.file, n.list); err != nil {
			n.warn(err)
		}
	}
}

// add reports whether it is news.
func (n *Interruptions) add(account, stream string, x interruption) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	of := n.list[account]
	if of == nil {
		of = make(map[string][]interruption)
		n.list[account] = of
	}
	list := of[stream]
	if slices.Contains(list, x) {
		return false
	}
	i, _ := slices.BinarySearchFunc(list, x.At+1, func(y interruption, at int64) int { return cmp.Compare(y.At, at) })
	list = slices.Insert(list, i, x)
	of[stream] = list[max(0, len(list)-mostInterruptions):]
	return true
}

// explain returns the gaps of a stream of an account, by time, with a reason where somebody knew none and this computer does: of what was noted
// within one, that which explains most.
func (n *Interruptions) explain(account, stream string, gaps []media.Gap) []media.Gap {
	n.mu.Lock()
	defer n.mu.Unlock()
	list := n.list[account][stream]
	if len(list) == 0 {
		return gaps
	}
	gaps = slices.Clone(gaps)
	for i := range gaps {
		g := &gaps[i]
		if g.Reason != "" {
			continue
		}
		from, to := g.From.Add(-interruptionSlack).UnixMilli(), g.To.Add(interruptionSlack).UnixMilli()
		k, _ := slices.BinarySearchFunc(list, from, func(x interruption, at int64) int { return cmp.Compare(x.At, at) })
		for ; k < len(list) && list[k].At <= to; k++ {
			if telling := reasonWeight(list[k].Reason); telling >= reasonWeight(g.Reason) {
				g.Reason = list[k].Reason
			}
		}
	}
	return gaps
}

// reasonWeight orders reasons by how much they explain: a connection that was lost costs nothing of a recording by itself, since that is sent
// later.
func reasonWeight(reason string) int {
	switch {
	case reason == "":
		return 0
	case reason == media.GapLost:
		return 1
	case reason == media.GapEnded:
		return 2
	case reason == media.GapOff:
		return 3
	case strings.HasPrefix(reason, media.GapError):
		return 4
	}
	return 5
}

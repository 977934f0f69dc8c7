package localkvs

import (
	"net/http"
	"strconv"
	"time"

	"kinora/localkvs/archive"
	"kinora/media"
)

// How long a player's request waits for what comes, before it is answered with what is there.
const (
	waitTargets = 3 // target durations, for a playlist
	maxPartWait = 10 * time.Second
)

// sessionWaits is how many requests of a session may wait at once: a playlist and a part of each track, for a few players.
const sessionWaits = 16

// wait returns when ready says so, which it asks at each change of the stream, and after a time at the latest, or when the player
// leaves or the service stops.
func (r *play) wait(feed *feed, most time.Duration, ready func(now time.Time) (bool, error)) error {
	if ok, err := ready(r.now); ok || err != nil {
		return err
	}
	release, err := r.hold()
	if err != nil {
		return err
	}
	defer release()
	over := time.NewTimer(most)
	defer over.Stop()
	tick := time.NewTicker(stallTime / 2)
	defer tick.Stop()
	for {
		changed := feed.wait()
		if ok, err := ready(time.Now()); ok || err != nil {
			return err
		}
		if feed.isClosed() {
			return archive.ErrDeleted
		}
		select {
		case <-changed:
		case <-tick.C:
		case <-over.C:
			return nil
		case <-r.draining:
			return nil
		case <-r.ctx.Done():
			return nil
		}
	}
}

// hold counts a request that waits.
func (r *play) hold() (release func(), err error) {
	v, s := r.viewer, r.Service
	v.mu.Lock()
	defer v.mu.Unlock()
	switch {
	case v.waiting >= sessionWaits:
		return nil, tooManyWait("The session", sessionWaits)
	case s.waiting.Add(1) > int64(s.limits.WaitingPlayers):
		s.waiting.Add(-1)
		return nil, tooManyWait("The service", s.limits.WaitingPlayers)
	}
	v.waiting++
	return func() {
		v.mu.Lock()
		defer v.mu.Unlock()
		v.waiting--
		s.waiting.Add(-1)
	}, nil
}

func tooManyWait(who string, limit int) error {
	return &apiError{http.StatusBadRequest, "ClientLimitExceededException",
		who + " has " + strconv.Itoa(limit) + " requests that wait for media that is to come, which is the limit. Try again later, or play without LowLatency."}
}

// outlook is what a playlist of low latency shows.
type outlook struct {
	window
	tail *tail // nil: nothing arrives
	turn uint64
	last int // how many parts the last fragment of the window has
}

// look takes the session's list and its tail.
func (r *play) look(kind media.Kind, now time.Time) (v outlook, err error) {
	before := r.viewer.lister.size()
	v, err = r.viewer.lister.lookAhead(r, kind, now)
	r.remember(r.token.id(), r.viewer, before)
	if err != nil {
		return v, err
	}
	if n := len(v.shown); n > 0 {
		parts, err := r.partsOf(&v.shown[n-1], kind)
		if err != nil {
			return v, err
		}
		v.last = len(parts)
	}
	return v, nil
}

// end is the sequence number of the last whole fragment.
func (v *outlook) end() int { return v.first + len(v.shown) - 1 }

// has tells whether a fragment, or a part of it unless that is -1, is listed. The part behind a fragment's last is the first of the next.
func (v *outlook) has(fragment, part int) bool {
	end := v.end()
	if fragment == end && part >= v.last {
		fragment, part = end+1, 0
	}
	return fragment <= end || fragment == end+1 && part >= 0 && v.tail != nil && part < len(v.tail.parts)
}

// reload is the outlook that a request for a media playlist asks for: the present one, or the first that has what _HLS_msn and _HLS_part name.
func (r *play) reload(kind media.Kind) (outlook, error) {
	v, err := r.look(kind, r.now)
	if err != nil || !r.query.Has("_HLS_msn") && !r.query.Has("_HLS_part") {
		return v, err
	}
	fragment, err := strconv.Atoi(r.query.Get("_HLS_msn"))
	if err != nil || fragment < 0 {
		return v, invalidArgument("_HLS_msn must be a sequence number of the playlist.")
	}
	part := -1
	if r.query.Has("_HLS_part") {
		if part, err = strconv.Atoi(r.query.Get("_HLS_part")); err != nil || part < 0 {
			return v, invalidArgument("_HLS_part must be the number of a part.")
		}
	}
	if fragment > v.end()+2 || fragment > v.end() && part > r.furthest(&v, fragment) {
		return v, invalidArgument("_HLS_msn and _HLS_part name what lies too far ahead.")
	}
	feed, err := r.feedOf(r.stream)
	if err != nil {
		return v, err
	}
	looked := r.now
	err = r.wait(feed, waitTargets*time.Duration(r.targetDuration(&v.window))*time.Second, func(now time.Time) (bool, error) {
		if now.Sub(looked) >= stallTime/2 || v.isOld(feed, r.partTarget()) {
			looked = now
			if v, err = r.look(kind, now); err != nil {
				return false, err
			}
		}
		return v.has(fragment, part), nil
	})
	return v, err
}

// isOld tells whether another look may show more: the next part takes at least half of its time.
func (v *outlook) isOld(feed *feed, target time.Duration) bool {
	if v.tail == nil {
		return feed.turned() != v.turn
	}
	return feed.movedOn(v.turn, v.tail.arrival, v.tail.length()+target/2)
}

// furthest is the last part of a fragment that may be asked for before it is there: three seconds ahead.
func (r *play) furthest(v *outlook, fragment int) int {
	n := 3
	if target := r.partTarget(); target < time.Second {
		n = int((3*time.Second + target - 1) / target)
	}
	if fragment == v.end()+1 && v.tail != nil {
		n += len(v.tail.parts)
	}
	return n
}

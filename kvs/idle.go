package kvs

import (
	"slices"
	"sync"
)

// mostIdle bounds the sessions that wait for somebody; the oldest is forgotten for one more.
const mostIdle = 64

// idleSessions are sessions of what is live that nobody watches by now, and that have not expired: there is no call that would end one,
// and each has one of the few places of its stream.
type idleSessions struct {
	mu   sync.Mutex
	list []*session // the oldest first
}

// put leaves a session to whoever watches next.
func (i *idleSessions) put(s *session) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.list = slices.DeleteFunc(i.list, (*session).over)
	if len(i.list) >= mostIdle {
		i.list = slices.Delete(i.list, 0, 1)
	}
	i.list = append(i.list, s)
}

// take returns a session that was left and is still good for what is wanted of it; nil when there is none.
func (i *idleSessions) take(stream string, wanted Session) *session {
	i.mu.Lock()
	defer i.mu.Unlock()
	at := slices.IndexFunc(i.list, func(s *session) bool {
		return s.stream == stream && s.DASH == wanted.DASH && s.Clock == wanted.Clock && s.Most == wanted.Most && !s.over()
	})
	if at < 0 {
		return nil
	}
	s := i.list[at]
	i.list = slices.Delete(i.list, at, at+1)
	return s
}

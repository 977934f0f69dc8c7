package localkvs

import (
	"sync"
	"time"

	"kinora/localkvs/archive"
)

// viewer is what the service remembers of a session, to answer faster and to tell when it asks too often. All of it may be
// forgotten at any time.
type viewer struct {
	lister    lister
	mu        sync.Mutex
	playlists bucket
	media     bucket
	waiting   int // requests
}

func newViewer() *viewer { return new(viewer) }

// viewersWeight bounds what is remembered of sessions: one for each, and one for each fragment that it has memory for.
const viewersWeight = 128 << 10

// How often a session may ask, in requests a second and in requests that it may have saved up. The real service allows 5 and
// 20; players that reload after each short fragment ask for more.
const (
	playlistRate, playlistBurst = 10, 40
	mediaRate, mediaBurst       = 40, 160
)

// allow tells whether the session may make another request now.
func (v *viewer) allow(media bool, now time.Time) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	if media {
		return v.media.take(now, mediaRate, mediaBurst)
	}
	return v.playlists.take(now, playlistRate, playlistBurst)
}

// bucket is a token bucket; the zero bucket is full.
type bucket struct {
	used float64
	at   time.Time
}

func (b *bucket) take(now time.Time, rate, burst float64) bool {
	b.used = max(0, b.used-now.Sub(b.at).Seconds()*rate)
	b.at = now
	if b.used+1 > burst {
		return false
	}
	b.used++
	return true
}

// windowOf is what a session lists now.
func (s *Service) windowOf(stream *archive.Stream, p *playback, id tokenID, now time.Time) (window, error) {
	v := s.viewer(id)
	before := v.lister.size()
	w, err := v.lister.update(s, stream, p, now)
	s.remember(id, v, before)
	return w, err
}

package localkvs

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"kinora/localkvs/archive"
	"kinora/media"
	"kinora/mp4"
)

// play is one request of a player, whose token has been opened.
type play struct {
	*Service
	*playback
	ctx    context.Context
	stream *archive.Stream
	viewer *viewer
	token  token
	query  url.Values
	now    time.Time
}

// answered is what a player gets.
type answered struct {
	kind   string // Content-Type
	parts  [][]byte
	static bool // it may be kept
}

const (
	kindPlaylist = "application/vnd.apple.mpegurl"
	kindManifest = "application/dash+xml"
	kindMP4      = "video/mp4"
	kindTS       = "video/mp2t"
)

// playOperation is what a player can ask for.
type playOperation struct {
	name     string // in metrics and log
	manifest bool   // it belongs to DASH
	media    bool   // it counts as media, not as playlist
	lists    bool   // it may list all fragments that a playlist holds
	answer   func(*play) (answered, error)
}

var playOperations = map[string]playOperation{
	"/hls/v1/getHLSMasterPlaylist.m3u8": {"getHLSMasterPlaylist", false, false, false, (*play).masterPlaylist},
	"/hls/v1/getHLSMediaPlaylist.m3u8":  {"getHLSMediaPlaylist", false, false, true, (*play).mediaPlaylist},
	"/hls/v1/getMP4InitFragment.mp4":    {"getMP4InitFragment", false, false, false, (*play).initFragment},
	"/hls/v1/getMP4MediaFragment.mp4":   {"getMP4MediaFragment", false, true, false, (*play).mediaFragment},
	"/hls/v1/getMP4Part.mp4":            {"getMP4Part", false, true, false, (*play).part},
	"/hls/v1/getTSFragment.ts":          {"getTSFragment", false, true, false, (*play).tsFragment},
	"/dash/v1/getDASHManifest.mpd":      {"getDASHManifest", true, false, true, (*play).manifest},
	"/dash/v1/getMP4InitFragment.mp4":   {"getMP4InitFragment", true, false, false, (*play).initFragment},
	"/dash/v1/getMP4MediaFragment.mp4":  {"getMP4MediaFragment", true, true, false, (*play).numberedFragment},
}

// servePlayback answers players. Their token is all that authenticates them. It returns an error only while nothing has been
// answered yet.
func (s *Service) servePlayback(w http.ResponseWriter, r *http.Request, op playOperation) error {
	now := time.Now()
	query := r.URL.Query()
	token := token(query.Get("SessionToken"))
	p, err := s.tokens().open(token, now)
	if err != nil {
		return err
	}
	stream, err := s.stream("", p.ARN)
	if err != nil {
		return err
	}
	if p.Manifest != op.manifest {
		return badToken("Streaming session token is invalid.")
	}
	if !s.sessions.admit(p, token.id(), now.UnixMilli()) {
		return badToken("The streaming session is closed, since the stream has newer sessions.")
	}
	viewer := s.viewer(token.id())
	if !viewer.allow(op.media, now) {
		return &apiError{http.StatusBadRequest, "ClientLimitExceededException",
			"The session makes more requests a second than allowed. Give each player a session of its own."}
	}
	listed, read := 0, 0
	if op.media {
		read = 1
	} else if op.lists {
		listed = p.Max
	}
	if err := s.asked.take(p.ARN, listed, read); err != nil {
		return err
	}
	request := &play{Service: s, playback: p, ctx: r.Context(), stream: stream, viewer: viewer, token: token, query: query, now: now}
	out, err := op.answer(request)
	if err != nil {
		return asPlaybackError(err)
	}
	s.send(w, r, out)
	return nil
}

func asPlaybackError(err error) error {
	switch {
	case errors.Is(err, archive.ErrNotFound):
		return noFragment("The fragment is not kept any more.")
	case errors.Is(err, archive.ErrCorrupt):
		return noFragment("The fragment is damaged.")
	case errors.Is(err, errNoTrack):
		return noFragment("The fragment has no such track.")
	}
	return err
}

func noFragment(message string) error {
	return &apiError{http.StatusNotFound, "ResourceNotFoundException", message}
}

// window is what the session lists now.
func (r *play) window() (window, error) { return r.windowOf(r.stream, r.playback, r.token.id(), r.now) }

// chosen returns the track of a head that the request names.
func (r *play) chosen(h head) (media.Track, error) {
	id, err := strconv.Atoi(r.query.Get("TrackNumber"))
	if err != nil {
		return media.Track{}, invalidArgument("TrackNumber must be a number.")
	}
	tracks, err := r.playable(h.tracks)
	if err != nil {
		return media.Track{}, err
	}
	for _, t := range tracks {
		if t.ID == id {
			return t, nil
		}
	}
	return media.Track{}, noFragment(fmt.Sprintf("The session has no track %d.", id))
}

// initFragment answers with ftyp and moov of a track, of the way of coding that SequenceNumber names.
func (r *play) initFragment() (answered, error) {
	w, err := r.window()
	if err != nil {
		return answered{}, err
	}
	if len(w.shown) == 0 {
		return answered{}, noFragments()
	}
	config := w.shown[0].Config
	if text := r.query.Get("SequenceNumber"); text != "" {
		if config, err = strconv.ParseInt(text, 10, 64); err != nil {
			return answered{}, invalidArgument("SequenceNumber must be a number.")
		}
	}
	h, ok := r.heads.get(headKey{r.stream, config})
	if !ok {
		if h, err = r.headCoded(&w, config); err != nil {
			return answered{}, err
		}
	}
	t, err := r.chosen(h)
	if err != nil {
		return answered{}, err
	}
	b, err := mp4.Init(t)
	if err != nil {
		return answered{}, asMediaError(err, t.ID)
	}
	return answered{kindMP4, [][]byte{b}, true}, nil
}

// headCoded returns the head of fragments that are coded in one way: of the list, or of one that arrives.
func (r *play) headCoded(w *window, config int64) (head, error) {
	if i := slices.IndexFunc(w.shown, func(f shown) bool { return f.Config == config && !f.gap }); i >= 0 {
		return r.headIn(r.stream, w, i)
	}
	feed, err := r.feedOf(r.stream)
	if err != nil {
		return head{}, err
	}
	if a, ok := feed.coding(config); ok {
		return head{tracks: a.head.Tracks}, nil
	}
	return head{}, noFragment("The session has no fragments that are coded so.")
}

// listed finds the fragment that the request names, if the session may play it.
func (r *play) listed() (archive.Entry, error) {
	n, err := archive.ParseNumber(r.query.Get("FragmentNumber"))
	if err != nil {
		return archive.Entry{}, invalidArgument("FragmentNumber must be a fragment number.")
	}
	e, ok, err := r.stream.Find(n)
	if err != nil {
		return e, err
	}
	if !ok || !r.covers(&e) {
		return e, noFragment("The session has no fragment " + n.String() + ".")
	}
	e.Outline, err = r.outlineOf(r.stream, &e)
	return e, err
}

// covers tells whether a fragment lies in what the session is about.
func (p *playback) covers(e *archive.Entry) bool {
	if p.Mode == live {
		return !e.Backfill && e.Number.Compare(p.Anchor) > 0
	}
	at := p.timeOf(e).UnixMilli()
	return at >= p.From && (p.To == 0 || at <= p.To)
}

// mediaFragment answers with moof and mdat of one track of a fragment. Its times are those of the session's clock.
func (r *play) mediaFragment() (answered, error) {
	if r.Container != fragmentedMP4 {
		return answered{}, r.otherContainer()
	}
	e, err := r.listed()
	if err != nil {
		return answered{}, err
	}
	return r.fragmentAt(&e, time.Duration(r.timeOf(&e).UnixMilli())*time.Millisecond)
}

// numberedFragment answers with one track of the fragment that has a sequence number in the session's manifest, at its time
// there.
func (r *play) numberedFragment() (answered, error) {
	number, err := strconv.Atoi(r.query.Get("FragmentNumber"))
	if err != nil {
		return answered{}, invalidArgument("FragmentNumber must be a number of the manifest.")
	}
	w, err := r.window()
	if err != nil {
		return answered{}, err
	}
	f, ok := w.at(number)
	if !ok {
		return answered{}, noFragment(fmt.Sprintf("The session has no fragment %d now.", number))
	}
	switch _, kept, err := r.stream.Find(f.Number); { // its segment may outlast it
	case err != nil:
		return answered{}, err
	case !kept:
		return answered{}, archive.ErrNotFound
	}
	return r.fragmentAt(&f.Entry, f.media)
}

// fragmentAt answers with the track of a fragment that the request names, starting at a media time.
func (r *play) fragmentAt(e *archive.Entry, start time.Duration) (answered, error) {
	h, err := r.headOf(r.stream, e)
	if err != nil {
		return answered{}, err
	}
	t, err := r.chosen(h)
	if err != nil {
		return answered{}, err
	}
	key := segmentKey{fragmentKey: fragmentKey{r.stream, e.Number}, kind: t.Kind, container: fragmentedMP4}
	g, err := r.segment(r.ctx, key, e)
	if err != nil {
		return answered{}, err
	}
	head, rest := g.mp4.At(start)
	return answered{kindMP4, [][]byte{head, rest}, true}, nil
}

// tsFragment answers with a whole fragment as MPEG-TS.
func (r *play) tsFragment() (answered, error) {
	if r.Container != mpegTS {
		return answered{}, r.otherContainer()
	}
	e, err := r.listed()
	if err != nil {
		return answered{}, err
	}
	key := segmentKey{fragmentKey: fragmentKey{r.stream, e.Number}, kind: media.Video, container: mpegTS, start: r.timeOf(&e).UnixMilli()}
	g, err := r.segment(r.ctx, key, &e)
	if err != nil {
		return answered{}, err
	}
	return answered{kindTS, [][]byte{g.transport}, true}, nil
}

func (r *play) otherContainer() error {
	return invalidArgument("The session's container is %s.", r.Container)
}

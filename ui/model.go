package ui

import (
	"errors"
	"slices"
	"time"

	"kinora/app"
	"kinora/player"
)

// model is all that is to be seen at one moment. It is made on Fyne's goroutine and not kept.
type model struct {
	now         time.Time
	accounts    []app.Account
	account     app.Account // nil: there is none
	list        app.List
	watching    app.Watching
	state       player.State     // of the player that is live, or plays a take
	deck        player.DeckState // of the archive that has the focus
	head        playhead
	detour      error                    // why the archive comes through HLS though nobody chose that; nil: it does not
	queued      string                   // says that the service allows no more now of what is wanted of the stream; empty: it does
	surveyed    *app.Surveyed            // what is known of the archives of what is watched
	bookmarks   []app.Bookmark           // of the stream in the focus
	thumb       app.Thumb                // of what the pointer is on
	glances     [app.MostTiles]app.Thumb // of what the playhead is dragged over, for each scene
	sound       hearing                  // of what has the focus
	scenes      []scene                  // all streams that are watched
	shown       uint64                   // pictures, of the last seconds
	late        uint64                   // likewise, that were not shown because the next was due
	recordings  []app.Recording          // into streams of the account
	elsewhere   int                      // recordings into other accounts
	hasDemo     bool                     // there is a demo camera that could be started
	plan        app.Plan                 // what would be recorded next
	planned     float64                  // bits a second that the plan costs; 0: only the camera knows
	preview     app.Preview              // what is open on the Record page
	safety      app.Safety               // whether the computer can be carried away
	spans       []app.Span               // of the newest take of the target stream, while the Record page is seen
	takes       []app.Take               // of this computer, newest first
	exports     []app.Export             // the oldest first
	standing    app.RecordingSettings
	microphones []app.Camera // found last
	looking     bool         // for sources, at the moment
	skipped     int          // frames that were left out before the take began
	marks       int          // markers in the take that is recorded
	troubled    time.Time    // since when a card is recorded instead of the device
	calls       callModel
	kiosk       bool // there is nothing but the picture: nothing is offered but to try again
}

// observe reads the app.
func observe(a *app.App, now time.Time) model {
	m := model{
		now:      now,
		accounts: a.Accounts(),
		account:  a.Account().Get(),
		list:     a.Streams.List().Get(),
		preview:  a.Recordings.Shown().Get(),
		safety:   a.Recordings.Safety().Get(),
		takes:    a.Recordings.Takes().Get(),
		exports:  a.Exports.List().Get(),
		standing: a.Recordings.Settings().Get(),
		surveyed: a.Past.Survey.Now().Get(),
		thumb:    a.Past.Thumbs.Now().Get(),
	}
	for i, t := range a.Past.Glances {
		m.glances[i] = t.Now().Get()
	}
	m.lookAt(a.Watch.Now().Get())
	for _, r := range a.Recordings.List().Get() {
		if m.account != nil && r.Account == m.account.Name() {
			m.recordings = append(m.recordings, r)
		} else if !r.Ended {
			m.elsewhere++
		}
	}
	if m.account != nil {
		m.bookmarks = a.Bookmarks.Of(m.account, m.watching.Stream, m.watching.Clock())
	}
	m.listen(a.Sound)
	m.queued, m.detour = queued(&m), m.watching.Detour()
	for i := range m.scenes {
		m.scenes[i].queued = queuedScene(&m, &m.scenes[i])
	}
	return m
}

// row returns the stream of that name.
func (m *model) row(stream string) (app.Row, bool) {
	i := slices.IndexFunc(m.list.Rows, func(r app.Row) bool { return r.Name == stream })
	if i < 0 {
		return app.Row{}, false
	}
	return m.list.Rows[i], true
}

// pictureless reports whether what is sent to the stream that is watched has no video.
func (m *model) pictureless() bool {
	return m.state.Phase == player.Reconnecting && errors.Is(m.state.Err, player.ErrNoPicture)
}

// gone reports whether the account says that there is no such stream.
func (m *model) gone(stream string) bool {
	_, there := m.row(stream)
	return !there && m.list.Phase == app.Ready
}

// recording returns what is recorded into the stream, if anything is or was until it failed.
func (m *model) recording(stream string) (app.Recording, bool) {
	i := slices.IndexFunc(m.recordings, func(r app.Recording) bool { return r.Stream == stream })
	if i < 0 {
		return app.Recording{}, false
	}
	return m.recordings[i], true
}

// active counts the recordings that run, in all accounts.
func (m *model) active() int {
	n := m.elsewhere
	for _, r := range m.recordings {
		if !r.Ended {
			n++
		}
	}
	return n
}

// live reports whether fragments of a stream arrive now, and when the newest arrived; zero: not known. Of what is watched
// or recorded here this is known before the account says it.
func (m *model) live(r app.Row) (live bool, newest time.Time) {
	live, newest = r.Live, r.Last
	if r.Name == m.watching.Stream && m.watching.Take == "" && m.state.LastFrame.After(newest) {
		live, newest = live || m.state.Phase == player.Live, m.state.LastFrame
	}
	if rec, ok := m.recording(r.Name); ok && !rec.Ended && rec.Advanced.After(newest) {
		live, newest = true, rec.Advanced
	}
	return live, newest
}

// silent reports whether it is known that nobody sends to the stream that is watched, which has no picture for some time.
func (m *model) silent() bool {
	row, known := m.row(m.watching.Stream)
	rec, recording := m.recording(m.watching.Stream)
	if !known || row.Live || m.list.Phase.Failed() || recording && !rec.Ended || m.now.Sub(m.state.Since) <= patience {
		return false
	}
	switch m.state.Phase {
	case player.Connecting:
		return true
	case player.Live, player.Stalled:
		return m.state.LastFrame.IsZero()
	case player.Reconnecting: // open again, and the account answers; that alone does not bring pictures
		return m.state.NextTry.IsZero()
	default:
		return false
	}
}

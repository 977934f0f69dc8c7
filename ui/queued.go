package ui

import (
	"slices"
	"time"

	"fyne.io/fyne/v2/lang"

	"kinora/app"
	"kinora/player"
)

// noticed is how long something may wait for a limit of the service before that is said.
const noticed = 300 * time.Millisecond

// queued says that something of the stream in the focus waits for a limit of the service, and for how long it still will, if that is
// known.
func queued(m *model) string {
	if m.watching.Stream == "" || m.watching.Take != "" {
		return ""
	}
	return queuedOf(m.account, m.watching.Stream, m.now)
}

// queuedOf is queued of any stream of an account, which may be nil.
func queuedOf(acc app.Account, stream string, now time.Time) string {
	if acc == nil {
		return ""
	}
	w, ok := acc.Waiting(stream)
	switch {
	case !ok || now.Sub(w.Since) < noticed:
		return ""
	case w.Until.After(now):
		return lang.L("waiting for the service's limit, {{.Time}}", values{"Time": age(w.Until.Sub(now) + time.Second - 1)})
	}
	return lang.L("waiting for the service's limit")
}

// queuedScene is queued of one of several streams, while it has not the picture that it should have.
func queuedScene(m *model, s *scene) string {
	switch {
	case s.Player != nil && s.live.Phase != player.Live, s.Deck != nil && (s.deck.Phase == player.DeckLoading || s.deck.Phase == player.DeckOpening):
		return queuedOf(m.account, s.Stream, m.now)
	}
	return ""
}

// queuedExport is queued of the stream that is exported, while that runs.
func queuedExport(m *model, x app.Export) string {
	i := slices.IndexFunc(m.accounts, func(a app.Account) bool { return a.ID() == x.Account })
	if i < 0 || x.Phase != app.ExportRunning {
		return ""
	}
	return queuedOf(m.accounts[i], x.Stream, m.now)
}

package ui

import (
	"time"

	"fyne.io/fyne/v2/lang"
)

// noticed is how long something may wait for a limit of the service before that is said.
const noticed = 300 * time.Millisecond

// queued says that something of the stream in the focus waits for a limit of the service, and for how long it still will, if that is
// known.
func queued(m *model) string {
	if m.account == nil || m.watching.Stream == "" || m.watching.Take != "" {
		return ""
	}
	w, ok := m.account.Waiting(m.watching.Stream)
	switch {
	case !ok || m.now.Sub(w.Since) < noticed:
		return ""
	case w.Until.After(m.now):
		return lang.L("waiting for the service's limit, {{.Time}}", values{"Time": age(w.Until.Sub(m.now) + time.Second - 1)})
	}
	return lang.L("waiting for the service's limit")
}

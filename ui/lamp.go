package ui

import (
	"fyne.io/fyne/v2/lang"
)

// lampText says whether this computer can be switched off or carried away, and if not, why. It is green only when the service has
// acknowledged everything as stored.
type lampText struct {
	safe   bool
	title  string
	reason string // empty when safe
}

func lampOf(m *model) lampText {
	s := m.safety
	t := lampText{safe: s.Safe && s.Recording == 0 && m.active() == 0, title: lang.L("Not yet safe to leave")}
	switch {
	case t.safe:
		t.title = lang.L("Safe to leave")
	case s.Recording > 0 && s.Offline:
		t.reason = lang.L("recording, {{.Time}} only on this disk", values{"Time": soon(s.Pending)})
	case s.Recording > 0 || m.active() > 0:
		t.reason = lang.L("recording")
	case s.Pending > 0 && s.ETA > 0:
		t.reason = lang.L("{{.Time}} are only on this disk; {{.ETA}} left", values{"Time": soon(s.Pending), "ETA": soon(s.ETA)})
	case s.Pending > 0:
		t.reason = lang.L("{{.Time}} are only on this disk", values{"Time": soon(s.Pending)})
	case s.Bytes > 0:
		t.reason = lang.L("{{.Amount}} are only on this disk", values{"Amount": amount(s.Bytes)})
	default:
		t.reason = lang.L("looking at what is on this disk")
	}
	return t
}

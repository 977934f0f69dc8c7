package ui

import (
	"testing"
	"time"

	"kinora/app"
)

func TestLampIsGreenOnlyWhenSafe(t *testing.T) {
	for _, c := range []struct {
		safety app.Safety
		active bool
		want   lampText
	}{
		{app.Safety{Safe: true}, false, lampText{safe: true, title: "Safe to leave"}},
		{app.Safety{Safe: true}, true, lampText{title: "Not yet safe to leave", reason: "recording"}}, // Safety is half a second late
		{app.Safety{Recording: 1, Pending: 4 * time.Second}, true, lampText{title: "Not yet safe to leave", reason: "recording"}},
		{app.Safety{Recording: 1, Offline: true, Pending: 33 * time.Second}, true, lampText{title: "Not yet safe to leave", reason: "recording, 33 s only on this disk"}},
		{app.Safety{Pending: 12 * time.Second}, false, lampText{title: "Not yet safe to leave", reason: "12 s are only on this disk"}},
		{app.Safety{Pending: 12 * time.Minute, ETA: 3 * time.Minute}, false, lampText{title: "Not yet safe to leave", reason: "12 min are only on this disk; 3 min left"}},
		{app.Safety{}, false, lampText{title: "Not yet safe to leave", reason: "looking at what is on this disk"}},
	} {
		m := model{safety: c.safety}
		if c.active {
			m.recordings = []app.Recording{{Stream: "gate"}}
		}
		if got := lampOf(&m); got != c.want {
			t.Errorf("%+v, active %v: %+v, want %+v", c.safety, c.active, got, c.want)
		}
	}
}

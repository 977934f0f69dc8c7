package ui

import (
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"

	"kinora/app"
)

func TestWarnings(t *testing.T) {
	w := newWindow(t, Options{})
	for _, c := range []struct {
		name   string
		change func(*model)
		color  fyne.ThemeColorName
		words  string
	}{
		{"room for long", func(m *model) { m.safety.Room = 61 * time.Minute }, "", ""},
		{"an hour of room", func(m *model) { m.safety.Room = 59 * time.Minute }, colorQuiet, "room for 59 min"},
		{"a quarter of an hour", func(m *model) { m.safety.Room = 15 * time.Minute }, theme.ColorNameWarning, "full in 15 min"},
		{"three minutes", func(m *model) { m.safety.Room = 3 * time.Minute }, colorRecording, "Make room now"},
		{"a good battery", func(m *model) { m.safety.Battery = app.Battery{Present: true, Percent: 80} }, "", ""},
		{"a charging battery", func(m *model) { m.safety.Battery = app.Battery{Present: true, Charging: true, Percent: 5} }, "", ""},
		{"a low battery", func(m *model) {
			m.safety.Battery = app.Battery{Present: true, Percent: 14, Left: 25 * time.Minute}
		}, theme.ColorNameWarning, "Battery 14 %, about 25 min left"},
		{"evictions", func(m *model) { m.safety.Usage.Evicted, m.safety.Usage.EvictedLength = 6, 12*time.Second }, colorRecording, "12 s of the oldest"},
		{"losses", func(m *model) { m.takes[0].Figures.Lost = 4 * time.Second }, colorRecording, "4 s could not be stored"},
		{"a slow computer", func(m *model) { m.recordings[0].Source.Missed, m.recordings[0].Source.Lately = 900, 70 }, theme.ColorNameWarning, "too slow: 70 pictures"},
		{"a computer that was slow", func(m *model) { m.recordings[0].Source.Missed, m.recordings[0].Source.Lately = 900, 9 }, "", ""},
		{"a refusal", func(m *model) {
			m.takes[0].Rejections = []app.Rejection{{Reason: "the fragment is longer than 20 s."}}
		}, colorRecording, "1 fragment was refused: the fragment is longer than 20 s. It"},
	} {
		m := w.recording()
		c.change(&m)
		list := warningsOf(&m)
		switch {
		case c.words == "" && len(list) > 0:
			t.Errorf("%s: %+v, want nothing", c.name, list)
		case c.words != "" && (len(list) != 1 || list[0].color != c.color || !strings.Contains(list[0].text, c.words)):
			t.Errorf("%s: %+v, want %q", c.name, list, c.words)
		}
	}
}

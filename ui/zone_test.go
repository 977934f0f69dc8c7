package ui

import (
	"slices"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"

	"kinora/app"
	"kinora/assets"
)

// Everything is told by the clock of the zone that was chosen, in the next window as well.
func TestAnotherZone(t *testing.T) {
	w := newWindow(t, Options{})
	t.Cleanup(func() { tellsZone.Store(nil) })
	at := time.Date(2025, 11, 22, 10, 0, 0, 0, time.UTC)
	now := w.past(at)
	now.Transport.Pause()
	now.Transport.Seek(at)
	w.write("z")
	w.write("tokyo")
	if text := w.sheetText(); !strings.Contains(text, "Asia/Tokyo (JST)") {
		t.Errorf("of tokyo the sheet offers %q", text)
	}
	w.press(fyne.KeyReturn)
	if w.sheet != nil {
		t.Fatal("the sheet stays")
	}
	w.watchNow()
	if text := visible(w.page.transport.box); !strings.Contains(text, "JST") {
		t.Errorf("the bar says %q", text)
	}
	if text := visible(w.page.bar.box); !strings.Contains(text, "19:00:00.000 JST") {
		t.Errorf("the line of figures says %q", text)
	}
	if got := w.page.times.view.Zone.String(); got != "Asia/Tokyo" {
		t.Errorf("the timeline is of %s", got)
	}
	w.write("g")
	w.write("8:30")
	if text := w.sheetText(); !strings.Contains(text, "08:30:00.000 JST") {
		t.Errorf("going to 8:30 leads to %q", text)
	}
	w.press(fyne.KeyEscape)
	if got := savedZone(w.fyne.Preferences()).String(); got != "Asia/Tokyo" {
		t.Errorf("the next window tells times of %s", got)
	}
	w.fyne.Preferences().SetString(zoneKey, "Mars/Olympus")
	if got := savedZone(w.fyne.Preferences()); got != time.Local {
		t.Errorf("a zone that there is not is %s", got)
	}
}

func TestZonesAreFound(t *testing.T) {
	for text, want := range map[string]string{"berl": "Europe/Berlin", "new york": "America/New_York", "asia/kolk": "Asia/Kolkata", "utc": "UTC", "": "UTC"} {
		if got := zonesLike(text, 5); len(got) == 0 || got[0] != want {
			t.Errorf("%q finds %v, want %s first", text, got, want)
		}
	}
	if got := zonesLike("atlantis", 5); len(got) > 0 {
		t.Errorf("atlantis finds %v", got)
	}
	names := assets.Zones()
	if !slices.IsSorted(names) || len(names) < 400 {
		t.Errorf("%d zones, in order: %v", len(names), slices.IsSorted(names))
	}
}

// The clock is chosen for each stream, and said.
func TestTheServersClockIsSaid(t *testing.T) {
	w := newWindow(t, Options{})
	now := w.past(time.Date(2025, 11, 22, 10, 0, 0, 0, time.UTC))
	now.Transport.Pause()
	w.page.times.show(archive())
	w.page.times.zoom(2)
	zoom := w.page.times.view.PerUnit
	w.write("Z")
	w.settle()
	if got := w.watchNow(); got.Clock() != app.ServerClock || w.app.Ways.Clock(w.account, "gate") != app.ServerClock {
		t.Errorf("Shift+Z leaves the clock %q", got.Clock())
	}
	if text := visible(w.page.transport.box); !strings.Contains(text, "server") {
		t.Errorf("the bar says %q", text)
	}
	if got := w.page.times.view.Clock; got == "" {
		t.Error("the timeline does not say it")
	}
	w.page.times.show(archive())
	if got := w.page.times.view.PerUnit; got != zoom {
		t.Errorf("a unit of the timeline is %v ms, not %v as before", got, zoom)
	}
	w.write("Z")
	w.settle()
	if got := w.watchNow(); got.Clock() != app.ProducerClock || w.page.times.view.Clock != "" {
		t.Errorf("Shift+Z again leaves the clock %q", got.Clock())
	}
}

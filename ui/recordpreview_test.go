package ui

import (
	"strings"
	"testing"
	"time"

	"kinora/app"
	"kinora/media"
)

func TestTheNewestTelemetryIsRead(t *testing.T) {
	w, m := onRecord(t, (*window).recording)
	if w.record.data.Visible() {
		t.Error("there is a line of telemetry, of which there is none")
	}
	m.preview.Data = "lat 52.50111 lon 13.40111"
	w.show(m)
	if text := visible(w.record.words); !strings.Contains(text, m.preview.Data) {
		t.Errorf("beside the preview stands %q, want the telemetry in it", text)
	}
}

func TestSoundThatIsNotThereIsNoSilence(t *testing.T) {
	w, m := onRecord(t, (*window).ready)
	w.record.preview = func() app.Preview { return m.preview }
	listen := func() string {
		for i := range 50 {
			w.record.listen(now.Add(time.Duration(i) * meterPace))
		}
		return w.record.meter.words
	}
	m.preview.State.RMS, m.preview.State.Peak = -80, -80
	if words := listen(); words != "" {
		t.Errorf("without a track of sound the meter says %q", words)
	}
	m.preview.State.Tracks = append(m.preview.State.Tracks, media.Track{ID: 2, Kind: media.Audio})
	w.show(m)
	if words := listen(); words != "silence" {
		t.Errorf("of a silent track the meter says %q", words)
	}
	if got := w.record.mic.text; got != "The source's own sound" {
		t.Errorf("sound that comes with the source is called %q", got)
	}
}

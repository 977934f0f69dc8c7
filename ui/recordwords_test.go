package ui

import (
	"math"
	"strings"
	"testing"
	"time"

	"kinora/app"
)

func TestTakesInWords(t *testing.T) {
	w := newWindow(t, Options{})
	part := app.TakeFigures{Captured: 100 * time.Second, Stored: 100 * time.Second, Persisted: 94 * time.Second, Fragments: 3}
	whole := app.TakeFigures{Captured: 100 * time.Second, Stored: 100 * time.Second, Persisted: 100 * time.Second}
	for _, c := range []struct {
		take app.Take
		want string
		mark condition
	}{
		{app.Take{Here: true, Figures: part, Upload: app.UploadState{Phase: app.Uploading}}, "94 % safe", conditionLive},
		{app.Take{Here: true, Figures: whole}, "persisted ✓", conditionSafe},
		{app.Take{Here: true, Open: true, Figures: part}, "recording, 94 % safe", conditionRecord},
		{app.Take{Here: true, Figures: part, Upload: app.UploadState{Phase: app.UploadOffline}}, "waiting for network, 94 % safe", conditionSilent},
		{app.Take{Here: true, Figures: part, Upload: app.UploadState{Phase: app.UploadPaused}}, "paused, 94 % safe", conditionSilent},
		{app.Take{Here: true, Figures: part, Upload: app.UploadState{Phase: app.UploadHeld, Err: errDown}}, "The service does not answer", conditionFailed},
		{app.Take{Account: "studio", Figures: part}, "another account: sign in to studio", conditionFailed},
		{app.Take{Account: "studio", Figures: whole}, "persisted ✓", conditionSafe},
		{app.Take{Here: true, Figures: part, Rejections: make([]app.Rejection, 3)}, "3 fragments refused: ", conditionFailed},
		{app.Take{Here: true, Figures: app.TakeFigures{Captured: 100 * time.Second, Persisted: 88 * time.Second, Evicted: 12 * time.Second}},
			"12 s lost, the rest persisted", conditionFailed},
	} {
		m := w.ready()
		if got, mark := takeWords(&m, c.take); got != c.want || mark != c.mark {
			t.Errorf("%+v: %q with the mark %v, want %q with %v", c.take, got, mark, c.want, c.mark)
		}
	}
}

func TestAWholeTakeIsNotSafeBeforeTheLastAcknowledgement(t *testing.T) {
	if got := safeShare(app.TakeFigures{Captured: time.Hour, Persisted: time.Hour, Fragments: 1}); got != 99 {
		t.Errorf("with a fragment that waits, %d %% are safe, want 99", got)
	}
	if got := safeShare(app.TakeFigures{}); got != 0 {
		t.Errorf("of nothing %d %% are safe", got)
	}
}

func TestSharesAddUp(t *testing.T) {
	s := sharesOf(app.TakeFigures{Captured: 1000, Stored: 990, Sent: 700, Received: 650, Persisted: 600, Rejected: 100, Evicted: 50, Lost: 10})
	if want := (shares{persisted: 600, received: 50, sent: 50, stored: 140, bad: 160}); s != want {
		t.Errorf("%+v, want %+v", s, want)
	}
}

func TestLedger(t *testing.T) {
	w := newWindow(t, Options{})
	m := w.recording()
	m.takes[0].Figures.Evicted, m.spans = 12*time.Second, spansOf()
	m.recordings[0].Source.Skipped, m.recordings[0].Source.Missed = 2, 3
	want := "Captured 12:31|On disk 12:29|Sent 11:58|Acknowledged 11:52|Oldest not sent 10:41:34, 33 s ago|" +
		"Upload 1.20 of 2.40 Mb/s|Backlog 33 s · 11.4 MB|Drops 5 frames!|Evicted 0:12!|Disk for 41 h"
	var got []string
	for _, l := range ledgerOf(&m) {
		s := l.name + " " + l.value
		if l.loss {
			s += "!"
		}
		got = append(got, s)
	}
	if s := strings.Join(got, "|"); s != want {
		t.Errorf("the figures are\n%s\nwant\n%s", s, want)
	}
	if a, b := len(ledgerOf(&m)), len(ledgerOf(&model{})); a != b {
		t.Errorf("%d figures while recording and %d otherwise", a, b)
	}
}

func TestCost(t *testing.T) {
	w := newWindow(t, Options{})
	m := w.ready()
	if got, want := cost(&m), "about 2.40 Mb/s, 1.08 GB an hour"; got != want {
		t.Errorf("measured: %q, want %q", got, want)
	}
	m.preview.State.Bitrate, m.planned = 0, 800e3
	if got, want := cost(&m), "about 800 kb/s, 360 MB an hour"; got != want {
		t.Errorf("estimated: %q, want %q", got, want)
	}
	m.planned = 0
	if got, want := cost(&m), "as the camera sends it"; got != want {
		t.Errorf("copied: %q, want %q", got, want)
	}
}

func TestCopyIsOfferedOnlyForWhatIsCoded(t *testing.T) {
	for kind, want := range map[app.SourceKind]int{app.Webcam: 3, app.Screen: 3, app.Network: 4, app.File: 4} {
		if got := len(qualitiesOf(app.Camera{Kind: kind})); got != want {
			t.Errorf("a source of kind %v has %d qualities, want %d", kind, got, want)
		}
	}
}

func TestLevelInWords(t *testing.T) {
	var l level
	at := now
	step := func(d time.Duration, rms, peak float64) string {
		at = at.Add(d)
		l.add(at, rms, peak)
		return l.words(at)
	}
	if got := l.words(at); got != "" {
		t.Errorf("before anything was heard: %q", got)
	}
	if got := step(0, -24, -12); got != "-24 dB" {
		t.Errorf("of good sound it says %q", got)
	}
	if got := step(100*time.Millisecond, -3, 0); got != "too loud" {
		t.Errorf("of clipping it says %q", got)
	}
	if got := step(time.Second, -24, -12); got != "too loud" {
		t.Errorf("a second after clipping it says %q", got)
	}
	if l.held != 0 {
		t.Errorf("the peak of a second ago is not held: %v", l.held)
	}
	if got := step(clipHold, -24, -12); got != "-24 dB" || l.held != -12 {
		t.Errorf("later it says %q and holds %v", got, l.held)
	}
	if got := step(time.Second, math.Inf(-1), math.Inf(-1)); got != "" {
		t.Errorf("after a second of silence it says %q", got)
	}
	if got := step(silenceWait, math.Inf(-1), math.Inf(-1)); got != "silence" {
		t.Errorf("after more silence it says %q", got)
	}
	if a, b := share(math.Inf(-1)), share(6); a != 0 || b != 1 {
		t.Errorf("the scale ends at %v and %v", a, b)
	}
}

func TestBadgeFollowsTheLamp(t *testing.T) {
	w := newWindow(t, Options{})
	m := w.recording()
	if got := badgeOf(&m); got != badgeRecording {
		t.Errorf("while recording the badge is %v", got)
	}
	m.recordings, m.safety.Recording = nil, 0
	if got := badgeOf(&m); got != badgePending {
		t.Errorf("while something waits the badge is %v", got)
	}
	m.safety = app.Safety{Safe: true}
	if got := badgeOf(&m); got != badgeSafe {
		t.Errorf("when all is in the stream the badge is %v", got)
	}
	m.takes = nil
	if got := badgeOf(&m); got != badgeNone {
		t.Errorf("before anything was recorded the badge is %v", got)
	}
	seen := map[string]badgeKind{}
	for b := range badgeKind(len(badgeNames)) {
		icon := string(badgedIcon(b).Content())
		if other, same := seen[icon]; same {
			t.Errorf("the icons of %v and %v are the same", b, other)
		}
		seen[icon] = b
	}
}

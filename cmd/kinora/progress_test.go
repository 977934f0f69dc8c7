package main

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"kinora/app"
	"kinora/clip"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.Local)

func TestProgress(t *testing.T) {
	open := app.Take{ID: "1", Open: true, Began: noon.Add(-time.Hour - 2*time.Minute - 3*time.Second)}
	for want, tc := range map[string]struct {
		figures app.TakeFigures
		upload  app.UploadState
		safety  app.Safety
		open    bool
	}{
		"● 1:02:03  captured 1:02:00 · on disk 1:01:58 · sent 1:00:00 · persisted 59:58 · 3.1 Mb/s up · backlog 2:02, 40.5 MB · disk for 9 days": {
			app.TakeFigures{Captured: 3720 * time.Second, Stored: 3718 * time.Second, Sent: time.Hour, Persisted: 3598 * time.Second, Bytes: 40_500_000},
			app.UploadState{Rate: 3.1e6}, app.Safety{Pending: 122 * time.Second, Bytes: 40_500_000, Room: 9 * 24 * time.Hour}, true},
		"ended  captured 0:10 · on disk 0:10 · sent 0:10 · persisted 0:10": {
			app.TakeFigures{Captured: 10 * time.Second, Stored: 10 * time.Second, Sent: 10 * time.Second, Persisted: 10 * time.Second},
			app.UploadState{Rate: 100}, app.Safety{}, false},
		"ended  captured 0:10 · on disk 0:04 · sent 0:04 · persisted 0:00 · disk for 59 min · REFUSED 0:04 · EVICTED 0:02 · NOT STORED 0:04": {
			app.TakeFigures{Captured: 10 * time.Second, Stored: 4 * time.Second, Sent: 4 * time.Second,
				Rejected: 4 * time.Second, Evicted: 2 * time.Second, Lost: 4 * time.Second},
			app.UploadState{}, app.Safety{Room: 59*time.Minute + 59*time.Second}, false},
	} {
		take := open
		take.Open, take.Figures, take.Upload = tc.open, tc.figures, tc.upload
		if got := progress(noon, take, tc.safety); got != want {
			t.Errorf("it says  %s\nwant     %s", got, want)
		}
	}
}

func TestClipProgress(t *testing.T) {
	at := noon.Format(time.DateTime)
	for want, p := range map[string]clip.Progress{
		"1 of 1 fragment, 1.0 MB of 1.0 MB, recorded until " + at:                  {Fragments: 1, Total: 1, Bytes: 1e6, Of: 1e6, At: noon},
		"1 of 5 fragments, 1.0 MB of 3.8 MB, recorded until " + at + ", 2 MISSING": {Fragments: 1, Total: 5, Bytes: 1e6, Of: 3_800_000, Missing: 2, At: noon},
		"50 %, 1 fragment, 1.0 MB, recorded until " + at:                           {Fragments: 1, Bytes: 1e6, Since: noon.Add(-time.Minute), Until: noon.Add(time.Minute), At: noon},
		"50 %, 12 fragments, 9.0 MB, recorded until " + at:                         {Fragments: 12, Bytes: 9e6, Since: noon.Add(-time.Minute), Until: noon.Add(time.Minute), At: noon},
	} {
		if got := clipProgress(p); got != want {
			t.Errorf("it says  %s\nwant     %s", got, want)
		}
	}
}

func TestTrouble(t *testing.T) {
	refused := errors.New("the stream was deleted")
	at := func(p app.UploadState) app.Take { return app.Take{Upload: p} }
	for want, tc := range map[string]struct {
		rec    app.Recording
		take   app.Take
		safety app.Safety
	}{
		"":                       {},
		"the camera is busy":     {rec: app.Recording{Err: errors.New("the camera is busy")}},
		"the stream was deleted": {rec: app.Recording{Err: refused}, take: at(app.UploadState{Phase: app.Uploading, Err: refused})},
		"nothing is sent: the network is metered": {safety: app.Safety{Paused: "the network is metered"}, rec: app.Recording{}},
		"offline since 12:00:00, safe on disk: the stream was deleted": {
			rec: app.Recording{Err: refused}, take: at(app.UploadState{Phase: app.UploadOffline, Err: refused, Since: noon})},
		"not accepted since 12:00:00, safe on disk: the stream was deleted": {
			take: at(app.UploadState{Phase: app.UploadHeld, Err: refused, Since: noon})},
	} {
		if got := trouble(tc.rec, tc.take, tc.safety); got != want {
			t.Errorf("it says %q, want %q", got, want)
		}
	}
}

func TestExitCodes(t *testing.T) {
	left := &app.OnDiskError{Length: time.Second, Bytes: 1}
	for err, want := range map[error]int{
		left:                            exitOnDisk,
		errors.Join(nil, left):          exitOnDisk,
		errors.Join(left, errNoDisplay): exitFailed,
		errNoDisplay:                    exitFailed,
		fmt.Errorf("a place: %w", left): exitFailed,
	} {
		if got := exitCode(err); got != want {
			t.Errorf("%v ends with %d, want %d", err, got, want)
		}
	}
}

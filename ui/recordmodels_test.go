package ui

import (
	"errors"
	"image"
	"time"

	"kinora/app"
	"kinora/media"
)

var webcam = app.Camera{ID: "v4l2-front", Name: "Front camera", Kind: app.Webcam,
	Modes: []app.Mode{{Size: image.Pt(1280, 720), Rate: 30}, {Size: image.Pt(1920, 1080), Rate: 25}}}

// ready returns a model of the Record page with the webcam open and gate chosen.
func (w *window) ready() model {
	m := w.some()
	w.plan = app.Plan{Stream: "gate", Camera: webcam}
	m.plan = w.plan
	m.preview = app.Preview{Camera: webcam, State: app.IntakeState{
		Tracks: []media.Track{{ID: 1, Kind: media.Video}}, Bitrate: 2.4e6, RMS: -24, Peak: -12}}
	m.safety = app.Safety{Safe: true, Room: 41 * time.Hour}
	return m
}

// recording returns ready twelve and a half minutes into a recording that is half a minute behind.
func (w *window) recording() model {
	m := w.ready()
	began := now.Add(-12*time.Minute - 31*time.Second)
	m.recordings = []app.Recording{{Account: w.account.name, Stream: "gate", Camera: webcam, Since: began, Take: "take-2", Source: m.preview.State}}
	m.takes = []app.Take{{
		ID: "take-2", Stream: "gate", Account: w.account.name, Here: true, Open: true, Source: webcam.Name, Began: began,
		Figures: app.TakeFigures{Captured: 751 * time.Second, Stored: 749 * time.Second, Sent: 718 * time.Second, Received: 714 * time.Second,
			Persisted: 712 * time.Second, Bytes: 11_400_000, Fragments: 18, Oldest: now.Add(-39 * time.Second)},
		Upload: app.UploadState{Phase: app.Uploading, Rate: 1.2e6, Backlog: 11_400_000, Behind: 33 * time.Second, ETA: 140 * time.Second},
	}, {
		ID: "take-1", Stream: "gate", Account: w.account.name, Here: true, Name: "north fence", Operator: "Ada", Source: webcam.Name,
		Began:   now.Add(-19 * time.Hour),
		Figures: app.TakeFigures{Captured: 3850 * time.Second, Stored: 3850 * time.Second, Sent: 3850 * time.Second, Received: 3850 * time.Second, Persisted: 3850 * time.Second},
	}}
	m.safety = app.Safety{Recording: 1, Pending: 33 * time.Second, Bytes: 11_400_000, Room: 41 * time.Hour}
	return m
}

// spansOf returns the spans of the newest take of recording.
func spansOf() []app.Span {
	s := time.Second
	return []app.Span{{To: 300 * s, Stage: app.Persisted}, {From: 300 * s, To: 304 * s, Stage: app.Rejected},
		{From: 304 * s, To: 712 * s, Stage: app.Persisted}, {From: 712 * s, To: 714 * s, Stage: app.Received},
		{From: 714 * s, To: 718 * s, Stage: app.Sent}, {From: 718 * s, To: 749 * s, Stage: app.OnDisk},
		{From: 749 * s, To: 751 * s, Stage: app.Captured}}
}

var errLine = errors.New("the network is unreachable: dial tcp 10.0.0.7:443")

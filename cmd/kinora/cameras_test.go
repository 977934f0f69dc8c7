package main

import (
	"context"
	"errors"
	"fmt"
	"image"
	"io/fs"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"kinora/app"
	"kinora/ffmpeg"
	"kinora/kvs"
	"kinora/media"
	"kinora/recorder/upload"
)

func TestSettingsBecomeCaptureOptions(t *testing.T) {
	network := ffmpeg.CaptureOptions{Copy: true, Reconnect: true}
	device := ffmpeg.CaptureOptions{Card: true}
	for name, tc := range map[string]struct {
		from     ffmpeg.CaptureOptions
		settings app.Settings
		passes   func(ffmpeg.CaptureOptions) bool
	}{
		"a network camera as it is":  {network, app.Settings{}, func(o ffmpeg.CaptureOptions) bool { return o.Copy && o.Reconnect }},
		"a network camera turned":    {network, app.Settings{Rotate: 90}, func(o ffmpeg.CaptureOptions) bool { return !o.Copy && o.Rotate == 90 }},
		"a network camera with time": {network, app.Settings{BurnTime: true, BurnName: "dock"}, func(o ffmpeg.CaptureOptions) bool { return !o.Copy && o.Burn.Time && o.Burn.Text == "dock" }},
		"a network camera made small": {network, app.Settings{Quality: app.LowBandwidth},
			func(o ffmpeg.CaptureOptions) bool { return !o.Copy && o.Preset == ffmpeg.LowBandwidth }},
		"a webcam": {device, app.Settings{Quality: app.Sharp, Ceiling: 4e6, KeyInterval: 5 * time.Second, Mirror: true},
			func(o ffmpeg.CaptureOptions) bool {
				return !o.Copy && o.Card && o.Preset == ffmpeg.Sharp && o.Bitrate == 4e6 && o.KeyInterval == 5*time.Second && o.Mirror
			}},
		"a network camera as it is, turned": {network, app.Settings{Quality: app.CopyAsIs, Rotate: 180},
			func(o ffmpeg.CaptureOptions) bool { return !o.Copy && o.Rotate == 180 }},
		"a webcam as it is": {device, app.Settings{Quality: app.CopyAsIs}, func(o ffmpeg.CaptureOptions) bool { return o.Copy && o.Card }},
	} {
		if got := adjusted(tc.from, tc.settings); !tc.passes(got) {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

func TestADevicesModeIsTheCheapestOfItsSize(t *testing.T) {
	hd := image.Pt(1280, 720)
	d := ffmpeg.Device{ID: "cam", Modes: []ffmpeg.Mode{{Size: hd, Rate: 30, Format: "yuyv422"}, {Size: hd, Rate: 30, Format: "mjpeg"}, {Size: hd, Rate: 10, Format: "yuyv422"}}}
	if got := mode(d, app.Mode{Size: hd, Rate: 30}); got.Format != "yuyv422" {
		t.Errorf("the mode is %+v", got)
	}
	if got := device(d); len(got.Modes) != 2 || got.Kind != app.Webcam {
		t.Errorf("the device is %+v, want two modes", got)
	}
}

func TestAddressesKeepTheirPasswordToThemselves(t *testing.T) {
	c, err := address("rtsp://user:secret@10.0.0.7/live?token=hidden")
	if err != nil || c.Name != "10.0.0.7/live" || c.Kind != app.Network {
		t.Errorf("%+v, %v", c, err)
	}
	for _, wrong := range []string{"gate", "file:///etc/passwd", "rtsp://", "rtsp://user:secret@%zz/"} {
		if _, err := address(wrong); err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %v", wrong, err)
		}
	}
}

func TestAFileThatIsNoMediaIsNotTriedAgain(t *testing.T) {
	archive, err := file("film.mkv", false)
	if err != nil || !archive.Archive || archive.Name != "film.mkv" || archive.Kind != app.File {
		t.Fatalf("%+v, %v", archive, err)
	}
	for _, final := range []error{ffmpeg.ErrNotMedia, fs.ErrNotExist} {
		if archive.Retry(fmt.Errorf("film.mkv: %w", final)) {
			t.Errorf("a file is opened again although %v", final)
		}
	}
	if looped, err := file("film.mkv", true); err != nil || looped.Archive || looped.ID != archive.ID {
		t.Errorf("in a loop: %+v, %v", looped, err)
	}
}

func TestErrorsHaveAClass(t *testing.T) {
	a := &account{kind: awsKind}
	for want, err := range map[upload.Class]error{
		upload.Refused:        &kvs.Error{Op: "PutMedia", Status: 404, Code: "ResourceNotFoundException"},
		upload.Reauthenticate: &kvs.Error{Op: "PutMedia", Status: 400, Code: "ExpiredTokenException"},
		upload.Busy:           &kvs.Error{Op: "PutMedia", Status: 400, Code: "ThrottlingException"},
		upload.Network:        &kvs.Error{Op: "PutMedia", Message: "the connection was cut"},
	} {
		if got := a.Classify(err); got != want {
			t.Errorf("%v is of class %d, want %d", err, got, want)
		}
	}
	if a.Uploads() != 1 || (&account{kind: thisComputer}).Uploads() != 2 {
		t.Error("AWS takes one connection for each stream, other services two")
	}
}

// Lines that come late have the time at which they came, and those that cannot come say why.
func TestTelemetryIsWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		missing := errors.New("there is no such device")
		attempts := 0
		a := newAwaited(t.Context(), func(ctx context.Context) (media.Source, error) {
			if attempts++; attempts < 4 {
				return nil, missing
			}
			return &oneLine{epoch: time.Now()}, nil
		})
		go func() {
			time.Sleep(lookAgain / 2)
			if !errors.Is(a.Trouble(), missing) {
				t.Errorf("the trouble is %v", a.Trouble())
			}
		}()
		p, err := a.Read()
		if err != nil || p.PTS != 3*lookAgain+time.Second || a.Trouble() != nil {
			t.Errorf("the line came as %+v, %v; trouble %v", p, err, a.Trouble())
		}
		if err := a.Close(); err != nil {
			t.Error(err)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		a := newAwaited(t.Context(), func(context.Context) (media.Source, error) { return nil, errors.New("never") })
		go func() {
			time.Sleep(time.Minute)
			if err := a.Close(); err != nil {
				t.Error(err)
			}
		}()
		if _, err := a.Read(); !errors.Is(err, context.Canceled) {
			t.Errorf("Read of what was closed: %v", err)
		}
	})
}

// oneLine gives a line a second after its epoch.
type oneLine struct{ epoch time.Time }

func (s *oneLine) Tracks() []media.Track { return nil }
func (s *oneLine) Epoch() time.Time      { return s.epoch }
func (s *oneLine) Close() error          { return nil }
func (s *oneLine) Read() (*media.Packet, error) {
	return &media.Packet{Track: 1, PTS: time.Second, DTS: time.Second}, nil
}

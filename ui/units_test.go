package ui

import (
	"errors"
	"testing"
	"time"

	"fyne.io/fyne/v2/test"

	"kinora/app"
)

// translations loads the English texts, as a window does.
func translations(t *testing.T) {
	t.Helper()
	New(test.NewTempApp(t), app.New(app.Options{}), Options{})
}

func TestUnits(t *testing.T) {
	translations(t)
	for _, c := range []struct{ got, want string }{
		{bitrate(0), "0 kb/s"}, {bitrate(820e3), "820 kb/s"}, {bitrate(1.923e6), "1.92 Mb/s"}, {bitrate(25.04e6), "25.0 Mb/s"}, {bitrate(120e6), "120 Mb/s"},
		{age(-time.Second), "0 s"}, {age(59 * time.Second), "59 s"}, {age(3*time.Minute + 50*time.Second), "3 min"},
		{age(47 * time.Hour), "47 h"}, {age(49 * time.Hour), "2 d"},
		{elapsed(12*time.Minute + 31*time.Second), "00:12:31"}, {elapsed(101 * time.Hour), "101:00:00"},
		{retention(0), "Not kept"}, {retention(time.Hour), "1 hour"}, {retention(24 * time.Hour), "24 hours"},
		{retention(7 * 24 * time.Hour), "7 days"}, {retention(36 * time.Hour), "36 hours"},
		{sentence(errors.New("the stream is gone")), "The stream is gone."},
		{sentence(errors.New("wait a moment!")), "Wait a moment!"},
		{sentence(errors.New("http://x/ is down")), "http://x/ is down."},
		{sentence(errors.New("fragment 91343852333181432392682062607743920149132631999 ended early")), "Fragment …631999 ended early."},
		{sentence(nil), ""},
	} {
		if c.got != c.want {
			t.Errorf("got %q, want %q", c.got, c.want)
		}
	}
}

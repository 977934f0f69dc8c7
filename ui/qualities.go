package ui

import (
	"fmt"
	"image"
	"time"

	"fyne.io/fyne/v2/lang"

	"kinora/app"
)

// qualities are offered in this order.
var qualities = []app.Quality{app.LowBandwidth, app.Balanced, app.Sharp, app.CopyAsIs}

// qualityName is the quality in human words.
func qualityName(q app.Quality) string {
	switch q {
	case app.LowBandwidth:
		return lang.L("Low bandwidth")
	case app.Sharp:
		return lang.L("Sharp")
	case app.CopyAsIs:
		return lang.L("Copy as is")
	default:
		return lang.L("Balanced")
	}
}

// copies reports whether there is something to be passed on as it is: what a network camera or a file has is coded already.
func copies(c app.Camera) bool { return c.Kind == app.Network || c.Kind == app.File }

// qualitiesOf are those that make sense for a camera.
func qualitiesOf(c app.Camera) []app.Quality {
	if copies(c) {
		return qualities
	}
	return qualities[:len(qualities)-1]
}

// cost says what a second and an hour come to: what is measured while the camera is open, otherwise what is planned.
func cost(m *model) string {
	rate := m.preview.State.Bitrate
	if rate == 0 || m.preview.Camera.ID != m.plan.Camera.ID || m.preview.Settings != m.plan.Settings {
		rate = m.planned
	}
	if rate == 0 {
		return lang.L("as the camera sends it")
	}
	return lang.L("about {{.Rate}}, {{.Amount}} an hour", values{"Rate": bitrate(rate), "Amount": amount(int64(rate / 8 * 3600))})
}

// rateOf is what the plan's camera would cost with other settings, in bits a second; zero when only the camera knows.
func (u *UI) rateOf(s app.Settings) float64 {
	if s.Quality == app.CopyAsIs {
		return 0
	}
	if modes := u.plan.Camera.Modes; s.Mode == (app.Mode{}) && len(modes) > 0 {
		s.Mode = modes[0]
	}
	return float64(u.app.Recordings.Bitrate(s))
}

// modeName is a size and rate in words.
func modeName(m app.Mode) string {
	switch {
	case m.Size == (image.Point{}) && m.Rate == 0:
		return lang.L("The camera's own")
	case m.Rate == 0:
		return fmt.Sprintf("%d×%d", m.Size.X, m.Size.Y)
	default:
		return fmt.Sprintf("%d×%d · %s", m.Size.X, m.Size.Y, lang.L("{{.N}} fps", values{"N": fmt.Sprintf("%.4g", m.Rate)}))
	}
}

// keyIntervals are the distances of key frames that are offered; one is also a fragment's length.
var keyIntervals = []time.Duration{
	1 * time.Second, 2 * time.Second, 3 * time.Second, 4 * time.Second, 5 * time.Second,
	6 * time.Second, 7 * time.Second, 8 * time.Second, 9 * time.Second, 10 * time.Second,
}

// defaultKeyInterval is meant by zero.
const defaultKeyInterval = 2 * time.Second

package ui

import (
	"fmt"
	"strings"
	"time"

	"fyne.io/fyne/v2/lang"

	"kinora/player"
)

// figures says how a player does: "   84 ms · 1280×720 · 30.0 fps · 1.92 Mb/s · H.264". Each figure has a fixed number of
// places, so that they stay where they are while they change.
func figures(st player.State) string {
	if st.Phase != player.Live || st.Size.X == 0 {
		return ""
	}
	parts := make([]string, 0, 5)
	if st.Latency > 0 {
		parts = append(parts, lang.L("{{.N}} ms", values{"N": fmt.Sprintf("%4d", st.Latency/time.Millisecond)}))
	}
	parts = append(parts,
		fmt.Sprintf("%d×%d", st.Size.X, st.Size.Y),
		lang.L("{{.N}} fps", values{"N": fmt.Sprintf("%4.1f", st.FPS)}),
		fmt.Sprintf("%9s", bitrate(st.Bitrate)),
		codecName(string(st.Codec)))
	return strings.Join(parts, " · ")
}

// codecName is how people write a codec's name.
func codecName(c string) string {
	switch c {
	case "h264":
		return "H.264"
	case "h265":
		return "H.265"
	default:
		return strings.ToUpper(c)
	}
}

// losses says what was lost on the way: packets that could not be decoded, and pictures that this machine was too slow to
// show lately, when they are too many to be chance.
func losses(m *model) string {
	var parts []string
	if m.state.Damaged > 0 {
		parts = append(parts, lang.L("{{.N}} damaged", values{"N": m.state.Damaged}))
	}
	if all := m.shown + m.late; all > 100 && m.late > all/20 {
		parts = append(parts, lang.L("{{.N}} % late", values{"N": 100 * m.late / all}))
	}
	return strings.Join(parts, " · ")
}

// phaseName is one word for what a player does.
func phaseName(p player.Phase) string {
	switch p {
	case player.Live:
		return lang.L("live")
	case player.Stalled:
		return lang.L("silent")
	case player.Reconnecting:
		return lang.L("reconnecting")
	case player.Failed:
		return lang.L("failed")
	case player.Ended:
		return lang.L("ended")
	default:
		return lang.L("opening")
	}
}

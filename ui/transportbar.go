package ui

import (
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/theme"

	"kinora/app"
)

// transportBar moves through time: the tape keys, the speed, the time that is chosen and what can be done with it, and the way
// back to live.
type transportBar struct {
	box    *fyne.Container
	play   *button
	back   *button
	rate   *button
	clocks *button
	in     *button
	out    *button
	span   *caption // how long the chosen time is
	clip   *button  // of the chosen time
	live   *button
	inside *fyne.Container
}

// transportParts are the buttons of the bar.
type transportParts struct {
	first, back, play, last   *button
	rate, in, out, clip, snap *button
	link, inspect, live       *button
	days                      *button // a calendar
	clocks                    *button // whose clock tells the times
}

func newTransportBar(a transportParts) *transportBar {
	t := &transportBar{play: a.play, back: a.back, rate: a.rate, clocks: a.clocks, in: a.in, out: a.out, clip: a.clip, live: a.live,
		span: newCaption("", colorQuiet).small().figures()}
	left := container.NewCenter(row(space1, a.first, a.back, a.play, a.last, a.rate, a.days, a.clocks))
	t.inside = row(space1, a.in, a.out, padded(container.NewCenter(t.span), 0, 0, space1, space2), a.clip, a.snap, a.link, a.inspect)
	right := container.NewCenter(row(space1, a.live))
	middle := padded(container.NewCenter(t.inside), 0, 0, space3, space2)
	t.box = container.New(sized{height: barHeight}, newEdges(newRule(), nil, nil, nil, padded(newEdges(nil, nil, left, right, middle), 0, 0, space2, space2)))
	return t
}

// show brings the bar to the model's moment; streams are watched.
func (t *transportBar) show(m *model) {
	archived := m.watching.Archived()
	running := !archived || m.head.playing
	forwards := !archived || m.head.rate > 0
	symbol := "play"
	if running && forwards {
		symbol = "pause"
	}
	t.play.setText("", symbol)
	symbol = "reverse"
	if running && !forwards {
		symbol = "pause"
	}
	t.back.setText("", symbol)
	rate := 1.0
	if archived {
		rate = m.head.rate
	}
	t.rate.setText(speed(rate), "")
	t.clocks.setText(clockName(m), "")
	t.in.setText(endName(lang.L("In"), m.watching.In), "")
	t.out.setText(endName(lang.L("Out"), m.watching.Out), "")
	chosen := !m.watching.In.IsZero() && m.watching.Out.After(m.watching.In)
	if chosen {
		t.span.set(lasting(m.watching.Out.Sub(m.watching.In)))
	} else {
		t.span.set("")
	}
	setVisible(t.clip, chosen)
	t.live.choose(!archived)
	if archived {
		t.live.setTint("")
	} else {
		t.live.setTint(theme.ColorNamePrimary)
	}
	relayout(t.box)
}

// clockName says briefly by which clock times are told: "CET", "CET · server".
func clockName(m *model) string {
	name := told(m.now).Format("MST")
	if m.watching.Clock() == app.ServerClock {
		return lang.L("{{.Zone}} · server", values{"Zone": name})
	}
	return name
}

// endName is what is written on the button of an end of the chosen time.
func endName(name string, at time.Time) string {
	if at.IsZero() {
		return name
	}
	return name + " " + clock(at)
}

package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/theme"

	"kinora/player"
)

// statusBar says below the picture, or over its foot, what is watched and how it does.
type statusBar struct {
	box     *fyne.Container
	live    *mark
	name    *caption
	phase   *caption
	where   *caption // in the archive, instead of phase
	figures *caption
	losses  *caption
	sound   *button
	loud    *soundLevel
	record  *button
	screen  *button
}

const barHeight = 40

// newStatusBar makes the bar with the buttons at its end; over says that it lies over a picture.
func newStatusBar(over bool, sound, record, screen *button) *statusBar {
	s := &statusBar{
		live:    newMark(conditionNone),
		name:    newCaption("", theme.ColorNameForeground).bold().cut(200),
		phase:   newCaption("", colorQuiet),
		where:   newCaption("", colorQuiet).small().figures(),
		figures: newCaption("", colorQuiet).small().figures().cut(0),
		losses:  newCaption("", theme.ColorNameWarning).small().figures(),
		sound:   sound,
		loud:    newSoundLevel(),
		record:  record,
		screen:  screen,
	}
	left := row(space2, s.live, s.name, s.phase, s.where)
	right := container.NewCenter(row(space1, padded(s.losses, 0, 0, 0, space2), s.loud, sound, record, screen))
	line := newEdges(newRule(), nil, nil, nil,
		padded(newEdges(nil, nil, left, right, padded(s.figures, 0, 0, space4, space2)), 0, 0, space3, space2))
	s.box = container.New(sized{height: barHeight}, line)
	if over {
		s.box.Objects = []fyne.CanvasObject{container.NewStack(newGround(colorSurface), line)}
	}
	return s
}

// show brings the bar to the model's moment; a stream is open.
func (s *statusBar) show(m *model) {
	st := m.state
	if m.watching.Take != "" {
		st.Latency = 0 // it is not live
	}
	s.name.set(m.watching.Stream)
	showSound(s.sound, m.sound)
	s.loud.show(m.sound)
	setVisible(s.phase, !m.watching.Archived())
	setVisible(s.where, m.watching.Archived())
	if m.watching.Archived() {
		s.showArchive(m)
		return
	}
	phase, word := st.Phase, phaseName(st.Phase)
	switch {
	case m.watching.Take != "":
		phase, word = player.Stalled, lang.L("from this disk")
	case m.pictureless():
		phase, word = player.Stalled, lang.L("no picture")
	case m.silent():
		phase, word = player.Stalled, phaseName(player.Stalled)
	case m.queued != "" && phase != player.Live:
		word = m.queued
	}
	s.phase.set(word)
	s.live.set(phaseCondition(phase))
	s.figures.set(figures(st))
	s.losses.set(losses(m))
	s.showRecording(m)
	relayout(s.box)
}

// showArchive brings the bar to a moment of the archive.
func (s *statusBar) showArchive(m *model) {
	s.live.set(conditionSilent)
	s.where.set(whereabouts(m))
	s.figures.set(archiveFigures(m))
	s.losses.set(archiveLosses(&m.deck))
	s.showRecording(m)
	relayout(s.box)
}

// showRecording says on the button what it does about a recording into the stream.
func (s *statusBar) showRecording(m *model) {
	rec, there := m.recording(m.watching.Stream)
	setVisible(s.record, !m.kiosk && m.watching.Take == "")
	tint := colorRecording
	switch {
	case !there:
		s.record.setText(lang.L("Record"), "record")
		tint = ""
	case rec.Ended:
		s.record.setText(lang.L("Recording lost"), "failed")
	case rec.Stopping:
		s.record.setText(lang.L("Finishing"), "stop")
	default:
		s.record.setText(lang.L("Stop {{.Time}}", values{"Time": elapsed(m.now.Sub(rec.Since))}), "stop")
	}
	s.record.setTint(tint)
}

// phaseCondition is the mark of what a player does.
func phaseCondition(p player.Phase) condition {
	switch p {
	case player.Live:
		return conditionLive
	case player.Reconnecting, player.Failed:
		return conditionFailed
	default:
		return conditionSilent
	}
}

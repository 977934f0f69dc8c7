package ui

import (
	"math"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/theme"

	"kinora/app"
	"kinora/media"
)

// ownPicture is what this program offers on a channel, as its viewers see it, small, and how loud its sound is.
type ownPicture struct {
	box   *fyne.Container
	view  *videoView
	sound *fyne.Container
	loud  *soundLevel
	level *caption
}

const ownWidth, ownHeight = 320, 180

func newOwnPicture() *ownPicture {
	o := &ownPicture{view: newVideoView(), loud: newSoundLevel(), level: newCaption("", colorQuiet).small().figures()}
	name := newCaption(lang.L("Its sound"), theme.ColorNameForeground).small()
	o.sound = container.NewCenter(row(space2, name, o.loud, o.level))
	o.box = column(space2, container.NewCenter(container.New(sized{width: ownWidth, height: ownHeight}, o.view)), o.sound)
	o.box.Hide()
	return o
}

// show brings it to what is offered; on says whether something is. It reports whether there is another room needed than before.
func (o *ownPicture) show(on bool, f app.Offered) (changed bool) {
	if !on {
		changed = o.box.Visible()
		o.clear()
		return changed
	}
	o.view.play(picturesOf(f.Player, nil), false)
	_, sounds := media.AudioTrack(f.Source.Tracks)
	changed = !o.box.Visible() || sounds != o.sound.Visible()
	setVisible(o.box, true)
	setVisible(o.sound, sounds)
	rms, text := f.Source.RMS, ""
	if sounds && !math.IsInf(rms, -1) { // what is passed on as it is coded is not measured
		text = levelWord(rms)
	}
	o.loud.show(hearing{there: sounds, heard: true, volume: 100, lit: stepsOf(rms)})
	if o.level.text != text {
		o.level.set(text)
		relayout(o.sound)
	}
	return changed
}

// clear lets go of the pictures.
func (o *ownPicture) clear() {
	o.view.play(nil, false)
	setVisible(o.box, false)
}

// levelWord says how loud something is.
func levelWord(rms float64) string {
	if rms < meterFloor {
		return lang.L("silence")
	}
	return lang.L("{{.N}} dB", values{"N": int(math.Round(rms))})
}

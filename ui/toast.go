package ui

import (
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
)

// toast says at the foot of the picture that something was done, for a few seconds.
type toast struct {
	box   *fyne.Container
	text  *caption
	act   *button
	until time.Time
}

// toastTime is how long a toast stays.
const toastTime = 8 * time.Second

func newToast(act *button) *toast {
	t := &toast{text: newCaption("", theme.ColorNameForeground), act: act}
	plate := container.NewStack(newPlate(), padded(row(space2, padded(container.NewCenter(t.text), 0, 0, 0, space2), act), space2, space2, space3, space2))
	t.box = newEdges(nil, padded(container.NewCenter(plate), 0, space4, 0, 0), nil, nil, nil)
	t.box.Hide()
	return t
}

// say shows the text, and the button that does something about it when it has a label.
func (t *toast) say(text, label string, do func(), now time.Time) {
	t.text.set(text)
	t.act.setText(label, "")
	t.act.tapped = do
	setVisible(t.act, label != "")
	t.until = now.Add(toastTime)
	t.show(now)
	relayout(t.box)
}

// show lets the toast go when its time is over.
func (t *toast) show(now time.Time) { setVisible(t.box, now.Before(t.until)) }

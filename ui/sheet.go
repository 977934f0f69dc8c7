package ui

import (
	"context"
	"errors"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// sheet is a dialog: a title, a body, a line for what went wrong, and at most three buttons. Escape leaves it and Enter confirms it,
// whatever has the focus. One sheet is open at a time.
type sheet struct {
	canvas  fyne.Canvas
	popup   *widget.PopUp
	body    *fyne.Container
	scroll  *container.Scroll // of the body, which scrolls in a window that is too low for it
	room    fyne.Size         // of the window that it was fitted into
	problem *widget.Label
	trouble *fyne.Container
	cancel  *button
	other   *button // nil: there is no third way
	confirm *button // nil: there is nothing to confirm
	closed  func()
	left    func()
	live    func(*model) // may be nil
	busy    bool
	abort   func() // ends what it is busy with; nil: that cannot be ended
}

const (
	sheetWidth = 440
	frameRoom  = 2 // what scrolls is cut where it ends, and the frame of what has the focus is around it
)

// sheetPlan is what a sheet consists of.
type sheetPlan struct {
	title   string
	body    fyne.CanvasObject
	width   float32 // sheetWidth when zero
	leave   string  // on the button that leaves; "Cancel" or "Close" when empty
	confirm string  // on the button that confirms; empty: there is none
	weight  weight  // of that button
	do      func(*sheet)
	other   string                // on a button between the two; empty: there is none
	instead func(*sheet)          // what that button does
	live    func(*model)          // brings the body to the model's moment; may be nil
	left    func()                // called when it is left without confirming; may be nil
	ready   func(*sheet)          // called with the sheet before it is seen; may be nil
	focus   func() fyne.Focusable // gets the focus first; nil: the confirming button, or the leaving one
}

// newSheet shows a sheet on the canvas; closed is called when it has gone.
func newSheet(c fyne.Canvas, plan sheetPlan, closed func()) *sheet {
	s := &sheet{canvas: c, closed: closed}
	s.problem, s.trouble = newParagraph("", fyne.TextAlignLeading, false)
	s.problem.Importance = widget.WarningImportance
	s.trouble.Hide()
	leave := plan.leave
	if leave == "" {
		leave = lang.L("Close")
		if plan.confirm != "" {
			leave = lang.L("Cancel")
		}
	}
	s.left, s.live = plan.left, plan.live
	s.cancel = newButton(leave, "", normal, s.dismiss)
	s.cancel.keys = s.key
	buttons := []fyne.CanvasObject{layout.NewSpacer(), s.cancel}
	if plan.other != "" {
		s.other = newButton(plan.other, "", normal, func() { plan.instead(s) })
		s.other.keys = s.key
		buttons = append(buttons, s.other)
	}
	if plan.confirm != "" {
		s.confirm = newButton(plan.confirm, "", plan.weight, func() { plan.do(s) })
		s.confirm.keys = s.key
		buttons = append(buttons, s.confirm)
	}
	title := newCaption(plan.title, theme.ColorNameForeground).bold().cut(0)
	title.size = theme.SizeNameHeadingText
	width := plan.width
	if width == 0 {
		width = sheetWidth
	}
	s.body = padded(plan.body, frameRoom, frameRoom, buttonInset, buttonInset)
	s.scroll = container.NewVScroll(s.body)
	content := container.New(sized{width: width}, padded(
		column(space3, title, padded(s.scroll, -frameRoom, -frameRoom, -buttonInset, -buttonInset), s.trouble, row(space2, buttons...)), space4, space4, space4, space4))
	s.popup = widget.NewModalPopUp(container.NewStack(newPlate(), content), c)
	if plan.ready != nil {
		plan.ready(s)
	}
	s.popup.Show()
	s.fit()
	switch {
	case plan.focus != nil:
		c.Focus(plan.focus())
	case s.confirm != nil:
		c.Focus(s.confirm)
	default:
		c.Focus(s.cancel)
	}
	return s
}

// fit gives the sheet the height that its text needs now, or the window's.
func (s *sheet) fit() {
	s.room = s.canvas.Size()
	for range 2 { // wrapped text knows its height after its width
		rest := s.popup.MinSize().Height - s.scroll.MinSize().Height
		s.scroll.SetMinSize(fyne.NewSize(0, max(0, min(s.body.MinSize().Height, s.room.Height-rest-2*space2))))
		s.popup.Resize(s.popup.MinSize())
	}
}

// show brings the sheet to the model's moment, and fits it after the window has got another size.
func (s *sheet) show(m *model) {
	if s.live != nil {
		s.live(m)
	}
	if s.canvas.Size() != s.room {
		s.fit()
	}
}

// hide closes the sheet.
func (s *sheet) hide() {
	s.popup.Hide()
	s.closed()
}

// dismiss closes it without confirming. While it is at work it ends that instead, if that can be ended.
func (s *sheet) dismiss() {
	if s.busy {
		if s.abort != nil {
			s.abort()
		}
		return
	}
	s.hide()
	if s.left != nil {
		s.left()
	}
}

// key is for keys that the focused part of the sheet does not use.
func (s *sheet) key(ev *fyne.KeyEvent) {
	switch ev.Name {
	case fyne.KeyEscape:
		s.dismiss()
	case fyne.KeyReturn, fyne.KeyEnter:
		s.submit()
	}
}

// submit presses the confirming button.
func (s *sheet) submit() {
	if s.confirm != nil {
		s.confirm.Tapped(nil)
	}
}

// enable says whether the sheet can be confirmed, and why not when that is worth saying.
func (s *sheet) enable(on bool, why string) {
	s.confirm.enable(on && !s.busy)
	s.say(why)
}

// say shows what is wrong, or nothing.
func (s *sheet) say(what string) {
	if s.problem.Text == what {
		return
	}
	s.problem.SetText(what)
	s.trouble.Hidden = what == ""
	s.fit()
}

// runAbortable is run for work that the leaving button ends: do's context ends then, and the sheet says what do returns.
func (s *sheet) runAbortable(b *binder, doing string, do func(context.Context) error, then func(error)) {
	life, end := context.WithCancel(b.life)
	s.run(b, doing, func(context.Context) error { return do(life) }, func(err error) {
		end()
		s.abort = nil
		if then != nil {
			then(err)
		}
	})
	s.abort = end
	s.cancel.enable(true)
}

// run keeps the sheet open, with doing on its button, while do runs; it leaves when that went well and says what went
// wrong otherwise. Then then is called, if it is not nil.
func (s *sheet) run(b *binder, doing string, do func(context.Context) error, then func(error)) {
	label := s.confirm.text
	s.busy = true
	s.confirm.setText(doing, "")
	s.confirm.enable(false)
	s.cancel.enable(false)
	s.say("")
	b.work(do, func(err error) {
		s.busy = false
		if err == nil {
			s.hide()
		} else {
			s.confirm.setText(label, "")
			s.confirm.enable(true)
			s.cancel.enable(true)
			what := sentence(err)
			if errors.Is(err, context.Canceled) {
				what = lang.L("Cancelled.")
			}
			s.say(what)
		}
		if then != nil {
			then(err)
		}
	})
}

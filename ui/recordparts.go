package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// lampView is the lamp of the Record page, in words beside it.
type lampView struct {
	box    *fyne.Container
	mark   *mark
	title  *caption
	reason *caption
	shown  lampText
}

func newLampView() *lampView {
	l := &lampView{
		mark:   newMark(conditionSilent),
		title:  newCaption("", theme.ColorNameForeground).bold(),
		reason: newCaption("", colorQuiet).cut(0),
	}
	l.box = newEdges(nil, nil, row(space2, l.mark, l.title), nil, padded(l.reason, 0, 0, space2, 0))
	return l
}

// show reports whether the words have become others.
func (l *lampView) show(t lampText) bool {
	if t == l.shown {
		return false
	}
	l.shown = t
	l.mark.set(conditionSilent)
	if t.safe {
		l.mark.set(conditionSafe)
	}
	l.title.set(t.title)
	l.reason.set(t.reason)
	return true
}

// warningList is a column of warnings, each with a symbol of its own.
type warningList struct {
	box   *fyne.Container
	lines []warningLine
	shown []warning
}

type warningLine struct {
	box    *fyne.Container
	symbol *glyph
	text   *widget.Label
}

func newWarningList() *warningList {
	l := &warningList{box: column(space2)}
	for range mostWarnings {
		text, box := newParagraph("", fyne.TextAlignLeading, false)
		w := warningLine{symbol: newGlyph("caution", symbolSize, theme.ColorNameWarning), text: text}
		w.box = newEdges(nil, nil, padded(container.NewVBox(w.symbol), 0, 0, 0, space2), nil, box)
		w.box.Hide()
		l.lines = append(l.lines, w)
		l.box.Add(w.box)
	}
	l.box.Hide()
	return l
}

// show reports whether there are others than before.
func (l *warningList) show(list []warning) bool {
	same := len(list) == len(l.shown)
	for i := 0; same && i < len(list); i++ {
		same = list[i] == l.shown[i]
	}
	if same {
		return false
	}
	l.shown = list
	for i, line := range l.lines {
		setVisible(line.box, i < len(list))
		if i < len(list) {
			line.symbol.set(list[i].symbol, list[i].color)
			line.text.SetText(list[i].text)
		}
	}
	l.box.Hidden = len(list) == 0
	return true
}

// ledgerCell is one live figure with its name.
type ledgerCell struct {
	box         *fyne.Container
	name, value *caption
}

func newLedgerCell() *ledgerCell {
	c := &ledgerCell{
		name:  newCaption("", colorQuiet).small().cut(0),
		value: newCaption("", theme.ColorNameForeground).small().figures().cut(0),
	}
	c.box = column(0, c.name, c.value)
	return c
}

func (c *ledgerCell) show(l ledgerLine) {
	c.name.set(l.name)
	color := theme.ColorNameForeground
	if l.loss {
		color = colorRecording
	}
	if c.value.color != color {
		c.value.color = color
		c.value.Refresh()
	}
	c.value.set(l.value)
}

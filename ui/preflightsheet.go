package ui

import (
	"context"
	"sync/atomic"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"kinora/app"
)

// checkNames are the tests of a pre-flight, in order.
func checkNames() []string {
	return []string{lang.L("Credentials"), lang.L("Clock"), lang.L("Uplink"), lang.L("Disk"), lang.L("Sound")}
}

// checkWords is the mark of a test and what it says.
func checkWords(c app.Check) (condition, string) {
	words := written(c.Detail)
	switch c.State {
	case app.CheckPassed:
		return conditionSafe, words
	case app.CheckWarns, app.CheckFailed:
		return conditionFailed, words
	case app.CheckSkipped:
		if words == "" {
			words = lang.L("not tested")
		}
		return conditionSilent, words
	default:
		if words == "" {
			words = lang.L("testing…")
		}
		return conditionNone, words
	}
}

// showPreflight tests for about ten seconds whether a shift can begin, and proposes settings that fit.
func (u *UI) showPreflight() {
	body := column(space3)
	type line struct {
		mark *mark
		text *widget.Label
	}
	var lines []line
	for _, name := range checkNames() {
		text, box := newParagraph(lang.L("testing…"), fyne.TextAlignLeading, true)
		l := line{newMark(conditionNone), text}
		lines = append(lines, l)
		body.Add(newEdges(nil, nil, padded(l.mark, 0, 0, 0, space2), nil,
			column(space1, newCaption(name, theme.ColorNameForeground).bold(), box)))
	}
	why, whyBox := newParagraph("", fyne.TextAlignLeading, false)
	body.Add(newRule())
	body.Add(whyBox)

	var latest atomic.Pointer[app.Preflight]
	var shown *app.Preflight
	plan := u.plan
	ctx, end := context.WithCancel(u.binder.life)
	s := u.open(sheetPlan{
		title: lang.L("Before a shift"), width: 520, body: body, left: end,
		confirm: lang.L("Use it"), weight: primary,
		do: func(s *sheet) {
			end()
			s.hide()
			u.plan.Settings = latest.Load().Propose
			u.changed()
		},
		live: func(*model) {
			p := latest.Load()
			if p == nil || p == shown {
				return
			}
			shown = p
			for _, c := range p.Checks {
				if i := int(c.Name); i < len(lines) {
					condition, words := checkWords(c)
					lines[i].mark.set(condition)
					lines[i].text.SetText(words)
				}
			}
			why.SetText(written(p.Why))
			u.sheet.confirm.enable(p.Done && p.Why != "")
			u.sheet.fit()
		},
	})
	s.enable(false, "")
	report := func(p app.Preflight) { latest.Store(&p); u.binder.invalidate() }
	u.binder.work(func(context.Context) error {
		p, err := u.app.Recordings.Preflight(ctx, plan, report)
		if err == nil {
			report(p)
		}
		return err
	}, func(err error) {
		end()
		if u.sheet == s && err != nil {
			s.say(sentence(err))
		}
	})
}

package ui

import (
	"fmt"
	"slices"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/theme"

	"kinora/app"
)

// What the choices of the More sheet offer. Zero means that there is no limit, or that the quality says.
var (
	ceilings  = []int{0, 300_000, 600_000, 1_000_000, 2_000_000, 4_000_000, 8_000_000, 16_000_000}
	limits    = []int{0, 500_000, 1_000_000, 2_000_000, 5_000_000, 10_000_000, 20_000_000, 50_000_000}
	spoolings = []int64{0, 1e9, 5e9, 10e9, 20e9, 50e9, 100e9, 500e9}
	spoolAges = []time.Duration{0, 24 * time.Hour, 3 * 24 * time.Hour, 7 * 24 * time.Hour, 30 * 24 * time.Hour}
	rotations = []int{0, 90, 180, 270}
)

// showMore offers what is seldom changed: of the picture, of the take, and of all uploads. What is chosen holds at once; the camera is
// opened anew when the sheet is left.
func (u *UI) showMore() {
	var s *sheet
	keys := func(ev *fyne.KeyEvent) { s.key(ev) }
	before, standing := u.plan.Settings, u.seen.standing
	plan := &u.plan
	_, recording := u.seen.target()

	pick := func(name string, labels []string, chosen int, choose func(int)) *picker {
		var p *picker
		p = newPicker(name, "", u.menu, func() []*fyne.MenuItem {
			return choiceItems(labels, chosen, func(i int) {
				chosen = i
				p.setText(labels[i], "")
				choose(i)
			})
		})
		p.setText(labels[max(chosen, 0)], "")
		p.keys = keys
		return p
	}
	write := func(name, hint, text string, changed func(string)) (*entry, *fyne.Container) {
		e := newEntry(hint)
		e.keys = keys
		e.SetText(text)
		e.OnChanged = changed
		return e, field(name, e)
	}
	keep := func() { u.change(standing, func(err error) { s.say(sentence(err)) }) }

	modes := append([]app.Mode{{}}, plan.Camera.Modes...)
	mode := pick(lang.L("Size and rate"), labelsOf(modes, modeName), slices.Index(modes, plan.Settings.Mode),
		func(i int) { plan.Settings.Mode = modes[i] })
	interval := plan.Settings.KeyInterval
	if interval == 0 {
		interval = defaultKeyInterval
	}
	every := pick(lang.L("Key frame and fragment every"), labelsOf(keyIntervals, age), slices.Index(keyIntervals, interval),
		func(i int) { plan.Settings.KeyInterval = keyIntervals[i] })
	ceiling := pick(lang.L("Bitrate at most"), labelsOf(ceilings, func(n int) string { return rateOr(n, lang.L("As the quality says")) }),
		slices.Index(ceilings, plan.Settings.Ceiling), func(i int) { plan.Settings.Ceiling = ceilings[i] })
	rotate := pick(lang.L("Rotate"), labelsOf(rotations, func(n int) string { return fmt.Sprintf("%d°", n) }),
		slices.Index(rotations, plan.Settings.Rotate), func(i int) { plan.Settings.Rotate = rotations[i] })
	mirror := newToggle(lang.L("Mirror"), plan.Settings.Mirror, keys, func(on bool) { plan.Settings.Mirror = on })
	adapt := newToggle(lang.L("Lower the bitrate while the backlog grows"), plan.Settings.Adapt, keys, func(on bool) { plan.Settings.Adapt = on })
	burn := newToggle(lang.L("Time in the picture"), plan.Settings.BurnTime, keys, func(on bool) { plan.Settings.BurnTime = on })
	_, place := write(lang.L("Place name in the picture"), lang.L("None"), plan.Settings.BurnName, func(s string) { plan.Settings.BurnName = s })
	for _, b := range []*button{mode.button, every.button, ceiling.button, rotate.button, mirror, adapt, burn} {
		b.enable(!recording)
	}

	_, name := write(lang.L("Name of the take"), lang.L("None"), plan.Name, func(s string) { plan.Name = s })
	_, operator := write(lang.L("Operator"), lang.L("None"), standing.Operator, func(s string) { standing.Operator, plan.Operator = s, s })
	_, note := write(lang.L("Note"), lang.L("None"), plan.Note, func(s string) { plan.Note = s })
	_, telemetry := write(lang.L("Telemetry"), lang.L("udp::5555, /dev/ttyUSB0, a file, or - for standard input"), plan.Telemetry,
		func(s string) { plan.Telemetry = s })

	order := pick(lang.L("Order"), []string{lang.L("Live first, backlog behind"), lang.L("In order")}, int(standing.Order), func(i int) {
		standing.Order = app.LiveFirst
		if i > 0 {
			standing.Order = app.InOrder
		}
		keep()
	})
	limit := pick(lang.L("All uploads at most"), labelsOf(limits, func(n int) string { return rateOr(n, lang.L("No limit")) }),
		slices.Index(limits, standing.Limit), func(i int) { standing.Limit = limits[i]; keep() })
	metered := newToggle(lang.L("Send on metered networks too"), standing.Metered, keys, func(on bool) { standing.Metered = on; keep() })
	paused := newToggle(lang.L("Pause all uploads"), u.seen.safety.Paused != "" && !u.seen.safety.Metered, keys, func(on bool) {
		u.app.Recordings.Pause(on)
		u.binder.invalidate()
	})
	small, about := newParagraph(lang.L("What waits and is over a limit is given up, the oldest first."), fyne.TextAlignLeading, true)
	small.SizeName = theme.SizeNameCaptionText
	space := pick(lang.L("Disk space for what waits"), labelsOf(spoolings, func(n int64) string {
		if n == 0 {
			return lang.L("All but a reserve")
		}
		return amount(n)
	}), slices.Index(spoolings, standing.MaxBytes), func(i int) { standing.MaxBytes = spoolings[i]; keep() })
	oldest := pick(lang.L("Keep what waits for"), labelsOf(spoolAges, func(d time.Duration) string {
		if d == 0 {
			return lang.L("As long as there is room")
		}
		return retention(d)
	}), slices.Index(spoolAges, standing.MaxAge), func(i int) { standing.MaxAge = spoolAges[i]; keep() })

	pair := func(objects ...fyne.CanvasObject) *fyne.Container {
		return container.New(evenly{perRow: 2, gap: space3}, objects...)
	}
	heading := func(text string) fyne.CanvasObject { return newCaption(text, theme.ColorNameForeground).bold() }
	s = u.open(sheetPlan{
		title: lang.L("More about recording"), width: 640, leave: lang.L("Done"),
		body: column(space3,
			heading(lang.L("Picture")), pair(mode.box, every.box, ceiling.box, rotate.box), row(space3, flush(mirror), flush(burn)), flush(adapt), place,
			newRule(), heading(lang.L("Take")), pair(name, operator), note, telemetry,
			newRule(), heading(lang.L("Uploads")), pair(order.box, limit.box, space.box, oldest.box), about, row(space3, flush(metered), flush(paused))),
		focus: func() fyne.Focusable { return every.button },
		left: func() {
			if standing.Operator != u.seen.standing.Operator {
				u.change(standing, nil)
			}
			if plan.Settings != before {
				u.changed()
				return
			}
			u.savePlan()
		},
	})
}

// labelsOf names each of a list.
func labelsOf[T any](list []T, name func(T) string) []string {
	labels := make([]string, len(list))
	for i, x := range list {
		labels[i] = name(x)
	}
	return labels
}

// rateOr is a rate, or what zero means.
func rateOr(bits int, zero string) string {
	if bits == 0 {
		return zero
	}
	return bitrate(float64(bits))
}

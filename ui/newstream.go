package ui

import (
	"context"
	"strconv"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/lang"

	"kinora/app"
)

// mostHours is the longest retention that KVS takes: ten years.
// Source: DataRetentionInHours of UpdateDataRetention in the Kinesis Video Streams API reference.
const mostHours = 87600

// retentions are what the new-stream sheet offers; the last entry, which is not here, is a number of hours.
var retentions = []time.Duration{0, 24 * time.Hour, 7 * 24 * time.Hour, 30 * 24 * time.Hour}

// showNewStream asks for a name and a retention and makes the stream.
func (u *UI) showNewStream() {
	var s *sheet
	keys := func(ev *fyne.KeyEvent) { s.key(ev) }
	name := newEntry(lang.L("front-door"))
	name.keys = keys
	hours := newEntry(lang.L("Hours"))
	hours.keys = keys
	labels := make([]string, 0, len(retentions)+1)
	for _, d := range retentions {
		labels = append(labels, retention(d))
	}
	labels = append(labels, lang.L("Custom"))

	var keep time.Duration
	custom := container.New(sized{width: 120}, hours)
	check := func() {
		why := ""
		valid := app.ValidName(name.Text)
		if !valid && name.Text != "" {
			why = lang.L("Use 1 to 256 letters, digits, “_”, “.” and “-”.")
		}
		if _, taken := u.seen.row(name.Text); taken {
			valid, why = false, lang.L("{{.Stream}} exists already.", values{"Stream": name.Text})
		}
		if custom.Visible() {
			n, err := strconv.Atoi(hours.Text)
			keep = time.Duration(n) * time.Hour
			if err != nil || n < 0 || n > mostHours {
				valid = false
				if hours.Text != "" {
					why = lang.L("Retention is a number of hours from 0 to {{.N}}.", values{"N": mostHours})
				}
			}
		}
		s.enable(valid, why)
	}
	chosen := newChoices(labels, nil, false, keys, func(i int) {
		setVisible(custom, i == len(retentions))
		if i < len(retentions) {
			keep = retentions[i]
		}
		if s != nil {
			check()
			s.fit()
		}
	})
	custom.Hide()
	chosen.choose(1)
	note, about := newParagraph(lang.L("A stream that keeps nothing can be watched live only. More can be kept later; what has expired is gone."),
		fyne.TextAlignLeading, true)
	note.SizeName = "helperText"

	s = u.open(sheetPlan{
		title: lang.L("New stream"),
		width: 500,
		body: column(space3,
			field(lang.L("Name"), name),
			field(lang.L("Keep for"), column(space2, chosen.box, custom)),
			about),
		confirm: lang.L("Create"), weight: primary,
		focus: func() fyne.Focusable { return name },
		do: func(s *sheet) {
			wanted, keep := name.Text, keep
			s.run(u.binder, lang.L("Creating…"), func(ctx context.Context) error {
				return u.app.Streams.Create(ctx, wanted, keep)
			}, func(err error) {
				switch {
				case err != nil:
				case u.at == pageRecord:
					u.aim(wanted)
					u.sendNow() // what waits for a stream that was deleted
				default:
					u.watch(wanted)
				}
			})
		},
	})
	if gone := u.plan.Stream; u.at == pageRecord && gone != "" && u.seen.gone(gone) {
		name.SetText(gone)
	}
	name.OnChanged = func(string) { check() }
	hours.OnChanged = func(string) { check() }
	name.OnSubmitted = func(string) { s.submit() }
	hours.OnSubmitted = func(string) { s.submit() }
	check()
}

// field is a control with its name above it.
func field(name string, control fyne.CanvasObject) *fyne.Container {
	return column(space1, newCaption(name, colorQuiet).small(), control)
}

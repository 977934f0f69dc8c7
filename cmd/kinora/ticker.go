package main

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"kinora/app"
)

// seldom is how often a line is printed where it cannot be written over: into a file or a journal.
const seldom = 10 * time.Second

// ticker keeps one line up to date on a terminal, or prints one now and then. What is wrong is a line of its own, once.
type ticker struct {
	out      *os.File
	terminal bool
	width    int // of the line that stands
	printed  time.Time
	take     string // ID
	trouble  string // as last printed
	slow     slowness
}

func newTicker(out *os.File) *ticker {
	info, err := out.Stat()
	return &ticker{out: out, terminal: err == nil && info.Mode()&os.ModeCharDevice != 0}
}

// show shows how the take of a recording stands, and once that is known also when the recording is over; before there is
// a take, what is wrong.
func (t *ticker) show(a *app.App, rec app.Recording) {
	if rec.Take != "" {
		t.take = rec.Take
	}
	take, safety := t.find(a), a.Recordings.Safety().Get()
	wrong := trouble(rec, take, safety)
	if wrong != "" && wrong != t.trouble {
		t.line(time.Now().Format(time.TimeOnly) + "  " + wrong)
	} else if wrong == "" && t.trouble != "" && rec.Take != "" {
		t.line(time.Now().Format(time.TimeOnly) + "  all is well again")
	}
	if wrong != "" || rec.Take != "" {
		t.trouble = wrong
	}
	if now := time.Now(); rec.Take != "" {
		if text := t.slow.say(now, rec.Source.Missed); text != "" {
			t.line(now.Format(time.TimeOnly) + "  " + text)
		}
	}
	if take.ID != "" && take.Figures.Captured > 0 {
		t.tell(func(now time.Time) string { return progress(now, take, safety) })
	}
}

// tell brings the line up to date.
func (t *ticker) tell(text func(now time.Time) string) {
	now := time.Now()
	switch {
	case t.terminal:
		line := text(now)
		width := utf8.RuneCountInString(line)
		fmt.Fprint(t.out, "\r"+line+strings.Repeat(" ", max(0, t.width-width)))
		t.width = width
	case now.Sub(t.printed) >= seldom:
		t.printed = now
		fmt.Fprintln(t.out, text(now))
	}
}

// find is the take as it stands, empty before there is one.
func (t *ticker) find(a *app.App) app.Take {
	takes := a.Recordings.Takes().Get()
	if i := slices.IndexFunc(takes, func(x app.Take) bool { return x.ID == t.take }); i >= 0 {
		return takes[i]
	}
	return app.Take{}
}

// sum leaves the last word on the take, which may have been over before it was shown: then it is the stream's that began last, if that
// was not earlier than began.
func (t *ticker) sum(a *app.App, stream string, began time.Time) {
	take := t.find(a)
	if takes := a.Recordings.Takes().Get(); take.ID == "" {
		i := slices.IndexFunc(takes, func(x app.Take) bool { return x.Stream == stream && !x.Began.Before(began) })
		if i >= 0 {
			take = takes[i]
		}
	}
	if take.ID != "" {
		t.end()
		fmt.Fprintln(t.out, progress(time.Now(), take, a.Recordings.Safety().Get()))
	}
}

// nothing is the error of a recording that has no picture because something was wrong to its end.
func (t *ticker) nothing(a *app.App, plan app.Plan) error {
	if t.trouble == "" || t.find(a).Figures.Captured > 0 {
		return nil
	}
	return fmt.Errorf("nothing was recorded of %s: %s", plan.Camera.Name, t.trouble)
}

// line prints a line that stays.
func (t *ticker) line(text string) {
	t.end()
	fmt.Fprintln(t.out, text)
}

// end leaves the line that stands.
func (t *ticker) end() {
	if t.width > 0 {
		fmt.Fprintln(t.out)
		t.width = 0
	}
}

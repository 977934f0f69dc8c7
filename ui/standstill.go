package ui

import (
	"time"

	"fyne.io/fyne/v2/lang"

	"kinora/app"
)

// longStandstill is how long a picture stands until that is said over it, and not in the line below alone.
const longStandstill = 2 * time.Second

// standstillWord says in a few words that a picture stands still, and why.
func standstillWord(s app.Standstill) string {
	return [...]string{"", lang.L("the picture stands still: nothing comes"), lang.L("the picture stands still: none is sent"),
		lang.L("the picture stands still: only sound comes"), lang.L("the picture stands still: no key frame"), lang.L("the picture stands still: packets missing")}[s]
}

// stageOfStandstill says over the picture of a call that it has stood still for long; ok is false while it has not.
func stageOfStandstill(s app.CallStats) (st stage, ok bool) {
	if s.Standing < longStandstill {
		return stage{}, false
	}
	last := values{"Age": age(s.Standing)}
	text := [...]string{"",
		lang.L("Nothing has come from the other side for {{.Age}}. If it stays so, another way to it is looked for; nobody has to call again.", last),
		lang.L("The other side is there, but its camera has sent no picture for {{.Age}}. It may be paused, or have trouble of its own.", last),
		lang.L("The other side is heard, but its camera has sent no picture for {{.Age}}. It may be paused, or have trouble of its own.", last),
		lang.L("There has been no key frame for {{.Age}}, without which what comes is no picture. It is asked for again and again; if none comes, let the camera send one each second.", last),
		lang.L("For {{.Age}} too many packets have been missing for a whole picture. The network loses them: try it nearer to the access point, or by cable.", last),
	}[s.Still]
	return stage{picture: true, alarm: true, symbol: "offline", title: lang.L("The picture stands still"), lines: []string{text}}, true
}

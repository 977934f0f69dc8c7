package ui

import (
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"fyne.io/fyne/v2/lang"

	"kinora/app"
	"kinora/player"
)

// stage says what stands where the picture would be, or over it, in words.
type stage struct {
	picture bool   // the player's picture shows; otherwise the message has the place for itself
	symbol  string // of the message
	title   string // over a picture: the badge
	lines   []string
	offers  []offer
	alarm   bool // something is wrong: the badge is not to be hidden
	all     bool // of several streams it is said of all of them, over their pictures
}

// offer is something that can be done about a stage.
type offer int

const (
	offerDemo offer = iota
	offerNew
	offerLast // to see the last that a stream holds
	offerRecord
	offerRetry
	offerRefresh
	offerSend       // of an upload that waits
	offerResume     // of an upload that is paused
	offerMetered    // to send on a metered network
	offerReplay     // of a take that was played from this disk
	offerDismiss    // of a recording that ended by itself
	offerBefore     // to go to where the recording in front of a gap ends
	offerAfter      // to go to where the recording behind a gap begins
	offerFirst      // to go to where all that is recorded begins
	offerLive       // to go to the live edge
	offerChannels   // to ask for the channels again
	offerChannel    // to make one
	offerCall       // to call the one that the page is about
	offerHost       // to offer something on it
	offerWithdraw   // to end that
	offerClose      // to forget a call that is over
	offerForgetMute // when it was read why nobody can talk
	offersEnd
)

// patience is how long opening a stream may take before it is said that nobody sends to it.
const patience = 5 * time.Second

// stageOf decides what is to be said at the moment.
func stageOf(m *model) stage {
	if m.watching.Take != "" {
		return stageOfTake(m)
	}
	if m.watching.Open() {
		s := stageOfStream(m)
		if m.watching.Archived() {
			s = stageOfArchive(m)
		}
		if m.kiosk {
			s.offers = slices.DeleteFunc(s.offers, func(o offer) bool { return o != offerRetry })
		}
		return s
	}
	switch {
	case m.account == nil:
		return stage{symbol: "offline", title: lang.L("No account"), lines: []string{
			lang.L("Kinora has no account to show streams of."),
			lang.L("Start it with its local service, or name an AWS profile on the command line.")}}
	case len(m.list.Rows) > 0:
		s := stage{symbol: "lens", title: lang.L("No stream is open"), lines: []string{
			lang.L("Choose a stream at the left, or press the Down key for the first.")}}
		if m.hasDemo && m.list.Phase == app.Ready {
			s.offers = []offer{offerDemo}
		}
		return s
	}
	switch m.list.Phase {
	case app.Ready:
		s := stage{symbol: "camera", title: lang.L("No streams yet"), lines: []string{
			lang.L("A stream keeps what a camera sends, and is watched live or later."),
			lang.L("Start the demo camera to see one, or make a stream for your own camera.")}}
		if m.hasDemo {
			s.offers = append(s.offers, offerDemo)
		}
		s.offers = append(s.offers, offerNew)
		return s
	case app.Offline:
		return stage{symbol: "offline", title: lang.L("{{.Account}} cannot be reached", values{"Account": m.account.Name()}),
			lines: []string{sentence(m.list.Err), nextTry(m.now, m.list.NextTry)}, offers: []offer{offerRefresh}, alarm: true}
	case app.Denied:
		return stage{symbol: "denied", title: lang.L("{{.Account}} does not show its streams", values{"Account": m.account.Name()}),
			lines: []string{sentence(m.list.Err),
				lang.L("The access keys need permission for kinesisvideo:ListStreams. Nothing that is recorded is affected.")},
			offers: []offer{offerRefresh}, alarm: true}
	case app.SignedOut:
		return stage{symbol: "denied", title: lang.L("{{.Account}} does not accept the keys", values{"Account": m.account.Name()}),
			lines: []string{sentence(m.list.Err),
				lang.L("Kinora can also be started with other keys. Nothing that is recorded is affected."), nextTry(m.now, m.list.NextTry)},
			offers: []offer{offerRefresh}, alarm: true}
	default:
		return stage{symbol: "waiting", title: lang.L("Asking for the streams"), lines: []string{m.account.Name()}}
	}
}

// stageOfStream is stageOf while a stream is open.
func stageOfStream(m *model) stage {
	name, st := brief(m.watching.Stream), m.state
	seen := !st.LastFrame.IsZero()
	since := m.now.Sub(st.Since)
	switch st.Phase {
	case player.Live:
		if st.Alone {
			return stageOfSound(m)
		}
		if !seen {
			return waiting(m, since)
		}
		return stage{picture: true}
	case player.Stalled:
		if !seen {
			return waiting(m, since)
		}
		return silence(m, st.Since)
	case player.Reconnecting:
		switch {
		case m.pictureless():
			return stage{symbol: "silent", title: lang.L("{{.Stream}} has no picture", values{"Stream": name}), lines: []string{
				lang.L("What is sent to it has no video. It is kept, but there is nothing to see until a camera sends pictures.")}}
		case m.silent() && seen:
			return silence(m, st.LastFrame)
		case m.silent():
			return waiting(m, since)
		}
		s := stage{picture: seen, alarm: true, symbol: "offline",
			title:  lang.L("Reconnecting to {{.Stream}}", values{"Stream": name}),
			lines:  []string{sentence(st.Err), lang.L("Lost at {{.Time}}, {{.Age}} ago.", values{"Time": clock(st.Since), "Age": age(since)})},
			offers: []offer{offerRetry}}
		if next := nextTry(m.now, st.NextTry); next != "" {
			s.lines = append(s.lines, next)
		}
		return s
	case player.Failed:
		if m.gone(m.watching.Stream) {
			s := absence(m)
			s.picture = seen
			return s
		}
		return stage{picture: seen, alarm: true, symbol: "failed",
			title: lang.L("{{.Stream}} cannot be shown", values{"Stream": name}),
			lines: []string{sentence(st.Err),
				lang.L("Kinora does not try again by itself, as that would not help. What is recorded elsewhere is not affected.")},
			offers: []offer{offerRetry}}
	case player.Connecting:
		if seen && since < patience { // seen again: the last picture stays until the next one comes
			return stage{picture: true}
		}
		return waiting(m, since)
	default: // not played yet, or not since it was seen last
		if seen {
			return stage{picture: true}
		}
		return stage{symbol: "waiting", title: lang.L("Opening {{.Stream}}", values{"Stream": name})}
	}
}

// absence is said of a stream that the account does not have.
func absence(m *model) stage {
	return stage{alarm: true, symbol: "failed",
		title: lang.L("There is no stream {{.Stream}}", values{"Stream": brief(m.watching.Stream)}),
		lines: []string{lang.L("{{.Account}} does not have it: it was deleted, with all that it kept, or it was never made there.",
			values{"Account": m.account.Name()})},
		offers: []offer{offerRetry}}
}

// stageOfSound is stageOf while a stream is heard that has no picture.
func stageOfSound(m *model) stage {
	s := stage{symbol: "sound", title: lang.L("{{.Stream}} has sound alone", values{"Stream": brief(m.watching.Stream)}),
		lines: []string{lang.L("You hear it now. What is sent to it has no video; the picture appears as soon as a camera sends one.")}}
	switch {
	case m.sound.trouble != nil:
		s.symbol, s.alarm, s.lines[0] = "muted", true, sentence(m.sound.trouble)
	case !m.sound.heard:
		s.symbol, s.lines[0] = "muted", lang.L("It is muted here: press V to hear it. What is sent to it has no video.")
	}
	return s
}

// stageOfTake is stageOf while a take is played from this disk.
func stageOfTake(m *model) stage {
	name, st := brief(m.watching.Stream), m.state
	seen := !st.LastFrame.IsZero()
	switch {
	case st.Phase == player.Ended:
		return stage{picture: seen, alarm: true, symbol: "stop", title: lang.L("The take has ended"), lines: []string{
			lang.L("It was played from this disk, as far as the disk still holds it.")}, offers: []offer{offerReplay}}
	case st.Phase == player.Failed:
		return stage{picture: seen, alarm: true, symbol: "failed", title: lang.L("The take cannot be played"),
			lines: []string{sentence(st.Err)}, offers: []offer{offerReplay}}
	case seen:
		return stage{picture: true}
	default:
		return stage{symbol: "waiting", title: lang.L("Opening a take of {{.Stream}}", values{"Stream": name})}
	}
}

// silence is said over the last picture when no other has come for some time.
func silence(m *model, since time.Time) stage {
	return stage{picture: true, alarm: true, symbol: "silent",
		title: lang.L("No pictures arrive"),
		lines: []string{lang.L("Silent since {{.Time}} ({{.Age}}). The last picture stays.",
			values{"Time": clock(since), "Age": age(m.now.Sub(since))})}}
}

// brief shortens a stream's name, so that a title keeps room for what it says about the stream.
func brief(name string) string {
	const most = 22
	if runes := []rune(name); len(runes) > most {
		return string(runes[:most-1]) + "…"
	}
	return name
}

// waiting is the time between opening a stream and its first picture.
func waiting(m *model, since time.Duration) stage {
	name := brief(m.watching.Stream)
	row, _ := m.row(m.watching.Stream)
	rec, recording := m.recording(m.watching.Stream)
	switch {
	case recording && !rec.Ended:
		return stage{symbol: "waiting", title: lang.L("Opening {{.Stream}}", values{"Stream": name}), lines: []string{
			lang.L("The recording of {{.Camera}} has begun; its first picture is on the way.", values{"Camera": rec.Camera.Name})}}
	case recording && rec.Err != nil:
		return stage{symbol: "failed", title: lang.L("{{.Camera}} is not recorded", values{"Camera": rec.Camera.Name}),
			lines: []string{sentence(rec.Err)}, offers: []offer{offerRecord}}
	case m.silent() && row.Last.IsZero():
		return stage{symbol: "silent", title: lang.L("{{.Stream}} is silent", values{"Stream": name}), lines: []string{
			lang.L("No camera sends to this stream. Its picture appears once one does.")},
			offers: []offer{offerRecord}}
	case m.silent():
		return stage{symbol: "silent", title: lang.L("{{.Stream}} is silent", values{"Stream": name}), lines: []string{
			lang.L("Its last fragment arrived {{.Age}} ago, at {{.Time}}. The picture appears as soon as a camera sends again.",
				values{"Age": age(m.now.Sub(row.Last)), "Time": moment(row.Last)})},
			offers: []offer{offerLast, offerRecord}}
	case m.state.Received > 0:
		return stage{symbol: "waiting", title: lang.L("Opening {{.Stream}}", values{"Stream": name}), lines: []string{
			lang.L("Connected. Waiting for a key frame, {{.Age}} so far.", values{"Age": age(since)})}}
	case m.queued != "":
		return stage{symbol: "waiting", title: lang.L("Opening {{.Stream}}", values{"Stream": name}), lines: []string{written(m.queued)}}
	default:
		return stage{symbol: "waiting", title: lang.L("Opening {{.Stream}}", values{"Stream": name}), lines: []string{
			lang.L("Asking for its live edge, {{.Age}} so far.", values{"Age": age(since)})}}
	}
}

// nextTry says when the next attempt is; an empty string when that is not known.
func nextTry(now, at time.Time) string {
	switch {
	case at.IsZero():
		return ""
	case at.Before(now):
		return lang.L("Trying again now.")
	default:
		return lang.L("Next attempt in {{.Age}}.", values{"Age": age(at.Sub(now) + time.Second - 1)})
	}
}

// fragmentNumbers have 47 digits, of which people need the end to tell one from another.
var fragmentNumbers = regexp.MustCompile(`[0-9]{30,}([0-9]{6})`)

// sentence makes what an error says begin with a capital letter and end with a full stop, and shortens fragment numbers,
// which the log has in full.
func sentence(err error) string {
	if err == nil {
		return ""
	}
	return written(fragmentNumbers.ReplaceAllString(err.Error(), "…$1"))
}

// written makes s begin and end as a sentence does.
func written(s string) string {
	if s == "" {
		return ""
	}
	if word, _, _ := strings.Cut(s, " "); !strings.ContainsAny(word, ":/.") { // names and addresses stay as they are
		first, n := utf8.DecodeRuneInString(s)
		s = string(unicode.ToUpper(first)) + s[n:]
	}
	if last, _ := utf8.DecodeLastRuneInString(s); unicode.IsLetter(last) || unicode.IsDigit(last) || last == ')' || last == '"' {
		s += "."
	}
	return s
}

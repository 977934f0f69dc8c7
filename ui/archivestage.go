package ui

import (
	"errors"
	"strings"
	"time"

	"fyne.io/fyne/v2/lang"

	"kinora/app"
	"kinora/media"
	"kinora/player"
	"kinora/ui/timeline"
)

// stageOfArchive is stageOf while a time of the archive is watched.
func stageOfArchive(m *model) stage {
	if s, ok := vacancyOfAll(m); ok {
		return s
	}
	name, d := brief(m.watching.Stream), m.deck
	switch d.Phase {
	case player.DeckBlank:
		if _, sounds := media.AudioTrack(d.Tracks); sounds && d.Err == nil {
			return stageOfRecordedSound(m)
		}
		if d.Err == nil {
			return stage{symbol: "silent", title: lang.L("No picture at this time"), lines: []string{
				lang.L("What is recorded here has no video: {{.Tracks}}.", values{"Tracks": kinds(d.Tracks)})}}
		}
		return stage{symbol: "failed", alarm: true, title: lang.L("This picture cannot be decoded"), lines: []string{
			sentence(d.Err), lang.L("What is recorded is whole: it can be cut out as a clip, and played by a program that knows its codec.")}}
	case player.DeckVacant:
		return vacancy(m, d.Gap)
	case player.DeckEnd:
		return ending(m, d.Gap)
	case player.DeckDamaged:
		return unreadable(m)
	case player.DeckOffline:
		if m.gone(m.watching.Stream) && app.Refused(m.account, d.Err) {
			return absence(m)
		}
		if app.Refused(m.account, d.Err) {
			return stage{symbol: "denied", alarm: true, title: lang.L("The archive of {{.Stream}} may not be read", values{"Stream": name}),
				lines: []string{sentence(d.Err),
					lang.L("The access keys need permission for kinesisvideo:ListFragments and kinesisvideo:GetMediaForFragmentList.")},
				offers: []offer{offerRetry, offerLive}}
		}
		return stage{picture: !d.At.IsZero(), symbol: "offline", alarm: true,
			title:  lang.L("The archive of {{.Stream}} cannot be reached", values{"Stream": name}),
			lines:  []string{sentence(d.Err), lang.L("Kinora tries again by itself. Nothing that is recorded is affected.")},
			offers: []offer{offerRetry}}
	case player.DeckReady:
		return stage{picture: true}
	default: // the last picture stays as long as there is one
		s := stage{picture: !d.At.IsZero(), symbol: "waiting",
			title: lang.L("Looking for {{.Time}}", values{"Time": instant(m.head.at, m.now)})}
		if m.queued != "" {
			s.lines = []string{written(m.queued)}
		}
		return s
	}
}

// stageOfRecordedSound is stageOfArchive where sound is recorded and no picture.
func stageOfRecordedSound(m *model) stage {
	s := stage{symbol: "sound", title: lang.L("Sound alone is recorded at this time")}
	switch {
	case m.sound.trouble != nil:
		s.symbol, s.alarm, s.lines = "muted", true, []string{sentence(m.sound.trouble)}
	case !m.sound.heard:
		s.symbol, s.lines = "muted", []string{lang.L("It is muted here: press V to hear it.")}
	case !m.head.playing:
		s.lines = []string{lang.L("Space plays it.")}
	case m.head.rate != 1:
		s.lines = []string{lang.L("It is heard at its own speed alone.")}
	default:
		s.lines = []string{lang.L("You hear it now.")}
	}
	return s
}

// unreadable is said where something was recorded and will not come.
func unreadable(m *model) stage {
	d := m.deck
	since := d.Fragment.Server
	if since.IsZero() {
		since = d.Gap.From // play has come to it
	}
	if since.IsZero() {
		since = m.head.at
	}
	gone, keeps := errors.Is(d.Err, media.ErrGone), retentionOf(m)
	if gone && keeps > 0 && m.now.Sub(since) >= keeps {
		return stage{symbol: "expired", title: lang.L("This time has expired"), lines: []string{
			kept(keeps) + ".", lang.L("What is older is removed by the service.")}, offers: []offer{offerAfter, offerLive}}
	}
	title, why := lang.L("A fragment is damaged"), lang.L("The service's disk may have failed.")
	if gone {
		title = lang.L("A fragment is not there any more")
		why = lang.L("The service has it in its list and not its media: somebody deleted it, or the service's disk has lost it.")
	}
	s := stage{symbol: "failed", alarm: true, title: title, offers: []offer{offerBefore, offerAfter}}
	if number := d.Fragment.Number; number != "" {
		s.lines = append(s.lines, lang.L("Fragment {{.Number}}, of {{.Time}}.", values{"Number": number, "Time": instant(d.Fragment.Start, m.now)}))
	}
	s.lines = append(s.lines, sentence(d.Err), why+" "+lang.L("What is recorded before it and behind it plays as ever: N goes there."))
	return s
}

// vacancy is said where nothing is recorded between two recordings.
func vacancy(m *model, gap media.Gap) stage {
	s := stage{symbol: "silent", title: lang.L("Nothing is recorded at this time")}
	if reason := m.gapReason(gap); reason != "" {
		s.lines = append(s.lines, written(gapName(reason)))
	}
	switch {
	case gap.From.IsZero() && !gap.To.IsZero():
		if keeps := retentionOf(m); keeps > 0 && m.now.Sub(m.head.at) > keeps {
			s.symbol, s.title, s.lines = "expired", lang.L("This time has expired"), append(s.lines, kept(keeps)+".")
		}
		s.lines = append(s.lines, lang.L("The recording begins at {{.Time}}.", values{"Time": instant(gap.To, m.now)}))
		s.offers = append(s.offers, offerFirst)
		return s
	case !gap.To.IsZero():
		s.lines = append(s.lines, lang.L("From {{.From}} to {{.To}}, {{.Length}} long.", values{
			"From": instant(gap.From, m.now), "To": until(gap.From, gap.To, m.now), "Length": lasting(gap.To.Sub(gap.From))}))
	}
	if !gap.From.IsZero() {
		s.offers = append(s.offers, offerBefore)
	}
	if !gap.To.IsZero() {
		s.offers = append(s.offers, offerAfter)
	}
	return s
}

// vacancyOfAll is said where none of several streams has anything; ok is false where one has.
func vacancyOfAll(m *model) (s stage, ok bool) {
	var gap media.Gap // of all of them
	for i := range m.scenes {
		d := &m.scenes[i].deck
		if m.scenes[i].Deck == nil || !d.Vacant() {
			return stage{}, false
		}
		if d.Gap.From.After(gap.From) {
			gap.From = d.Gap.From
		}
		if to := d.Gap.To; !to.IsZero() && (gap.To.IsZero() || to.Before(gap.To)) {
			gap.To = to
		}
	}
	if len(m.scenes) < 2 {
		return stage{}, false
	}
	s = stage{symbol: "silent", all: true, title: lang.L("No stream has anything at this time")}
	if !gap.From.IsZero() {
		s.lines = append(s.lines, lang.L("The last recording before it ends at {{.Time}}.", values{"Time": instant(gap.From, m.now)}))
		s.offers = append(s.offers, offerBefore)
	}
	if !gap.To.IsZero() {
		s.lines = append(s.lines, lang.L("The next recording begins at {{.Time}}.", values{"Time": instant(gap.To, m.now)}))
		if gap.From.IsZero() {
			s.offers = append(s.offers, offerFirst)
		} else {
			s.offers = append(s.offers, offerAfter)
		}
	} else {
		s.offers = append(s.offers, offerLive)
	}
	return s, true
}

// gapReason is why nothing is recorded in a gap at the playhead: the deck knows where it is, the survey why.
func (m *model) gapReason(gap media.Gap) string {
	if gap.Reason != "" || m.surveyed == nil || m.surveyed.Stream != m.watching.Stream {
		return gap.Reason
	}
	for _, l := range []app.Layer{m.surveyed.Near, m.surveyed.Wide} {
		if known, ok := timeline.GapAt(l.Gaps, m.head.at); ok {
			return known.Reason
		}
	}
	return ""
}

// ending is said where nothing more is recorded in the direction of play.
func ending(m *model, gap media.Gap) stage {
	name := brief(m.watching.Stream)
	row, known := m.row(m.watching.Stream)
	switch {
	case !gap.From.IsZero():
		title := lang.L("The recording ends here")
		if m.head.at.Sub(m.now) > time.Second {
			title = lang.L("This time is still to come")
		}
		return stage{symbol: "stop", title: title, lines: []string{
			lang.L("Its last picture is of {{.Time}}.", values{"Time": instant(gap.From, m.now)})}, offers: []offer{offerBefore, offerLive}}
	case !gap.To.IsZero():
		return stage{symbol: "stop", title: lang.L("The recording begins here"), lines: []string{
			lang.L("Its first picture is of {{.Time}}.", values{"Time": instant(gap.To, m.now)}), kept(retentionOf(m)) + "."},
			offers: []offer{offerFirst}}
	case known && row.Retention == 0:
		return stage{symbol: "silent", title: lang.L("{{.Stream}} keeps nothing", values{"Stream": name}), lines: []string{
			lang.L("It passes pictures on and has no archive. Give it a retention to look back.")}, offers: []offer{offerLive}}
	default:
		return stage{symbol: "silent", title: lang.L("{{.Stream}} is empty", values{"Stream": name}), lines: []string{
			lang.L("Nothing is recorded in it, or it has expired.")}, offers: []offer{offerLive}}
	}
}

// retentionOf is how long the stream that is watched keeps its fragments.
func retentionOf(m *model) time.Duration {
	row, _ := m.row(m.watching.Stream)
	return row.Retention
}

// kinds lists what tracks carry.
func kinds(tracks []media.Track) string {
	var names []string
	for _, t := range tracks {
		switch t.Kind {
		case media.Video:
			names = append(names, lang.L("video"))
		case media.Audio:
			names = append(names, lang.L("sound"))
		default:
			names = append(names, lang.L("data"))
		}
	}
	return strings.Join(names, ", ")
}

// lasting formats how long something is, to a tenth of a second below a minute.
func lasting(d time.Duration) string {
	if d < time.Minute {
		return lang.L("{{.N}} s", values{"N": strings.TrimSuffix(d.Round(100*time.Millisecond).String(), "s")})
	}
	return length(d)
}

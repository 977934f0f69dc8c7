package ui

import (
	"fmt"
	"time"

	"fyne.io/fyne/v2/lang"

	"kinora/app"
)

// stageOfCall decides what is to be said on the Calls page: in the place of the picture, or over it.
func stageOfCall(m *model) stage {
	if m.account == nil {
		return stage{symbol: "offline", title: lang.L("No account"), lines: []string{lang.L("Kinora has no account to make calls with.")}}
	}
	if o, offered := m.calls.offer(m.calls.channel); offered {
		return stageOfOffer(o)
	}
	if c, there := m.call(); there {
		return stageOfTalk(&c, m.now)
	}
	list := m.calls.channels
	switch {
	case !list.Able:
		return stage{symbol: "offline", title: lang.L("{{.Account}} has no calls", values{"Account": m.account.Name()})}
	case list.Phase == app.Loading:
		return stage{symbol: "waiting", title: lang.L("Asking for the channels"), lines: []string{m.account.Name()}}
	case list.Phase.Failed() && len(list.Rows) == 0:
		s := stage{symbol: "denied", title: lang.L("{{.Account}} does not show its channels", values{"Account": m.account.Name()}),
			lines: []string{sentence(list.Err)}, offers: []offer{offerChannels}, alarm: true}
		if list.Phase == app.Offline {
			s.symbol, s.title = "offline", lang.L("{{.Account}} cannot be reached", values{"Account": m.account.Name()})
		}
		return s
	case len(list.Rows) == 0:
		return stage{symbol: "call", title: lang.L("No channels yet"), lines: []string{
			lang.L("On a channel a camera and its viewers find each other and talk directly, as on the phone."),
			lang.L("Make one, then offer a camera of this computer on it, or let a device be its master.")}, offers: []offer{offerChannel}}
	case m.calls.channel != "":
		return stage{symbol: "call", title: brief(m.calls.channel), lines: []string{
			lang.L("Call the camera that serves this channel, or offer one of yours.")}, offers: []offer{offerCall, offerHost}}
	}
	return stage{symbol: "call", title: lang.L("No call"), lines: []string{lang.L("Choose a channel at the left to call it.")}}
}

// stageOfTalk is stageOfCall for a call as a viewer.
func stageOfTalk(c *app.Call, now time.Time) stage {
	name := values{"Channel": brief(c.Channel)}
	d := app.Diagnose(*c, now)
	seen := !c.Picture.IsZero()
	switch c.Phase {
	case app.CallFailed:
		title, lines := diagnosed(c, d)
		symbol := "failed"
		if c.Fault.Kind == app.FaultHungUp {
			symbol = "hangup"
		}
		return stage{symbol: symbol, title: title, lines: lines, offers: []offer{offerCall, offerClose}, alarm: true}
	case app.CallEnded:
		return stage{symbol: "call", title: lang.L("The call to {{.Channel}} has ended", name), lines: []string{
			lang.L("It lasted {{.Time}}.", values{"Time": length(c.Since.Sub(c.Began))})}, offers: []offer{offerCall, offerClose}}
	case app.CallReconnecting:
		return stage{picture: seen, symbol: "offline", alarm: true, title: lang.L("Looking for the way back to {{.Channel}}", name), lines: []string{
			lang.L("The connection was lost {{.Age}} ago. The call goes on as soon as there is a way; nobody has to call again.", values{"Age": age(now.Sub(c.Since))})}}
	}
	if seen {
		if mute, ok := stageOfMute(c.Mute); ok {
			return mute
		}
		if still, ok := stageOfStandstill(c.Stats); ok {
			return still
		}
		return stage{picture: true}
	}
	s := stage{symbol: "waiting", title: lang.L("Calling {{.Channel}}", name), lines: []string{doing(c)}}
	if d.Ill {
		_, lines := diagnosed(c, d)
		s.lines = append(s.lines, lines...)
	}
	return s
}

// doing says what a call that is being made is about at the moment.
func doing(c *app.Call) string {
	name := app.StagePicture
	for _, s := range c.Stages {
		if s.Name != app.StageServers && s.Ended.IsZero() {
			name = s.Name
			break
		}
	}
	return [...]string{
		lang.L("Asking what the channel is"), lang.L("Asking where its services are"), lang.L("Asking for relays"), lang.L("Connecting to the channel"),
		lang.L("Making an offer"), lang.L("Waiting for the other side's answer"), lang.L("Looking for a way to the other side"),
		lang.L("Agreeing on keys"), lang.L("Waiting for the first packet"), lang.L("Waiting for the first whole picture"),
	}[name]
}

// stageOfOffer is stageOfCall for what this program offers.
func stageOfOffer(o app.Offered) stage {
	what := values{"Camera": o.Camera.Name, "Channel": brief(o.Channel)}
	if o.Ended {
		return stage{symbol: "failed", title: lang.L("{{.Camera}} is not offered on {{.Channel}} any more", what),
			lines: []string{sentence(o.Err)}, offers: []offer{offerWithdraw}, alarm: true}
	}
	s := stage{symbol: "offer", title: lang.L("{{.Camera}} is offered on {{.Channel}}", what), offers: []offer{offerWithdraw}}
	switch {
	case o.Source.Trouble != nil:
		s.alarm = true
		s.lines = append(s.lines, sentence(o.Source.Trouble))
	case o.Source.Err != nil:
		s.alarm = true
		s.lines = append(s.lines, sentence(o.Source.Err))
	case !o.Service.Connected && o.Service.Err != nil:
		s.alarm = true
		s.lines = append(s.lines, lang.L("New viewers cannot come: {{.Why}} Those who are here see on.", values{"Why": sentence(o.Service.Err)}))
	case !o.Service.Connected:
		s.lines = append(s.lines, lang.L("Connecting to the channel"))
	case len(o.Viewers) == 0:
		s.lines = append(s.lines, lang.L("Nobody is watching."))
	default:
		s.lines = append(s.lines, lang.N("{{.N}} viewers", len(o.Viewers), values{"N": len(o.Viewers)})+" · "+bitrate(o.Source.Bitrate))
	}
	for _, c := range o.Left {
		s.lines = append(s.lines, lang.L("Calls do not carry its {{.Codec}}.", values{"Codec": codecName(string(c))}))
	}
	if o.Service.Refused > 0 {
		s.lines = append(s.lines, lang.N("{{.N}} viewers were refused for want of room.", o.Service.Refused, values{"N": o.Service.Refused}))
	}
	return s
}

// quality says in a line how good a call is and why: "Good · direct · 38 ms".
func quality(c *app.Call) string {
	if c.Phase.Over() || c.Quality == app.CallUnrated {
		return ""
	}
	word := [...]string{"", lang.L("Good"), lang.L("Fair"), lang.L("Poor")}[c.Quality]
	way := lang.L("direct")
	if c.Stats.Relayed {
		way = lang.L("relayed")
	}
	text := word + " · " + way
	if rtt := c.Stats.RoundTrip; rtt > 0 {
		text += " · " + milli(rtt)
	}
	why := [...]string{"", lang.L("the way is lost"), lang.L("the picture stood still"), lang.L("packets are lost"), lang.L("the way is long"),
		lang.L("packets come unevenly"), "", lang.L("this computer does not keep up"), standstillWord(c.Stats.Still)}[c.Reason]
	if why != "" {
		text += " · " + why
	}
	return text
}

// milli formats a short time: "38 ms".
func milli(d time.Duration) string {
	if d < 10*time.Millisecond {
		return lang.L("{{.N}} ms", values{"N": fmt.Sprintf("%.1f", float64(d)/float64(time.Millisecond))})
	}
	return lang.L("{{.N}} ms", values{"N": d.Milliseconds()})
}

package ui

import (
	"errors"
	"fmt"
	"image"
	"io/fs"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"

	"kinora/app"
	"kinora/media"
	"kinora/player"
)

// calling returns a model with channels, of which door is the one that the page is about.
func (w *window) calling() model {
	w.channel = "door"
	m := w.some()
	m.calls = callModel{channel: "door", channels: app.ChannelList{Able: true, Phase: app.Ready, Rows: []app.Channel{{Name: "door"}, {Name: "gate"}}}}
	return m
}

// stages of a call that has come so far, each of 50 ms.
func stagesUpTo(last app.StageName) (stages []app.CallStage) {
	began := now.Add(-time.Second)
	for s := app.StageDescribe; s <= app.StagePicture; s++ {
		stage := app.CallStage{Name: s}
		if s <= last {
			stage.Began, stage.Ended = began.Add(time.Duration(s)*50*time.Millisecond), began.Add(time.Duration(s+1)*50*time.Millisecond)
		} else if s == last+1 {
			stage.Began = began.Add(time.Duration(s) * 50 * time.Millisecond)
		}
		stages = append(stages, stage)
	}
	return stages
}

// talk returns a model of a call that is well.
func (w *window) talk() model {
	m := w.calling()
	began := now.Add(-time.Second)
	m.calls.last = app.Call{Account: w.account, Channel: "door", Phase: app.CallConnected, Began: began, Since: began, Picture: began.Add(500 * time.Millisecond),
		Player: player.New(player.Options{Codecs: fakeCodecs{}}), Stages: stagesUpTo(app.StagePicture), Quality: app.CallGood,
		Stats: app.CallStats{Span: time.Second, Bitrate: 1.5e6, FPS: 30, Figures: app.Figures{Packets: 900, RoundTrip: 38 * time.Millisecond, Jitter: 3 * time.Millisecond}}}
	m.calls.picture = player.State{Size: image.Pt(1280, 720), Codec: media.H264, Latency: 80 * time.Millisecond}
	return m
}

func TestStatesOfACall(t *testing.T) {
	w := newWindow(t, Options{})
	w.turn(pageCalls)
	for name, tt := range map[string]struct {
		change func(*model)
		want   []string
	}{
		"no account":     {func(m *model) { m.account = nil }, []string{"No account"}},
		"no calls":       {func(m *model) { m.calls.channels.Able = false }, []string{"This computer has no calls"}},
		"asking":         {func(m *model) { m.calls.channels.Phase = app.Loading }, []string{"Asking for the channels"}},
		"offline":        {func(m *model) { m.calls.channels = app.ChannelList{Able: true, Phase: app.Offline, Err: errDown} }, []string{"cannot be reached", "does not answer", "Try now"}},
		"denied":         {func(m *model) { m.calls.channels = app.ChannelList{Able: true, Phase: app.Denied, Err: errRefused} }, []string{"does not show its channels", "This is not allowed."}},
		"no channels":    {func(m *model) { m.calls.channels.Rows = nil }, []string{"No channels yet", "New channel"}},
		"nothing chosen": {func(m *model) { m.calls.channel = "" }, []string{"No call", "Choose a channel"}},
		"chosen":         {func(*model) {}, []string{"door", "Offer a camera…", "Call"}},
		"connecting": {func(m *model) {
			*m = w.talk()
			m.calls.last.Phase, m.calls.last.Picture, m.calls.last.Stages = app.CallConnecting, time.Time{}, stagesUpTo(app.StageOffer)
		}, []string{"Calling door", "Waiting for the other side's answer", "Signaling", "50 ms", "Hang up"}},
		"slow": {func(m *model) {
			*m = w.talk()
			m.calls.last.Phase, m.calls.last.Picture, m.calls.last.Stages = app.CallConnecting, time.Time{}, stagesUpTo(app.StageOffer)
			m.now = now.Add(5 * time.Second)
		}, []string{"has not answered for 5 s"}},
		"connected": {func(m *model) { *m = w.talk() }, []string{"door · Good · direct · 38 ms"}},
		"relayed":   {func(m *model) { *m = w.talk(); m.calls.last.Stats.Relayed, m.calls.last.Reason = true, app.ReasonRelay }, []string{"Good · relayed · 38 ms"}},
		"poor": {func(m *model) {
			*m = w.talk()
			m.calls.last.Quality, m.calls.last.Reason = app.CallPoor, app.ReasonLoss
		}, []string{"Poor · direct · 38 ms · packets are lost"}},
		"stands still": {func(m *model) {
			*m = w.talk()
			m.calls.last.Stats.Standing, m.calls.last.Stats.Still = time.Second, app.NoPictures
			m.calls.last.Quality, m.calls.last.Reason = app.CallFair, app.ReasonStill
		}, []string{"Fair · direct · 38 ms · the picture stands still: none is sent"}},
		"stands still for long": {func(m *model) {
			*m = w.talk()
			m.calls.last.Stats.Standing, m.calls.last.Stats.Still = 4*time.Second, app.NoKeyFrame
			m.calls.last.Quality, m.calls.last.Reason = app.CallPoor, app.ReasonStill
		}, []string{"Poor · direct · 38 ms · the picture stands still: no key frame", "The picture stands still", "no key frame for 4 s"}},
		"no microphone": {func(m *model) {
			*m = w.talk()
			m.calls.last.Mute = app.ErrNoMicrophone
		}, []string{"There is no microphone", "Connect one", "Close"}},
		"no permission to hear": {func(m *model) {
			*m = w.talk()
			m.calls.last.Mute = fmt.Errorf("microphone hw:0: %w; log in again", fs.ErrPermission)
		}, []string{"The microphone may not be used", "log in again", "Close"}},
		"reconnecting": {func(m *model) {
			*m = w.talk()
			m.calls.last.Phase, m.calls.last.Since = app.CallReconnecting, now.Add(-4*time.Second)
		}, []string{"Looking for the way back to door", "lost 4 s ago"}},
		"ended": {func(m *model) {
			*m = w.talk()
			m.calls.last.Phase, m.calls.last.Since = app.CallEnded, now.Add(64*time.Second)
		}, []string{"The call to door has ended", "It lasted 1:05."}},
		"of another door": {func(m *model) { *m = w.talk(); m.calls.channel = "gate" }, []string{"Call the camera that serves this channel"}},
		"offered": {func(m *model) {
			m.calls.offers = []app.Offered{{Account: w.account, Channel: "door", Camera: app.Camera{Name: "Camera 1"}, Service: app.HostState{Connected: true, Refused: 2}, Left: []media.Codec{media.AAC},
				Viewers: []app.Viewer{{ID: "kinora-1", Since: now.Add(-time.Minute), RoundTrip: 12 * time.Millisecond}, {ID: "phone", Since: now, Relayed: true, Speaks: true, Sounds: true, Volume: 40}}}}
		}, []string{"Camera 1 is offered on door", "2 viewers", "kinora-1", "1 min · direct · 12 ms", "speaks · 0 s · relayed", "40 %", "Send away", "Calls do not carry its AAC.", "2 viewers were refused", "End the offer"}},
		"not offered any more": {func(m *model) {
			m.calls.offers = []app.Offered{{Account: w.account, Channel: "door", Camera: app.Camera{Name: "Camera 1"}, Ended: true, Err: errDown}}
		}, []string{"Camera 1 is not offered on door any more", "The service does not answer."}},
	} {
		t.Run(name, func(t *testing.T) {
			m := w.calling()
			tt.change(&m)
			w.show(m)
			text := strings.ReplaceAll(visible(w.calls.box), "\n", " ")
			for _, want := range tt.want {
				if !strings.Contains(text, want) {
					t.Errorf("the page shows %q, want %q in it", text, want)
				}
			}
		})
	}
}

func TestTheDoctorsWords(t *testing.T) {
	w := newWindow(t, Options{})
	for name, tt := range map[string]struct {
		fault app.Fault
		err   error
		also  func(*app.Call)
		want  []string
	}{
		"clock behind":  {fault: app.Fault{Kind: app.FaultClock, Skew: 7 * time.Minute}, want: []string{"The clock is wrong", "7m0s behind", "Set the clock"}},
		"clock ahead":   {fault: app.Fault{Kind: app.FaultClock, Skew: -7 * time.Minute}, want: []string{"7m0s ahead"}},
		"clock":         {fault: app.Fault{Kind: app.FaultClock}, want: []string{"its clock is wrong"}},
		"permission":    {fault: app.Fault{Kind: app.FaultForbidden, Action: "ConnectAsViewer"}, want: []string{"not permitted", "kinesisvideo:ConnectAsViewer"}},
		"signed out":    {fault: app.Fault{Kind: app.FaultSignedOut}, want: []string{"keys are not accepted", "Sign in again"}},
		"no channel":    {fault: app.Fault{Kind: app.FaultNoChannel}, want: []string{"There is no channel door"}},
		"viewer limit":  {fault: app.Fault{Kind: app.FaultViewerLimit}, want: []string{"all the viewers", "Hang up somewhere else"}},
		"no master":     {fault: app.Fault{Kind: app.FaultNoMaster}, want: []string{"Nobody answers on door", "camera is on and online"}},
		"no way":        {fault: app.Fault{Kind: app.FaultNoWay}, want: []string{"no way to the other side", "TCP and TLS to port 443"}},
		"no TURN reach": {fault: app.Fault{Kind: app.FaultNoWay}, also: func(c *app.Call) { c.Stages[2].Err = errRefused }, want: []string{"kinesisvideo:GetIceServerConfig"}},
		"lost":          {fault: app.Fault{Kind: app.FaultLost}, want: []string{"connection to door was lost"}},
		"network":       {fault: app.Fault{Kind: app.FaultNetwork}, err: errDown, want: []string{"cannot be reached", "The service does not answer."}},
		"untrusted":     {fault: app.Fault{Kind: app.FaultUntrusted}, want: []string{"certificate is not trusted", "AWS_CA_BUNDLE"}},
		"hung up":       {fault: app.Fault{Kind: app.FaultHungUp}, also: func(c *app.Call) { c.Since = c.Began.Add(time.Minute) }, want: []string{"other side has ended the call", "It lasted 1:00.", "You may call again."}},
		"not a peer":    {fault: app.Fault{Kind: app.FaultForeign}, err: errors.New("it says nothing"), want: []string{"not understood", "It says nothing. It may be too old"}},
		"too often":     {fault: app.Fault{Kind: app.FaultThrottled}, want: []string{"asked too often", "half a minute"}},
		"anything":      {err: errors.New("it went wrong"), want: []string{"The call to door failed", "It went wrong."}},
	} {
		t.Run(name, func(t *testing.T) {
			m := w.talk()
			c := &m.calls.last
			c.Phase, c.Picture, c.Fault, c.Err, c.Stages = app.CallFailed, time.Time{}, tt.fault, tt.err, stagesUpTo(app.StageSignaling)
			if tt.also != nil {
				tt.also(c)
			}
			s := stageOfCall(&m)
			text := s.title + " " + strings.Join(s.lines, " ")
			for _, want := range tt.want {
				if !strings.Contains(text, want) {
					t.Errorf("the doctor says %q, want %q in it", text, want)
				}
			}
			if !s.alarm || len(s.offers) == 0 {
				t.Errorf("a failure is no alarm, or nothing can be done: %+v", s)
			}
		})
	}
}

func TestChannelsInTheSideBar(t *testing.T) {
	w := newWindow(t, Options{})
	m := w.some()
	w.show(m)
	if text := visible(w.side.box); strings.Contains(text, "CHANNELS") {
		t.Error("an account without calls has a list of channels")
	}
	m = w.talk()
	m.calls.offers = []app.Offered{{Account: w.account, Channel: "gate", Camera: app.Camera{Name: "Camera 1"}, Viewers: make([]app.Viewer, 2)}}
	w.show(m)
	want := []rowText{
		{name: "door", age: "1 s", keeps: "In a call", condition: conditionLive, watched: true},
		{name: "gate", keeps: "Offered here · 2 viewers", condition: conditionLive},
	}
	for i, r := range w.side.channels.rows {
		if r != want[i] {
			t.Errorf("row %d is %+v, want %+v", i, r, want[i])
		}
	}
	if text := visible(w.side.box); !strings.Contains(text, "CHANNELS") || !strings.Contains(text, "door") {
		t.Errorf("the side bar shows %q", text)
	}
	w.write("f") // not a filter: nothing has the focus
	w.side.filter.SetText("GA")
	if rows := w.side.channels.rows; len(rows) != 1 || rows[0].name != "gate" {
		t.Errorf("filtered channels: %+v", rows)
	}
}

func TestACallByKeys(t *testing.T) {
	w := newWindow(t, Options{})
	w.show(w.calling())
	w.chord(fyne.KeyModifierControl, fyne.Key3)
	if w.at != pageCalls {
		t.Fatal("Ctrl+3 does not open the Calls page")
	}
	w.show(w.calling())
	w.write("d")
	within(t, "the channel is called", func() bool { return w.app.Calls.Now().Get().Channel == "door" })
	w.settle()
	w.write("h")
	within(t, "the call has ended", func() bool { return w.app.Calls.Now().Get().Phase == app.CallEnded })
	m := w.talk()
	w.show(m)
	w.chord(fyne.KeyModifierControl|fyne.KeyModifierShift, fyne.KeyS)
	w.show(m)
	text := visible(w.calls.drawer.box)
	for _, want := range []string{"Statistics", "Round trip", "Jitter", "First picture"} {
		if !strings.Contains(text, want) {
			t.Errorf("the statistics show %q, want %q in it", text, want)
		}
	}
	if facts := w.calls.drawer.facts.rows; len(facts) == 0 || facts[5].text.Text != "1.50 Mb/s" {
		t.Errorf("the bitrate is not told")
	}
	w.write("c")
	m.calls.last.Texts = []app.Text{{At: now, Text: "open"}, {At: now, From: "door", Text: "opened"}}
	w.show(m)
	if got, want := w.calls.drawer.text.Text, clock(now)+"  you: open\n"+clock(now)+"  door: opened"; got != want {
		t.Errorf("the chat shows %q, want %q", got, want)
	}
	w.press(fyne.KeyDown)
	if w.channel != "gate" {
		t.Errorf("the Down key chooses %q", w.channel)
	}
}

func TestAChannelIsMadeAndOfferedOn(t *testing.T) {
	w := newWindow(t, Options{})
	w.show(w.calling())
	w.turn(pageCalls)
	w.chord(fyne.KeyModifierControl|fyne.KeyModifierShift, fyne.KeyN)
	w.show(w.calling())
	w.write("door")
	if !w.sheet.confirm.disabled || !strings.Contains(w.sheetText(), "exists already") {
		t.Errorf("a second channel door can be made: %q", w.sheetText())
	}
	w.write("bell")
	w.press(fyne.KeyReturn)
	w.settle()
	if w.channel != "doorbell" || len(w.account.channels) != 1 {
		t.Fatalf("the page is about %q, and there are %+v", w.channel, w.account.channels)
	}
	m := w.calling()
	m.calls.channel, w.channel = "doorbell", "doorbell"
	w.show(m)
	w.write("o")
	w.settle()
	if !strings.Contains(w.sheetText(), "Offer on doorbell") || !w.sheet.confirm.disabled {
		t.Fatalf("the sheet says %q", w.sheetText())
	}
	w.cameras = w.app.Cameras()
	w.show(m)
	items := w.offerItems(app.Camera{}, func(c app.Camera) {
		if err := w.app.Calls.Offer("doorbell", c, app.Settings{}); err != nil {
			t.Error(err)
		}
	})
	if len(items) != 3+1+5 || items[0].Label != "Demo camera 1" || items[4].Label != "gate" {
		t.Fatalf("%d things can be offered", len(items))
	}
	items[0].Action()
	within(t, "it is offered", func() bool { l := w.app.Calls.Offers().Get(); return len(l) == 1 && l[0].Service.Connected })
	w.withdraw()
	within(t, "it is withdrawn", func() bool { return len(w.app.Calls.Offers().Get()) == 0 })
}

func TestTalkingByHand(t *testing.T) {
	w := newWindow(t, Options{})
	w.turn(pageCalls)
	w.channel = "door"
	if err := w.app.Calls.Dial("door", false); err != nil {
		t.Fatal(err)
	}
	silent := w.talk()
	w.show(silent)
	mute := func() error { return w.app.Calls.Now().Get().Mute }
	talk := w.calls.buttons.talk
	at := &desktop.MouseEvent{Button: desktop.MouseButtonPrimary}
	talk.MouseDown(at)
	within(t, "it is said that there is no microphone", func() bool { return mute() != nil })
	talk.MouseUp(at)
	heard := w.talk()
	heard.calls.last.Talking = true
	w.show(heard)
	if text := visible(w.calls.box); !strings.Contains(text, "you are heard") || !talk.selected {
		t.Errorf("while somebody talks the page shows %q", text)
	}
	deaf := w.talk()
	deaf.calls.last.Mute = errDown
	w.show(deaf)
	if text := visible(w.calls.toast.box); !strings.Contains(text, "Nobody hears you. The service does not answer.") {
		t.Errorf("the toast says %q", text)
	}
	offered := w.calling()
	offered.calls.offers = []app.Offered{{Account: w.account, Channel: "door"}}
	w.show(offered)
	if talk.Visible() {
		t.Error("who offers a camera can talk")
	}
}

func TestAViewerIsMuted(t *testing.T) {
	w := newWindow(t, Options{})
	w.turn(pageCalls)
	m := w.calling()
	m.calls.offers = []app.Offered{{Account: w.account, Channel: "door", Camera: app.Camera{Name: "Camera 1"}, Viewers: []app.Viewer{{ID: "one", Sounds: true, Volume: 100}, {ID: "two"}}}}
	w.show(m)
	rows := w.calls.viewers.rows
	if !rows[0].sound.Visible() || rows[1].sound.Visible() {
		t.Error("who has said nothing has a volume, or who has said something has none")
	}
	rows[0].sound.Tapped(&fyne.PointEvent{})
	if text := visible(w.window.Canvas().Overlays().Top()); !strings.Contains(text, "70 %") || !strings.Contains(text, "Muted") {
		t.Errorf("the volumes are %q", text)
	}
	w.window.Canvas().Overlays().Remove(w.window.Canvas().Overlays().Top())
	m.calls.offers[0].Viewers[0].Volume = 0
	w.show(m)
	if rows[0].sound.symbol != "muted" {
		t.Error("who is muted is not shown so")
	}
}

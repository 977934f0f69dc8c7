package ui

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"kinora/app"
	"kinora/player"
)

// TestStages goes through every state that the page has words for.
func TestStages(t *testing.T) {
	w := newWindow(t, Options{})
	gone := errors.New("the connection was reset by the service")
	open := func(change func(m *model)) func(*model) {
		return func(m *model) {
			live := w.live()
			m.watching, m.state = live.watching, live.state
			change(m)
		}
	}
	for _, c := range []struct {
		name    string
		change  func(m *model)
		picture bool
		alarm   bool
		says    []string
		offers  []offer
	}{
		{"no account", func(m *model) { m.account = nil }, false, false, []string{"No account", "AWS profile"}, nil},
		{"nothing is open", func(*model) {}, false, false, []string{"No stream is open"}, nil},
		{"nothing is open, with a demo camera", func(m *model) { m.hasDemo = true }, false, false, []string{"No stream is open"}, []offer{offerDemo}},
		{"no streams", func(m *model) { m.list.Rows, m.hasDemo = nil, true }, false, false, []string{"No streams yet", "demo camera"}, []offer{offerDemo, offerNew}},
		{"no streams and no demo camera", func(m *model) { m.list.Rows = nil }, false, false, []string{"No streams yet"}, []offer{offerNew}},
		{"no answer yet", func(m *model) { m.list = app.List{} }, false, false, []string{"Asking", "This computer"}, nil},
		{"account offline", func(m *model) {
			m.list = app.List{Phase: app.Offline, Err: gone, NextTry: now.Add(8 * time.Second)}
		}, false, true, []string{"cannot be reached", "The connection was reset", "in 8 s"}, []offer{offerRefresh}},
		{"account denied", func(m *model) { m.list = app.List{Phase: app.Denied, Err: gone} }, false, true,
			[]string{"does not show", "kinesisvideo:ListStreams"}, []offer{offerRefresh}},
		{"keys not accepted", func(m *model) {
			m.list = app.List{Phase: app.SignedOut, Err: gone, NextTry: now.Add(8 * time.Second)}
		}, false, true, []string{"does not accept the keys", "started with other keys", "in 8 s"}, []offer{offerRefresh}},

		{"idle", open(func(m *model) { m.state = player.State{} }), false, false, []string{"Opening gate"}, nil},
		{"connecting", open(func(m *model) { m.state = player.State{Phase: player.Connecting, Since: now.Add(-3 * time.Second)} }),
			false, false, []string{"Opening gate", "live edge", "3 s"}, nil},
		{"waiting for a key frame", open(func(m *model) {
			m.state = player.State{Phase: player.Connecting, Since: now.Add(-2 * time.Second), Received: 20}
		}), false, false, []string{"key frame"}, nil},
		{"own recording begins", open(func(m *model) {
			m.state = player.State{Phase: player.Connecting, Since: now}
			m.recordings = []app.Recording{{Stream: "gate", Camera: app.Camera{Name: "Webcam"}}}
		}), false, false, []string{"Webcam"}, nil},
		{"own recording failed", open(func(m *model) {
			m.state = player.State{Phase: player.Connecting, Since: now}
			m.recordings = []app.Recording{{Stream: "gate", Camera: app.Camera{Name: "Webcam"}, Ended: true, Err: gone}}
		}), false, false, []string{"Webcam is not recorded", "reset"}, []offer{offerRecord}},
		{"nobody sends", open(func(m *model) {
			m.watching.Stream = "loading-dock-north-entrance"
			m.state = player.State{Phase: player.Connecting, Since: now.Add(-time.Minute)}
		}), false, false, []string{"is silent", "3 min ago", "10:39:07"}, []offer{offerLast, offerRecord}},
		{"nobody has ever sent", open(func(m *model) {
			m.watching.Stream = "roof"
			m.state = player.State{Phase: player.Stalled, Since: now.Add(-time.Minute)}
		}), false, false, []string{"is silent", "No camera"}, []offer{offerRecord}},
		{"live", open(func(*model) {}), true, false, nil, nil},
		{"stalled", open(func(m *model) { m.state.Phase, m.state.Since = player.Stalled, now.Add(-14*time.Second) }),
			true, true, []string{"No pictures", "10:41:53", "14 s"}, nil},
		{"reconnecting", open(func(m *model) {
			m.state.Phase, m.state.Since, m.state.Err, m.state.NextTry = player.Reconnecting, now.Add(-9*time.Second), gone, now.Add(3500*time.Millisecond)
		}), true, true, []string{"Reconnecting to gate", "reset", "10:41:58", "in 4 s"}, []offer{offerRetry}},
		{"reconnecting without a picture", open(func(m *model) {
			m.state = player.State{Phase: player.Reconnecting, Since: now, Err: gone, NextTry: now.Add(-time.Second)}
		}), false, true, []string{"Trying again now"}, []offer{offerRetry}},
		{"sound only", open(func(m *model) {
			m.state = player.State{Phase: player.Reconnecting, Since: now, Err: fmt.Errorf("%w (tracks: 2 audio aac)", player.ErrNoPicture), NextTry: now.Add(time.Second)}
		}), false, false, []string{"gate has no picture", "no video"}, nil},
		{"nobody sends to a kiosk", open(func(m *model) {
			m.kiosk = true
			m.watching.Stream = "roof"
			m.state = player.State{Phase: player.Stalled, Since: now.Add(-time.Minute)}
		}), false, false, []string{"is silent"}, []offer{}},
		{"connected again, but nobody sends", open(func(m *model) {
			m.watching.Stream = "roof"
			m.state = player.State{Phase: player.Reconnecting, Since: now.Add(-time.Minute), Err: gone}
		}), false, false, []string{"roof is silent", "No camera"}, []offer{offerRecord}},
		{"connected again to a picture, but nobody sends", open(func(m *model) {
			m.watching.Stream = "roof"
			m.state.Phase, m.state.Since, m.state.Err, m.state.LastFrame = player.Reconnecting, now.Add(-time.Minute), gone, now.Add(-61*time.Second)
		}), true, true, []string{"No pictures arrive", "10:41:06", "1 min"}, nil},
		{"a long name", open(func(m *model) {
			m.watching.Stream = strings.Repeat("north", 50)
			m.state = player.State{Phase: player.Failed, Err: gone}
			m.list.Rows = append(m.list.Rows, app.Row{Stream: app.Stream{Name: m.watching.Stream}})
		}), false, true, []string{"northnorthnorthnorthn… cannot be shown"}, []offer{offerRetry}},
		{"deleted by somebody", open(func(m *model) {
			m.list.Rows = nil
			m.state = player.State{Phase: player.Failed, Err: gone}
		}), false, true, []string{"There is no stream gate", "deleted", "never made"}, []offer{offerRetry}},
		{"failed", open(func(m *model) { m.state = player.State{Phase: player.Failed, Err: gone} }),
			false, true, []string{"gate cannot be shown", "reset", "does not try again"}, []offer{offerRetry}},
		{"not seen for a while", open(func(m *model) { m.state.Phase = player.Ended }), true, false, nil, nil},
		{"not seen before its first picture", open(func(m *model) { m.state = player.State{Phase: player.Ended} }), false, false, []string{"Opening gate"}, nil},
		{"seen again", open(func(m *model) { m.state.Phase, m.state.Since = player.Connecting, now.Add(-time.Second) }), true, false, nil, nil},
		{"seen again, but nothing comes", open(func(m *model) { m.state.Phase, m.state.Since = player.Connecting, now.Add(-time.Minute) }),
			false, false, nil, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := w.some()
			c.change(&m)
			s := stageOf(&m)
			text := s.title + "\n" + strings.Join(s.lines, "\n")
			if s.picture != c.picture || s.alarm != c.alarm || !slices.Equal(s.offers, c.offers) {
				t.Errorf("picture %v, alarm %v, offers %v; want %v, %v, %v", s.picture, s.alarm, s.offers, c.picture, c.alarm, c.offers)
			}
			for _, says := range c.says {
				if !strings.Contains(text, says) {
					t.Errorf("it says %q, want %q in it", text, says)
				}
			}
			if !s.picture && s.symbol == "" {
				t.Error("there is no symbol")
			}

			m.hasDemo = len(s.offers) > 0 && s.offers[0] == offerDemo
			w.demo = m.hasDemo
			w.show(m) // every state can be shown
			if got := visible(w.canvas().Content()); s.title != "" && (!s.picture || s.alarm) && !strings.Contains(got, s.title) {
				t.Errorf("the window shows %q, want %q in it", got, s.title)
			}
		})
	}
}

func TestFiguresDoNotDance(t *testing.T) {
	translations(t)
	st := player.State{Phase: player.Live, Latency: 84 * time.Millisecond, FPS: 30, Bitrate: 1.92e6, Codec: "h264"}
	st.Size.X, st.Size.Y = 1280, 720
	if got, want := figures(st), "  84 ms · 1280×720 · 30.0 fps · 1.92 Mb/s · H.264"; got != want {
		t.Errorf("figures are %q, want %q", got, want)
	}
	length := len([]rune(figures(st)))
	st.Latency, st.FPS, st.Bitrate = 1234*time.Millisecond, 9.97, 820e3
	if got := figures(st); len([]rune(got)) != length {
		t.Errorf("figures become %q, of another length", got)
	}
	st.Phase = player.Connecting
	if got := figures(st); got != "" {
		t.Errorf("without a picture figures are %q", got)
	}
	for _, c := range []struct {
		shown, late, damaged uint64
		want                 string
	}{{1000, 0, 0, ""}, {1000, 30, 0, ""}, {10, 10, 0, ""}, {900, 100, 0, "10 % late"}, {900, 100, 2, "2 damaged · 10 % late"}} {
		m := &model{shown: c.shown, late: c.late, state: player.State{Damaged: c.damaged}}
		if got := losses(m); got != c.want {
			t.Errorf("%+v: losses are %q, want %q", c, got, c.want)
		}
	}
}

func TestATakeFromThisDisk(t *testing.T) {
	w := newWindow(t, Options{})
	m := w.live()
	m.watching.Take = "take-2"
	w.show(m)
	text := visible(w.page.bar.box)
	if !strings.Contains(text, "from this disk") || strings.Contains(text, "84 ms") || w.page.bar.record.Visible() {
		t.Errorf("while a take is played the bar shows %q", text)
	}
	m.list.Rows[0].Live, m.list.Rows[0].Last = false, now.Add(-time.Hour)
	if live, newest := m.live(m.list.Rows[0]); live || newest.Equal(now) {
		t.Error("a take that is played makes its stream live")
	}
	m.state.Phase = player.Ended
	if s := stageOf(&m); s.title != "The take has ended" || len(s.offers) != 1 || s.offers[0] != offerReplay {
		t.Errorf("at its end: %+v", s)
	}
}

// What a placard says is read with a typeface that has been there since the first picture.
func TestTheTypefaceIsThereBeforeThePlacard(t *testing.T) {
	w := newWindow(t, Options{})
	opening := w.live()
	opening.state = player.State{Phase: player.Connecting, Since: now}
	w.show(opening)
	if w.page.blank.Visible() {
		t.Error("the first picture waits for a typeface")
	}
	w.show(w.live())
	if b := w.page.blank; !b.Visible() || b.Text == "" || b.Text == " " || b.TextStyle != w.page.placard.text.TextStyle {
		t.Errorf("beside a picture %q in style %v is painted (visible: %t), while a placard has style %v", b.Text, b.TextStyle, b.Visible(), w.page.placard.text.TextStyle)
	}
}

package ui

import (
	"fmt"
	"image"
	"slices"
	"strings"
	"testing"
	"time"

	"kinora/app"
	"kinora/media"
	"kinora/player"
)

// archived returns some with gate open ten minutes ago; nothing runs behind the deck.
func (w *window) archived(streams ...string) model {
	m := w.some()
	t := player.NewTransport(now.Add(-10 * time.Minute))
	for _, name := range append([]string{"gate"}, streams...) {
		d := player.NewDeck(player.DeckOptions{Transport: t, Codecs: fakeCodecs{}})
		m.scenes = append(m.scenes, scene{Tile: app.Tile{Stream: name, Deck: d}, deck: player.DeckState{Phase: player.DeckReady}})
		m.watching.Tiles = append(m.watching.Tiles, m.scenes[len(m.scenes)-1].Tile)
	}
	m.watching.Stream, m.watching.Deck, m.watching.Transport = "gate", m.scenes[0].Deck, t
	m.head = playhead{at: now.Add(-10 * time.Minute), rate: 1}
	m.deck = player.DeckState{Phase: player.DeckReady, Exact: true, At: m.head.at, Size: image.Pt(1280, 720), Codec: media.H264, FPS: 30,
		Fragment: media.Fragment{Number: strings.Repeat("9", 47), Start: now.Add(-10*time.Minute - 500*time.Millisecond), Server: now.Add(-10 * time.Minute),
			Producer: now.Add(-10*time.Minute - 500*time.Millisecond), Length: 1967 * time.Millisecond, Size: 480_000},
		Tracks: []media.Track{{ID: 1, Kind: media.Video, Codec: media.H264, Width: 1280, Height: 720}, {ID: 2, Kind: media.Data, Codec: media.Text, Name: "gps"}},
		Tags:   []media.Tag{{Name: "operator", Value: "Ada"}},
		Data:   []player.Reading{{Track: media.Track{ID: 2, Kind: media.Data, Name: "gps"}, At: now.Add(-10 * time.Minute), Data: []byte("lat 52.5 lon 13.4")}}}
	return m
}

// TestStagesOfTheArchive goes through every state of the archive that the page has words for.
func TestStagesOfTheArchive(t *testing.T) {
	w := newWindow(t, Options{})
	gap := media.Gap{From: now.Add(-20 * time.Minute), To: now.Add(-5 * time.Minute), Reason: media.GapLost}
	for _, c := range []struct {
		name    string
		change  func(m *model)
		picture bool
		alarm   bool
		says    []string
		offers  []offer
	}{
		{"ready", func(*model) {}, true, false, nil, nil},
		{"opening", func(m *model) { m.deck = player.DeckState{} }, false, false, []string{"Looking for 22 Nov 10:32:07.000"}, nil},
		{"loading over a picture", func(m *model) { m.deck.Phase = player.DeckLoading }, true, false, nil, nil},
		{"gap", func(m *model) { m.deck.Phase, m.deck.Gap = player.DeckVacant, gap }, false, false,
			[]string{"Nothing is recorded at this time", "Connection lost.", "22 Nov 10:22:07.000", "10:37:07.000", "15:00 long"}, []offer{offerBefore, offerAfter}},
		{"before the first", func(m *model) { m.deck.Phase, m.deck.Gap = player.DeckVacant, media.Gap{To: gap.To} }, false, false,
			[]string{"Nothing is recorded at this time", "begins at 22 Nov 10:37:07.000"}, []offer{offerFirst}},
		{"gap of which the survey knows", func(m *model) {
			m.deck.Phase = player.DeckVacant
			m.surveyed = &app.Surveyed{Stream: "gate", Wide: app.Layer{From: gap.From, To: gap.To, Gaps: []media.Gap{gap}}}
		}, false, false, []string{"Connection lost."}, nil},
		{"gap of which nothing is known", func(m *model) { m.deck.Phase = player.DeckVacant }, false, false, []string{"Nothing is recorded at this time"}, nil},
		{"end", func(m *model) { m.deck.Phase, m.deck.Gap = player.DeckEnd, media.Gap{From: gap.From} }, false, false,
			[]string{"The recording ends here", "10:22:07.000"}, []offer{offerBefore, offerLive}},
		{"in the future", func(m *model) {
			m.deck.Phase, m.deck.Gap, m.head.at = player.DeckEnd, media.Gap{From: gap.From}, now.Add(time.Hour)
		}, false, false, []string{"still to come", "10:22:07.000"}, []offer{offerBefore, offerLive}},
		{"before all that is kept", func(m *model) {
			m.deck.Phase, m.deck.Gap, m.head.at = player.DeckVacant, media.Gap{To: gap.To}, now.Add(-25*time.Hour)
		}, false, false, []string{"has expired", "Kept for 24 hours", "begins at 22 Nov 10:37:07.000"}, []offer{offerFirst}},
		{"beginning", func(m *model) { m.deck.Phase, m.deck.Gap = player.DeckEnd, media.Gap{To: gap.To} }, false, false,
			[]string{"The recording begins here", "10:37:07.000", "Kept for 24 hours"}, []offer{offerFirst}},
		{"empty", func(m *model) { m.deck.Phase = player.DeckEnd }, false, false, []string{"gate is empty"}, []offer{offerLive}},
		{"keeps nothing", func(m *model) { m.deck.Phase, m.watching.Stream = player.DeckEnd, "roof" }, false, false, []string{"roof keeps nothing", "retention"}, []offer{offerLive}},
		{"no video", func(m *model) { m.deck.Phase = player.DeckBlank }, false, false, []string{"No picture", "video, data"}, nil},
		{"unknown codec", func(m *model) {
			m.deck.Phase, m.deck.Err = player.DeckBlank, fmt.Errorf("codec %q is not known", "v_av9")
		}, false, true,
			[]string{"cannot be decoded", "v_av9", "as a clip"}, nil},
		{"damaged", func(m *model) {
			m.deck.Phase, m.deck.Err = player.DeckDamaged, fmt.Errorf("fragment 12: %w", media.ErrDamaged)
		}, false, true,
			[]string{"A fragment is damaged", "it is damaged", strings.Repeat("9", 47), "of 22 Nov 10:32:06.500", "disk may have failed", "N goes there"}, []offer{offerBefore, offerAfter}},
		{"gone within its time", func(m *model) {
			m.deck.Phase, m.deck.Err = player.DeckDamaged, fmt.Errorf("fragment 12: %w", media.ErrGone)
		}, false, true,
			[]string{"not there any more", strings.Repeat("9", 47), "somebody deleted it", "N goes there"}, []offer{offerBefore, offerAfter}},
		{"gone of a stream that is not known", func(m *model) {
			m.deck.Phase, m.deck.Err, m.list.Rows = player.DeckDamaged, fmt.Errorf("fragment 12: %w", media.ErrGone), nil
			m.deck.Fragment.Server = now.Add(-1000 * time.Hour)
		}, false, true, []string{"not there any more"}, []offer{offerBefore, offerAfter}},
		{"play comes to what is gone", func(m *model) {
			m.deck.Phase, m.deck.Err, m.deck.Fragment = player.DeckDamaged, fmt.Errorf("fragment 12: %w", media.ErrGone), media.Fragment{}
			m.deck.Gap = media.Gap{From: now.Add(-20 * time.Hour), To: now.Add(-19 * time.Hour)}
		}, false, true, []string{"not there any more", "Fragment 12"}, []offer{offerBefore, offerAfter}},
		{"expired", func(m *model) {
			m.deck.Phase, m.deck.Err = player.DeckDamaged, fmt.Errorf("fragment 12: %w", media.ErrGone)
			m.deck.Fragment.Server = now.Add(-24 * time.Hour)
		}, false, false,
			[]string{"has expired", "Kept for 24 hours"}, []offer{offerAfter, offerLive}},
		{"offline", func(m *model) { m.deck.Phase, m.deck.Err = player.DeckOffline, errDown }, true, true,
			[]string{"cannot be reached", "does not answer"}, []offer{offerRetry}},
		{"denied", func(m *model) { m.deck.Phase, m.deck.Err = player.DeckOffline, errRefused }, false, true,
			[]string{"may not be read", "kinesisvideo:ListFragments", "GetMediaForFragmentList"}, []offer{offerRetry, offerLive}},
		{"no such stream", func(m *model) {
			m.deck.Phase, m.deck.Err, m.watching.Stream = player.DeckOffline, errRefused, "nowhere"
		}, false, true, []string{"There is no stream nowhere", "never made"}, []offer{offerRetry}},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := w.archived()
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
			w.show(m)
			if got := visible(w.canvas().Content()); (!s.picture || s.alarm) && !strings.Contains(got, s.title) {
				t.Errorf("the window shows %q, want %q in it", got, s.title)
			}
		})
	}
}

// Where pictures pass, the time that is told is that of the picture, however the playhead runs between two of them.
func TestThePassingPictureSaysTheTime(t *testing.T) {
	for _, c := range []struct {
		picture time.Duration // beside the playhead
		rate    float64
		passes  bool
	}{
		{-30 * time.Millisecond, 1, true}, {8 * time.Millisecond, 1, true}, {-800 * time.Millisecond, 1.0 / 8, true}, {-3 * time.Second, 1, false},
		{-6 * time.Second, 8, true}, {6 * time.Second, -8, true}, {-20 * time.Second, 8, false},
	} {
		want := now
		if c.passes {
			want = now.Add(c.picture)
		}
		if got := passing(now, now.Add(c.picture), c.rate); !got.Equal(want) {
			t.Errorf("at speed %v, with a picture %v beside the playhead, the time is %v from there", c.rate, c.picture, got.Sub(now))
		}
	}
	if got := passing(now, time.Time{}, 1); !got.Equal(now) {
		t.Errorf("without a picture the time is %v", got)
	}
	w := newWindow(t, Options{})
	m := w.archived()
	if got := m.onScreen(now); !got.Equal(m.watching.Position()) {
		t.Errorf("where it stands the playhead is at %v", got)
	}
}

// Where none of several streams has anything, the way to the nearest recording of any is offered; where one has, nothing is.
func TestAWallWithoutRecordings(t *testing.T) {
	w := newWindow(t, Options{})
	wall := func(phases ...player.DeckPhase) (model, stage) {
		m := w.archived("yard", "dock", "roof")
		for i, phase := range phases {
			m.scenes[i].deck = player.DeckState{Phase: phase}
		}
		m.scenes[0].deck.Gap = media.Gap{From: now.Add(-40 * time.Minute), To: now.Add(-2 * time.Minute)}
		m.scenes[1].deck.Gap = media.Gap{From: now.Add(-20 * time.Minute), To: now.Add(-5 * time.Minute)}
		m.scenes[2].deck.Gap = media.Gap{From: now.Add(-30 * time.Minute)}
		m.deck = m.scenes[0].deck
		return m, stageOf(&m)
	}
	m, s := wall(player.DeckVacant, player.DeckVacant, player.DeckEnd, player.DeckEnd)
	text := strings.Join(s.lines, "\n")
	if !s.all || !slices.Equal(s.offers, []offer{offerBefore, offerAfter}) || !strings.Contains(text, "ends at 22 Nov 10:22:07.000") || !strings.Contains(text, "begins at 22 Nov 10:37:07.000") {
		t.Errorf("of all it is said %q, offers %v", text, s.offers)
	}
	w.show(m)
	if got := visible(w.canvas().Content()); !strings.Contains(got, s.title) || !w.page.badge.box.Visible() {
		t.Errorf("the window shows %q, want %q in it", got, s.title)
	}
	plate := w.page.badge.box.Objects[0]
	if top, name := plate.Position().Y, w.page.tiles[0].reach(); name == 0 || top < name {
		t.Errorf("the badge begins at %v, the first name ends at %v", top, name)
	}
	if m, s := wall(player.DeckVacant, player.DeckReady, player.DeckEnd, player.DeckEnd); s.all {
		w.show(m)
		t.Errorf("though one has a picture it is said %q", s.title)
	} else if w.show(m); w.page.badge.box.Visible() {
		t.Error("the badge stays when one has a picture")
	}
}

func TestWhereabouts(t *testing.T) {
	w := newWindow(t, Options{})
	zone := now.Format("MST")
	for _, c := range []struct {
		ago     time.Duration
		rate    float64
		playing bool
		want    string
	}{
		{3*time.Hour + 12*time.Minute, 4, true, "22 Nov 07:30:07.000 " + zone + " · 4× · 3 h 12 min ago"},
		{5 * time.Second, 1, true, "22 Nov 10:42:02.000 " + zone + " · 5 s ago"},
		{time.Minute, -2, true, "22 Nov 10:41:07.000 " + zone + " · −2× · 1 min ago"},
		{95 * time.Second, 1.0 / 8, true, "22 Nov 10:40:32.000 " + zone + " · 1/8× · 1 min 35 s ago"},
		{-25 * time.Hour, 1, false, "23 Nov 11:42:07.000 " + zone + " · paused · in the future"},
		{25 * time.Hour, 8, false, "21 Nov 09:42:07.000 " + zone + " · paused · 1 d 1 h ago"},
	} {
		m := w.archived()
		m.head = playhead{at: now.Add(-c.ago), rate: c.rate, playing: c.playing}
		if got := whereabouts(&m); got != c.want {
			t.Errorf("%+v: we are at %q, want %q", c, got, c.want)
		}
	}
	m := w.archived()
	m.head = playhead{at: now.Add(-5 * time.Second), shown: now.Add(-5*time.Second - 30*time.Millisecond), rate: 1, playing: true}
	if got, want := whereabouts(&m), "22 Nov 10:42:01.970 "+zone+" · 5 s ago"; got != want {
		t.Errorf("while pictures pass we are at %q, want %q", got, want)
	}
	m = w.archived()
	m.deck.Phase = player.DeckLoading
	if got := whereabouts(&m); !strings.HasSuffix(got, " · loading") {
		t.Errorf("while it loads we are at %q", got)
	}
	if got := instant(now.AddDate(-1, 0, 0), now); !strings.HasPrefix(got, "22 Nov 2024 10:42:07.000") {
		t.Errorf("a moment of last year is %q", got)
	}
}

// What play leaves out is said once, with its number and why, and counted.
func TestFragmentsLeftOutAreSaid(t *testing.T) {
	for _, c := range []struct {
		err  error
		want string
	}{{media.ErrDamaged, "is damaged"}, {media.ErrGone, "is not there any more"}} {
		w := newWindow(t, Options{})
		m := w.archived()
		w.show(m)
		m.deck.Lost, m.deck.Missed = 2, player.Missed{Fragment: media.Fragment{Number: "91343852333181", Start: m.head.at}, Err: c.err}
		w.show(m)
		if text := visible(w.page.toast.box); !strings.Contains(text, "…333181") || !strings.Contains(text, "10:32:07.000") || !strings.Contains(text, c.want) {
			t.Errorf("the toast says %q", text)
		}
		if text := visible(w.page.bar.box); !strings.Contains(text, "2 fragments left out") {
			t.Errorf("the bar says %q", text)
		}
		w.say("something else", "", nil)
		w.show(m)
		if text := visible(w.page.toast.box); !strings.Contains(text, "something else") {
			t.Errorf("it is said again: %q", text)
		}
	}
}

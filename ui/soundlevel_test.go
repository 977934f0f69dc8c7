package ui

import (
	"errors"
	"image/color"
	"math"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/theme"

	"kinora/app"
	"kinora/media"
	"kinora/player"
)

// loudVoice is a voice of a loudness.
type loudVoice struct {
	app.Voice
	rms float64
}

func (v loudVoice) Level() (rms, peak float64) { return v.rms, v.rms }

func TestLampsOfASound(t *testing.T) {
	newWindow(t, Options{})
	for _, tt := range []struct {
		voice  app.Voice
		change func(*hearing)
		lit    int
		color  fyne.ThemeColorName
	}{
		{nil, nil, 0, theme.ColorNameSeparator},
		{loudVoice{rms: math.Inf(-1)}, nil, 0, theme.ColorNameSeparator},
		{loudVoice{rms: -55}, nil, 1, theme.ColorNamePrimary},
		{loudVoice{rms: -30}, nil, 3, theme.ColorNamePrimary},
		{loudVoice{rms: 0}, nil, 5, theme.ColorNamePrimary},
		{loudVoice{rms: 0}, func(h *hearing) { h.heard = false }, 5, colorQuiet},
		{loudVoice{rms: 0}, func(h *hearing) { h.trouble = errors.New("no loudspeaker") }, 5, colorQuiet},
	} {
		l := newSoundLevel()
		h := hearing{there: true, heard: true, volume: 100, lit: litBy(tt.voice)}
		if tt.change != nil {
			tt.change(&h)
		}
		l.show(h)
		r := test.WidgetRenderer(l).(*soundLevelRenderer)
		lit := 0
		for _, lamp := range r.lamps {
			if lamp.FillColor != color.Color(colorOf(l, theme.ColorNameSeparator)) {
				lit++
			}
		}
		if lit != tt.lit || lit > 0 && r.lamps[0].FillColor != color.Color(colorOf(l, tt.color)) || !l.Visible() {
			t.Errorf("%v of %+v: %d lamps, the first %v; want %d", tt.voice, h, lit, r.lamps[0].FillColor, tt.lit)
		}
		if l.show(hearing{}); l.Visible() {
			t.Error("there are lamps without a sound")
		}
	}
}

func TestSoundThatIsRecordedAlone(t *testing.T) {
	w := newWindow(t, Options{})
	m := w.archived("yard")
	heard, sound := hearing{there: true, heard: true, volume: 100}, []media.Track{{ID: 1, Kind: media.Audio, Codec: media.AAC}}
	m.deck.Phase, m.deck.Tracks, m.sound = player.DeckBlank, sound, heard
	for want, change := range map[string]func(m *model){
		"Space plays it":    func(*model) {},
		"You hear it now":   func(m *model) { m.head.playing = true },
		"own speed alone":   func(m *model) { m.head.playing, m.head.rate = true, 4 },
		"press V":           func(m *model) { m.sound.heard = false },
		"No loudspeaker is": func(m *model) { m.sound.trouble = errors.New("no loudspeaker is there") },
	} {
		m := m
		change(&m)
		s := stageOf(&m)
		if s.picture || s.title != "Sound alone is recorded at this time" || !strings.Contains(strings.Join(s.lines, " "), want) {
			t.Errorf("it says %+v, want %q", s, want)
		}
	}
	beside := m.scenes[1]
	beside.deck = player.DeckState{Phase: player.DeckBlank, Tracks: sound}
	if note := sceneNote(beside, false); note != "sound alone" {
		t.Errorf("beside others it says %q", note)
	}
}

func TestAStreamThatIsHeardAlone(t *testing.T) {
	w := newWindow(t, Options{})
	m := w.some()
	m.watching.Stream = "gate"
	m.state = player.State{Phase: player.Live, Alone: true, Sound: media.AAC}
	for want, h := range map[string]hearing{
		"You hear it now":   {there: true, heard: true, volume: 100},
		"press V":           {there: true, volume: 100},
		"No loudspeaker is": {there: true, heard: true, trouble: errors.New("no loudspeaker is there")},
	} {
		m.sound = h
		s := stageOfStream(&m)
		if s.picture || s.title != "gate has sound alone" || !strings.Contains(strings.Join(s.lines, " "), want) {
			t.Errorf("of %+v it says %+v, want %q", h, s, want)
		}
	}
	if note := sceneNote(scene{Tile: app.Tile{Stream: "gate", Player: player.New(player.Options{})}, live: m.state}, false); note != "sound alone" {
		t.Errorf("beside others it says %q", note)
	}
}

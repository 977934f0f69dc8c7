package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/theme"

	"kinora/media"
	"kinora/player"
)

// tile is one of the pictures of the Watch page. When it is not alone it says whose it is and what is wrong with it, and shows
// whether it has the focus.
type tile struct {
	box   *fyne.Container
	view  *videoView
	name  *caption
	wait  *caption
	sound *button // whether it is heard; a sign, which nobody presses
	loud  *soundLevel
	plate *fyne.Container
	note  *caption // in place of the picture
	frame *frame   // around the one that has the focus

	account, stream string // shown last; of a take its ID stands for the account's
}

func newTile() *tile {
	t := &tile{
		view: newVideoView(), frame: &frame{},
		name: newCaption("", theme.ColorNameForeground).small().bold().cut(200),
		wait: newCaption("", theme.ColorNameWarning).small().figures(),
		note: newCaption("", colorQuiet),
	}
	t.frame.ExtendBaseWidget(t.frame)
	t.note.align = fyne.TextAlignCenter
	t.sound = newButton("", "sound", flat, nil)
	t.sound.hint = lang.L("Sound")
	t.loud = newSoundLevel()
	t.wait.Hide()
	t.plate = container.NewStack(newPlate(), padded(column(0, row(space1, t.name, t.sound, t.loud), t.wait), space1, space1, space2, space2))
	t.box = container.NewStack(t.view, container.NewCenter(t.note), container.New(snug{space2}, t.plate), t.frame)
	t.box.Hide()
	return t
}

// show brings the tile to the moment of a scene. Alone, it is the picture and nothing else.
func (t *tile) show(s scene, alone, focused, picture bool) {
	t.view.play(picturesOf(s.Player, s.Deck), t.account == s.Account && t.stream == s.Stream)
	t.account, t.stream = s.Account, s.Stream
	note := ""
	if !alone {
		note = sceneNote(s, t.seen())
		picture = note == ""
		t.name.set(s.Stream)
		t.wait.set(s.queued)
		setVisible(t.wait, s.queued != "")
		showSound(t.sound, s.sound)
		t.loud.show(s.sound)
		relayout(t.box)
	}
	t.view.hide(!picture && s.Deck != nil)
	t.note.set(note)
	setVisible(t.note, note != "")
	setVisible(t.plate, !alone)
	setVisible(t.frame, !alone && focused)
	setVisible(t.box, true)
}

// clear lets go of the pictures.
func (t *tile) clear() {
	t.view.play(nil, false)
	t.account, t.stream = "", ""
	setVisible(t.box, false)
}

// reach is how far down its plate reaches; 0 when it has none.
func (t *tile) reach() float32 {
	if !t.plate.Visible() {
		return 0
	}
	return t.plate.Position().Y + t.plate.Size().Height
}

// seen reports whether there is a picture, be it the last one of what was shown before.
func (t *tile) seen() bool { return t.view.shape.X > 0 }

// sceneNote says in two words why one of several tiles has no picture, or has had none before; seen is that the last one is still there.
func sceneNote(s scene, seen bool) string {
	if s.Player != nil {
		switch st := s.live; {
		case st.Phase == player.Failed:
			return lang.L("cannot be shown")
		case st.Phase == player.Live && st.Alone:
			return lang.L("sound alone")
		case !st.LastFrame.IsZero():
			return ""
		case st.Phase == player.Reconnecting:
			return lang.L("reconnecting")
		case st.Phase == player.Stalled:
			return lang.L("silent")
		case seen:
			return ""
		default:
			return lang.L("opening")
		}
	}
	switch s.deck.Phase {
	case player.DeckVacant, player.DeckEnd:
		return lang.L("nothing recorded")
	case player.DeckDamaged:
		return lang.L("damaged")
	case player.DeckBlank:
		if _, sounds := media.AudioTrack(s.deck.Tracks); sounds && s.deck.Err == nil {
			return lang.L("sound alone")
		}
		return lang.L("no picture")
	case player.DeckOffline:
		return lang.L("offline")
	default:
		return ""
	}
}

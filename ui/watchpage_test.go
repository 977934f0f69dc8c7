package ui

import (
	"context"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"

	"kinora/app"
	"kinora/media"
	"kinora/player"
)

// watching shows what the app watches by now.
func (w *window) watchNow() app.Watching {
	w.UI.show(observe(w.app, time.Now()))
	return w.seen.watching
}

// past opens gate at a time of its archive.
func (w *window) past(at time.Time) app.Watching {
	w.app.Streams.List().Set(w.some().list)
	w.app.Watch.Select("gate")
	w.app.Watch.Seek(at)
	return w.watchNow()
}

func TestKeysMoveThroughTime(t *testing.T) {
	w := newWindow(t, Options{})
	at := time.Now().Add(-time.Hour).Truncate(time.Second)
	now := w.past(at)
	head := now.Transport
	head.Pause()
	for _, c := range []struct {
		press func()
		to    time.Duration
	}{
		{func() { w.press(fyne.KeyRight) }, 5 * time.Second},
		{func() { w.press(fyne.KeyLeft) }, -5 * time.Second},
		{func() { w.held(fyne.KeyModifierShift, fyne.KeyLeft) }, -time.Second},
		{func() { w.held(fyne.KeyModifierShift, fyne.KeyRight) }, time.Second},
	} {
		head.Seek(at)
		c.press()
		if got := head.Position().Sub(at); got != c.to {
			t.Errorf("the playhead moved by %v, want %v", got, c.to)
		}
	}
	for _, c := range []struct {
		keys    string
		rate    float64
		playing bool
	}{
		{"l", 1, true}, {"l", 2, true}, {"l", 4, true}, {"k", 4, false}, {"j", -1, true}, {"j", -2, true}, {"jjj", -8, true},
		{"l", 1, true}, {"<", 0.5, true}, {">>", 2, true}, {"k", 2, false},
	} {
		w.write(c.keys)
		if head.Rate() != c.rate || head.Playing() != c.playing {
			t.Errorf("after %s: speed %v, playing %v; want %v, %v", c.keys, head.Rate(), head.Playing(), c.rate, c.playing)
		}
	}
	w.press(fyne.KeySpace)
	if !head.Playing() {
		t.Error("Space does not play")
	}
	w.press(fyne.KeySpace)
	if head.Playing() {
		t.Error("Space does not pause")
	}
	w.press(fyne.KeyDown)
	if other := w.watchNow(); other.Stream != "yard" || other.Transport != head {
		t.Errorf("the other stream is %q at another time", other.Stream)
	}
	w.write("L")
	live := w.watchNow()
	if live.Archived() || live.Player == nil || live.Stream != "yard" {
		t.Errorf("Shift+L leads to %+v", live)
	}
	w.write("l")
	if still := w.watchNow(); still.Player != live.Player {
		t.Errorf("L at the live edge leads to %+v", still)
	}
}

// bare is an archive with nothing in it.
type bare struct{ media.Archive }

func (bare) Find(context.Context, time.Time, bool) (media.Fragment, error) {
	return media.Fragment{}, io.EOF
}

// Where there is no fragment on the side that a key leads to, that is said without standing in the way.
func TestThereIsNoFragmentOnThatSide(t *testing.T) {
	w := newWindow(t, Options{})
	w.account.archive = bare{}
	w.past(time.Now().Add(-time.Hour))
	for _, keys := range []string{"n", "N"} {
		w.page.toast.box.Hide()
		w.write(keys)
		w.settle()
		if got := visible(w.page.toast.box); !strings.Contains(got, "no other recording") || w.sheet != nil {
			t.Errorf("after %s it is said %q, with a sheet: %v", keys, got, w.sheet != nil)
		}
	}
}

// held presses a key with a modifier that makes no shortcut of it.
func (w *window) held(mod fyne.KeyModifier, name fyne.KeyName) {
	before := w.modifiers
	w.modifiers = func() fyne.KeyModifier { return mod }
	w.press(name)
	w.modifiers = before
}

func TestATimeIsChosenAndLinkedTo(t *testing.T) {
	w := newWindow(t, Options{})
	at := time.Date(2025, 11, 22, 10, 0, 0, 0, time.UTC)
	now := w.past(at)
	now.Transport.Pause()
	now.Transport.Seek(at)
	w.chord(fyne.KeyModifierControl, fyne.KeyL)
	if got := w.fyne.Clipboard().Content(); got != "kinora://This%20computer/gate@2025-11-22T10:00:00.000Z" {
		t.Errorf("the link is %q", got)
	}
	w.write("i")
	now.Transport.Seek(at.Add(90 * time.Second))
	w.write("o")
	if got := w.watchNow(); !got.In.Equal(at) || !got.Out.Equal(at.Add(90*time.Second)) {
		t.Errorf("chosen: %v to %v", got.In, got.Out)
	}
	if text := visible(w.page.transport.box); !strings.Contains(text, "1:30") || !strings.Contains(text, "Clip") {
		t.Errorf("the bar shows %q, want how long the time is, and the clip of it", text)
	}
	w.chord(fyne.KeyModifierControl|fyne.KeyModifierShift, fyne.KeyL)
	if got := w.fyne.Clipboard().Content(); got != "kinora://This%20computer/gate@2025-11-22T10:00:00.000Z..2025-11-22T10:01:30.000Z" {
		t.Errorf("the link to the time is %q", got)
	}
	w.watchNow()
	if text := visible(w.page.toast.box); !strings.Contains(text, "clipboard") {
		t.Errorf("the toast says %q", text)
	}
	now.Transport.Seek(at.Add(-time.Minute))
	w.write("o")
	if got := w.watchNow(); !got.In.IsZero() || !got.Out.Equal(at.Add(-time.Minute)) {
		t.Errorf("an end before the beginning leaves %v to %v", got.In, got.Out)
	}
	w.write("x")
	if got := w.watchNow(); !got.Out.IsZero() {
		t.Error("X leaves a time chosen")
	}
}

// markedArchive has marks alone.
type markedArchive struct {
	media.Archive
	marks []media.Mark
}

func (a *markedArchive) Survey(_ context.Context, from, to time.Time, _ time.Duration, report func(media.Overview)) error {
	report(media.Overview{First: from, Last: to, Complete: true})
	return nil
}

func (a *markedArchive) Marks(context.Context, time.Time, time.Time) ([]media.Mark, bool, error) {
	return a.marks, true, nil
}

func TestBookmarksInWhatIsNotRecordedHere(t *testing.T) {
	w := newWindow(t, Options{})
	at := time.Date(2025, 11, 22, 10, 0, 0, 0, time.UTC)
	archive := &markedArchive{marks: []media.Mark{{At: at.Add(30 * time.Second), Tag: media.Tag{Name: "motion"}}}}
	w.account.archive = archive
	now := w.past(at)
	now.Transport.Pause()
	for _, s := range []time.Duration{0, 20, 40} {
		now.Transport.Seek(at.Add(s * time.Second))
		w.write("m")
		w.settle()
	}
	if text := visible(w.page.toast.box); !strings.Contains(text, "A bookmark is set at") {
		t.Errorf("the toast says %q", text)
	}
	m := w.seen
	m.surveyed = &app.Surveyed{Stream: "gate", Marks: archive.marks}
	m.bookmarks = w.app.Bookmarks.Of(w.app.Account().Get(), "gate", app.ProducerClock)
	w.page.showPast(&m)
	var names []string
	for _, mark := range w.page.times.data.Marks {
		names = append(names, markName(mark.Name, mark.Value, ""))
	}
	if want := []string{"Bookmark", "Bookmark", "motion", "Bookmark"}; !slices.Equal(names, want) {
		t.Fatalf("the timeline has %v, want %v", names, want)
	}
	w.chord(fyne.KeyModifierAlt, fyne.KeyLeft)
	w.settle()
	if got := w.watchNow().Position(); !got.Equal(at.Add(30 * time.Second)) {
		t.Errorf("the mark before is at %v", got)
	}
	if text := visible(w.page.toast.box); !strings.Contains(text, "motion, at 22 Nov 2025 10:00:30.000") {
		t.Errorf("the toast says %q", text)
	}
	for range 2 {
		w.chord(fyne.KeyModifierAlt, fyne.KeyRight)
		w.settle()
	}
	if text := visible(w.page.toast.box); !strings.Contains(text, "no other marker") {
		t.Errorf("behind the last the toast says %q", text)
	}
	now.Transport.Seek(at.Add(20*time.Second + 300*time.Millisecond))
	w.write("M")
	w.settle()
	if got := w.app.Bookmarks.Of(w.app.Account().Get(), "gate", app.ProducerClock); len(got) != 2 || !got[1].At.Equal(at.Add(40*time.Second)) {
		t.Errorf("what is left: %v", got)
	}
	w.write("M")
	w.settle()
	if text := visible(w.page.toast.box); !strings.Contains(text, "no bookmark") {
		t.Errorf("where there is none the toast says %q", text)
	}
}

func TestStreamsSideBySide(t *testing.T) {
	w := newWindow(t, Options{})
	w.app.Streams.List().Set(w.some().list)
	w.app.Watch.Select("gate")
	w.watchNow()
	w.modifiers = func() fyne.KeyModifier { return fyne.KeyModifierControl }
	w.openRow("yard")
	w.modifiers = func() fyne.KeyModifier { return 0 }
	w.addBeside("roof")
	now := w.watchNow()
	if len(now.Tiles) != 3 || now.Stream != "roof" {
		t.Fatalf("watching %+v", now)
	}
	text := visible(w.page.stage.Content)
	for _, name := range []string{"gate", "yard", "roof", "opening"} {
		if !strings.Contains(text, name) {
			t.Errorf("the tiles show %q, want %s in it", text, name)
		}
	}
	w.write("2")
	if now = w.watchNow(); now.Stream != "yard" {
		t.Errorf("2 leads to %q, want yard", now.Stream)
	}
	if frames := []bool{w.page.tiles[0].frame.Visible(), w.page.tiles[1].frame.Visible()}; frames[0] || !frames[1] {
		t.Errorf("the frames are seen: %v", frames)
	}
	first := w.page.tiles[0].box
	w.page.pointer.MouseDown(&desktop.MouseEvent{PointEvent: fyne.PointEvent{Position: first.Position().AddXY(20, 20)}, Button: desktop.MouseButtonPrimary})
	if now = w.watchNow(); now.Stream != "gate" {
		t.Errorf("a press on the first picture leads to %q", now.Stream)
	}
	w.press(fyne.KeyBackspace)
	if now = w.watchNow(); len(now.Tiles) != 2 || now.Stream != "yard" {
		t.Errorf("after one was taken away: %+v", now)
	}
	w.addBeside("dock")
	w.addBeside("gate")
	w.addBeside("tower")
	w.watchNow()
	if text := visible(w.page.toast.box); !strings.Contains(text, "room for four") {
		t.Errorf("a fifth stream: the toast says %q", text)
	}
	w.watch("loading-dock-north-entrance")
	if now = w.watchNow(); len(now.Tiles) != 1 {
		t.Errorf("another stream is shown beside %d", len(now.Tiles)-1)
	}
}

// Streams come beside the one that is watched by keys alone.
func TestAStreamIsAddedByKeys(t *testing.T) {
	w := newWindow(t, Options{})
	w.app.Streams.List().Set(w.some().list)
	w.app.Watch.Select("gate")
	w.watchNow()
	w.write("a")
	if text := w.sheetText(); w.sheet == nil || !strings.Contains(text, "yard") || strings.Contains(text, "gate") {
		t.Fatalf("A shows %q, want every stream but the one that is watched", text)
	}
	w.write("xyz")
	if !w.sheet.confirm.disabled || !strings.Contains(w.sheetText(), "No other stream") {
		t.Errorf("for what there is not the sheet says %q", w.sheetText())
	}
	for range 3 {
		w.press(fyne.KeyBackspace)
	}
	w.write("oo")
	w.press(fyne.KeyReturn)
	if now := w.watchNow(); w.sheet != nil || len(now.Tiles) != 2 || now.Stream != "roof" {
		t.Fatalf("watching %+v, want roof beside gate", now.Tiles)
	}
	w.write("a")
	w.canvas().FocusNext()
	w.canvas().FocusNext() // the second that is offered
	w.press(fyne.KeySpace)
	if now := w.watchNow(); len(now.Tiles) != 3 || now.Stream != "loading-dock-north-entrance" {
		t.Errorf("watching %+v, want a third", now.Tiles)
	}
	rows := w.seen.list.Rows
	w.seen.list.Rows = nil
	w.write("a")
	if text := visible(w.page.toast.box); w.sheet != nil || !strings.Contains(text, "no other stream") {
		t.Errorf("without others A says %q", text)
	}
	w.seen.list.Rows = rows
	w.addBeside("tower")
	w.watchNow()
	w.write("a")
	w.watchNow()
	if text := visible(w.page.toast.box); w.sheet != nil || !strings.Contains(text, "room for four") {
		t.Errorf("with four A says %q", text)
	}
}

func TestTheInspector(t *testing.T) {
	w := newWindow(t, Options{})
	w.show(w.archived())
	w.chord(fyne.KeyModifierControl, fyne.KeyI)
	w.show(w.archived())
	text := strings.ReplaceAll(visible(w.page.inspector.box), "\n", "")
	for _, want := range []string{strings.Repeat("9", 47), "+0.500 s", "1.967 s", "480 kB", "1.95 Mb/s", "1280×720", "operator", "Ada", "gps", "lat 52.5 lon 13.4"} {
		if !strings.Contains(text, want) {
			t.Errorf("the inspector shows %q, want %q in it", text, want)
		}
	}
	m := w.archived()
	m.deck = player.DeckState{Phase: player.DeckVacant}
	w.show(m)
	if text := visible(w.page.inspector.box); !strings.Contains(text, "Nothing is recorded") || strings.Contains(text, "operator") {
		t.Errorf("in a gap the inspector shows %q", text)
	}
	w.show(w.live())
	if text := strings.ReplaceAll(visible(w.page.inspector.box), "\n", " "); !strings.Contains(text, "Press Space") {
		t.Errorf("live the inspector shows %q", text)
	}
	m = w.live()
	m.state.Newest = &media.Recorded{
		Fragment: media.Fragment{Number: strings.Repeat("8", 47), Server: now.Add(-2 * time.Second), Producer: now.Add(-3 * time.Second), Length: 1967 * time.Millisecond, Size: 480_000},
		Tracks:   []media.Track{{ID: 1, Kind: media.Video, Codec: media.H264, Width: 1280, Height: 720}},
		Tags:     []media.Tag{{Name: "operator", Value: "Ada"}},
	}
	w.show(m)
	text = strings.ReplaceAll(visible(w.page.inspector.box), "\n", "")
	for _, want := range []string{"Newest whole fragment", strings.Repeat("8", 47), "+1.000 s", "1.967 s", "480 kB", "1280×720", "operator", "Ada"} {
		if !strings.Contains(text, want) {
			t.Errorf("live, with a whole fragment, the inspector shows %q, want %q in it", text, want)
		}
	}
	w.chord(fyne.KeyModifierControl, fyne.KeyI)
	w.show(w.live())
	if w.page.inspector.box.Visible() {
		t.Error("the inspector stays")
	}
	if got := readable([]byte{0, 1, 0xfe}); got != "00 01 fe" {
		t.Errorf("bytes that are no text are %q", got)
	}
	if got := readable([]byte(strings.Repeat("x", 1000))); len(got) > 620 {
		t.Errorf("much data is shown in %d bytes", len(got))
	}
}

func TestLinksAreFollowedByTheWindow(t *testing.T) {
	w := newWindow(t, Options{})
	w.turn(pageRecord)
	link, err := app.ParseLink("kinora://studio/gate@2025-11-22T10:00:00.000Z")
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Follow(link); err != nil {
		t.Fatal(err)
	}
	w.settle()
	if now := w.watchNow(); w.at != pageWatch || w.seen.account.Name() != "studio" || !now.Position().Equal(link.From) {
		t.Errorf("the link leads to the page %v, %s, %v", w.at, w.seen.account.Name(), now.Position())
	}
	link.Account = "elsewhere"
	if err := w.Follow(link); err == nil {
		t.Error("a link to an account that is not there leads somewhere")
	}
	w.settle()
	if !strings.Contains(w.sheetText(), "elsewhere") {
		t.Errorf("the window says %q", w.sheetText())
	}
}

// What a sheet would do, and what would be recorded, was meant for the account that was seen before.
func TestALinkToAnotherAccountLeavesNothingOfTheFirst(t *testing.T) {
	w := newWindow(t, Options{})
	w.show(w.some())
	w.plan.Stream = "gate"
	w.showDelete("gate")
	if err := w.Follow(app.Link{Account: "studio", Streams: []string{"yard"}}); err != nil {
		t.Fatal(err)
	}
	w.settle()
	if w.sheet != nil {
		t.Errorf("a sheet is open: %q", w.sheetText())
	}
	if w.plan.Stream != "" {
		t.Errorf("%q would be recorded into in another account", w.plan.Stream)
	}
}

func TestEachReasonOfAGapHasItsWords(t *testing.T) {
	for _, reason := range []string{media.GapEnded, media.GapLost, media.GapPaused, media.GapExpired, media.GapDisk, media.GapDevice, media.GapService} {
		if words := gapSentence(reason); strings.HasSuffix(words, ": "+reason) {
			t.Errorf("%s: %q", reason, words)
		}
	}
}

func TestPlayGoesThroughGapsWhenAPersonWantsThat(t *testing.T) {
	w := newWindow(t, Options{})
	w.past(time.Now().Add(-time.Hour))
	for _, want := range []string{"goes through", "leaps over"} {
		w.write("h")
		w.watchNow()
		if text := visible(w.page.toast.box); !strings.Contains(text, want) || w.app.Watch.LeapsGaps() != (want == "leaps over") {
			t.Errorf("the toast says %q, want %q", text, want)
		}
	}
	w.write("h")
	later := New(w.fyne, w.app, Options{})
	defer later.Close()
	if w.app.Watch.LeapsGaps() {
		t.Error("the next window does not know it")
	}
}

package ui

import (
	"image"
	"image/color"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/test"

	"kinora/media"
	"kinora/ui/timeline"
)

// barTest is a bar of 1000 units that shows from 9:42 to 10:52 at first, and what it has asked for.
type barTest struct {
	*timeBar
	scrubbed, released, played []time.Time
	ranges                     [][2]time.Time
	looks                      []asked
	hovers                     []time.Time
	rests                      int
}

func newBarTest(t testing.TB) *barTest {
	t.Helper()
	test.NewTempApp(t).Settings().SetTheme(look{alwaysDark})
	b := &barTest{}
	b.timeBar = newTimeBar(timeBarParts{
		scrub:   func(at time.Time) { b.scrubbed = append(b.scrubbed, at) },
		rest:    func() { b.rests++ },
		release: func(at time.Time) { b.released = append(b.released, at) },
		play:    func(at time.Time) { b.played = append(b.played, at) },
		chosen:  func(in, out time.Time) { b.ranges = append(b.ranges, [2]time.Time{in, out}) },
		looked:  func(from, to time.Time, fine time.Duration) { b.looks = append(b.looks, asked{from, to, fine}) },
		hovered: func(at time.Time) { b.hovers = append(b.hovers, at) },
		keys:    func(*fyne.KeyEvent) {},
		runes:   func(rune) {},
	})
	b.view.Now = now
	w := test.NewTempWindow(t, b.box)
	w.SetPadded(false)
	w.Resize(fyne.NewSize(1000, timeline.Opened))
	b.show(archive())
	return b
}

// archive is two days that end live, with a lost connection from 10:00 to 10:10 and a marker at 10:30.
func archive() *timeline.Data {
	lost, found := now.Add(-42*time.Minute), now.Add(-32*time.Minute)
	first := now.Add(-48 * time.Hour)
	return &timeline.Data{
		Wide: timeline.Layer{From: first, To: now, Spans: []media.Span{{From: first, To: lost}, {From: found, To: now}},
			Gaps: []media.Gap{{From: lost, To: found, Reason: media.GapLost}}},
		Marks:  []media.Mark{{At: now.Add(-12 * time.Minute), Tag: media.Tag{Name: "KINORA_MARKER", Value: "red van"}}},
		Marker: "KINORA_MARKER", First: first, Last: now, Seekable: now.Add(-2 * time.Second),
	}
}

// at is the pointer at a time, on the strip of what is recorded.
func (b *barTest) at(t time.Time) (x, y float64) {
	s := b.view.Strips(false)
	return b.view.X(t), s.Main[0] + 3
}

func (b *barTest) press(x, y float64, mod fyne.KeyModifier) {
	ev := &desktop.MouseEvent{Button: desktop.MouseButtonPrimary, Modifier: mod}
	ev.Position = fyne.NewPos(float32(x), float32(y))
	b.MouseDown(ev)
}

func nearly(a, b time.Time, within time.Duration) bool { return a.Sub(b).Abs() <= within }

func TestTimeBarShowsTheLastHourFirst(t *testing.T) {
	b := newBarTest(t)
	if length := b.view.Length(b.view.Width); length < time.Hour || length > 70*time.Minute || b.view.At(b.view.Width).Before(now) {
		t.Errorf("at first it shows %v from %v", length, b.view.From)
	}
	last := b.looks[len(b.looks)-1]
	if last.from.After(b.view.From) || last.to.Before(b.view.At(b.view.Width)) || last.resolution > 4*time.Second {
		t.Errorf("it asks for %+v", last)
	}
}

func TestTimeBarScrubsAndGetsFinerWithDistance(t *testing.T) {
	b := newBarTest(t)
	x, y := b.at(now.Add(-10 * time.Minute))
	b.press(x, y, 0)
	if got := b.scrubbed[0]; !nearly(got, now.Add(-10*time.Minute), time.Second) {
		t.Fatalf("pressed, it scrubs to %v", got)
	}
	b.dragged(x+10, y, now)
	coarse := b.scrubbed[1].Sub(b.scrubbed[0])
	b.dragged(x+20, -24-3*48, now)
	fine := b.scrubbed[2].Sub(b.scrubbed[1])
	if r := float64(coarse) / float64(fine); r < 7.9 || r > 8.1 {
		t.Errorf("10 units are %v near the bar and %v far above, want an eighth", coarse, fine)
	}
	b.let(now)
	b.let(now) // the driver tells of the end of a drag twice
	if len(b.released) != 1 || !b.released[0].Equal(b.scrubbed[2]) {
		t.Errorf("let go, it says %v", b.released)
	}
}

// At an end of the bar the distance makes it finer, too.
func TestTimeBarMovesOnAsFinelyAsItDrags(t *testing.T) {
	moved := func(above float64) time.Duration {
		b := newBarTest(t)
		x, y := b.at(now.Add(-10 * time.Minute))
		b.press(x, y, 0)
		b.dragged(2, min(y, -above), now)
		before := b.playhead
		for range 8 {
			b.move(now)
		}
		return before.Sub(b.playhead)
	}
	coarse, fine := moved(0), moved(24+3*48)
	if r := float64(coarse) / float64(fine); coarse <= 0 || r < 7.9 || r > 8.1 {
		t.Errorf("at the end it moves on by %v near the bar and by %v far above, want an eighth", coarse, fine)
	}
}

// A pointer whose movement just misses a tick does not rest; one that stays does, once.
func TestTimeBarTellsWhenAPointerRests(t *testing.T) {
	b := newBarTest(t)
	x, y := b.at(now.Add(-10 * time.Minute))
	b.press(x, y, 0)
	tick := func(n int) {
		for range n {
			b.move(now)
		}
	}
	for i := range 20 {
		b.dragged(x+float64(i+1), y, now)
		tick(1 + i%2)
	}
	if b.rests != 0 {
		t.Errorf("it rests %d times while it moves", b.rests)
	}
	tick(20)
	if b.rests != 1 {
		t.Errorf("it rests %d times while it stays", b.rests)
	}
	b.dragged(x, y, now)
	tick(20)
	b.let(now)
	tick(20)
	if b.rests != 2 {
		t.Errorf("it rests %d times after it has moved again, want one more", b.rests-1)
	}
}

func TestTimeBarDoesNotScrubIntoTheFuture(t *testing.T) {
	b := newBarTest(t)
	x, y := b.at(now.Add(3 * time.Minute))
	b.press(x, y, 0)
	if !b.scrubbed[0].Equal(now) {
		t.Errorf("pressed in the future it scrubs to %v", b.scrubbed[0])
	}
	b.dragged(-1e7, y, now)
	if got := b.scrubbed[1]; !got.Equal(b.data.First) {
		t.Errorf("dragged before the first it scrubs to %v", got)
	}
}

func TestTimeBarMoves(t *testing.T) {
	b := newBarTest(t)
	from := b.view.From
	x, y := b.at(now.Add(-10 * time.Minute))
	b.press(x, y, fyne.KeyModifierShift)
	b.dragged(x+100, y, now)
	if got, want := from.Sub(b.view.From), b.view.Length(100); !nearly(from, b.view.From.Add(want), time.Millisecond) {
		t.Errorf("100 units move the bar by %v, want %v", got, want)
	}
	b.let(now)
	if len(b.scrubbed)+len(b.released) > 0 {
		t.Error("moving the bar scrubs")
	}
	b.press(400, b.view.Strips(false).Days[0]+2, 0)
	if middle := b.view.At(500); !nearly(middle, b.view.DaysScale(b.data).At(400), time.Second) {
		t.Errorf("pressed in the strip of days it shows %v in the middle", middle)
	}
}

func TestTimeBarWheelZoomsAboutThePointer(t *testing.T) {
	b := newBarTest(t)
	under := b.view.At(250)
	per := b.view.PerUnit
	b.Scrolled(&fyne.ScrollEvent{PointEvent: fyne.PointEvent{Position: fyne.NewPos(250, 50)}, Scrolled: fyne.NewDelta(0, 2*wheelDoubles)})
	for at := time.Now(); b.moving; at = at.Add(time.Second / 60) {
		b.move(at)
	}
	if r := per / b.view.PerUnit; r < 3.99 || r > 4.01 {
		t.Errorf("the wheel makes it %v times as wide, want 4", r)
	}
	if got := b.view.At(250); !nearly(got, under, time.Second) {
		t.Errorf("the time under the pointer moved from %v to %v", under, got)
	}
}

func TestTimeBarHandlesDoNotCross(t *testing.T) {
	b := newBarTest(t)
	in, out := now.Add(-30*time.Minute), now.Add(-20*time.Minute)
	b.choose(in, out)
	x, y := b.at(in)
	b.press(x, y, 0)
	b.dragged(x+900, y, now)
	b.let(now)
	if last := b.ranges[len(b.ranges)-1]; !last[0].Equal(out) || !last[1].Equal(out) {
		t.Errorf("the left handle is dragged to %v, over the right one at %v", last[0], last[1])
	}
	if len(b.scrubbed) > 0 {
		t.Error("dragging a handle scrubs")
	}
}

func TestTimeBarPlaysFromADoubleClickAndSeeksToMarks(t *testing.T) {
	b := newBarTest(t)
	x, y := b.at(now.Add(-5 * time.Minute))
	b.DoubleTapped(&fyne.PointEvent{Position: fyne.NewPos(float32(x), float32(y))})
	if len(b.played) != 1 || !nearly(b.played[0], now.Add(-5*time.Minute), time.Second) {
		t.Errorf("it plays from %v", b.played)
	}
	mark := b.data.Marks[0].At
	s := b.view.Strips(false)
	b.press(b.view.X(mark)+3, (s.Marks[0]+s.Marks[1])/2, 0)
	if !b.scrubbed[0].Equal(mark) {
		t.Errorf("pressed on a mark at %v it scrubs to %v", mark, b.scrubbed[0])
	}
}

func TestTimeBarTellsWhatIsUnderThePointer(t *testing.T) {
	b := newBarTest(t)
	hover := func(x, y float64) string {
		ev := &desktop.MouseEvent{}
		ev.Position = fyne.NewPos(float32(x), float32(y))
		b.MouseMoved(ev)
		return visible(b.bubble)
	}
	x, y := b.at(now.Add(-37 * time.Minute))
	if text := hover(x, y); !strings.Contains(text, "connection was lost") || !strings.Contains(text, "10 min, from 10:00:07 to 10:10:07") || !strings.Contains(text, "10:05:0") {
		t.Errorf("in a gap it tells %q", text)
	}
	b.picture(b.hovers[len(b.hovers)-1], image.NewRGBA(image.Rect(0, 0, 32, 18)), "")
	if text := visible(b.bubble); b.bubble.still.Visible() || !strings.Contains(text, "from 10:00:07") {
		t.Errorf("a gap has a still, or nothing is told of it any more: %q", text)
	}
	s := b.view.Strips(false)
	if text := hover(b.view.X(b.data.Marks[0].At), (s.Marks[0]+s.Marks[1])/2); !strings.Contains(text, "Marker: red van") {
		t.Errorf("on a marker it tells %q", text)
	}
	x, y = b.at(now.Add(-5 * time.Minute))
	hover(x, y)
	at := b.hovers[len(b.hovers)-1]
	b.picture(at.Add(time.Second), image.NewRGBA(image.Rect(0, 0, 32, 18)), "000123")
	if b.bubble.still.Visible() {
		t.Error("it shows a still of another time")
	}
	b.picture(at, image.NewRGBA(image.Rect(0, 0, 32, 18)), "000123")
	if text := visible(b.bubble); !b.bubble.still.Visible() || !strings.Contains(text, "000123") {
		t.Errorf("with a still it tells %q", text)
	}
	before := visible(b.bubble)
	b.look(b.view.Move(-100))
	if visible(b.bubble) == before {
		t.Error("when the bar moves under the pointer, it tells the same")
	}
	b.MouseOut()
	if b.bubble.Visible() || !b.hovers[len(b.hovers)-1].IsZero() {
		t.Error("without a pointer it tells something")
	}
}

func TestTimeBarFollowsThePlayhead(t *testing.T) {
	b := newBarTest(t)
	b.pass(now.Add(-20*time.Minute), now)
	from := b.view.From
	b.pass(now.Add(-19*time.Minute), now.Add(time.Minute))
	if !b.view.From.Equal(from) {
		t.Error("a playhead in sight moves the bar")
	}
	b.pass(now.Add(-3*time.Hour), now)
	if x := b.view.X(b.playhead); x < 0 || x > 1000 {
		t.Errorf("a playhead that has left the bar is at %v", x)
	}
	x, y := b.at(b.view.At(500))
	b.press(x, y, fyne.KeyModifierShift)
	b.dragged(x+1, y, now)
	b.let(now)
	from = b.view.From
	b.pass(now.Add(-20*time.Minute), now)
	if !b.view.From.Equal(from) {
		t.Error("a bar that was moved by hand follows the playhead")
	}
}

func TestTimeBarPaints(t *testing.T) {
	b := newBarTest(t)
	img := b.paint(2000, 2*timeline.Opened)
	if b.view.Pixels != 2 {
		t.Fatalf("a unit has %v pixels", b.view.Pixels)
	}
	x, y := b.at(now.Add(-5 * time.Minute))
	if got := img.At(int(2*x), int(2*y)); got != (color.Color)(rgba(dark.accent)) {
		t.Errorf("what is recorded is %v", got)
	}
	b.pass(now.Add(-5*time.Minute), now)
	if n := testing.AllocsPerRun(20, func() {
		b.view.Scale = b.view.Move(1)
		b.paint(2000, 2*timeline.Opened)
		b.stamp.paint(2*stampWidth, 2*stampHeight)
	}); n > 0 {
		t.Errorf("painting allocates %v times", n)
	}
}

func BenchmarkTimeBar(b *testing.B) {
	bar := newBarTest(b)
	bar.paint(1000, timeline.Opened)
	b.ReportAllocs()
	for b.Loop() {
		bar.view.Scale = bar.view.Move(-0.5)
		bar.paint(1000, timeline.Opened)
	}
}

// A link may lead to a time in front of all that is recorded, or far behind it: the playhead is seen there too.
func TestTimeBarShowsAPlayheadOutsideOfTheArchive(t *testing.T) {
	for _, at := range []time.Time{now.Add(-96 * time.Hour), now.Add(48 * time.Hour)} {
		b := newBarTest(t)
		b.vacant = true
		b.seek()
		b.pass(at, now)
		if x := b.view.X(at); x < 0 || x > b.view.Width {
			t.Errorf("the playhead at %v is not seen: the bar shows from %v to %v", at, b.view.From, b.view.At(b.view.Width))
		}
	}
}

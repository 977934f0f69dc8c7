package player

import (
	"image"
	"testing"
	"time"
)

var epoch = time.Unix(1000, 0)

func at(ms int) time.Time { return epoch.Add(time.Duration(ms) * time.Millisecond) }

// post puts a frame that is due at the given milliseconds, which are its PTS too; its pixels say so.
func post(m *Mailbox, ms int) {
	f := m.buffer(image.Pt(4, 2))
	f.PTS, f.Due, f.At = time.Duration(ms)*time.Millisecond, at(ms), at(ms-50)
	for i := range f.Image.Pix {
		f.Image.Pix[i] = byte(ms)
	}
	m.put(f)
}

func shown(f *Frame) int {
	if f == nil {
		return -1
	}
	return int(f.PTS / time.Millisecond)
}

func TestMailboxTakesWhatIsDue(t *testing.T) {
	var m Mailbox
	if m.Due(at(0)) || m.Take(at(0)) != nil {
		t.Fatal("an empty mailbox has a frame")
	}
	post(&m, 100)
	post(&m, 133)
	steps := []struct {
		now  int
		due  bool
		want int
	}{
		{80, false, -1},
		{92, true, 100}, // half a tick early
		{92, false, 100},
		{110, false, 100},
		{130, true, 133},
		{500, false, 133},
	}
	for _, s := range steps {
		if got := m.Due(at(s.now)); got != s.due {
			t.Errorf("at %d ms Due is %v", s.now, got)
		}
		if got := shown(m.Take(at(s.now))); got != s.want {
			t.Errorf("at %d ms Take gives the frame of %d ms, want %d", s.now, got, s.want)
		}
	}
	if m.shown != 2 || m.late != 0 {
		t.Errorf("%d shown and %d late, want 2 and 0", m.shown, m.late)
	}
}

// Who asks beforehand gets the time of the picture that is taken then.
func TestMailboxSaysWhatIsNext(t *testing.T) {
	var m Mailbox
	if got := m.Next(at(0)); !got.IsZero() {
		t.Errorf("an empty mailbox has a picture of %v", got)
	}
	for _, s := range []struct{ post, now int }{{100, 80}, {133, 92}, {0, 130}, {150, 140}, {167, 145}, {0, 300}} {
		if s.post > 0 {
			post(&m, s.post)
		}
		next := m.Next(at(s.now))
		switch f := m.Take(at(s.now)); {
		case f == nil && !next.IsZero(), f != nil && !f.At.Equal(next):
			t.Errorf("at %d ms the picture of %v is next, and that of %d ms is taken", s.now, next.Sub(at(-50)), shown(f))
		}
	}
	if m.shown < 3 {
		t.Errorf("%d pictures were taken", m.shown)
	}
}

func TestMailboxNewestDueFrameWins(t *testing.T) {
	var m Mailbox
	post(&m, 100)
	post(&m, 117)
	if got := shown(m.Take(at(150))); got != 117 {
		t.Errorf("Take gives the frame of %d ms, want the newest, of 117", got)
	}
	if m.shown != 1 || m.late != 1 {
		t.Errorf("%d shown and %d late, want 1 and 1", m.shown, m.late)
	}
}

// Two frames in one tick: the first is shown in this tick, the second in the next.
func TestMailboxSpreadsTwoFramesOfOneTick(t *testing.T) {
	var m Mailbox
	post(&m, 100)
	post(&m, 112)
	if got := shown(m.Take(at(110))); got != 100 {
		t.Errorf("Take gives the frame of %d ms, want that of 100", got)
	}
	if got := shown(m.Take(at(127))); got != 112 {
		t.Errorf("the next Take gives the frame of %d ms, want that of 112", got)
	}
	if m.late != 0 {
		t.Errorf("%d late, want 0", m.late)
	}
}

func TestMailboxDropsTheOldestWhenFull(t *testing.T) {
	var m Mailbox
	for ms := 100; ms < 200; ms += 10 {
		post(&m, ms)
	}
	if m.late != 8 {
		t.Errorf("%d late, want 8", m.late)
	}
	if m.made > pooledFrames {
		t.Errorf("%d frames were made, want at most %d", m.made, pooledFrames)
	}
	if got := shown(m.Take(at(1000))); got != 190 {
		t.Errorf("Take gives the frame of %d ms, want 190", got)
	}
}

func TestMailboxKeepsTheOrder(t *testing.T) {
	var m Mailbox
	post(&m, 500)
	post(&m, 100) // a clock that jumped back
	if m.Due(at(100)) {
		t.Error("the second frame overtakes the first")
	}
	if got := shown(m.Take(at(520))); got != 100 {
		t.Errorf("Take gives the frame of %d ms, want the one put last", got)
	}
}

func TestMailboxFrameStaysUntouched(t *testing.T) {
	var m Mailbox
	post(&m, 100)
	f := m.Take(at(100))
	for ms := 110; ms < 240; ms += 10 {
		post(&m, ms)
	}
	for i, b := range f.Image.Pix {
		if b != 100 {
			t.Fatalf("byte %d of a taken frame became %d", i, b)
		}
	}
	if m.Take(at(100)) != f {
		t.Error("Take gives another frame although none is due")
	}
}

// A picture that is drawn again in another size takes the place of its first version and is counted once.
func TestMailboxSamePictureInAnotherSize(t *testing.T) {
	var m Mailbox
	again := func() {
		f := m.buffer(image.Pt(8, 4))
		f.PTS, f.Due = 100*time.Millisecond, at(100)
		m.put(f)
	}
	post(&m, 100)
	again()
	if got := m.Take(at(100)); got.Image.Rect.Dx() != 8 || m.shown != 1 || m.late != 0 {
		t.Errorf("the picture is %v, %d shown, %d late", got.Image.Rect, m.shown, m.late)
	}
	again()
	if !m.Due(at(200)) {
		t.Error("a picture in another size is not due")
	}
	m.Take(at(200))
	if m.shown != 1 {
		t.Errorf("one picture was counted %d times", m.shown)
	}
}

func TestMailboxSizes(t *testing.T) {
	var m Mailbox
	for _, size := range []image.Point{{640, 360}, {639, 359}, {1280, 720}, {16, 9}, {640, 360}} {
		for range 10 {
			f := m.buffer(size)
			if img := f.Image; img.Rect.Size() != size || img.Stride != 4*size.X || len(img.Pix) != 4*size.X*size.Y || cap(img.Pix) > 16*size.X*size.Y {
				t.Fatalf("the image for %v is %v with stride %d and %d bytes of %d", size, img.Rect, img.Stride, len(img.Pix), cap(img.Pix))
			}
			m.discard(f)
		}
	}
	if m.made != 1 {
		t.Errorf("%d frames were made for one at a time", m.made)
	}
}

func BenchmarkMailbox(b *testing.B) {
	var m Mailbox
	size := image.Pt(640, 360)
	now := epoch
	b.ReportAllocs()
	for b.Loop() {
		now = now.Add(33 * time.Millisecond)
		f := m.buffer(size)
		f.PTS, f.Due, f.At = now.Sub(epoch), now, now
		m.put(f)
		if !m.Due(now) || m.Take(now) != f {
			b.Fatal("the frame is not due")
		}
	}
}

package app

import (
	"bytes"
	"context"
	"errors"
	"image"
	"image/color"
	"io"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"kinora/internal/diskcache"
	"kinora/internal/leak"
	"kinora/media"
)

// plain is a picture of one colour.
func plain(w, h int, c color.RGBA) *image.RGBA {
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	for i := 0; i < len(img.Pix); i += 4 {
		img.Pix[i], img.Pix[i+1], img.Pix[i+2], img.Pix[i+3] = c.R, c.G, c.B, 0xff
	}
	return img
}

func openStills(t *testing.T, dir string) *Stills {
	t.Helper()
	disk, err := diskcache.Open(dir, 8<<20)
	if err != nil {
		t.Fatal(err)
	}
	return newStills(disk)
}

func TestStillsOutliveTheProgram(t *testing.T) {
	dir := t.TempDir()
	s := openStills(t, dir)
	for i := range 90 {
		if err := s.keep("acc", "gate", hour(8).Add(time.Duration(i)*time.Second), plain(640, 360, color.RGBA{uint8(i), 0, 0, 255})); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.flush(); err != nil {
		t.Fatal(err)
	}
	s = openStills(t, dir)
	got, ok := s.near("acc", "gate", hour(8).Add(61*time.Second+200*time.Millisecond), time.Minute)
	if !ok || !got.at.Equal(hour(8).Add(61*time.Second)) {
		t.Fatalf("near 61.2 s there is %v, %v", got.at, ok)
	}
	img, err := decodeStill(got.jpeg)
	if err != nil || img.Rect.Size() != image.Pt(320, 180) {
		t.Errorf("it is %v, %v; want a picture of 320x180", img.Rect, err)
	}
	if _, ok := s.near("acc", "yard", hour(8), time.Hour); ok {
		t.Error("another stream has the still")
	}
	if _, ok := s.near("other", "gate", hour(8), time.Minute); ok {
		t.Error("another account has the still")
	}
	if _, ok := s.near("acc", "gate", hour(9), time.Minute); ok {
		t.Error("there is a still an hour later")
	}
	if want := []media.Span{{From: hour(8), To: hour(8).Add(2 * time.Minute)}}; !sameSpans(s.local(t.Context(), "acc", "gate", hour(7), hour(9), time.Second), want) {
		t.Errorf("local is %v, want %v", s.local(t.Context(), "acc", "gate", hour(7), hour(9), time.Second), want)
	}
}

func TestStillsAreUnreadableFromOutside(t *testing.T) {
	dir := t.TempDir()
	s := openStills(t, dir)
	if err := s.keep("acc", "gate", hour(8), plain(640, 360, color.RGBA{200, 0, 0, 255})); err != nil {
		t.Fatal(err)
	}
	if err := s.flush(); err != nil {
		t.Fatal(err)
	}
	files := 0
	err := filepath.Walk(dir, func(path string, info os.FileInfo, err error) error {
		if err != nil || info.IsDir() {
			return err
		}
		files++
		if info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s can be read by others: %v", path, info.Mode())
		}
		data, err := os.ReadFile(path)
		if bytes.Contains(data, []byte("JFIF")) || bytes.Contains(data, []byte{0xff, 0xd8, 0xff}) || bytes.Contains([]byte(path), []byte("gate")) {
			t.Errorf("%s shows what is in it", path)
		}
		return err
	})
	if err != nil || files < 2 {
		t.Errorf("there are %d files, %v", files, err)
	}
}

func TestStillsAreNotKeptTwice(t *testing.T) {
	s := newStills(nil)
	for _, ms := range []int{0, 100, 400, 700} {
		if err := s.keep("acc", "gate", hour(8).Add(time.Duration(ms)*time.Millisecond), plain(32, 18, color.RGBA{})); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(s.minutes[0].stills); n != 2 {
		t.Errorf("%d of four stills in 0.7 s are kept, want 2", n)
	}
	for i := range 2 * heldMinutes {
		if err := s.keep("acc", "gate", hour(8).Add(time.Duration(i)*time.Minute), plain(32, 18, color.RGBA{})); err != nil {
			t.Fatal(err)
		}
	}
	if len(s.minutes) > heldMinutes {
		t.Errorf("%d minutes are in memory", len(s.minutes))
	}
}

func TestLookingAroundCostsNoMemory(t *testing.T) {
	s := openStills(t, t.TempDir())
	const minutes = 2 * heldMinutes
	at := func(i int) time.Time { return hour(8).Add(time.Duration(i) * time.Minute) }
	for i := range minutes {
		if err := s.keep("acc", "gate", at(i), plain(32, 18, color.RGBA{uint8(i), 0, 0, 255})); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.flush(); err != nil {
		t.Fatal(err)
	}
	for i := range minutes {
		if got, ok := s.near("acc", "gate", at(i), time.Second); !ok || !got.at.Equal(at(i)) {
			t.Errorf("in minute %d there is %v, %v", i, got.at, ok)
		}
	}
	if len(s.minutes) > heldMinutes {
		t.Errorf("%d minutes are held after all of them were looked at, want at most %d", len(s.minutes), heldMinutes)
	}
}

func TestDamagedStillsAreNotThere(t *testing.T) {
	packed := packStills([]still{{hour(8), []byte("one")}, {hour(9), []byte("two")}})
	if got := unpackStills(packed); len(got) != 2 || !got[1].at.Equal(hour(9)) || string(got[1].jpeg) != "two" {
		t.Fatalf("unpacked they are %v", got)
	}
	for n := range packed {
		if got := unpackStills(packed[:n]); len(got) > 1 {
			t.Errorf("cut after %d bytes there are %d", n, len(got))
		}
	}
}

func FuzzUnpackStills(f *testing.F) {
	f.Add(packStills([]still{{hour(8), []byte("one")}}))
	f.Fuzz(func(t *testing.T, data []byte) {
		total := 0
		for _, x := range unpackStills(data) {
			total += len(x.jpeg)
		}
		if total > len(data) {
			t.Errorf("%d bytes of pictures are in %d bytes", total, len(data))
		}
	})
}

func TestShrinkTakesMeans(t *testing.T) {
	img := image.NewRGBA(image.Rect(0, 0, 8, 4))
	for i := range 32 {
		v := uint8(0)
		if (i%8+i/8)%2 == 0 { // a chequerboard
			v = 200
		}
		img.SetRGBA(i%8, i/8, color.RGBA{v, v, v, 255})
	}
	small := shrink(img, 4, 100)
	if small.Rect.Size() != image.Pt(4, 2) {
		t.Fatalf("it is %v", small.Rect)
	}
	if got := small.RGBAAt(3, 1); got != (color.RGBA{100, 100, 100, 255}) {
		t.Errorf("the mean is %v", got)
	}
	if got := shrink(img, 100, 100); got.Rect != img.Rect || &got.Pix[0] == &img.Pix[0] {
		t.Error("what fits is not copied as it is")
	}
}

func TestMovementIsMoreThanNoiseAndClouds(t *testing.T) {
	ground := plain(640, 360, color.RGBA{100, 100, 100, 255})
	base := lumaOf(ground)
	brighter := plain(640, 360, color.RGBA{130, 130, 130, 255})
	noisy := plain(640, 360, color.RGBA{100, 100, 100, 255})
	for i := 0; i < len(noisy.Pix); i += 4 {
		v := uint8(90 + i*2654435761>>13%20)
		noisy.Pix[i], noisy.Pix[i+1], noisy.Pix[i+2] = v, v, v
	}
	person := plain(640, 360, color.RGBA{100, 100, 100, 255})
	for y := 200; y < 230; y++ {
		for x := 300; x < 312; x++ {
			person.SetRGBA(x, y, color.RGBA{20, 20, 20, 255})
		}
	}
	for name, c := range map[string]struct {
		img  *image.RGBA
		want bool
	}{"nothing": {ground, false}, "a cloud": {brighter, false}, "noise": {noisy, false}, "somebody far away": {person, true}} {
		now := lumaOf(c.img)
		if got := now.moved(&base); got != c.want {
			t.Errorf("%s: moved is %v", name, got)
		}
	}
}

func TestGlimpsesKeepTheirPace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		to := make(chan glimpse, 1000)
		g := &glimpses{account: "acc", stream: "gate", to: to}
		still, other := plain(64, 36, color.RGBA{50, 50, 50, 255}), plain(64, 36, color.RGBA{50, 50, 50, 255})
		for i := 0; i < 32*32*4; i += 4 {
			other.Pix[i] = 255
		}
		at := hour(8)
		see := func(img *image.RGBA, seconds int) (kept int) {
			before := len(to)
			for range seconds * 25 {
				at = at.Add(40 * time.Millisecond)
				time.Sleep(40 * time.Millisecond)
				g.see(at, img)
			}
			return len(to) - before
		}
		if n := see(still, 120); n < 4 || n > 5 {
			t.Errorf("in two minutes without movement %d are kept, want one in 30 s", n)
		}
		moving := 0
		for i := range 60 {
			moving += see([]*image.RGBA{still, other}[i%2], 1)
		}
		if moving < 55 || moving > 61 {
			t.Errorf("in a minute with movement %d are kept, want one a second", moving)
		}
	})
}

// fakeFinder is an archive of which nothing but Find works.
type fakeFinder struct {
	media.Archive
	found media.Fragment
	err   error
}

func (f fakeFinder) ID() string { return "acc" }
func (f fakeFinder) Find(context.Context, time.Time, bool) (media.Fragment, error) {
	return f.found, f.err
}

type finderAccount struct{ finder fakeFinder }

func (a finderAccount) ID() string                   { return "acc" }
func (a finderAccount) Archive(string) media.Archive { return a.finder }

func TestThumbsComeFromStillsFirst(t *testing.T) {
	leak.Check(t)
	synctest.Test(t, func(t *testing.T) {
		s := newStills(nil)
		if err := s.keep("acc", "gate", hour(8), plain(640, 360, color.RGBA{200, 0, 0, 255})); err != nil {
			t.Fatal(err)
		}
		thumbs := newThumbs(s, fakeCodecs{})
		ctx, cancel := context.WithCancel(t.Context())
		var done sync.WaitGroup
		done.Go(func() { thumbs.run(ctx) })
		acc := finderAccount{fakeFinder{found: media.Fragment{Number: "42", Start: hour(8).Add(-time.Second), Length: 3 * time.Second}, err: nil}}
		thumbs.want(thumbWish{account: acc, stream: "gate", still: "gate", at: hour(8).Add(time.Second)})
		synctest.Wait()
		got := thumbs.Now().Get()
		if got.Image == nil || !got.At.Equal(hour(8)) || got.Fragment != "" {
			t.Errorf("at once there is %v at %v, fragment %q", got.Image != nil, got.At, got.Fragment)
		}
		time.Sleep(thumbRest)
		synctest.Wait()
		if got := thumbs.Now().Get(); got.Fragment != "42" || got.Image == nil {
			t.Errorf("then there is %v of fragment %q", got.Image != nil, got.Fragment)
		}
		acc.finder.err = io.EOF
		thumbs.want(thumbWish{account: acc, stream: "gate", still: "gate", at: hour(12)})
		time.Sleep(time.Second)
		synctest.Wait()
		if got := thumbs.Now().Get(); got.Image != nil || !got.NoPicture() || !got.Of.Equal(hour(12)) {
			t.Errorf("where nothing is recorded there is %+v", got)
		}
		acc.finder.err = errors.New("offline")
		thumbs.want(thumbWish{account: acc, stream: "gate", still: "gate", at: hour(8), local: true})
		time.Sleep(time.Second)
		synctest.Wait()
		if got := thumbs.Now().Get(); got.Image == nil || got.Fragment != "" || got.Err != nil {
			t.Errorf("offline there is %+v", got)
		}
		cancel()
		done.Wait()
	})
}

func TestAStillOfAnotherFragmentIsReplacedByThePicture(t *testing.T) {
	leak.Check(t)
	synctest.Test(t, func(t *testing.T) {
		s := newStills(nil)
		archive := &fakeArchive{start: hour(8), n: 20}
		if err := s.keep("fake-a", "gate", hour(8), plain(64, 36, color.RGBA{200, 0, 0, 255})); err != nil {
			t.Fatal(err)
		}
		thumbs := newThumbs(s, fakeCodecs{})
		ctx, cancel := context.WithCancel(t.Context())
		var done sync.WaitGroup
		done.Go(func() { thumbs.run(ctx) })
		at := hour(8).Add(7500 * time.Millisecond)
		thumbs.want(thumbWish{account: archiverOf{archive}, stream: "gate", still: "gate", at: at})
		synctest.Wait()
		if got := thumbs.Now().Get(); got.Image == nil || !got.At.Equal(hour(8)) {
			t.Errorf("at once there is %v of %v", got.Image != nil, got.At)
		}
		time.Sleep(thumbRest)
		synctest.Wait()
		if got := thumbs.Now().Get(); got.Image == nil || !got.At.Equal(hour(8).Add(7*time.Second)) || got.Fragment != "h" || !s.has("fake-a", "gate", got.At) {
			t.Errorf("then there is a picture of %v in fragment %q, want the key frame before %v, which is kept", got.At, got.Fragment, at)
		}
		cancel()
		done.Wait()
	})
}

type archiverOf struct{ archive media.Archive }

func (a archiverOf) ID() string                   { return "fake-a" }
func (a archiverOf) Archive(string) media.Archive { return a.archive }

func TestAnUnattendedScreenKeepsNoStills(t *testing.T) {
	leak.Check(t)
	for _, patient := range []bool{false, true} {
		archive := &fakeArchive{start: time.Now().Add(-time.Hour), n: 20}
		a := running(t, Options{Patient: patient, Accounts: []Account{&fakeAccount{name: "a", archive: archive}}})
		a.Watch.Select("gate")
		for i := range 3 {
			at := archive.start.Add(time.Duration(3*i) * time.Second)
			a.Watch.Seek(at)
			a.Watch.Pause()
			a.Watch.Seek(at)
			within(t, "the picture is there", shows(a.Watch.Now().Get().Deck, at))
		}
		kept := func() bool { return a.Past.stills.has("fake-a", "gate", archive.start) }
		if patient {
			if kept() || len(a.Past.waiting) > 0 {
				t.Error("what nobody will look back at is kept")
			}
			continue
		}
		within(t, "a still is kept", kept)
	}
}

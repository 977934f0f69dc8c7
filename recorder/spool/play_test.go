package spool

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"testing"
	"testing/synctest"
	"time"

	"kinora/internal/leak"
	"kinora/media"
	"kinora/mkv"
)

// frames are the packets of samples, by producer time.
func frames(t *testing.T, list []*sample, zero time.Time) []*media.Packet {
	t.Helper()
	var all []*media.Packet
	for _, s := range list {
		r := mkv.NewReader(bytes.NewReader(append(bytes.Clone(s.head), s.body()...)), mkv.Limits{})
		f, err := r.Next()
		must(t, err)
		for {
			p, err := r.Packet()
			if err == io.EOF {
				break
			}
			must(t, err)
			p.PTS += s.at.Sub(zero) - f.Start
			p.DTS = p.PTS
			all = append(all, p)
		}
	}
	return all
}

func readAll(t *testing.T, src media.Source) []*media.Packet {
	t.Helper()
	var all []*media.Packet
	for {
		p, err := src.Read()
		if err == io.EOF {
			return all
		}
		must(t, err)
		all = append(all, p)
	}
}

func TestPlayGivesWhatWasRecorded(t *testing.T) {
	leak.Check(t)
	r := newRig(t)
	r.open()
	k := r.begin()
	list := samples(t, 6, 50)
	for i, s := range list {
		write(t, k, s)
		if i == 3 {
			k.Lose(time.Second) // between fragments: the media times of the others stay
		}
	}
	must(t, k.End())
	must(t, r.line()[0].Advance(Persisted))
	must(t, r.line()[0].Reject("no"))
	src, err := k.Play(t.Context(), false)
	must(t, err)
	defer src.Close()
	if !src.Epoch().Equal(list[1].at) || !reflect.DeepEqual(src.Tracks()[0].Private, testTracks[0].Private) {
		t.Errorf("the source begins at %v with %v", src.Epoch(), src.Tracks())
	}
	got, want := readAll(t, src), frames(t, list[1:], list[1].at)
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%d frames were played, not the %d recorded", len(got), len(want))
	}
}

func TestPlayMarksWhatIsMissing(t *testing.T) {
	r := newRig(t)
	r.open()
	k := r.begin()
	list := samples(t, 3, 50)
	wide := []media.Track{{ID: 1, Kind: media.Video, Codec: media.H264, Private: []byte{9}, Width: 1920, Height: 1080}}
	list = append(list, samplesOf(t, wide, 6*time.Second, 1, 50)...)
	for _, s := range list {
		write(t, k, s)
	}
	must(t, k.End())
	must(t, r.line()[1].Advance(Persisted))
	src, err := k.Play(t.Context(), false)
	must(t, err)
	defer func() {
		must(t, src.Close())
		for _, f := range r.line() {
			if f.holds != 0 || f.file != nil {
				t.Errorf("fragment %d is held after the end", f.Number())
			}
		}
	}()
	var breaks []int
	for i := range 30 {
		p, err := src.Read()
		must(t, err)
		if p.Discontinuity {
			breaks = append(breaks, i)
		}
	}
	if want := []int{10, 20}; !reflect.DeepEqual(breaks, want) {
		t.Errorf("frames %v are marked, want %v: a gap and other tracks", breaks, want)
	}
	if src.Tracks()[0].Width != 1920 {
		t.Errorf("the tracks are still %v", src.Tracks())
	}
}

func TestPlayFollowsARecording(t *testing.T) {
	leak.Check(t)
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		r.open()
		k := r.begin()
		list := samples(t, 3, 50)
		go func() {
			for _, s := range list {
				f, err := k.Create(s.head, s.at, s.pts)
				if err != nil {
					t.Error(err)
					return
				}
				for _, p := range s.pieces {
					if _, err := f.Write(p); err != nil {
						t.Error(err)
					}
					time.Sleep(s.length / time.Duration(len(s.pieces)))
				}
				f.Reach(s.pts + s.length)
				f.Finish()
			}
			if err := k.End(); err != nil {
				t.Error(err)
			}
		}()
		src, err := k.Play(t.Context(), true)
		must(t, err)
		defer src.Close()
		begun := time.Now()
		p, err := src.Read()
		must(t, err)
		if late := time.Since(begun); late > 500*time.Millisecond {
			t.Errorf("the first frame was shown after %v", late)
		}
		got := append([]*media.Packet{p}, readAll(t, src)...)
		if want := frames(t, list, list[0].at); !reflect.DeepEqual(got, want) {
			t.Errorf("%d frames were played, not the %d recorded", len(got), len(want))
		}
		r.shut()
	})
}

func TestPlayIsPaced(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		r.open()
		k := r.begin()
		for _, s := range samples(t, 5, 50) {
			write(t, k, s)
		}
		must(t, k.End())
		must(t, r.line()[2].Advance(Persisted)) // its two seconds are skipped
		src, err := k.Play(t.Context(), true)
		must(t, err)
		begun := time.Now()
		if n := len(readAll(t, src)); n != 40 {
			t.Errorf("%d frames", n)
		}
		// Two times from the first to the last frame of two fragments: 3.8 s, without the gap.
		if took := time.Since(begun); took != 7600*time.Millisecond {
			t.Errorf("playing took %v", took)
		}
		must(t, src.Close())
		r.shut()
	})
}

func TestCloseEndsAPlay(t *testing.T) {
	leak.Check(t)
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		r.open()
		k := r.begin()
		s := samples(t, 1, 50)[0]
		f, err := k.Create(s.head, s.at, s.pts)
		must(t, err)
		_, err = f.Write(s.body())
		must(t, err)
		src, err := k.Play(t.Context(), false)
		must(t, err)
		ended := make(chan error)
		go func() {
			for {
				if _, err := src.Read(); err != nil {
					ended <- err
					return
				}
			}
		}()
		synctest.Wait()
		must(t, src.Close())
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Errorf("reading ended with %v", err)
		}
		f.Finish()
		r.shut()
	})
}

func TestPlayOfNothingSaysSo(t *testing.T) {
	r := newRig(t)
	r.open()
	k := r.begin()
	must(t, k.End())
	if _, err := k.Play(t.Context(), false); !errors.Is(err, ErrGone) {
		t.Errorf("playing nothing: %v", err)
	}
	if _, err := k.Export(t.Context(), filepath.Join(t.TempDir(), "x.mkv"), nil); !errors.Is(err, ErrGone) {
		t.Errorf("exporting nothing: %v", err)
	}
}

func TestExportIsAPlayableFile(t *testing.T) {
	r := newRig(t)
	r.open()
	k := r.begin()
	list := samples(t, 4, 3000)
	wide := []media.Track{{ID: 1, Kind: media.Video, Codec: media.H264, Private: []byte{9}, Width: 1920, Height: 1080}}
	list = append(list, samplesOf(t, wide, 8*time.Second, 2, 3000)...)
	for _, s := range list {
		write(t, k, s)
	}
	must(t, k.End())
	must(t, r.line()[0].Advance(Persisted))
	dir := t.TempDir()
	var last, total int64
	files, err := k.Export(t.Context(), filepath.Join(dir, "shift.mkv"), func(done, all int64) { last, total = done, all })
	must(t, err)
	if want := []string{filepath.Join(dir, "shift.mkv"), filepath.Join(dir, "shift-2.mkv")}; !reflect.DeepEqual(files, want) {
		t.Fatalf("files %v", files)
	}
	if last != total || total == 0 {
		t.Errorf("progress ended at %d of %d", last, total)
	}
	for i, part := range [][]*sample{list[1:4], list[4:]} {
		want := frames(t, part, part[0].at)
		b, err := os.ReadFile(files[i])
		must(t, err)
		in := mkv.NewReader(bytes.NewReader(b), mkv.Limits{})
		var got []*media.Packet
		for {
			c, err := in.Next()
			if err == io.EOF {
				break
			}
			must(t, err)
			for {
				p, err := in.Packet()
				if err == io.EOF {
					break
				}
				must(t, err)
				got = append(got, p)
			}
			if len(c.Trailer) == 0 || c.Trailer[0].Name != "MARK" {
				t.Errorf("a marker is lost: %v", c.Trailer)
			}
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("file %d has %d frames, not the %d recorded", i+1, len(got), len(want))
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancelled := filepath.Join(t.TempDir(), "half.mkv")
	_, err = k.Export(ctx, cancelled, func(int64, int64) { cancel() })
	left, _ := os.ReadDir(filepath.Dir(cancelled))
	if !errors.Is(err, context.Canceled) || len(left) != 0 {
		t.Errorf("after a cancelled export (%v) there is %v", err, left)
	}
}

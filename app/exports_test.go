package app

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"kinora/clip"
	"kinora/internal/leak"
	"kinora/media"
)

// slowArchive lets nobody load a fragment before it is let go.
type slowArchive struct {
	fakeArchive
	let chan struct{}
}

func (a *slowArchive) Load(ctx context.Context, f media.Fragment) (*media.Recorded, error) {
	select {
	case <-a.let:
		return a.fakeArchive.Load(ctx, f)
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func TestExports(t *testing.T) {
	leak.Check(t)
	archive := &slowArchive{fakeArchive{start: time.Now().Add(-time.Hour), n: 20}, make(chan struct{})}
	acc := &fakeAccount{name: "a", archive: archive}
	a := running(t, Options{Accounts: []Account{acc}})
	e, dir := a.Exports, t.TempDir()
	first, second := filepath.Join(dir, "first.mkv"), filepath.Join(dir, "second.mkv")
	from, to := archive.start.Add(2500*time.Millisecond), archive.start.Add(6*time.Second)
	add := func(path string) error { return e.Add(acc, "gate", from, to, path) }
	if err := errors.Join(add(first), add(second)); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{first: "already", filepath.Join(dir, "clip.avi"): ".mp4 or .mkv"} {
		if err := add(name); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q in it", filepath.Base(name), err, want)
		}
	}
	phases := func(want ...ExportPhase) []Export {
		t.Helper()
		return until(t, e.List(), func(list []Export) bool {
			for i, p := range want {
				if len(list) != len(want) || list[i].Phase != p {
					return false
				}
			}
			return true
		})
	}
	list := phases(ExportRunning, ExportWaiting) // one after the other
	archive.let <- struct{}{}
	until(t, e.List(), func(list []Export) bool { return list[0].Progress.Fragments == 1 })
	e.Cancel(list[0].ID)
	phases(ExportCancelled, ExportRunning)
	e.Cancel(list[1].ID)
	phases(ExportCancelled, ExportCancelled)
	if _, err := os.Stat(first + ".part"); err != nil {
		t.Errorf("what was written of a cancelled export is gone: %v", err)
	}
	close(archive.let)
	e.Again(list[0].ID)
	done := phases(ExportDone, ExportCancelled)[0]
	if len(done.Files) != 1 || done.Files[0] != first || done.Progress.Fragments != 4 {
		t.Errorf("done: %+v, want the four fragments from 2 s to 6 s", done)
	}
	if p, err := clip.Verify(first); err != nil || p.Stream != "gate" || len(p.Pieces) != 4 {
		t.Errorf("verify: %v", err)
	}
	if err := errors.Join(e.Clear(list[1].ID), e.Clear(list[0].ID)); err != nil {
		t.Error(err)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "*")); len(left) != 2 || len(e.List().Get()) != 0 { // its pattern is good
		t.Errorf("there are %q and %v; want the first file and its proof", left, e.List().Get())
	}
}

// An export to the file of one that was cancelled takes its place: clearing that would remove what this one writes.
func TestAnExportTakesUpTheFileOfACancelledOne(t *testing.T) {
	leak.Check(t)
	archive := &slowArchive{fakeArchive{start: time.Now().Add(-time.Hour), n: 20}, make(chan struct{})}
	acc := &fakeAccount{name: "a", archive: archive}
	a := running(t, Options{Accounts: []Account{acc}})
	e, path := a.Exports, filepath.Join(t.TempDir(), "clip.mkv")
	add := func() error { return e.Add(acc, "gate", archive.start, archive.start.Add(4*time.Second), path) }
	if err := add(); err != nil {
		t.Fatal(err)
	}
	archive.let <- struct{}{}
	first := until(t, e.List(), func(list []Export) bool { return list[0].Progress.Fragments == 1 })[0]
	e.Cancel(first.ID)
	until(t, e.List(), func(list []Export) bool { return list[0].Phase == ExportCancelled })
	if err := add(); err != nil {
		t.Fatal(err)
	}
	until(t, e.List(), func(list []Export) bool { x := list[len(list)-1]; return x.ID != first.ID && x.Progress.Fragments == 1 })
	if err := e.Clear(first.ID); err != nil {
		t.Error(err)
	}
	e.Again(first.ID)
	close(archive.let)
	done := until(t, e.List(), func(list []Export) bool { return list[len(list)-1].Phase.Over() })
	if len(done) != 1 || done[0].Phase != ExportDone {
		t.Errorf("the list is %+v, want the second export alone, done", done)
	}
}

// Two accounts have streams with one name. What one has begun the other neither takes up nor clears away.
func TestExportsOfTwoAccountsToOneFolder(t *testing.T) {
	leak.Check(t)
	archive := &slowArchive{fakeArchive{start: time.Now().Add(-time.Hour).Truncate(time.Hour), n: 20}, make(chan struct{})}
	one, two := &fakeAccount{name: "a", archive: archive}, &fakeAccount{name: "b", archive: archive}
	a := running(t, Options{Accounts: []Account{one, two}})
	e, dir := a.Exports, t.TempDir()
	path := filepath.Join(dir, "clip.mkv")
	end := archive.start.Add(time.Hour)
	if err := errors.Join(e.Add(one, "gate", archive.start, end, path), e.AddHours(one, "gate", time.Time{}, end, dir, clip.MKV)); err != nil {
		t.Fatal(err)
	}
	for i, id := range []int{1, 2} {
		archive.let <- struct{}{}
		until(t, e.List(), func(list []Export) bool { return list[i].Progress.Fragments == 1 })
		e.Cancel(id)
		until(t, e.List(), func(list []Export) bool { return list[i].Phase == ExportCancelled })
	}
	if err := e.Add(two, "gate", archive.start, end, path); err == nil || !strings.Contains(err.Error(), "another account") {
		t.Errorf("the second account takes up the file of the first: %v", err)
	}
	if err := e.AddHours(two, "gate", time.Time{}, end, dir, clip.MKV); err != nil {
		t.Fatal(err)
	}
	archive.let <- struct{}{}
	until(t, e.List(), func(list []Export) bool { return len(list) == 3 && list[2].Progress.Fragments == 1 })
	e.Cancel(3)
	until(t, e.List(), func(list []Export) bool { return list[2].Phase == ExportCancelled })
	if err := e.Clear(3); err != nil {
		t.Fatal(err)
	}
	if parts, _ := filepath.Glob(filepath.Join(dir, "*.part")); len(parts) != 2 { // its pattern is good
		t.Errorf("of the two of the first account there are %q", parts)
	}
}

// What fails says why, and the next one goes on.
func TestExportFails(t *testing.T) {
	leak.Check(t)
	archive := &fakeArchive{start: time.Now().Add(-time.Hour), n: 5}
	acc := &fakeAccount{name: "a", archive: archive}
	a := running(t, Options{Accounts: []Account{acc}})
	dir := t.TempDir()
	if err := errors.Join(
		a.Exports.Add(acc, "gate", archive.start.Add(time.Minute), archive.start.Add(2*time.Minute), filepath.Join(dir, "empty.mkv")),
		a.Exports.Add(acc, "gate", archive.start, archive.start.Add(time.Minute), filepath.Join(dir, "nowhere", "clip.mkv")),
		a.Exports.Add(acc, "gate", archive.start, archive.start.Add(time.Minute), filepath.Join(dir, "clip.mkv")),
	); err != nil {
		t.Fatal(err)
	}
	list := until(t, a.Exports.List(), func(list []Export) bool { return list[2].Phase.Over() })
	if !errors.Is(list[0].Err, clip.ErrNothing) || list[1].Phase != ExportFailed || list[1].Err == nil || list[2].Phase != ExportDone {
		t.Errorf("the list is %+v", list)
	}
}

// An archive is copied by the hour, again where there is more, and what is cleared leaves no halves.
func TestExportsByTheHour(t *testing.T) {
	leak.Check(t)
	archive := &slowArchive{fakeArchive{start: time.Now().Add(-time.Hour).Truncate(time.Hour), n: 20}, make(chan struct{})}
	acc := &fakeAccount{name: "a", archive: archive}
	a := running(t, Options{Accounts: []Account{acc}})
	dir := filepath.Join(t.TempDir(), "all")
	add := func() {
		t.Helper()
		if err := a.Exports.AddHours(acc, "gate", time.Time{}, archive.start.Add(time.Hour), dir, clip.MKV); err != nil {
			t.Fatal(err)
		}
	}
	add()
	archive.let <- struct{}{}
	id := until(t, a.Exports.List(), func(list []Export) bool { return list[0].Progress.Fragments == 1 })[0].ID
	a.Exports.Cancel(id)
	until(t, a.Exports.List(), func(list []Export) bool { return list[0].Phase == ExportCancelled })
	if err := a.Exports.Clear(id); err != nil {
		t.Error(err)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "*")); len(left) > 0 { // its pattern is good
		t.Errorf("there are %q", left)
	}
	close(archive.let)
	for want := range 2 {
		add()
		list := until(t, a.Exports.List(), func(list []Export) bool { return len(list) == want+1 && list[want].Phase.Over() })
		if done := list[want]; done.Phase != ExportDone || len(done.Files) != 1-want {
			t.Errorf("call %d: %+v", want, done)
		}
	}
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := a.Exports.AddHours(acc, "gate", time.Time{}, time.Now(), file, clip.MKV); err == nil {
		t.Error("a file was taken for a folder")
	}
}

// servingArchive makes clips itself.
type servingArchive struct {
	fakeArchive
	from, to time.Time // of the clip that it was asked for last
}

func (a *servingArchive) Clip(_ context.Context, from, to time.Time) (io.ReadCloser, error) {
	a.from, a.to = from, to
	return io.NopCloser(strings.NewReader("an MP4")), nil
}

// A clip that the service makes, and the bookmarks in its proof.
func TestAnExportByTheService(t *testing.T) {
	leak.Check(t)
	begin := time.Now().Add(-time.Hour).UTC().Truncate(time.Second)
	archive := &servingArchive{fakeArchive: fakeArchive{start: begin, n: 20}}
	acc := &fakeAccount{name: "a", archive: archive}
	a := running(t, Options{Accounts: []Account{acc}})
	for _, s := range []int{1, 3, 9} {
		if err := a.Bookmarks.Add(acc, "gate", ProducerClock, begin.Add(time.Duration(s)*time.Second)); err != nil {
			t.Fatal(err)
		}
	}
	if err := a.Bookmarks.Rename(acc, "gate", ProducerClock, begin.Add(3*time.Second), "red van"); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "clip.mp4")
	if err := a.Exports.AddServed(acc, "gate", begin, begin.Add(time.Second), path+".mkv"); err == nil || !strings.Contains(err.Error(), "MP4") {
		t.Errorf("a Matroska file by the service: %v", err)
	}
	if err := a.Exports.AddServed(acc, "gate", begin.Add(2*time.Second), begin.Add(6*time.Second), path); err != nil {
		t.Fatal(err)
	}
	done := until(t, a.Exports.List(), func(list []Export) bool { return list[0].Phase.Over() })[0]
	if done.Phase != ExportDone {
		t.Fatalf("it ended with %v", done.Err)
	}
	if text, err := os.ReadFile(path); string(text) != "an MP4" {
		t.Errorf("the file has %q, %v", text, err)
	}
	p, err := clip.Verify(path)
	if err != nil || p.MadeBy != "GetClip" || len(p.Pieces) != 4 {
		t.Errorf("the proof is %+v, %v", p, err)
	}
	if want := []clip.Bookmark{{At: begin.Add(3 * time.Second), Name: "red van"}}; !slices.Equal(p.Bookmarks, want) {
		t.Errorf("the proof has the bookmarks %v, want %v", p.Bookmarks, want)
	}
}

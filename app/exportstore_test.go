package app

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"kinora/clip"
	"kinora/internal/leak"
)

// The list is there at the next start, also after a crash: what ran goes on where it stood, what was cancelled or failed waits for a
// person, and what was cleared is forgotten.
func TestExportsAreKeptBetweenRuns(t *testing.T) {
	for name, end := range map[string]func(t *testing.T, a *App, data string) string{
		"closed": func(t *testing.T, a *App, data string) string {
			if err := a.Close(); err != nil {
				t.Error(err)
			}
			return data
		},
		"crashed": func(t *testing.T, _ *App, data string) string {
			crashed := t.TempDir()
			if err := os.CopyFS(crashed, os.DirFS(data)); err != nil {
				t.Fatal(err)
			}
			return crashed
		},
	} {
		t.Run(name, func(t *testing.T) {
			leak.Check(t)
			archive := &slowArchive{fakeArchive{start: time.Now().Add(-time.Hour), n: 20}, make(chan struct{})}
			acc, data, dir := &fakeAccount{name: "a", archive: archive}, t.TempDir(), t.TempDir()
			a := running(t, Options{Accounts: []Account{acc}, Data: data})
			add := func(name string, from time.Time) {
				t.Helper()
				if err := a.Exports.Add(acc, "gate", from, from.Add(4*time.Second), filepath.Join(dir, name)); err != nil {
					t.Fatal(err)
				}
			}
			ended := func(n int) {
				t.Helper()
				until(t, a.Exports.List(), func(list []Export) bool { return len(list) == n && list[n-1].Phase.Over() })
			}
			add("none.mkv", archive.start.Add(time.Minute))
			ended(1)
			add("cleared.mkv", archive.start.Add(time.Minute))
			ended(2)
			if err := a.Exports.Clear(2); err != nil {
				t.Fatal(err)
			}
			add("clip.mkv", archive.start)
			add("later.mkv", archive.start)
			a.Exports.Cancel(4)
			archive.let <- struct{}{}
			until(t, a.Exports.List(), func(list []Export) bool { return list[1].Progress.Fragments == 1 })
			until(t, onDisk(t, filepath.Join(data, "exports.json")), func(kept []keptExport) bool {
				return len(kept) == 3 && kept[1].Phase == ExportRunning && kept[2].Phase == ExportCancelled
			})
			data = end(t, a, data)

			absent := New(Options{Data: data})
			if list := absent.Exports.List().Get(); len(list) != 3 || list[1].Phase != ExportWaiting {
				t.Errorf("the list is %+v", list)
			}
			if name == "crashed" {
				a.Exports.Cancel(3) // the crashed program lets go of its file
				until(t, a.Exports.List(), func(list []Export) bool { return list[1].Phase == ExportCancelled })
			}
			close(archive.let)
			b := running(t, Options{Accounts: []Account{acc}, Data: data})
			list := until(t, b.Exports.List(), func(list []Export) bool { return list[1].Phase.Over() })
			if list[0].Phase != ExportFailed || list[0].Err == nil || list[1].Phase != ExportDone || list[2].Phase != ExportCancelled {
				t.Errorf("the list is %+v, want one that failed, one that is done and one that was cancelled", list)
			}
			if p, err := clip.Verify(filepath.Join(dir, "clip.mkv")); err != nil || len(p.Pieces) != 4 {
				t.Errorf("verify: %v", err)
			}
			b.Exports.Again(list[2].ID)
			until(t, b.Exports.List(), func(list []Export) bool { return list[2].Phase == ExportDone })
		})
	}
}

// A program that dies when a clip has its name and before the list says so finds it done at the next start.
func TestAnExportThatEndedUnnoted(t *testing.T) {
	leak.Check(t)
	data, path := t.TempDir(), filepath.Join(t.TempDir(), "clip.mkv")
	archive := &fakeArchive{start: time.Now().Add(-time.Hour), n: 5}
	acc := &fakeAccount{name: "a", archive: archive}
	a := running(t, Options{Accounts: []Account{acc}, Data: data})
	if err := a.Exports.Add(acc, "gate", archive.start, archive.start.Add(time.Minute), path); err != nil {
		t.Fatal(err)
	}
	done := until(t, a.Exports.List(), func(list []Export) bool { return list[0].Phase.Over() })
	if err := a.Close(); err != nil || done[0].Phase != ExportDone {
		t.Fatal(err, done)
	}
	var kept []keptExport
	if err := readState(filepath.Join(data, "exports.json"), &kept); err != nil {
		t.Fatal(err)
	}
	kept[0].Phase, kept[0].Files = ExportRunning, nil
	if err := writeState(filepath.Join(data, "exports.json"), kept); err != nil {
		t.Fatal(err)
	}
	b := running(t, Options{Accounts: []Account{acc}, Data: data})
	list := until(t, b.Exports.List(), func(list []Export) bool { return list[0].Phase.Over() })
	if list[0].Phase != ExportDone || len(list[0].Files) != 1 || list[0].Files[0] != path {
		t.Errorf("the export is %+v, want that it is done", list[0])
	}
}

// An export of an account that is not here says so, and stays.
func TestAnExportWaitsForItsAccount(t *testing.T) {
	leak.Check(t)
	data := t.TempDir()
	archive := &fakeArchive{start: time.Now().Add(-time.Hour), n: 5}
	acc := &fakeAccount{name: "a", archive: archive}
	first := New(Options{Accounts: []Account{acc}, Data: data})
	end := first.Exports.store.start()
	if err := first.Exports.Add(acc, "gate", archive.start, archive.start.Add(time.Minute), filepath.Join(t.TempDir(), "clip.mkv")); err != nil {
		t.Fatal(err)
	}
	end()
	b := running(t, Options{Accounts: []Account{&fakeAccount{name: "b"}}, Data: data})
	list := until(t, b.Exports.List(), func(list []Export) bool { return list[0].Phase.Over() })
	if !errors.Is(list[0].Err, errAbsent) {
		t.Errorf("it ended with %v, want that its account is not here", list[0].Err)
	}
}

// onDisk follows the list that a file has, until the test ends.
func onDisk(t *testing.T, path string) *Value[[]keptExport] {
	t.Helper()
	v, stop, done := new(Value[[]keptExport]), make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		for tick := time.NewTicker(5 * time.Millisecond); ; {
			select {
			case <-stop:
				tick.Stop()
				return
			case <-tick.C:
			}
			var kept []keptExport
			if readState(path, &kept) == nil {
				v.Set(kept)
			}
		}
	}()
	t.Cleanup(func() { close(stop); <-done })
	return v
}

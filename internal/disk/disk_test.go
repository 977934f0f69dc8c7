package disk

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// What a step leaves behind that fails in the middle is what was done of it, and the next one is asked for again.
func TestFaultStopsAStep(t *testing.T) {
	dir := t.TempDir()
	var steps []string
	pulled := errors.New("pulled")
	d := Disk{Fault: func(op, path string, size int) (int, error) {
		steps = append(steps, op+" "+filepath.Base(path))
		if op == "write" {
			return size / 2, pulled
		}
		return size, nil
	}}
	f, err := d.Create(filepath.Join(dir, "a"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := d.WriteAt(f, []byte("12345678"), 0); !errors.Is(err, pulled) {
		t.Errorf("a write that is stopped says %v", err)
	}
	if got, err := os.ReadFile(f.Name()); err != nil || string(got) != "1234" {
		t.Errorf("the file has %q, %v; want the half that was written", got, err)
	}
	d.Fault = func(op, _ string, _ int) (int, error) { return 0, pulled }
	for name, step := range map[string]func() error{
		"mkdir":     func() error { return d.Mkdir(filepath.Join(dir, "b")) },
		"create":    func() error { _, err := d.Create(filepath.Join(dir, "c")); return err },
		"sync":      func() error { return d.Sync(f) },
		"truncate":  func() error { return d.Truncate(f, 1) },
		"rename":    func() error { return d.Rename(f.Name(), filepath.Join(dir, "d")) },
		"remove":    func() error { return d.Remove(f.Name()) },
		"removeAll": func() error { return d.RemoveAll(dir) },
		"syncDir":   func() error { return d.SyncDir(dir) },
		"replace":   func() error { return d.Replace(f.Name(), []byte("other")) },
	} {
		if err := step(); !errors.Is(err, pulled) {
			t.Errorf("%s says %v", name, err)
		}
	}
	if names, err := ReadNames(dir); err != nil || !slices.Equal(names, []string{"a"}) {
		t.Errorf("there are %q, %v; want the file alone, as it was", names, err)
	}
	if got, _ := os.ReadFile(f.Name()); string(got) != "1234" {
		t.Errorf("the file has %q; want what it had", got)
	}
	if want := []string{"create a", "write a"}; !slices.Equal(steps, want) {
		t.Errorf("the steps were %q, want %q", steps, want)
	}
}

func TestNamesAreFreeOnce(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "sub")
	var d Disk
	if err := d.Mkdir(dir); err != nil {
		t.Fatal(err)
	}
	if err := d.Mkdir(dir); !errors.Is(err, fs.ErrExist) {
		t.Errorf("a second Mkdir says %v", err)
	}
	f, err := d.Create(filepath.Join(dir, "a"))
	if err == nil {
		err = errors.Join(f.Close(), d.SyncDir(dir))
	}
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.Create(f.Name()); !errors.Is(err, fs.ErrExist) {
		t.Errorf("a second Create says %v", err)
	}
	if err := d.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	if err := d.Remove(dir); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Remove of nothing says %v", err)
	}
}

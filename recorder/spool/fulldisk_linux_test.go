package spool

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"kinora/internal/leak"
)

// mount puts a small file system in memory at the rig's directory.
func mount(t *testing.T, dir, options string) {
	t.Helper()
	if err := unix.Mount("tmpfs", dir, "tmpfs", 0, options); err != nil {
		t.Skipf("no small file system can be mounted here: %v", err)
	}
	t.Cleanup(func() {
		if err := unix.Unmount(dir, 0); err != nil {
			t.Error(err)
		}
	})
}

// A disk that is full to the last byte.
func TestFullDisk(t *testing.T) {
	leak.Check(t)
	dir := t.TempDir()
	mount(t, dir, "size=512k")
	r := newRig(t)
	r.dir = dir
	r.open()
	k := r.begin()
	list := samples(t, 20, 5000)
	refused := 0
	for _, s := range list {
		if _, err := s.write(k); errors.Is(err, ErrFull) {
			refused++
		} else if err != nil {
			t.Fatalf("a full disk says %v", err)
		}
	}
	if refused == 0 {
		t.Fatal("the disk was not full")
	}
	if err := k.End(); err != nil && !errors.Is(err, ErrFull) {
		t.Fatal(err)
	}
	whole := 0
	check := func() {
		t.Helper()
		whole = 0
		for f := r.Oldest(door); f != nil; f = r.After(f) {
			s := list[f.Number()-1]
			_, body, err := content(f)
			must(t, err)
			if !wholeFrames(s, body) {
				t.Errorf("fragment %d has %d bytes, which is no whole frame", f.Number(), len(body))
			}
			if len(body) == len(s.body()) {
				whole++
			}
			if !f.Sealed() {
				t.Errorf("fragment %d is %v: sealing needs no room", f.Number(), f.Stage())
			}
		}
		if whole < 3 {
			t.Errorf("%d whole fragments", whole)
		}
	}
	check()
	must(t, r.Oldest(door).Advance(Persisted))
	must(t, r.Oldest(door).Advance(Persisted))
	r.reopen()
	check()
	s := list[0]
	k = r.begin()
	write(t, k, s) // there is room again
	must(t, k.End())
	must(t, s.check(r.Newest(door)))
	r.shut()
}

func TestReadOnlyDisk(t *testing.T) {
	leak.Check(t)
	dir := t.TempDir()
	mount(t, dir, "size=4m")
	inner := filepath.Join(dir, "spool")
	must(t, os.Mkdir(inner, 0o700))
	r := newRig(t)
	r.dir = inner
	list, _ := r.recorded(2)
	if err := unix.Mount("", dir, "", unix.MS_REMOUNT|unix.MS_RDONLY, ""); err != nil {
		t.Skipf("nothing can be mounted read-only here: %v", err)
	}
	if _, err := Open(inner, r.o); !errors.Is(err, ErrReadOnly) {
		t.Errorf("a read-only spool is opened: %v", err)
	}
	must(t, unix.Mount("", dir, "", unix.MS_REMOUNT, ""))
	r.open()
	for i, f := range r.line() {
		must(t, list[i].check(f))
	}
	r.shut()
}

// limited in the environment makes the test binary a process of its own for TestShortWrite.
const limited = "KINORA_SPOOL_LIMITED"

// A file that may not grow any more: the write that hits the limit is cut off at the frame before. The limit is one of the whole
// process, and would hit what the testing package writes as well.
func TestShortWrite(t *testing.T) {
	if os.Getenv(limited) == "" {
		cmd := exec.Command(os.Args[0], "-test.run=^TestShortWrite$")
		cmd.Env = append(os.Environ(), limited+"=1")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%v: %s", err, out)
		}
		return
	}
	r := newRig(t)
	var before syscall.Rlimit
	must(t, syscall.Getrlimit(unix.RLIMIT_FSIZE, &before))
	s := samples(t, 1, 5000)[0]
	r.open()
	k := r.begin()
	limit := before
	limit.Cur = 20_000
	must(t, syscall.Setrlimit(unix.RLIMIT_FSIZE, &limit))
	_, err := s.write(k)
	must(t, syscall.Setrlimit(unix.RLIMIT_FSIZE, &before))
	if !errors.Is(err, ErrFull) || !strings.Contains(err.Error(), "000001.mkv.part") {
		t.Errorf("a write beyond the limit: %v", err)
	}
	must(t, k.End())
	r.reopen()
	f := r.Oldest(door)
	_, body, err := content(f)
	must(t, err)
	if !wholeFrames(s, body) || len(body) < 10_000 || f.Length() == 0 || f.Length() > 2*time.Second {
		t.Errorf("%d bytes are left, %v long", len(body), f.Length())
	}
}

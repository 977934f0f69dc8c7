package recorder

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"kinora/internal/leak"
	"kinora/media"
	"kinora/mkv"
	"kinora/recorder/spool"
)

// smallDisk mounts a file system of 6 MiB in memory, with little room beside a file called ballast.
func smallDisk(t *testing.T) (dir, ballast string) {
	t.Helper()
	dir = t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=6m"); err != nil {
		t.Skipf("no small file system can be mounted here: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, 0); err != nil {
			t.Error(err)
		}
	})
	ballast = filepath.Join(dir, "ballast")
	if err := os.WriteFile(ballast, make([]byte, 5<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	return dir, ballast
}

// heavy are pictures of 20 kB: 200 kB a second.
func heavy(seconds int) []media.Packet {
	in := frames(0, 10*seconds)
	for n := range in {
		if in[n].Track == 1 {
			in[n].Data = append(in[n].Data, bytes.Repeat([]byte{'.'}, 20_000)...)
		}
	}
	return in
}

// A disk that is full to the last byte costs what comes meanwhile, and nothing else; recording goes on by itself.
func TestFullDisk(t *testing.T) {
	leak.Check(t)
	dir, ballast := smallDisk(t)
	synctest.Test(t, func(t *testing.T) {
		s, err := spool.Open(dir, spool.Options{Floor: -1})
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		in := heavy(20)
		log := new(journal)
		i := NewIntake(IntakeOptions{Open: opens(newWebcam(in)), Log: log.logger()})
		k, err := i.Begin(s, yard, spool.About{})
		if err != nil {
			t.Fatal(err)
		}
		done := make(chan error, 1)
		go func() { done <- i.Run(t.Context()) }()
		time.Sleep(10050 * time.Millisecond)
		st := i.State()
		if !errors.Is(st.Full, spool.ErrFull) || st.Skipped == 0 || st.Phase != Running {
			t.Errorf("after 10 s on a disk with room for 5: %+v", st)
		}
		if lost := k.Figures().Lost; lost < 3*time.Second || lost > 7*time.Second {
			t.Errorf("after 10 s %v are lost", lost)
		}
		if err := os.Remove(ballast); err != nil {
			t.Fatal(err)
		}
		if err := <-done; err != nil {
			t.Error(err)
		}
		st = i.State()
		if st.Full != nil {
			t.Errorf("still full: %v", st.Full)
		}
		all := contents(t, s)
		var got []media.Packet
		n := 0
		var reasons []string
		for _, k := range all {
			if r := k.tag(mkv.GapBefore); r != "" {
				reasons = append(reasons, r)
			}
			n += len(k.frames)
			for _, f := range k.frames {
				got = append(got, media.Packet{Track: f.track, PTS: f.at.Sub(noon), Key: f.key, Data: []byte(f.data)})
			}
		}
		if n+st.Skipped != len(in) {
			t.Errorf("%d frames in, %d stored, %d skipped", len(in), n, st.Skipped)
		}
		if len(reasons) == 0 || slices.ContainsFunc(reasons, func(r string) bool { return r != media.GapDisk }) {
			t.Errorf("the gaps are for %q", reasons)
		}
		for _, p := range got {
			if p.Track == 1 && len(p.Data) < 20_000 {
				t.Errorf("the picture at %v has %d bytes", p.PTS, len(p.Data))
			}
		}
		if last := got[len(got)-1].PTS; last != 19900*time.Millisecond {
			t.Errorf("the last frame is at %v", last)
		}
		f := k.Figures()
		if total := f.Stored + f.Lost; total < 19*time.Second || total > 20*time.Second || f.Captured != total {
			t.Errorf("%v are stored and %v lost out of 19.9 s; captured %v", f.Stored, f.Lost, f.Captured)
		}
	})
}

// A file waits for room instead, and nothing of it is lost.
func TestPatience(t *testing.T) {
	leak.Check(t)
	dir, ballast := smallDisk(t)
	synctest.Test(t, func(t *testing.T) {
		s, err := spool.Open(dir, spool.Options{Floor: -1})
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		in := heavy(16)
		i := NewIntake(IntakeOptions{Open: opens(newWebcam(in)), Patient: true})
		k, err := i.Begin(s, yard, spool.About{})
		if err != nil {
			t.Fatal(err)
		}
		done := make(chan error, 1)
		go func() { done <- i.Run(t.Context()) }()
		time.Sleep(30 * time.Second)
		if st := i.State(); !errors.Is(st.Full, spool.ErrFull) || st.Phase != Running {
			t.Errorf("after 30 s %+v", st)
		}
		if err := os.Remove(ballast); err != nil {
			t.Fatal(err)
		}
		if err := <-done; err != nil {
			t.Error(err)
		}
		same(t, contents(t, s), in, noon)
		if f := k.Figures(); f.Lost != 0 || i.State().Skipped != 0 {
			t.Errorf("figures %+v", f)
		}
	})
}

// Ending a take that waits for room does not wait.
func TestEndOnAFullDisk(t *testing.T) {
	leak.Check(t)
	for _, patient := range []bool{true, false} {
		dir, _ := smallDisk(t)
		synctest.Test(t, func(t *testing.T) {
			s, err := spool.Open(dir, spool.Options{Floor: -1})
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			i := NewIntake(IntakeOptions{Open: opens(newWebcam(heavy(60))), Patient: patient})
			if _, err := i.Begin(s, yard, spool.About{}); err != nil {
				t.Fatal(err)
			}
			done := make(chan error, 1)
			go func() { done <- i.Run(t.Context()) }()
			time.Sleep(20 * time.Second)
			if err := i.End(); !errors.Is(err, spool.ErrFull) {
				t.Errorf("patient %v: End returns %v", patient, err)
			}
			if err := <-done; err != nil {
				t.Errorf("patient %v: Run returns %v", patient, err)
			}
			if st := i.State(); st.Full != nil {
				t.Errorf("patient %v: state %+v", patient, st)
			}
			contents(t, s)
		})
	}
}

package archive

import (
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"

	"kinora/media"
)

// gapsOf returns the gaps of a stream in the last hours.
func (r *rig) gapsOf(s *Stream, c Clock) []media.Gap {
	r.t.Helper()
	got, err := s.Coverage(c, r.clock.Now().Add(-100*time.Hour), r.clock.Now().Add(time.Hour), time.Second)
	if err != nil {
		r.t.Fatal(err)
	}
	return got.Gaps
}

func (r *rig) wantGap(s *Stream, reason string) {
	r.t.Helper()
	for c := range Clock(2) {
		if gaps := r.gapsOf(s, c); len(gaps) != 1 || gaps[0].Reason != reason {
			r.t.Errorf("on clock %d the gaps are %v, want one for %q", c, gaps, reason)
		}
	}
}

func endOf(f *Fragment, reason string) Note {
	return Note{Server: f.Server.Add(f.Length), Producer: f.Producer.Add(f.Length), Reason: reason}
}

func startOf(f *Fragment, reason string) Note {
	return Note{Server: f.Server, Producer: f.Producer, Reason: reason, Before: true}
}

func TestGapSaysWhy(t *testing.T) {
	for name, c := range map[string]struct {
		notes func(before, behind *Fragment) []Note
		want  string
	}{
		"nothing known":       {func(_, _ *Fragment) []Note { return nil }, ""},
		"the upload ended":    {func(a, _ *Fragment) []Note { return []Note{endOf(a, "ended")} }, "ended"},
		"the recorder's word": {func(a, b *Fragment) []Note { return []Note{endOf(a, "disk"), startOf(b, "device")} }, "device"},
		"a refusal within": {func(a, _ *Fragment) []Note {
			at := endOf(a, "error-4010")
			at.Server, at.Producer = at.Server.Add(time.Minute), at.Producer.Add(time.Minute)
			return []Note{endOf(a, "lost"), at}
		}, "error-4010"},
		"another gap's":        {func(a, b *Fragment) []Note { return []Note{startOf(a, "device"), endOf(b, "lost")} }, ""},
		"of the server's side": {func(a, _ *Fragment) []Note { return []Note{endOf(a, "paused"), endOf(a, "ended")} }, "paused"},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t).run()
			s := r.stream("door")
			before := r.append(s, r.fragment(s, 10))
			r.clock.add(10 * time.Minute)
			behind := r.append(s, r.fragment(s, 10))
			for _, n := range c.notes(before, behind) {
				if err := s.Explain(n); err != nil {
					t.Fatal(err)
				}
			}
			r.again("door", func(s *Stream) { r.wantGap(s, c.want) })
		})
	}
}

// An archive that was not closed while somebody uploaded knows at the next start that the service died.
func TestCrashIsTheReasonOfAGap(t *testing.T) {
	r := newRig(t).run()
	s := r.stream("door")
	if err := errors.Join(s.UploadBegan(), s.UploadBegan()); err != nil {
		t.Fatal(err)
	}
	f := r.append(s, r.fragment(s, 10))
	if err := s.UploadEnded(endOf(f, "ended"), true); err != nil {
		t.Fatal(err)
	}
	r.reopen()
	r.clock.add(10 * time.Minute)
	s = r.stream("door")
	r.append(s, r.fragment(s, 10))
	r.wantGap(s, media.GapService)
	r.reopen()
	if n := len(r.stream("door").notes.Load().Notes); n != 2 {
		t.Errorf("there are %d notes", n)
	}
}

// A disk that is full when the service starts again costs the reason of a gap, not the archive.
func TestCrashOnFullDiskCostsReasonOnly(t *testing.T) {
	r := newRig(t).run()
	s := r.stream("door")
	if err := s.UploadBegan(); err != nil {
		t.Fatal(err)
	}
	f := r.append(s, r.fragment(s, 10))
	r.stop()
	r.disk.Fault = func(op, path string, size int) (int, error) {
		if op == "replace" && filepath.Base(path) == notesFile {
			return 0, syscall.ENOSPC
		}
		return size, nil
	}
	r.run()
	if e, ok, err := r.stream("door").Last(); err != nil || !ok || e.Number != f.Number {
		t.Errorf("the last fragment is %v, %v, %v", e.Number, ok, err)
	}
}

func TestNotesAreBounded(t *testing.T) {
	r := newRig(t).run()
	s := r.stream("door")
	f := r.append(s, r.fragment(s, 10))
	for range 5 { // attempts that fail alike
		r.clock.add(time.Second)
		if err := errors.Join(s.UploadBegan(), s.UploadEnded(Note{Server: r.clock.Now(), Reason: "error-4010"}, false)); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(s.notes.Load().Notes); n != 1 {
		t.Errorf("%d notes of one thing", n)
	}
	for i := range maxNotes {
		n := endOf(f, strconv.Itoa(i))
		if err := s.note(func(b *notebook) bool { b.Notes = append(b.Notes, n.stored()); return i == maxNotes-1 }); err != nil {
			t.Fatal(err)
		}
	}
	r.reopen()
	s = r.stream("door")
	if b := s.notes.Load(); len(b.Notes) != maxNotes || b.Notes[0].Reason != "0" || b.Uploads != 0 {
		t.Errorf("%d notes are kept, from %v, %d uploads", len(b.Notes), b.Notes[0], b.Uploads)
	}
	r.clock.add(25 * time.Hour)
	if err := s.Explain(Note{Server: r.clock.Now(), Reason: "lost"}); err != nil {
		t.Fatal(err)
	}
	if n := len(s.notes.Load().Notes); n != 1 {
		t.Errorf("%d notes are left of which all but one expired", n)
	}
}

func TestDamagedNotesCostReasonsOnly(t *testing.T) {
	r := newRig(t).run()
	s := r.stream("door")
	f := r.append(s, r.fragment(s, 10))
	if err := s.Explain(endOf(f, "ended")); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(s.dir, notesFile)
	r.stop()
	if err := os.WriteFile(path, []byte(`{"Format":1,"Notes":[{`), 0o600); err != nil {
		t.Fatal(err)
	}
	s = r.run().stream("door")
	if d := r.Damage(); len(d) != 1 || d[0].File != path {
		t.Errorf("the report is %v", d)
	}
	holds(t, s, f)
	if err := s.Explain(endOf(f, "lost")); err != nil {
		t.Fatal(err)
	}
	r.reopen()
	if d := r.Damage(); len(d) != 0 {
		t.Errorf("it is reported again: %v", d)
	}
}

// What retention has removed is a gap from when the stream was made, or the range begins, to what is left.
func TestExpiredIsAGap(t *testing.T) {
	r := newRig(t).run()
	s := r.stream("door") // 24 hours, made at epoch
	r.append(s, r.fragment(s, 10))
	if gaps := r.gapsOf(s, ServerTime); len(gaps) != 0 {
		t.Errorf("in front of the first fragment there is %v", gaps)
	}
	r.clock.add(20 * time.Hour)
	f := r.append(s, r.fragment(s, 10))
	r.clock.add(10 * time.Hour)
	cutoff := epoch.Add(6 * time.Hour)
	gaps := r.gapsOf(s, ServerTime)
	if len(gaps) != 1 || gaps[0] != (media.Gap{From: epoch, To: cutoff, Reason: media.GapExpired}) {
		t.Errorf("the gaps are %v, the first fragment is of %s", gaps, f.Server)
	}
	r.clock.add(30 * time.Hour)
	if gaps := r.gapsOf(s, ProducerTime); len(gaps) != 1 || gaps[0].Reason != media.GapExpired || !gaps[0].To.Equal(cutoff.Add(30*time.Hour)) {
		t.Errorf("of an empty stream the gaps are %v", gaps)
	}
	if err := s.Update(func(m *Meta) error { m.RetentionHours = 0; return nil }); err != nil {
		t.Fatal(err)
	}
	if gaps := r.gapsOf(s, ServerTime); len(gaps) != 0 {
		t.Errorf("without retention the gaps are %v", gaps)
	}
}

// A fragment's number is drawn while readers of the stream wait: not for a disk that takes its time with a note.
func TestNumbersWaitForNoNote(t *testing.T) {
	r := newRig(t)
	waits, goes := make(chan bool), make(chan bool)
	r.disk.Fault = func(_, path string, size int) (int, error) {
		if filepath.Base(path) == notesFile {
			waits <- true
			<-goes
		}
		return size, nil
	}
	s := r.run().stream("door")
	noted := make(chan error, 1)
	go func() { noted <- s.UploadBegan() }()
	<-waits
	drawn := make(chan Number, 1)
	go func() { drawn <- s.NextNumber(r.clock.Now(), true) }()
	select {
	case <-drawn:
	case <-time.After(20 * time.Second):
		t.Error("a number waits for the disk")
	}
	close(goes)
	if err := <-noted; err != nil {
		t.Error(err)
	}
}

package clip

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"kinora/media"
)

// A clip begins with the fragment that shows at its start and ends with the last that starts before its end.
func TestExport(t *testing.T) {
	for _, name := range []string{"clip.mp4", "clip.mkv"} {
		t.Run(name, func(t *testing.T) {
			s := film(t, 12)
			o := s.options(t, name, 2*shot+shot/2, 6*shot)
			var told []Progress
			o.Progress = func(p Progress) { told = append(told, p) }
			files, err := Export(t.Context(), o)
			if err != nil || !slices.Equal(files, []string{o.Path}) {
				t.Fatalf("files %q, %v", files, err)
			}
			p, err := Verify(o.Path)
			if err != nil {
				t.Fatal(err)
			}
			if want := []string{"002", "003", "004", "005"}; !slices.Equal(numbersOf(p), want) || p.Stream != "gate" || p.Account != "AWS" || !p.From.Equal(o.From) {
				t.Errorf("the proof says %+v, want the fragments %q", p, want)
			}
			if got, want := frames(t, o.Path), "h264,52 aac,100"; got != want {
				t.Errorf("the file has %s, want %s", got, want)
			}
			if last := told[len(told)-1]; len(told) != 4 || last.Fragments != 4 || last.Bytes != last.Of {
				t.Errorf("told %+v", told)
			}
			left, _ := filepath.Glob(filepath.Join(filepath.Dir(o.Path), "*")) // its pattern is good
			if len(left) != 2 {
				t.Errorf("there are %q, want the file and its proof", left)
			}
			if _, err := Export(t.Context(), o); err == nil || !strings.Contains(err.Error(), "already") {
				t.Errorf("exporting over a file: %v", err)
			}
		})
	}
}

// What broke off is taken up where it stood, and comes out as if it had not.
func TestExportIsTakenUp(t *testing.T) {
	for _, name := range []string{"clip.mp4", "clip.mkv"} {
		t.Run(name, func(t *testing.T) {
			s := film(t, 10)
			whole := s.options(t, name, 0, time.Minute)
			if _, err := Export(t.Context(), whole); err != nil {
				t.Fatal(err)
			}
			want, err := ReadProof(whole.Path)
			if err != nil {
				t.Fatal(err)
			}
			o := s.options(t, name, 0, time.Minute)
			ctx, cancel := context.WithCancel(t.Context())
			s.loaded, s.onLoad = nil, func(n int) {
				if n == 7 {
					cancel()
				}
			}
			if files, err := Export(ctx, o); !errors.Is(err, context.Canceled) || len(files) != 0 {
				t.Fatalf("cancelled: %q, %v", files, err)
			}
			part := partPath(o.Path)
			b, err := os.ReadFile(part)
			if err != nil {
				t.Fatal(err)
			}
			// The last fragment did not reach the disk whole, as after a power cut.
			if err := os.Truncate(part, int64(len(b))-1000); err != nil {
				t.Fatal(err)
			}
			s.loaded, s.onLoad = nil, nil
			if _, err := Export(t.Context(), o); err != nil {
				t.Fatal(err)
			}
			if want := []string{"005", "006", "007", "008", "009"}; !slices.Equal(s.loaded, want) {
				t.Errorf("loaded %q again, want %q", s.loaded, want)
			}
			got, err := Verify(o.Path)
			if err != nil {
				t.Fatal(err)
			}
			if len(got.Pieces) != len(want.Pieces) {
				t.Fatalf("%d pieces, want %d", len(got.Pieces), len(want.Pieces))
			}
			for i, p := range got.Pieces {
				w := want.Pieces[i]
				if name == "clip.mp4" && p != w || p.Number != w.Number || p.Bytes != w.Bytes {
					t.Errorf("piece %d is %+v, want %+v", i, p, w)
				}
			}
			if a, b := frames(t, o.Path), frames(t, whole.Path); a != b {
				t.Errorf("the file has %s, want %s", a, b)
			}
		})
	}
}

func TestDiscard(t *testing.T) {
	s := film(t, 4)
	o := s.options(t, "clip.mp4", 0, time.Minute)
	ctx, cancel := context.WithCancel(t.Context())
	s.onLoad = func(n int) {
		if n == 3 {
			cancel()
		}
	}
	if _, err := Export(ctx, o); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	if err := Discard(o.Path); err != nil {
		t.Fatal(err)
	}
	if left, _ := filepath.Glob(filepath.Join(filepath.Dir(o.Path), "*")); len(left) != 0 { // its pattern is good
		t.Errorf("there are %q", left)
	}
}

// A fragment that is gone or damaged is named and left out.
func TestExportWithoutWhatIsGone(t *testing.T) {
	s := film(t, 5)
	s.faults["001"], s.faults["003"] = media.ErrGone, media.ErrDamaged
	o := s.options(t, "clip.mp4", 0, time.Minute)
	if _, err := Export(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	p, err := Verify(o.Path)
	if err != nil {
		t.Fatal(err)
	}
	if len(p.Missing) != 2 || p.Missing[0].Number != "001" || p.Missing[1].Number != "003" || len(p.Pieces) != 3 {
		t.Errorf("missing %+v, %d pieces", p.Missing, len(p.Pieces))
	}
	for n := range s.list {
		s.faults[s.list[n].Number] = media.ErrGone
	}
	if _, err := Export(t.Context(), s.options(t, "none.mp4", 0, time.Minute)); !errors.Is(err, ErrNothing) {
		t.Errorf("all is gone: %v, want ErrNothing", err)
	}
	if _, err := Export(t.Context(), s.options(t, "none.mp4", time.Hour, 2*time.Hour)); !errors.Is(err, ErrNothing) {
		t.Errorf("nothing is recorded: %v, want ErrNothing", err)
	}
}

// Where the coding changes, another file begins.
func TestExportOfAChange(t *testing.T) {
	for _, name := range []string{"clip.mp4", "clip.mkv"} {
		t.Run(name, func(t *testing.T) {
			s := film(t, 4)
			other := recording(t, "upload-csdk-h265.mkv")[0]
			for i, f := range s.list[2:] {
				changed := *f
				changed.Tracks, changed.Packets = other.Tracks, other.Packets
				s.list[2+i] = &changed
			}
			o := s.options(t, name, 0, time.Minute)
			files, err := Export(t.Context(), o)
			if err != nil || len(files) != 2 || filepath.Base(files[1]) != "clip-2"+filepath.Ext(name) {
				t.Fatalf("files %q, %v; want two", files, err)
			}
			for i, want := range []string{"h264,26", "hevc,"} {
				if got := frames(t, files[i]); !strings.HasPrefix(got, want) {
					t.Errorf("file %d has %s, want %s", i, got, want)
				}
				if p, err := Verify(files[i]); err != nil || len(p.Pieces) != 2 {
					t.Errorf("file %d: %v", i, err)
				}
			}
		})
	}
}

func TestVerifyFindsWhatWasChanged(t *testing.T) {
	s := film(t, 4)
	o := s.options(t, "clip.mp4", 0, time.Minute)
	if _, err := Export(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	p, err := Verify(o.Path)
	if err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(o.Path)
	if err != nil {
		t.Fatal(err)
	}
	b[p.Pieces[2].Offset+100] ^= 1
	if err := os.WriteFile(o.Path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	var changed *ChangedError
	if _, err := Verify(o.Path); !errors.As(err, &changed) || len(changed.Pieces) != 1 || changed.Pieces[0].Number != "002" {
		t.Errorf("a changed picture: %v, want fragment 002", err)
	}
	b[p.Pieces[2].Offset+100] ^= 1
	b[8] ^= 1
	if err := os.WriteFile(o.Path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Verify(o.Path); !errors.As(err, &changed) || len(changed.Pieces) != 0 {
		t.Errorf("a changed head: %v, want a ChangedError without fragments", err)
	}
	if err := os.Remove(ProofPath(o.Path)); err != nil {
		t.Fatal(err)
	}
	if _, err := Verify(o.Path); err == nil || errors.As(err, &changed) {
		t.Errorf("without a proof: %v", err)
	}
}

// Each hour in which something is recorded has a file, each fragment is in one of them, and what is there is not made again.
func TestHours(t *testing.T) {
	s := film(t, 6)
	for i, f := range s.list {
		moved := *f
		start := noon.Add(-250*time.Millisecond + time.Duration(i/3)*3*time.Hour + time.Duration(i%3)*500*time.Millisecond)
		moved.Fragment.Start, moved.Fragment.Producer = start, start
		s.list[i] = &moved
	}
	o := s.options(t, "all", -time.Hour, 12*time.Hour)
	files, err := Hours(t.Context(), o, MP4)
	if err != nil || len(files) != 4 {
		t.Fatalf("files %q, %v; want four", files, err)
	}
	var all []string
	for _, f := range files {
		p, err := Verify(f)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, numbersOf(p)...)
	}
	if want := []string{"000", "001", "002", "003", "004", "005"}; !slices.Equal(all, want) {
		t.Errorf("the files have %q, want %q", all, want)
	}
	if again, err := Hours(t.Context(), o, MP4); err != nil || len(again) != 0 {
		t.Errorf("made again: %q, %v", again, err)
	}
}

// Where a disk is too small, what is said adds up: what the clip takes, what stays free, and what there is.
func TestADiskThatIsTooSmall(t *testing.T) {
	if err := enough(margin+75e6, 75e6, "/clips"); err != nil {
		t.Errorf("with just enough: %v", err)
	}
	for free, want := range map[int64]string{
		margin + 75e6 - 1: "takes about 75 MB and leaves 64 MB of a disk free, but in /clips only 138 MB are",
		0:                 "only 0 MB are",
	} {
		if err := enough(free, 75e6, "/clips"); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("with %d bytes free: %v, want %q", free, err, want)
		}
	}
}

package clip

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"kinora/media"
)

// maker is an archive whose service makes clips.
type maker struct {
	*shelf
	clip     io.Reader
	err      error
	from, to time.Time // as it was asked for last
}

func (m *maker) Clip(_ context.Context, from, to time.Time) (io.ReadCloser, error) {
	m.from, m.to = from, to
	return io.NopCloser(m.clip), m.err
}

var _ media.Clipper = (*maker)(nil)

// The service makes the clip of just the fragments that a copy would have; what was changed in it later is found.
func TestTheServiceMakesAClip(t *testing.T) {
	m := &maker{shelf: film(t, 9), clip: strings.NewReader("what the service made")}
	o := m.options(t, "clip.mp4", 2*shot+shot/2, 6*shot)
	o.Archive, o.ByService = m, true
	var last Progress
	o.Progress = func(p Progress) { last = p }
	if files, err := Export(t.Context(), o); err != nil || len(files) != 1 {
		t.Fatalf("files %q, %v", files, err)
	}
	if !m.from.Equal(noon.Add(2*shot)) || !m.to.After(noon.Add(5*shot)) || !m.to.Before(noon.Add(6*shot)) || len(m.loaded) > 0 {
		t.Errorf("it was asked for %v to %v, and for %q; want the fragments 2 to 5 and nothing else", m.from, m.to, m.loaded)
	}
	p, err := Verify(o.Path)
	if err != nil || p.MadeBy != "GetClip" || !p.Listed || len(p.Pieces) != 4 || p.Bytes != 21 || last.Share() != 1 || last.Fragments != 4 {
		t.Errorf("the proof is %+v, %v; at last it told %+v", p, err, last)
	}
	if _, err := Export(t.Context(), o); err == nil || !strings.Contains(err.Error(), "already") {
		t.Errorf("over a file: %v", err)
	}
	if err := os.WriteFile(o.Path, []byte("what somebody made"), 0o600); err != nil {
		t.Fatal(err)
	}
	var changed *ChangedError
	if _, err := Verify(o.Path); !errors.As(err, &changed) || len(changed.Pieces) != 0 || strings.Contains(err.Error(), "as it was") {
		t.Errorf("changed: %v", err)
	}
}

// Where limits forbid it, the fragments are copied.
func TestTheServiceMakesNoLargeClip(t *testing.T) {
	for name, path := range map[string]string{"too many fragments": "clip.mp4", "another format": "clip.mkv"} {
		t.Run(name, func(t *testing.T) {
			m := &maker{shelf: film(t, serviceFragments+1), err: errors.New("it was asked")}
			o := m.options(t, path, 0, time.Hour)
			if path != "clip.mp4" {
				o.To = noon.Add(4 * shot)
			}
			o.Archive, o.ByService = m, true
			if _, err := Export(t.Context(), o); err != nil {
				t.Fatal(err)
			}
			if p, err := Verify(o.Path); err != nil || p.MadeBy != "" {
				t.Errorf("made by %q, %v", p.MadeBy, err)
			}
		})
	}
}

// A clip of which only a part came is none.
func TestTheServiceBreaksOff(t *testing.T) {
	m := &maker{shelf: film(t, 4), clip: io.MultiReader(bytes.NewReader(make([]byte, 1000)), iotest.ErrReader(io.ErrUnexpectedEOF))}
	o := m.options(t, "clip.mp4", 0, time.Hour)
	o.Archive, o.ByService = m, true
	if files, err := Export(t.Context(), o); !errors.Is(err, io.ErrUnexpectedEOF) || len(files) > 0 {
		t.Errorf("files %q, %v", files, err)
	}
	if left, _ := filepath.Glob(filepath.Join(filepath.Dir(o.Path), "*")); len(left) != 0 { // its pattern is good
		t.Errorf("what broke off leaves %q", left)
	}
	m.clip = strings.NewReader("all of it")
	if _, err := Export(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	if left, _ := filepath.Glob(filepath.Join(filepath.Dir(o.Path), "*")); len(left) != 2 { // its pattern is good
		t.Errorf("there are %q, want the file and its proof", left)
	}
}

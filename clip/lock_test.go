package clip

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// Of two exports to one file the second is refused, and touches nothing; what the death of one has left stands in nobody's way.
func TestOneWriterAtATime(t *testing.T) {
	s := film(t, 4)
	o := s.options(t, "clip.mp4", 0, time.Minute)
	if err := os.WriteFile(lockPath(o.Path), nil, 0o600); err != nil { // of one that was killed
		t.Fatal(err)
	}
	var second, discarded error
	s.onLoad = func(n int) {
		if n == 2 {
			_, second = Export(context.Background(), o)
			discarded = Discard(o.Path)
		}
	}
	if _, err := Export(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	if !errors.Is(second, errLocked) || discarded != nil {
		t.Errorf("the second ended with %v, discarding with %v; want that it is written already, and nothing", second, discarded)
	}
	if p, err := Verify(o.Path); err != nil || len(p.Pieces) != 4 {
		t.Errorf("verify: %v", err)
	}
	if _, err := os.Stat(lockPath(o.Path)); err == nil {
		t.Error("the lock stays")
	}
}

func TestAFolderThatIsNotThereIsNamed(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "nowhere")
	_, err := lock(filepath.Join(folder, "clip.mp4"))
	if err == nil || !strings.Contains(err.Error(), "no folder "+folder) || strings.Contains(err.Error(), ".lock") {
		t.Errorf("%v, want the folder and no file of the program's own", err)
	}
}

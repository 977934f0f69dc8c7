package app

import (
	"image"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"kinora/player"
)

func decoded(t *testing.T, path string) image.Image {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	img, err := png.Decode(f)
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	return img
}

func TestSnapshotsAreNamedByTheirMoment(t *testing.T) {
	a, archive := watchingArchive(t, time.Hour)
	folder := filepath.Join(t.TempDir(), "Pictures")
	within(t, "live plays", func() bool {
		return !a.Watch.Now().Get().State().LastFrame.IsZero() || a.Watch.Now().Get().State().Phase == player.Live
	})
	path, err := a.Watch.Snapshot(t.Context(), folder)
	if err != nil {
		t.Fatal(err)
	}
	if got := decoded(t, path).Bounds().Size(); got != image.Pt(64, 36) {
		t.Errorf("the live picture is %v", got)
	}

	at := archive.start.Add(5 * time.Second)
	a.Watch.Seek(at)
	a.Watch.Pause()
	a.Watch.Seek(at)
	within(t, "the picture is there", shows(a.Watch.Now().Get().Deck, at))
	want := filepath.Join(folder, "gate_"+at.Local().Format("20060102T150405.000-0700"))
	for _, ending := range []string{".png", "-2.png"} {
		path, err := a.Watch.Snapshot(t.Context(), folder)
		if err != nil || path != want+ending {
			t.Fatalf("saved as %s, %v; want %s", path, err, want+ending)
		}
		decoded(t, path)
	}
	a.Watch.Select("")
	if _, err := a.Watch.Snapshot(t.Context(), folder); err == nil || !strings.Contains(err.Error(), "no stream is open") {
		t.Errorf("without a stream: %v", err)
	}
}

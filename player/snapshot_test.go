package player

import (
	"context"
	"errors"
	"image"
	"testing"
	"time"
)

func TestASnapshotHasTheStreamsOwnSize(t *testing.T) {
	bubble(t, func(t *testing.T) {
		p := New(Options{Codecs: newCodecs(), Open: opener(playFor(time.Minute, nil))})
		stop := start(t, p)
		p.SetFit(image.Pt(16, 9))
		time.Sleep(time.Second)
		begin := time.Now()
		img, at, err := p.Snapshot(t.Context())
		if err != nil || img.Rect.Size() != image.Pt(64, 36) {
			t.Fatalf("the snapshot is %v, %v, want it 64 by 36", img, err)
		}
		if age := begin.Sub(at); age < 0 || age > 100*time.Millisecond {
			t.Errorf("it is %v old", age)
		}
		if err := stop(); err != context.Canceled {
			t.Errorf("Run ended with %v", err)
		}
	})
}

func TestThereIsNoSnapshotWithoutAPicture(t *testing.T) {
	bubble(t, func(t *testing.T) {
		p := New(Options{Codecs: newCodecs(), Open: opener(func() *fakeSource { return newSource(arrivals()) })})
		stop := start(t, p)
		if _, _, err := p.Snapshot(t.Context()); !errors.Is(err, ErrNoPicture) {
			t.Errorf("before the first picture: %v", err)
		}
		if err := stop(); err != context.Canceled {
			t.Errorf("Run ended with %v", err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, _, err := p.Snapshot(ctx); !errors.Is(err, ErrNoPicture) {
			t.Errorf("of a player at rest: %v", err)
		}
	})
}

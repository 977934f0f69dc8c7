package app

import (
	"context"
	"errors"
	"fmt"
	"image"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"kinora/player"
)

// snapshotPatience is how long a snapshot waits for its picture.
const snapshotPatience = 5 * time.Second

// largest is a box that every picture fits into.
var largest = image.Pt(1<<15, 1<<15)

// Snapshot saves the present picture of the focused stream, at the stream's own size, as a PNG in a folder, which is made if it is
// missing. The file is named by the stream and the time of the picture with its zone, and never takes the place of another. It
// blocks, and returns the file's path.
func (w *Watch) Snapshot(ctx context.Context, folder string) (path string, err error) {
	ctx, cancel := context.WithTimeout(ctx, snapshotPatience)
	defer cancel()
	now := w.now.Get()
	img, at, err := w.picture(ctx, now)
	if err != nil {
		return "", fmt.Errorf("there is no picture to save: %w", err)
	}
	return savePicture(folder, now.Stream, img, at)
}

// picture is the present picture, and when it was taken.
func (w *Watch) picture(ctx context.Context, now Watching) (*image.RGBA, time.Time, error) {
	switch {
	case now.Player != nil:
		return now.Player.Snapshot(ctx)
	case now.Deck == nil:
		return nil, time.Time{}, errors.New("no stream is open")
	}
	at := now.Deck.State().At
	if at.IsZero() {
		return nil, time.Time{}, player.ErrNoPicture
	}
	i := now.tile(now.Stream)
	return player.Still(ctx, now.Tiles[i].Archive, w.options.Codecs, at, largest, true)
}

// PictureName is the name, without its extension, of a file that holds a picture of a stream: ISO 8601 in its basic form, since
// not every disk takes colons.
func PictureName(stream string, at time.Time) string {
	return stream + "_" + at.Local().Format("20060102T150405.000-0700")
}

// saveNew writes a PNG under a name that no file has yet.
func saveNew(folder, name string, content []byte) (string, error) {
	for n := 1; ; n++ {
		path := filepath.Join(folder, name+".png")
		if n > 1 {
			path = filepath.Join(folder, fmt.Sprintf("%s-%d.png", name, n))
		}
		f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
		switch {
		case errors.Is(err, fs.ErrExist):
			continue
		case err != nil:
			return "", fmt.Errorf("the picture cannot be saved: %w", err)
		}
		_, err = f.Write(content)
		if err = errors.Join(err, f.Close()); err != nil {
			return "", fmt.Errorf("the picture cannot be saved: %w", errors.Join(err, os.Remove(path)))
		}
		return path, nil
	}
}

package app

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/png"
	"os"
	"time"

	"kinora/media"
)

// Record records what is seen of the call into a stream of the chosen account, as any camera is, until Recordings.Stop or the end of
// the call.
func (c *Calls) Record(stream string) error {
	l := c.present()
	if l == nil || l.over() {
		return errNoCall
	}
	return c.cameras.Begin(Plan{Stream: stream, Camera: Camera{
		ID: "call:" + l.channel, Name: l.channel, Kind: Conversation,
		Open:  func(context.Context) (media.Source, error) { return l.intake.Tap(), nil },
		Retry: func(error) bool { return false },
	}})
}

// Snapshot saves the present picture of the call as Watch.Snapshot does of a stream. It blocks, and returns the file's path.
func (c *Calls) Snapshot(ctx context.Context, folder string) (path string, err error) {
	l := c.present()
	if l == nil {
		return "", errNoCall
	}
	ctx, cancel := context.WithTimeout(ctx, snapshotPatience)
	defer cancel()
	img, at, err := l.player.Snapshot(ctx)
	if err != nil {
		return "", fmt.Errorf("there is no picture to save: %w", err)
	}
	return savePicture(folder, l.channel, img, at)
}

// savePicture saves a picture as a PNG in a folder, which is made if it is missing.
func savePicture(folder, of string, img image.Image, at time.Time) (path string, err error) {
	if at.IsZero() {
		at = time.Now()
	}
	var file bytes.Buffer
	if err := png.Encode(&file, img); err != nil {
		return "", fmt.Errorf("the picture cannot be made a PNG: %w", err)
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return "", fmt.Errorf("the folder for pictures cannot be made: %w", err)
	}
	return saveNew(folder, PictureName(of, at), file.Bytes())
}

//go:build cgo

package main

import (
	"context"
	"errors"
	"image"
	"slices"
	"time"

	"kinora/ffmpeg"
	"kinora/localkvs"
	"kinora/media"
)

// decoder makes the embedded service's images.
func decoder() localkvs.Decoder { return pictures{} }

// pictures decodes for the embedded service's images.
type pictures struct{}

func (pictures) Pictures(ctx context.Context, t media.Track, packets []*media.Packet, at []time.Duration, size image.Point,
	got func(at time.Duration, picture image.Image) error) (err error) {
	d, err := ffmpeg.Codecs{}.Video(t)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	left := len(at)
	for _, p := range append(slices.Clip(packets), nil) { // nil: the end, at which held back pictures come
		if err := ctx.Err(); err != nil || left == 0 {
			return err
		}
		if err := d.Send(p); err != nil {
			return err
		}
		for {
			shown, own, ok, err := d.Receive()
			if err != nil {
				return err
			}
			if !ok {
				break
			}
			if _, wanted := slices.BinarySearch(at, shown); !wanted {
				continue
			}
			picture := image.NewRGBA(image.Rectangle{Max: scaled(own, size)})
			if err := d.Draw(picture); err != nil {
				return err
			}
			if err := got(shown, picture); err != nil {
				return err
			}
			left--
		}
	}
	return nil
}

// scaled is the size of a picture of its own size when another is asked for, in which zero means: as it comes.
func scaled(own, asked image.Point) image.Point {
	switch {
	case asked.Y == 0:
		return own
	case asked.X == 0:
		return image.Pt(max(1, (own.X*asked.Y+own.Y/2)/max(1, own.Y)), asked.Y)
	}
	return asked
}

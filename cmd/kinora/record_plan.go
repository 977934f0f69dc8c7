//go:build cgo

package main

import (
	"errors"
	"fmt"
	"image"
	"strings"
	"time"

	"kinora/app"
	"kinora/ffmpeg"
)

var qualities = map[string]app.Quality{"low": app.LowBandwidth, "balanced": app.Balanced, "sharp": app.Sharp, "copy": app.CopyAsIs}

// check says what is wrong with the flags by themselves, before anything is opened.
func (c recordCommand) check() error {
	switch {
	case c.Source == "" || c.Stream == "":
		return errors.New("--source and --stream say what is recorded and where to; --list shows what there is")
	case !app.ValidName(c.Stream):
		return fmt.Errorf("--stream %q cannot be the name of a stream: use 1 to 256 letters, digits, '_', '.' and '-'", c.Stream)
	case c.KeyInterval < time.Second || c.KeyInterval > 10*time.Second:
		return fmt.Errorf("--key-interval %v is not between 1s and 10s", c.KeyInterval)
	case c.Keep < 0 || c.Bitrate < 0 || c.Limit < 0 || c.For < 0 || c.Wait < 0:
		return errors.New("--keep, --bitrate, --limit, --for and --wait are not below zero")
	}
	_, err := parseMode(c.Mode)
	return err
}

// plan makes the recording of the flags.
func (c recordCommand) plan(a *app.App) (app.Plan, error) {
	camera, err := c.camera(a)
	if err != nil {
		return app.Plan{}, err
	}
	settings := app.Settings{
		Quality: qualities[c.Quality], Ceiling: int(c.Bitrate * 1e6), Adapt: c.Adapt, KeyInterval: c.KeyInterval,
		Mirror: c.Mirror, Rotate: c.Rotate, BurnTime: c.BurnTime, BurnName: c.BurnName,
	}
	if c.Mic != "" {
		mic, err := named(a.Microphones(), c.Mic, "microphone")
		if err != nil {
			return app.Plan{}, err
		}
		settings.Microphone = mic.ID
	}
	if settings.Mode, err = parseMode(c.Mode); err != nil {
		return app.Plan{}, err
	}
	return app.Plan{Stream: c.Stream, Camera: camera, Settings: settings, Name: c.Name, Operator: c.Operator, Note: c.Note, Telemetry: c.Telemetry}, nil
}

// camera is what --source names.
func (c recordCommand) camera(a *app.App) (app.Camera, error) {
	kind, rest, _ := strings.Cut(c.Source, ":")
	switch {
	case kind == "file", kind == "loop":
		return a.File(rest, kind == "loop")
	case kind == "lavfi":
		return camera(c.Source, "Generated picture", app.Generated, ffmpeg.CaptureOptions{
			Realtime: true, Inputs: []ffmpeg.Input{{Format: "lavfi", URL: rest}},
		}), nil
	case strings.Contains(c.Source, "://"):
		return a.Address(c.Source)
	}
	return named(append(a.Cameras(), a.Microphones()...), c.Source, "source")
}

// named finds a device by its ID or name.
func named(cameras []app.Camera, name, what string) (app.Camera, error) {
	for _, c := range cameras {
		if c.ID == name || strings.EqualFold(c.Name, name) {
			return c, nil
		}
	}
	return app.Camera{}, fmt.Errorf("there is no %s %q; --list shows what there is", what, name)
}

// list prints what can be recorded.
func list(a *app.App) {
	print := func(title string, cameras []app.Camera) {
		fmt.Println(title)
		if len(cameras) == 0 {
			fmt.Println("  none")
		}
		for _, c := range cameras {
			fmt.Printf("  %-24s %s\n", c.ID, c.Name)
			for _, m := range c.Modes {
				fmt.Printf("  %-24s   %dx%d@%g\n", "", m.Size.X, m.Size.Y, m.Rate)
			}
		}
	}
	print("Pictures", a.Cameras())
	print("Microphones", a.Microphones())
}

// parseMode reads 1280x720@30; an empty text leaves it to the camera.
func parseMode(text string) (app.Mode, error) {
	if text == "" {
		return app.Mode{}, nil
	}
	var m app.Mode
	var size image.Point
	if n, err := fmt.Sscanf(text, "%dx%d@%g", &size.X, &size.Y, &m.Rate); n != 3 || err != nil || size.X < 1 || size.Y < 1 || m.Rate <= 0 {
		return app.Mode{}, fmt.Errorf("--mode %q is not of the form 1280x720@30", text)
	}
	m.Size = size
	return m, nil
}

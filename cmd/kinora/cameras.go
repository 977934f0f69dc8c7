//go:build cgo

package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"

	"kinora/app"
	"kinora/ffmpeg"
	"kinora/media"
)

// sources are the app's options about what can be recorded: a file if one was named, the demo cameras, the devices of the
// moment, addresses and files.
func sources(demoFile string) app.Options {
	return app.Options{
		Cameras:     func() []app.Camera { return cameras(demoFile) },
		Microphones: microphones,
		Address:     address,
		File:        file,
		Bitrate:     bitrate,
		Telemetry:   withTelemetry,
		ForCall:     ffmpeg.ForCall,
	}
}

func cameras(demoFile string) []app.Camera {
	var list []app.Camera
	if demoFile != "" {
		list = append(list, camera("demo-file", filepath.Base(demoFile), app.Generated, ffmpeg.DemoFile(demoFile)))
	}
	for _, name := range []string{"demo-1", "demo-2"} {
		list = append(list, camera(name, "Demo camera "+name[len("demo-"):], app.Generated, ffmpeg.DemoCamera(name)))
	}
	for _, d := range ffmpeg.Devices() {
		list = append(list, device(d))
	}
	return list
}

func microphones() []app.Camera {
	var list []app.Camera
	for _, d := range ffmpeg.Microphones() {
		list = append(list, device(d))
	}
	return list
}

// camera is something that is captured as the settings say.
func camera(id, name string, kind app.SourceKind, o ffmpeg.CaptureOptions) app.Camera {
	with := func(s app.Settings) media.Opener {
		return func(ctx context.Context) (media.Source, error) { return ffmpeg.Capture(ctx, adjusted(o, s)) }
	}
	return app.Camera{ID: id, Name: name, Kind: kind, Open: with(app.Settings{}), With: with}
}

var kinds = map[ffmpeg.DeviceKind]app.SourceKind{
	ffmpeg.Camera: app.Webcam, ffmpeg.Screen: app.Screen, ffmpeg.Microphone: app.Microphone,
}

// device is a camera, a screen or a microphone. The microphone beside a picture is looked for when both are opened.
func device(d ffmpeg.Device) app.Camera {
	c := app.Camera{ID: d.ID, Name: d.Name, Kind: kinds[d.Kind]}
	for _, m := range d.Modes {
		if mode := (app.Mode{Size: m.Size, Rate: m.Rate}); !slices.Contains(c.Modes, mode) {
			c.Modes = append(c.Modes, mode)
		}
	}
	c.With = func(s app.Settings) media.Opener {
		return func(ctx context.Context) (media.Source, error) {
			var microphone *ffmpeg.Device
			if s.Microphone != "" && d.Kind != ffmpeg.Microphone {
				list := ffmpeg.Microphones()
				i := slices.IndexFunc(list, func(m ffmpeg.Device) bool { return m.ID == s.Microphone })
				if i < 0 {
					return nil, errors.New("the microphone is not connected; connect it or choose another one")
				}
				microphone = &list[i]
			}
			return ffmpeg.Capture(ctx, adjusted(d.With(mode(d, s.Mode), microphone), s))
		}
	}
	c.Open = c.With(app.Settings{})
	return c
}

// mode is the device's mode of a size and rate, in the format that costs least.
func mode(d ffmpeg.Device, m app.Mode) ffmpeg.Mode {
	i := slices.IndexFunc(d.Modes, func(x ffmpeg.Mode) bool { return x.Size == m.Size && x.Rate == m.Rate })
	if i < 0 {
		return ffmpeg.Mode{Size: m.Size, Rate: m.Rate}
	}
	return d.Modes[i]
}

var presets = map[app.Quality]ffmpeg.Preset{
	app.Balanced: ffmpeg.Balanced, app.CopyAsIs: ffmpeg.Balanced, app.LowBandwidth: ffmpeg.LowBandwidth, app.Sharp: ffmpeg.Sharp,
}

// adjusted makes of what a source needs and a person chose what is captured. What is coded already is passed on, unless
// something is to be done to the picture.
func adjusted(o ffmpeg.CaptureOptions, s app.Settings) ffmpeg.CaptureOptions {
	o.Preset, o.Bitrate, o.KeyInterval = presets[s.Quality], s.Ceiling, s.KeyInterval
	o.Call, o.Sound = s.Call, s.Sound
	o.Rotate, o.Mirror, o.Burn = s.Rotate, s.Mirror, ffmpeg.Burn{Time: s.BurnTime, Text: s.BurnName}
	untouched := s.Rotate == 0 && !s.Mirror && o.Burn == ffmpeg.Burn{}
	o.Copy = untouched && (s.Quality == app.CopyAsIs || o.Copy && s.Quality == app.Balanced && s.Ceiling == 0)
	return o
}

// bitrate is what encoding costs at most.
func bitrate(s app.Settings) int {
	_, _, bps := presets[s.Quality].Plan(s.Mode.Size, s.Mode.Rate)
	return bps
}

// address is a camera on the network.
func address(text string) (app.Camera, error) {
	o, err := ffmpeg.Address(text)
	if err != nil {
		return app.Camera{}, err
	}
	return camera(o.Inputs[0].URL, o.Inputs[0].Name, app.Network, o), nil
}

// file is a media file: an archive that is copied as fast as it can be stored, or a camera that plays it again and again.
func file(path string, looped bool) (app.Camera, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return app.Camera{}, fmt.Errorf("the file cannot be found: %w", err)
	}
	c := camera(path, filepath.Base(path), app.File, ffmpeg.File(path, looped))
	c.Archive = !looped
	c.Retry = func(err error) bool {
		return !errors.Is(err, ffmpeg.ErrNotMedia) && !errors.Is(err, fs.ErrNotExist)
	}
	return c, nil
}

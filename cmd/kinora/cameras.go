package main

import (
	"context"
	"path/filepath"

	"kinora/app"
	"kinora/ffmpeg"
	"kinora/media"
)

// cameras lists what can be recorded: a file if one was named, the demo cameras, and the devices of the moment.
func cameras(demoFile string) func() []app.Camera {
	return func() []app.Camera {
		var list []app.Camera
		if demoFile != "" {
			list = append(list, camera("demo-file", filepath.Base(demoFile), ffmpeg.DemoFile(demoFile)))
		}
		for _, name := range []string{"demo-1", "demo-2"} {
			list = append(list, camera(name, "Demo camera "+name[len("demo-"):], ffmpeg.DemoCamera(name)))
		}
		for _, d := range ffmpeg.Devices() {
			list = append(list, camera(d.ID, d.Name, d.Options))
		}
		return list
	}
}

func camera(id, name string, o ffmpeg.CaptureOptions) app.Camera {
	return app.Camera{ID: id, Name: name, Open: func(ctx context.Context) (media.Source, error) { return ffmpeg.Capture(ctx, o) }}
}

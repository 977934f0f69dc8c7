//go:build !linux

package ffmpeg

import "runtime"

// Cameras lists the webcams that FFmpeg finds, and on macOS, where it does not list them, the first.
func Cameras() (found []Device) {
	if runtime.GOOS == "darwin" {
		return []Device{avfoundation("default:none", "Camera", Camera)}
	}
	for _, l := range sources("dshow") {
		if l.video {
			found = append(found, dshow("video="+l.name, l.description, Camera))
		}
	}
	return found
}

// Screens gives the desktop.
func Screens() []Device {
	if runtime.GOOS == "darwin" {
		return []Device{avfoundation("Capture screen 0:none", "Screen", Screen)}
	}
	return []Device{{
		ID: "desktop", Kind: Screen, Name: "Screen",
		Options: CaptureOptions{Inputs: []Input{{Format: "gdigrab", URL: "desktop", Options: map[string]string{"framerate": "30"}}}},
	}}
}

// Microphones lists the microphones that FFmpeg finds, and on macOS, where it does not list them, the first.
func Microphones() (found []Device) {
	if runtime.GOOS == "darwin" {
		return []Device{avfoundation("none:default", "Microphone", Microphone)}
	}
	for _, l := range sources("dshow") {
		if l.audio && !l.video {
			found = append(found, dshow("audio="+l.name, l.description, Microphone))
		}
	}
	return found
}

func avfoundation(url, name string, kind DeviceKind) Device {
	in := Input{Format: "avfoundation", URL: url, Name: name}
	if kind != Microphone {
		in.Options = map[string]string{"framerate": "30"}
	}
	return Device{ID: url, Kind: kind, Name: name, Options: CaptureOptions{Inputs: []Input{in}}}
}

func dshow(url, name string, kind DeviceKind) Device {
	return Device{ID: url, Kind: kind, Name: name, Options: CaptureOptions{Inputs: []Input{{Format: "dshow", URL: url, Name: name}}}}
}

package ffmpeg

import (
	"image"
	"maps"
	"slices"
	"strconv"
)

// DeviceKind says what a device gives.
type DeviceKind int

// The kinds of device.
const (
	Camera DeviceKind = iota
	Screen            // or a window on it
	Microphone
)

// Device is a camera, a screen, a window or a microphone that can be captured now.
type Device struct {
	ID      string // the same when the device is plugged in again, as far as the system can tell
	Kind    DeviceKind
	Name    string // for people
	Modes   []Mode // that it offers, the largest first; nil when it does not say
	Options CaptureOptions
}

// Mode is a size and rate in which a device gives pictures.
type Mode struct {
	Size   image.Point
	Rate   float64 // pictures a second
	Format string  // of the pictures, by FFmpeg's name; empty: as the device likes
}

// Devices lists the cameras and screens. A device in the list may still be busy or forbidden: Capture tells.
func Devices() []Device { return append(Cameras(), Screens()...) }

// With is how to capture the device in one of its modes, the zero Mode being the device's own choice, with the sound of a
// microphone if that is not nil. A screen in a mode smaller than it is shows its upper left. The device is replaced by a
// card while it is lost.
func (d Device) With(m Mode, microphone *Device) CaptureOptions {
	o := d.Options
	o.Card = true
	o.Inputs = slices.Clone(o.Inputs)
	for i := range o.Inputs {
		o.Inputs[i].Options = m.options(o.Inputs[i])
	}
	if microphone != nil {
		o.Inputs = append(o.Inputs, microphone.Options.Inputs...)
	}
	return o
}

func (m Mode) options(in Input) map[string]string {
	o := maps.Clone(in.Options)
	if o == nil {
		o = make(map[string]string)
	}
	if m.Size.X > 0 && m.Size.Y > 0 {
		o["video_size"] = itoa(m.Size.X) + "x" + itoa(m.Size.Y)
	}
	if m.Rate > 0 {
		o["framerate"] = strconv.FormatFloat(m.Rate, 'f', -1, 64)
	}
	if m.Format != "" && in.Format == "v4l2" {
		o["input_format"] = m.Format
	}
	return o
}

// sortModes puts the largest and fastest first, and for each the format that costs least to decode.
func sortModes(modes []Mode) []Mode {
	slices.SortStableFunc(modes, func(a, b Mode) int {
		if d := b.Size.X*b.Size.Y - a.Size.X*a.Size.Y; d != 0 {
			return d
		}
		switch {
		case a.Rate > b.Rate:
			return -1
		case a.Rate < b.Rate:
			return 1
		}
		return cost(a.Format) - cost(b.Format)
	})
	return slices.Compact(modes)
}

func cost(format string) int {
	switch format {
	case "mjpeg":
		return 1
	case "h264", "hevc":
		return 2
	}
	return 0
}

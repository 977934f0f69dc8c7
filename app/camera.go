package app

import (
	"errors"
	"fmt"
	"image"
	"slices"
	"strings"
	"time"

	"kinora/media"
)

// SourceKind says what sort of thing can be recorded.
type SourceKind int

// The kinds of source.
const (
	Generated SourceKind = iota
	Webcam
	Screen
	Microphone
	Network
	File
	Conversation // what is seen of a call; it ends with that
)

// Mode is a size and rate that a camera supports.
type Mode struct {
	Size image.Point
	Rate float64
}

// Camera is something that can be recorded: a device, the screen, a generated picture, an address or a file.
type Camera struct {
	// ID is unique and stays the same between runs. A demo camera's begins with "demo-", and is also the name of the
	// stream that it is recorded into; a network camera's is its address, which may hold a password; a file's is its path.
	ID   string
	Name string // for people
	Kind SourceKind
	// Modes are the sizes and rates that it supports; empty when they are not known.
	Modes []Mode
	// Archive marks a file that keeps the time at which it was made. It is read as fast as it can be stored, and waits for
	// room on the disk.
	Archive bool
	Open    media.Opener
	// With opens it as a person chose; nil: Open is all there is.
	With func(Settings) media.Opener
	// Retry says whether opening it again may mend an error; nil: it always may.
	Retry func(error) bool
}

// opener opens the camera as a person chose.
func (c Camera) opener(s Settings) media.Opener {
	if c.With != nil {
		return c.With(s)
	}
	return c.Open
}

// Quality is a choice in human words.
type Quality int

// The qualities.
const (
	Balanced Quality = iota
	LowBandwidth
	Sharp
	CopyAsIs // what the camera has coded already
)

// Settings are what a person chose for a source. The zero value works.
type Settings struct {
	Quality     Quality
	Mode        Mode          // zero: the camera's own
	Microphone  string        // ID of one of Microphones; empty: none
	KeyInterval time.Duration // also the fragment's length, 1-10 s; 0: 2 s
	Ceiling     int           // bits a second; 0: by quality
	Adapt       bool          // lower the bitrate while the backlog grows
	Mirror      bool
	Rotate      int  // clockwise: 0, 90, 180, 270
	BurnTime    bool // burn in the time
	BurnName    string
	Call        bool        // sound is coded as calls carry it
	Sound       media.Codec // of a call: in what; Opus when empty
}

// Microphones lists the sound devices of the moment, as cameras of the kind Microphone: each can be recorded by itself,
// or beside a picture by its ID in [Settings]. It may block for devices.
func (a *App) Microphones() []Camera {
	if a.options.Microphones == nil {
		return nil
	}
	return a.options.Microphones()
}

// Address is the network camera at an address such as rtsp://10.0.0.7/live. The error says what is wrong with it, without
// its password. Nothing is asked of the camera.
func (a *App) Address(address string) (Camera, error) {
	if a.options.Address == nil {
		return Camera{}, errors.New("network cameras cannot be recorded here")
	}
	return a.options.Address(address)
}

// File is a media file as a camera: as an archive that keeps its own time, or looped in real time. It is not opened.
func (a *App) File(path string, looped bool) (Camera, error) {
	if a.options.File == nil {
		return Camera{}, errors.New("files cannot be recorded here")
	}
	return a.options.File(path, looped)
}

// Cameras lists what can be recorded now. It may block for devices.
func (a *App) Cameras() []Camera {
	if a.options.Cameras == nil {
		return nil
	}
	return a.options.Cameras()
}

// Demo reports whether the camera is a generated picture.
func (c Camera) Demo() bool { return strings.HasPrefix(c.ID, demoPrefix) }

// looped returns what a preview of the camera opens: of an archive the same file in real time.
func (o *Options) looped(c Camera) Camera {
	if !c.Archive || o.File == nil {
		return c
	}
	if same, err := o.File(c.ID, true); err == nil {
		c.Open, c.With = same.Open, same.With
	}
	return c
}

// find returns the camera that a recording was made with: one of those that are here, an address or a file.
func (o *Options) find(c remembered) (Camera, error) {
	var found Camera
	err := fmt.Errorf("%s is not connected", c.Name)
	switch {
	case c.Kind == Network && o.Address != nil:
		return o.Address(c.Camera)
	case c.Kind == File && o.File != nil:
		return o.File(c.Camera, true)
	case o.Cameras != nil:
		cameras := o.Cameras()
		if o.Microphones != nil {
			cameras = append(cameras, o.Microphones()...)
		}
		if i := slices.IndexFunc(cameras, func(x Camera) bool { return x.ID == c.Camera }); i >= 0 {
			found, err = cameras[i], nil
		}
	}
	return found, err
}

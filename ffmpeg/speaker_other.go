//go:build !linux

package ffmpeg

// speakerHere finds none: this FFmpeg plays on Linux alone.
func speakerHere() (format, name string) { return "", "" }

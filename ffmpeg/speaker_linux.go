package ffmpeg

import (
	"bytes"
	"os"
)

// speakerHere finds a loudspeaker, by FFmpeg's names: the sound server's, or a card's. Without one the libraries would say so on
// the terminal, each time that they are asked.
func speakerHere() (format, name string) {
	if pulseRuns() {
		return "pulse", ""
	}
	if pcm, err := os.ReadFile("/proc/asound/pcm"); err == nil && bytes.Contains(pcm, []byte("playback")) {
		return "alsa", "default"
	}
	return "", ""
}

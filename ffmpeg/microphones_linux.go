package ffmpeg

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// Microphones lists where sound comes from: what the sound server (PulseAudio, PipeWire) offers, its default first, or
// without one the sound cards that record.
func Microphones() []Device {
	if pulseRuns() {
		if found := pulseSources(sources("pulse")); found != nil {
			return found
		}
	}
	return soundCards("/proc/asound")
}

// pulseRuns looks for a server's socket, since asking for its devices may start one.
func pulseRuns() bool {
	if os.Getenv("PULSE_SERVER") != "" {
		return true
	}
	_, err := os.Stat(filepath.Join(os.Getenv("XDG_RUNTIME_DIR"), "pulse", "native"))
	return err == nil
}

func pulseSources(listed []listed) (found []Device) {
	for _, l := range listed {
		if strings.HasSuffix(l.name, ".monitor") { // what a loudspeaker plays
			continue
		}
		found = append(found, microphone("pulse", l.name, l.description))
	}
	return found
}

var (
	cardLine = regexp.MustCompile(`(?m)^ *(\d+) \[(\S+) *\]: .* - (.+)$`)
	pcmLine  = regexp.MustCompile(`(?m)^(\d+)-(\d+): ([^:]*?) *:.*: capture \d+`)
)

// soundCards reads the kernel's lists of cards and of what they have. Cards go by name, which stays when they change
// places.
func soundCards(proc string) (found []Device) {
	cards, err := os.ReadFile(filepath.Join(proc, "cards"))
	if err != nil {
		return nil // no ALSA: no cards
	}
	pcm, err := os.ReadFile(filepath.Join(proc, "pcm"))
	if err != nil {
		return nil
	}
	for _, card := range cardLine.FindAllStringSubmatch(string(cards), -1) {
		for _, line := range pcmLine.FindAllStringSubmatch(string(pcm), -1) {
			if strings.TrimLeft(line[1], "0") != strings.TrimLeft(card[1], "0") {
				continue
			}
			device := "0" + strings.TrimLeft(line[2], "0")
			if len(device) > 1 {
				device = device[1:]
			}
			found = append(found, microphone("alsa", fmt.Sprintf("plughw:CARD=%s,DEV=%s", card[2], device), card[3]+", "+line[3]))
		}
	}
	return found
}

func microphone(format, url, name string) Device {
	return Device{
		ID: format + ":" + url, Kind: Microphone, Name: name,
		Options: CaptureOptions{Inputs: []Input{{Format: format, URL: url, Name: name}}},
	}
}

package ffmpeg

import (
	"os"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
)

// Device is a camera or a screen that can be captured now.
type Device struct {
	ID      string // stable while the device stays where it is: "/dev/video0", "screen:0"
	Name    string // for people
	Options CaptureOptions
}

// Devices lists the cameras (Video4Linux devices that this machine has) and the screen, if there is a display. A device
// in the list may still be busy or forbidden: Capture tells.
func Devices() []Device {
	return append(cameras("/sys/class/video4linux", "/dev"), screens(os.Getenv("DISPLAY"))...)
}

// cameras reads the kernel's list in sys and gives the devices that exist in dev, by number.
func cameras(sys, dev string) []Device {
	entries, err := os.ReadDir(sys)
	if err != nil {
		return nil // no video4linux: no cameras
	}
	var found []Device
	for _, e := range entries {
		path := filepath.Join(dev, e.Name())
		if _, err := os.Stat(path); err != nil || !isCapture(filepath.Join(sys, e.Name())) {
			continue
		}
		name, err := os.ReadFile(filepath.Join(sys, e.Name(), "name"))
		if err != nil {
			name = []byte("Camera " + e.Name())
		}
		found = append(found, Device{
			ID: path, Name: strings.TrimSpace(string(name)),
			Options: CaptureOptions{Inputs: []Input{{Format: "v4l2", URL: path, Options: map[string]string{"timestamps": "abs"}}}},
		})
	}
	number := func(id string) int {
		n, _ := strconv.Atoi(strings.TrimLeft(filepath.Base(id), "video"))
		return n
	}
	sort.Slice(found, func(i, j int) bool { return number(found[i].ID) < number(found[j].ID) })
	return found
}

// isCapture leaves out a camera's second nodes, which carry metadata: the kernel gives them an index above zero.
func isCapture(sysfs string) bool {
	index, err := os.ReadFile(filepath.Join(sysfs, "index"))
	return err != nil || strings.TrimSpace(string(index)) == "0"
}

// screens gives the X display, if one is named.
func screens(display string) []Device {
	if display == "" {
		return nil
	}
	return []Device{{
		ID: "screen" + display, Name: "Screen " + display,
		Options: CaptureOptions{Inputs: []Input{{Format: "x11grab", URL: display, Options: map[string]string{"framerate": "30"}}}},
	}}
}

package ffmpeg

import (
	"cmp"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// Cameras lists the webcams: the Video4Linux devices that take pictures, by number. A camera is named by its maker and
// serial number or else by its socket, as udev does it, so that it is found again when it is plugged in again.
func Cameras() []Device {
	found := cameras("/sys/class/video4linux", "/dev")
	for i := range found {
		found[i].Modes = modes(found[i].ID)
	}
	return found
}

// cameras reads the kernel's list in sys and gives the devices that exist in dev.
func cameras(sys, dev string) []Device {
	entries, err := os.ReadDir(sys)
	if err != nil {
		return nil // no video4linux: no cameras
	}
	slices.SortFunc(entries, func(a, b os.DirEntry) int { return cmp.Compare(nodeNumber(a.Name()), nodeNumber(b.Name())) })
	stable := stableNames(dev)
	var found []Device
	for _, e := range entries {
		node := filepath.Join(dev, e.Name())
		if _, err := os.Stat(node); err != nil || !isCapture(filepath.Join(sys, e.Name())) {
			continue
		}
		name := "Camera " + e.Name()
		if text, err := os.ReadFile(filepath.Join(sys, e.Name(), "name")); err == nil {
			name = strings.TrimSpace(string(text))
		}
		id := cmp.Or(stable[e.Name()], node)
		found = append(found, Device{
			ID: id, Kind: Camera, Name: name,
			Options: CaptureOptions{Inputs: []Input{{Format: "v4l2", URL: id, Name: name, Options: map[string]string{"timestamps": "abs"}}}},
		})
	}
	return found
}

// stableNames maps nodes ("video0") to the links that udev keeps for them.
func stableNames(dev string) map[string]string {
	names := make(map[string]string)
	for _, by := range []string{"by-path", "by-id"} { // the latter wins
		dir := filepath.Join(dev, "v4l", by)
		links, err := os.ReadDir(dir)
		if err != nil {
			continue // no udev, or no camera that has such a name
		}
		for _, l := range links {
			if target, err := os.Readlink(filepath.Join(dir, l.Name())); err == nil {
				names[filepath.Base(target)] = filepath.Join(dir, l.Name())
			}
		}
	}
	return names
}

func nodeNumber(node string) int {
	n, err := strconv.Atoi(strings.TrimPrefix(node, "video"))
	if err != nil {
		return -1
	}
	return n
}

// isCapture leaves out a camera's second nodes, which carry metadata: the kernel gives them an index above zero.
func isCapture(sysfs string) bool {
	index, err := os.ReadFile(filepath.Join(sysfs, "index"))
	return err != nil || strings.TrimSpace(string(index)) == "0"
}

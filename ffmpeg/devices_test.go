package ffmpeg

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
)

func TestCamerasAreListedByNumber(t *testing.T) {
	sys, dev := t.TempDir(), t.TempDir()
	add := func(node, name, index string, present bool) {
		dir := filepath.Join(sys, node)
		if err := os.Mkdir(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		for file, content := range map[string]string{"name": name, "index": index} {
			if content == "" {
				continue
			}
			if err := os.WriteFile(filepath.Join(dir, file), []byte(content+"\n"), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if present {
			if err := os.WriteFile(filepath.Join(dev, node), nil, 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	add("video10", "Microscope", "0", true)
	add("video2", "Integrated Camera: Integrated C", "0", true)
	add("video3", "Integrated Camera: Integrated C", "1", true) // its metadata
	add("video4", "Unplugged", "0", false)
	add("video5", "", "0", true)

	var got []string
	for _, d := range cameras(sys, dev) {
		got = append(got, filepath.Base(d.ID)+" "+d.Name)
		if in := d.Options.Inputs[0]; in.Format != "v4l2" || in.URL != d.ID {
			t.Errorf("%s is captured as %+v", d.Name, in)
		}
	}
	want := []string{"video2 Integrated Camera: Integrated C", "video5 Camera video5", "video10 Microscope"}
	if !slices.Equal(got, want) {
		t.Errorf("cameras %q, want %q", got, want)
	}
	if found := cameras(filepath.Join(sys, "nothing"), dev); found != nil {
		t.Errorf("without video4linux there are %v", found)
	}
}

func TestTheScreenIsThereWithADisplay(t *testing.T) {
	if s := screens(""); len(s) != 0 {
		t.Errorf("without a display there is %v", s)
	}
	s := screens(":3")
	if len(s) != 1 || s[0].Options.Inputs[0].Format != "x11grab" || s[0].Options.Inputs[0].URL != ":3" || s[0].Options.Realtime {
		t.Errorf("screens = %+v", s)
	}
}

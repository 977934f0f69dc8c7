package ui

import (
	"bufio"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestThePicturesFolder(t *testing.T) {
	for text, want := range map[string]string{
		"": "", "# XDG_PICTURES_DIR=\"/no\"\n": "",
		"XDG_DESKTOP_DIR=\"$HOME/Schreibtisch\"\nXDG_PICTURES_DIR=\"$HOME/Bilder\"\n": "/home/ada/Bilder",
		"XDG_PICTURES_DIR=\"/data/pictures\"":                                         "/data/pictures",
		"XDG_PICTURES_DIR=\"elsewhere\"":                                              "",
	} {
		if got := picturesIn(bufio.NewScanner(strings.NewReader(text)), "/home/ada"); got != want {
			t.Errorf("%q: the folder is %q, want %q", text, got, want)
		}
	}
	home := t.TempDir()
	t.Setenv("HOME", home)
	t.Setenv("XDG_CONFIG_HOME", "")
	if got := picturesFolder(); got != filepath.Join(home, "Pictures") {
		t.Errorf("by default the folder is %q", got)
	}
	if err := os.MkdirAll(filepath.Join(home, ".config"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(home, ".config", "user-dirs.dirs"), []byte("XDG_PICTURES_DIR=\"$HOME/Bilder\"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := picturesFolder(); got != filepath.Join(home, "Bilder") {
		t.Errorf("the folder is %q, want what the desktop says", got)
	}
}

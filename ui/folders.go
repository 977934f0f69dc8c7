package ui

import (
	"bufio"
	"os"
	"path/filepath"
	"strings"
)

// picturesFolder is where the desktop keeps a person's pictures.
func picturesFolder() string {
	home := homeFolder()
	config := os.Getenv("XDG_CONFIG_HOME")
	if !filepath.IsAbs(config) {
		config = filepath.Join(home, ".config")
	}
	if f, err := os.Open(filepath.Join(config, "user-dirs.dirs")); err == nil {
		defer func() { _ = f.Close() }() // it was only read
		if dir := picturesIn(bufio.NewScanner(f), home); dir != "" {
			return dir
		}
	}
	return filepath.Join(home, "Pictures")
}

// picturesIn finds the folder in a file of the form that xdg-user-dirs writes: XDG_PICTURES_DIR="$HOME/Bilder".
func picturesIn(lines *bufio.Scanner, home string) string {
	for lines.Scan() {
		value, ok := strings.CutPrefix(strings.TrimSpace(lines.Text()), "XDG_PICTURES_DIR=")
		if !ok {
			continue
		}
		value = strings.Trim(value, `"`)
		if below, ok := strings.CutPrefix(value, "$HOME"); ok {
			return filepath.Join(home, below)
		}
		if filepath.IsAbs(value) {
			return value
		}
	}
	return ""
}

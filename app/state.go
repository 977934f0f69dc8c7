package app

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"kinora/internal/atomicfile"
)

// unreadable follows the name of a file of the data directory that was set aside, and is followed by when.
const unreadable = ".unreadable-"

// readState reads a file of the data directory; a file that is not there leaves v as it is.
func readState[T any](path string, v *T) error {
	b, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err == nil {
		err = json.Unmarshal(b, v)
	}
	if err != nil {
		return fmt.Errorf("%s: %w; it is set aside before anything new is kept", path, err)
	}
	return nil
}

// writeState replaces a file of the data directory, which only its owner can read. One that cannot be read as what takes its place is
// set aside, since a person, or another version, may still make something of it.
func writeState[T any](path string, v T) error {
	b, err := json.MarshalIndent(v, "", "\t")
	if err != nil {
		return err
	}
	if readState(path, new(T)) != nil {
		if err := os.Rename(path, path+unreadable+time.Now().UTC().Format("20060102T150405.000")); err != nil {
			return err
		}
	}
	return atomicfile.Write(path, b, 0o600)
}

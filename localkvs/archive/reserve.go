package archive

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// reserveSize is more than the index needs to be opened, also when the process that used it was killed.
const reserveSize = 256 << 10

// The reserve is room on the disk that Open gives back when there is none left: an archive that cannot be opened can show nothing, and
// lets nothing expire either. What is in it means nothing; it is random, so that no file system makes it small.
func (a *Archive) reservePath() string { return filepath.Join(a.dir, "reserve") }

// keepReserve takes the room where it is not taken. When there is not enough it is tried again at the next round.
func (a *Archive) keepReserve() {
	if _, err := os.Stat(a.reservePath()); !errors.Is(err, fs.ErrNotExist) {
		return
	}
	noise := make([]byte, 0, reserveSize)
	for len(noise) < reserveSize {
		noise = append(noise, newKey()...)
	}
	if err := a.disk.Replace(a.reservePath(), noise); err != nil {
		a.log.Debug("there is no room for the reserve", "error", err)
	}
}

// giveReserve gives the room back, and tells whether there was any.
func (a *Archive) giveReserve() bool { return a.disk.Remove(a.reservePath()) == nil }

package clip

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"os"
)

// Blocks are what is read of a file while the ones before are hashed.
const (
	blockSize = 256 << 10
	blocks    = 3
)

// digest reads a file once and returns its SHA-256 and how long it is.
func digest(file *os.File) (sum string, size int64, err error) {
	free, read := make(chan []byte, blocks), make(chan []byte, blocks)
	for range blocks {
		free <- make([]byte, blockSize)
	}
	ended := make(chan error, 1)
	go func() {
		defer close(read)
		for {
			b := <-free
			n, err := file.ReadAt(b[:blockSize], size)
			size += int64(n)
			read <- b[:n]
			if err != nil {
				ended <- err
				return
			}
		}
	}()
	h := sha256.New()
	for b := range read {
		h.Write(b)
		free <- b
	}
	if err := <-ended; !errors.Is(err, io.EOF) {
		return "", size, err
	}
	return hex.EncodeToString(h.Sum(nil)), size, nil
}

// settle brings all of a file to the disk, and makes its sum meanwhile. Nobody writes to it.
func settle(file *os.File) (sum string, size int64, err error) {
	synced := make(chan error, 1)
	go func() { synced <- file.Sync() }()
	sum, size, err = digest(file)
	return sum, size, errors.Join(<-synced, err)
}

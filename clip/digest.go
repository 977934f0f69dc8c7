package clip

import (
	"context"
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

// soon is how much is read to its end though nobody waits for it any more: to begin anew would cost as much.
const soon = 64 << 20

// digest reads a file once and returns its SHA-256 and how long it is. The end of ctx ends it, unless it ends soon.
func digest(ctx context.Context, file *os.File) (sum string, size int64, err error) {
	info, err := file.Stat()
	if err != nil {
		return "", 0, err
	}
	free, read := make(chan []byte, blocks), make(chan []byte, blocks)
	for range blocks {
		free <- make([]byte, blockSize)
	}
	ended := make(chan error, 1)
	go func() {
		defer close(read)
		for {
			b := <-free
			if err := context.Cause(ctx); err != nil && info.Size()-size > soon {
				ended <- err
				return
			}
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

// settle brings all of a file to the disk, and makes its sum meanwhile. Nobody writes to it. The end of ctx ends it as soon as the disk has
// what it was given, which was begun long before.
func settle(ctx context.Context, file *os.File) (sum string, size int64, err error) {
	synced := make(chan error, 1)
	go func() { synced <- file.Sync() }()
	sum, size, err = digest(ctx, file)
	return sum, size, errors.Join(<-synced, err)
}

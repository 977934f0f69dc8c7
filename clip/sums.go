package clip

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"hash"
	"io"
	"os"
)

// writeBehind is how much of a file is written before the disk is asked to begin with it, so that little is left to wait for at the end.
const writeBehind = 8 << 20

// sums is a file that is hashed piece by piece as it is written.
type sums struct {
	*os.File
	hash   hash.Hash
	behind int64 // bytes written since the disk was asked
}

func newSums(f *os.File) *sums { return &sums{File: f, hash: sha256.New()} }

func (s *sums) Write(b []byte) (int, error) {
	n, err := s.File.Write(b)
	s.hash.Write(b[:n])
	if s.behind += int64(n); s.behind >= writeBehind {
		startWriting(s.File)
		s.behind = 0
	}
	return n, err
}

// sum is that of what was written since the last call.
func (s *sums) sum() string {
	text := hex.EncodeToString(s.hash.Sum(nil))
	s.hash.Reset()
	return text
}

// settle brings all of the file to the disk, and returns its sum and size. Nobody writes meanwhile.
func (s *sums) settle() (sum string, size int64, err error) {
	synced := make(chan error, 1)
	go func() { synced <- s.Sync() }()
	sum, size, err = sumOf(s.File)
	return sum, size, errors.Join(<-synced, err)
}

// chunk is what is read of a file while the one before is hashed.
const chunk = 512 << 10

// sumOf is the SHA-256 of a whole file.
func sumOf(file *os.File) (sum string, size int64, err error) {
	free, full := make(chan []byte, 2), make(chan []byte, 2)
	free <- make([]byte, chunk)
	free <- make([]byte, chunk)
	var failure error // set before full is closed
	go func() {
		defer close(full)
		for offset := int64(0); ; {
			b := <-free
			n, err := file.ReadAt(b[:chunk], offset)
			offset += int64(n)
			full <- b[:n]
			if err != nil {
				if !errors.Is(err, io.EOF) {
					failure = err
				}
				return
			}
		}
	}()
	h := sha256.New()
	for b := range full {
		h.Write(b)
		size += int64(len(b))
		free <- b
	}
	return hex.EncodeToString(h.Sum(nil)), size, failure
}

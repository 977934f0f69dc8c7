package clip

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"hash"
	"io"
	"os"
	"sync"
	"sync/atomic"
)

// Blocks are what is read of a file while the ones before are hashed.
const (
	blockSize = 256 << 10
	blocks    = 3
)

// block is a part of a file that goes through two hands.
type block struct {
	bytes  []byte
	offset int64
	users  atomic.Int32 // who have not let go of it
}

// digest reads a file once and returns its SHA-256 and how long it is. Beside that, on another processor, it gives each of the
// pieces, which lie in the file one behind the other, its own; those that the file does not reach are left as they are.
func digest(file *os.File, pieces []Piece) (sum string, size int64, err error) {
	free, whole, parts := make(chan *block, blocks), make(chan *block, blocks), make(chan *block, blocks)
	for range blocks {
		free <- &block{bytes: make([]byte, blockSize)}
	}
	release := func(b *block) {
		if b.users.Add(-1) == 0 {
			free <- b
		}
	}
	var running sync.WaitGroup
	running.Go(func() {
		defer close(whole)
		defer close(parts)
		for err == nil {
			b := <-free
			var n int
			n, err = file.ReadAt(b.bytes[:blockSize], size)
			b.bytes, b.offset = b.bytes[:n], size
			size += int64(n)
			b.users.Store(2)
			whole <- b
			parts <- b
		}
	})
	running.Go(func() {
		d := pieceDigest{pieces: pieces, hash: sha256.New()}
		for b := range parts {
			d.add(b.bytes, b.offset)
			release(b)
		}
	})
	h := sha256.New()
	for b := range whole {
		h.Write(b.bytes)
		release(b)
	}
	running.Wait()
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return hex.EncodeToString(h.Sum(nil)), size, err
}

// pieceDigest gives pieces their sums.
type pieceDigest struct {
	pieces []Piece // without a sum
	hash   hash.Hash
}

// add takes the bytes of the file at an offset, behind those that were added before.
func (d *pieceDigest) add(b []byte, offset int64) {
	for len(d.pieces) > 0 {
		p := &d.pieces[0]
		if gap := p.Offset - offset; gap > int64(len(b)) {
			return
		} else if gap > 0 {
			b, offset = b[gap:], p.Offset
		}
		end := p.Offset + p.Bytes
		n := min(max(end-offset, 0), int64(len(b))) // a proof may say anything
		d.hash.Write(b[:n])
		b, offset = b[n:], offset+n
		if offset < end {
			return
		}
		p.SHA256 = hex.EncodeToString(d.hash.Sum(nil))
		d.hash.Reset()
		d.pieces = d.pieces[1:]
	}
}

// settle brings all of a file to the disk, and makes the sums of its pieces and its own meanwhile. Nobody writes to it.
func settle(file *os.File, pieces []Piece) (sum string, size int64, err error) {
	synced := make(chan error, 1)
	go func() { synced <- file.Sync() }()
	sum, size, err = digest(file, pieces)
	return sum, size, errors.Join(<-synced, err)
}

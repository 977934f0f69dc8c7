package clip

import (
	"fmt"
	"hash/crc32"
	"io"
	"os"
)

// writeBehind is how much of a file is written before the disk is asked to begin with it, so that little is left to wait for at the end.
const writeBehind = 8 << 20

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// sums is a file of which it is known what was written, piece by piece. That costs next to nothing; its SHA-256 is made once it is
// whole, by digest.
type sums struct {
	*os.File
	crc    uint32
	behind int64 // bytes written since the disk was asked
}

func (s *sums) Write(b []byte) (int, error) {
	n, err := s.File.Write(b)
	s.crc = crc32.Update(s.crc, castagnoli, b[:n])
	if s.behind += int64(n); s.behind >= writeBehind {
		startWriting(s.File)
		s.behind = 0
	}
	return n, err
}

// sum is the CRC-32C of what was written since the last call, as a Piece has it.
func (s *sums) sum() string {
	crc := s.crc
	s.crc = 0
	return crcText(crc)
}

func crcText(crc uint32) string { return fmt.Sprintf("%08x", crc) }

// in tells whether a file has the bytes of a piece.
func (p *Piece) in(file io.ReaderAt) bool {
	h := crc32.New(castagnoli)
	n, err := io.Copy(h, io.NewSectionReader(file, p.Offset, p.Bytes))
	return err == nil && n == p.Bytes && crcText(h.Sum32()) == p.CRC32C
}

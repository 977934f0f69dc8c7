package clip

import (
	"hash/crc32"
	"os"
)

// writeBehind is how much of a file is written before the disk is asked to begin with it, so that little is left to wait for at the end.
const writeBehind = 8 << 20

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// sums is a file of which it is known what was written, piece by piece. That costs next to nothing; the sums of the proof are made
// once it is whole, by digest.
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

// sum is the CRC-32C of what was written since the last call.
func (s *sums) sum() uint32 {
	crc := s.crc
	s.crc = 0
	return crc
}

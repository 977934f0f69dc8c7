package archive

import (
	"fmt"
	"math"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// segment describes one file of a stream's log, as far as it is indexed. It is a value.
type segment struct {
	id             int64  // in the file's name
	end            int64  // offset after the last indexed record
	count          int64  // records, those included whose place a later one took
	first, last    Number // smallest and largest number; ranges of neighbours may overlap when connections interleave
	oldest, newest int64  // extremes of the server times, ms
	latest         int64  // largest producer time, ms
	earliest       int64  // smallest producer time, ms, or a smaller one where that is not known
}

// segmentRecords bounds the records of a segment, and so the work of a query within one and of dropping one.
const segmentRecords = 4096

func newSegment(id int64) segment {
	return segment{id: id, oldest: math.MaxInt64, newest: math.MinInt64, latest: math.MinInt64, earliest: math.MaxInt64}
}

// include takes up the record that e describes.
func (g *segment) include(e *Entry) {
	if g.count == 0 || e.Number.Compare(g.first) < 0 {
		g.first = e.Number
	}
	if e.Number.Compare(g.last) > 0 {
		g.last = e.Number
	}
	g.end = max(g.end, e.offset+e.Size)
	g.count++
	server := e.Server.UnixMilli()
	g.oldest, g.newest = min(g.oldest, server), max(g.newest, server)
	producer := e.Producer.UnixMilli()
	g.earliest, g.latest = min(g.earliest, producer), max(g.latest, producer)
}

// accepts reports whether a record of this size and server time still belongs into the segment. The records of a segment
// span at most maxAge of server time, so that dropping whole segments keeps up with the retention on slow streams too.
func (g *segment) accepts(size, server, maxSize int64, maxAge time.Duration) bool {
	if g.count == 0 {
		return true
	}
	span := max(g.newest, server) - min(g.oldest, server)
	return g.count < segmentRecords && g.end+size <= maxSize && span <= maxAge.Milliseconds()
}

func (s *Stream) path(segment int64) string {
	return filepath.Join(s.dir, fmt.Sprintf("%08d.log", segment))
}

// segmentID reads the number in the name of a segment file.
func segmentID(name string) (int64, bool) {
	digits, ok := strings.CutSuffix(name, ".log")
	if !ok || len(digits) < 8 {
		return 0, false
	}
	id, err := strconv.ParseInt(digits, 10, 64)
	return id, err == nil && id > 0
}

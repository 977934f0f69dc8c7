package spool

import (
	"errors"
	"io"
	"time"

	"kinora/mkv"
)

// kept is what of a file can be kept.
type kept struct {
	size   int64 // bytes of the body, up to the last whole frame or the tags behind it
	frames int
	length time.Duration // from the first frame to the end of the last, which is taken to be as long as the others
}

// cut finds what is whole in the first size bytes of the body of a file that has no second slot.
func cut(file io.ReaderAt, r record, size int64) (kept, error) {
	head := io.NewSectionReader(file, 0, int64(r.head))
	body := io.NewSectionReader(file, r.body(), size)
	p := mkv.NewParser(io.MultiReader(head, body), mkv.ParserOptions{})
	var k kept
	var scale time.Duration
	track, first, last, n := 0, time.Duration(0), time.Duration(0), 0
	for {
		ev, err := p.Next()
		var syntax *mkv.SyntaxError
		switch {
		case err == io.EOF:
			if k.frames > 0 {
				k.size = size
			}
		case err != nil && !errors.As(err, &syntax) && !errors.Is(err, mkv.ErrLimit) && !errors.Is(err, io.ErrUnexpectedEOF):
			return k, err
		}
		if err != nil {
			break
		}
		end := ev.Offset + int64(len(ev.Bytes)) - int64(r.head)
		switch ev.Kind {
		case mkv.Header:
			scale = ev.Head.Scale
		case mkv.Frame:
			k.size = end
			k.frames++
			at := time.Duration(ev.Relative) * scale
			if k.frames == 1 {
				track, first = ev.Track, at
			}
			if ev.Track == track {
				last = max(last, at)
				n++
			}
			k.length = max(k.length, at-first)
		case mkv.End:
			if k.frames > 0 && len(ev.Bytes) > 0 {
				k.size = end
			}
		}
	}
	if n > 1 {
		k.length = max(k.length, last-first+(last-first)/time.Duration(n-1))
	}
	return k, nil
}

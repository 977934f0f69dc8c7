package mkv

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"
)

// el is an element with a size of one byte where it fits, else of eight.
func el(id uint32, body ...[]byte) []byte {
	b := bytes.Join(body, nil)
	if len(b) < 0x7F {
		return append(append(appendID(nil, id), 0x80|byte(len(b))), b...)
	}
	return append(appendHead(nil, id, len(b)), b...)
}

// open is an element of unknown size.
func open(id uint32, body ...[]byte) []byte {
	return append(append(appendID(nil, id), 0xFF), bytes.Join(body, nil)...)
}

func num(id uint32, v ...byte) []byte    { return el(id, v) }
func str(id uint32, s string) []byte     { return el(id, []byte(s)) }
func cat(parts ...[]byte) []byte         { return bytes.Join(parts, nil) }
func block(track byte, rel int16) []byte { return simpleBlock(track, rel, flagKey, "frame") }

func simpleBlock(track byte, rel int16, flags byte, data string) []byte {
	return el(idSimpleBlock, []byte{0x80 | track, byte(rel >> 8), byte(rel), flags}, []byte(data))
}

func tag(names ...string) []byte {
	var tags []Tag
	for _, n := range names {
		tags = append(tags, Tag{Name: n})
	}
	return AppendTags(nil, tags...)
}

var (
	docHead = cat(el(idEBML, str(idDocType, "matroska")), open(idSegment))
	tracks1 = el(idTracks, el(idTrackEntry, num(idTrackNumber, 1), num(idTrackType, 1), str(idCodecID, "V_VP8")))
	head1   = cat(docHead, tracks1)
)

func cluster(timecode byte, blocks ...[]byte) []byte {
	return open(idCluster, num(idTimecode, timecode), cat(blocks...))
}

// walk parses to the end and fails when the events break an invariant: they come in order, Lead and Bytes are the
// input up to where the Parser stopped, Data lies in Bytes. It returns the events as one letter each and the error.
func walk(t testing.TB, input []byte, r io.Reader, o ParserOptions, each func(Event)) error {
	t.Helper()
	p := NewParser(r, o)
	at, inFragment, headers := 0, false, 0
	for {
		ev, err := p.Next()
		if p.w.off+int64(p.used) > int64(len(input)) || len(p.w.buf) > p.w.max {
			t.Fatalf("the window is at %d of %d, its buffer is %d of %d bytes", p.w.off, len(input), len(p.w.buf), p.w.max)
		}
		if err != nil {
			if _, again := p.Next(); again != err {
				t.Fatalf("after %v came %v", err, again)
			}
			if err == io.EOF && at != len(input) {
				t.Fatalf("%d of %d bytes were handed out", at, len(input))
			}
			return err
		}
		for _, b := range [][]byte{ev.Lead, ev.Bytes} {
			if len(input)-at < len(b) || !bytes.Equal(input[at:at+len(b)], b) {
				t.Fatalf("offset %d: %v event: %d bytes are not those of the input", at, ev.Kind, len(b))
			}
			at += len(b)
		}
		if want := int64(at - len(ev.Bytes)); ev.Offset != want {
			t.Fatalf("%v event says offset %d, is at %d", ev.Kind, ev.Offset, want)
		}
		wasIn := inFragment
		switch ev.Kind {
		case Header:
			headers++
			if ev.Head == nil || ev.Head.Scale < minScale || ev.Head.Scale > maxScale {
				t.Fatalf("head %+v", ev.Head)
			}
		case Start:
			inFragment = true
		case Frame:
			if !bytes.Contains(ev.Bytes, ev.Data) || len(ev.Bytes) <= len(ev.Data) || ev.Track < 1 {
				t.Fatalf("offset %d: track %d, frame of %d bytes in %d", ev.Offset, ev.Track, len(ev.Data), len(ev.Bytes))
			}
		case Filler:
			if len(ev.Bytes) == 0 {
				t.Fatal("an empty filler")
			}
		case End:
			inFragment = false
		}
		if inside := ev.Kind == Frame || ev.Kind == Filler || ev.Kind == End; inside != wasIn || headers == 0 {
			t.Fatalf("offset %d: a %v event may not stand here", ev.Offset, ev.Kind)
		}
		if headers > 1 && !o.Documents {
			t.Fatal("two heads in one document")
		}
		if each != nil {
			each(ev)
		}
	}
}

// outline writes the events of an input in short: H head, S start, F frame, f filler, E end, E! explicit end, L loose,
// with the names of their tags.
func outline(t testing.TB, input []byte, o ParserOptions) (string, error) {
	t.Helper()
	var s bytes.Buffer
	err := walk(t, input, bytes.NewReader(input), o, func(ev Event) {
		if s.Len() > 0 {
			s.WriteByte(' ')
		}
		s.WriteString(map[EventKind]string{Header: "H", Start: "S", Frame: "F", Filler: "f", End: "E", Loose: "L"}[ev.Kind])
		if ev.Explicit {
			s.WriteByte('!')
		}
		tags := ev.Tags
		if ev.Kind == Header {
			tags = ev.Head.Tags
		}
		if len(tags) > 0 {
			s.WriteByte('(')
			for i, tag := range tags {
				if i > 0 {
					s.WriteByte(',')
				}
				s.WriteString(tag.Name)
			}
			s.WriteByte(')')
		}
	})
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return s.String(), err
}

func recording(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// summary counts what a Reader finds.
type summary struct{ fragments, complete, packets, keys, bytes int }

func (s summary) String() string {
	return fmt.Sprintf("%d fragments, %d complete, %d packets, %d keys, %d bytes", s.fragments, s.complete, s.packets, s.keys, s.bytes)
}

func readAll(r *Reader) (s summary, err error) {
	for {
		f, err := r.Next()
		if err != nil {
			return s, err
		}
		s.fragments++
		for {
			p, err := r.Packet()
			if err == io.EOF {
				break
			}
			if err != nil {
				return s, err
			}
			s.packets++
			s.bytes += len(p.Data)
			if p.Key {
				s.keys++
			}
		}
		if f.Complete {
			s.complete++
		}
	}
}

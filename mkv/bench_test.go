package mkv

import (
	"bytes"
	"io"
	"testing"
	"time"

	"kinora/media"
)

// endless repeats a part of an upload for ever.
type endless struct {
	head, fragment []byte
	rest           []byte
}

func (e *endless) Read(b []byte) (int, error) {
	if len(e.rest) == 0 {
		e.rest = e.fragment
		if e.head != nil {
			e.rest, e.head = e.head, nil
		}
	}
	n := copy(b, e.rest)
	e.rest = e.rest[n:]
	return n, nil
}

func upload(t testing.TB) *endless {
	b := recording(t, "upload-csdk-h265.mkv")
	return &endless{head: b[:359], fragment: b[359:110582]} // a fragment of 45 frames without its end tag
}

// frames gives a function that goes to the next frame.
func frames(t testing.TB) (next func() Event) {
	p := NewParser(upload(t), ParserOptions{})
	next = func() Event {
		for {
			ev, err := p.Next()
			if err != nil {
				t.Fatal(err)
			}
			if ev.Kind == Frame {
				return ev
			}
		}
	}
	for range 100 { // until the buffer has its size
		next()
	}
	return next
}

func TestParserAllocatesNothingPerFrame(t *testing.T) {
	next := frames(t)
	if n := testing.AllocsPerRun(1000, func() { next() }); n != 0 {
		t.Errorf("%v allocations a frame", n)
	}
}

func BenchmarkParser(b *testing.B) {
	next := frames(b)
	b.ReportAllocs()
	var bytes int64
	for b.Loop() {
		bytes += int64(len(next().Bytes))
	}
	b.SetBytes(bytes / int64(b.N))
}

// BenchmarkGetMedia reads whole documents, each with its head and tags, as a Reader does.
func BenchmarkGetMedia(b *testing.B) {
	doc := recording(b, "getmedia-2.mkv")
	r := NewReader(&endless{fragment: doc}, Limits{})
	b.ReportAllocs()
	b.SetBytes(int64(len(doc)))
	for b.Loop() {
		if _, err := r.Next(); err != nil {
			b.Fatal(err)
		}
		for {
			if _, err := r.Packet(); err == io.EOF {
				break
			} else if err != nil {
				b.Fatal(err)
			}
		}
	}
}

func writeFrames(t testing.TB) (write func()) {
	w := NewWriter(io.Discard, []media.Track{{ID: 1, Kind: media.Video, Codec: media.H264}}, WriterOptions{Epoch: time.Unix(1800000000, 0)})
	if err := w.Begin(0); err != nil {
		t.Fatal(err)
	}
	p := &media.Packet{Track: 1, PTS: time.Second, Data: bytes.Repeat([]byte{1}, 5000)}
	write = func() {
		if err := w.Write(p); err != nil {
			t.Fatal(err)
		}
	}
	write()
	return write
}

func TestWriterAllocatesNothingPerFrame(t *testing.T) {
	if n := testing.AllocsPerRun(1000, writeFrames(t)); n != 0 {
		t.Errorf("%v allocations a frame", n)
	}
}

func BenchmarkWriter(b *testing.B) {
	write := writeFrames(b)
	b.ReportAllocs()
	b.SetBytes(5000)
	for b.Loop() {
		write()
	}
}

func BenchmarkAppendTags(b *testing.B) {
	tags := []Tag{{FragmentNumber, "91343852333181432392682062607743920146159169392"}, {ServerTimestamp, "1511852109.126"}, {ProducerTimestamp, "1511852108.513"}}
	b.ReportAllocs()
	var dst []byte
	for b.Loop() {
		dst = AppendTags(dst[:0], tags...)
	}
}

func BenchmarkParseTags(b *testing.B) {
	tags := AppendTags(nil, Tag{FragmentNumber, "91343852333181432392682062607743920146159169392"}, Tag{ServerTimestamp, "1511852109.126"}, Tag{ProducerTimestamp, "1511852108.513"})
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := parseTags(tags, 0); err != nil {
			b.Fatal(err)
		}
	}
}

package mkv

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"math"
	"time"

	"github.com/at-wat/ebml-go"

	"kinora/media"
)

// WriterOptions are what a Writer may be told.
type WriterOptions struct {
	// Epoch is the wall time of PTS 0. Timecodes are absolute, milliseconds since 1970, as KVS wants them with
	// ABSOLUTE fragment timecodes. The zero time makes them milliseconds since PTS 0.
	Epoch time.Time
	// App is the WritingApp of the head; "Kinora" when empty.
	App string
}

// A Writer writes what a KVS producer sends: one head, then a Cluster of unknown size for each fragment. Each call
// makes one Write on the underlying writer. It is for one goroutine.
type Writer struct {
	w       io.Writer
	tracks  []media.Track
	app     string
	epoch   int64 // nanoseconds since 1970
	known   [maxTracks + 1]bool
	begun   bool  // the head was written
	open    bool  // a fragment was begun and not ended
	cluster int64 // its timecode in milliseconds
	buf     []byte
	err     error
}

// NewWriter returns a Writer of fragments of the given tracks, whose IDs must lie in 1 to 127. Nothing is written
// before Begin.
func NewWriter(w io.Writer, tracks []media.Track, o WriterOptions) *Writer {
	mw := &Writer{w: w, tracks: tracks, app: o.App}
	if !o.Epoch.IsZero() {
		mw.epoch = o.Epoch.UnixNano()
	}
	if mw.app == "" {
		mw.app = "Kinora"
	}
	for _, t := range tracks {
		switch {
		case t.ID < 1 || t.ID > maxTracks:
			mw.err = fmt.Errorf("mkv: track %d: track numbers lie in 1 to %d", t.ID, maxTracks)
		case mw.known[t.ID]:
			mw.err = fmt.Errorf("mkv: track %d is there twice", t.ID)
		default:
			mw.known[t.ID] = true
		}
	}
	if len(tracks) == 0 {
		mw.err = errors.New("mkv: a stream needs a track")
	}
	return mw
}

// millis is a media time as the milliseconds of its timecode, rounded down, so that the distance of two times does
// not depend on the epoch's fraction.
func (w *Writer) millis(pts time.Duration) int64 {
	ns := w.epoch + int64(pts)
	ms := ns / int64(time.Millisecond)
	if ns%int64(time.Millisecond) < 0 {
		ms--
	}
	return ms
}

// Begin starts a fragment at a media time. The tags belong to it. A fragment that is open ends here.
// An error of the underlying writer is final.
func (w *Writer) Begin(pts time.Duration, tags ...Tag) error {
	if w.err != nil {
		return w.err
	}
	cluster := w.millis(pts)
	if cluster < 0 {
		return fmt.Errorf("mkv: a fragment cannot begin at %v: its timecode would be negative", pts)
	}
	w.buf = w.buf[:0]
	if !w.begun {
		w.buf = w.appendHead(w.buf)
	}
	if len(tags) > 0 {
		w.buf = AppendTags(w.buf, tags...)
	}
	w.buf = append(appendID(w.buf, idCluster), 0xFF) // unknown size
	w.buf = appendHeadedUint(w.buf, idTimecode, uint64(cluster))
	w.begun, w.open, w.cluster = true, true, cluster
	return w.flush()
}

// Write adds a frame to the fragment. The packet is not kept. It is an error when no fragment is open, when its
// track was not given to NewWriter, or when it lies more than 32 s from the fragment's beginning.
func (w *Writer) Write(p *media.Packet) error {
	switch {
	case w.err != nil:
		return w.err
	case !w.open:
		return fmt.Errorf("mkv: frame at %v: no fragment is open", p.PTS)
	case p.Track < 1 || p.Track > maxTracks || !w.known[p.Track]:
		return fmt.Errorf("mkv: frame at %v: there is no track %d", p.PTS, p.Track)
	}
	relative := w.millis(p.PTS) - w.cluster
	if relative < math.MinInt16 || relative > math.MaxInt16 {
		return fmt.Errorf("mkv: frame at %v lies %d ms from the beginning of its fragment; at most %d can be written", p.PTS, relative, math.MaxInt16)
	}
	var flags byte
	if p.Key {
		flags = flagKey
	}
	w.buf = appendHead(w.buf[:0], idSimpleBlock, 4+len(p.Data))
	w.buf = append(w.buf, 0x80|byte(p.Track), byte(relative>>8), byte(relative), flags)
	w.buf = append(w.buf, p.Data...)
	return w.flush()
}

// End ends the fragment: tags that belong to it, then END_OF_FRAGMENT, on which KVS makes it durable without
// waiting for the next.
func (w *Writer) End(tags ...Tag) error {
	switch {
	case w.err != nil:
		return w.err
	case !w.open:
		return errors.New("mkv: no fragment is open to end")
	}
	w.open = false
	w.buf = w.buf[:0]
	if len(tags) > 0 {
		w.buf = AppendTags(w.buf, tags...)
	}
	w.buf = AppendTags(w.buf, Tag{Name: EndOfFragment})
	return w.flush()
}

func (w *Writer) flush() error {
	if _, err := w.w.Write(w.buf); err != nil {
		w.err = fmt.Errorf("mkv: writing: %w", err)
	}
	return w.err
}

type writtenHead struct {
	EBML struct {
		EBMLVersion, EBMLReadVersion, EBMLMaxIDLength, EBMLMaxSizeLength uint64
		EBMLDocType                                                      string
		EBMLDocTypeVersion, EBMLDocTypeReadVersion                       uint64
	}
	Segment struct {
		Info struct {
			SegmentUID            []byte
			TimecodeScale         uint64
			MuxingApp, WritingApp string
		}
		Tracks tracksElement
	} `ebml:"Segment,size=unknown"`
}

func (w *Writer) appendHead(dst []byte) []byte {
	var h writtenHead
	e, info := &h.EBML, &h.Segment.Info
	e.EBMLVersion, e.EBMLReadVersion, e.EBMLMaxIDLength, e.EBMLMaxSizeLength = 1, 1, 4, 8
	e.EBMLDocType, e.EBMLDocTypeVersion, e.EBMLDocTypeReadVersion = "matroska", 4, 2
	info.SegmentUID = make([]byte, 16)
	rand.Read(info.SegmentUID) // never fails
	info.TimecodeScale = uint64(time.Millisecond)
	info.MuxingApp, info.WritingApp = "Kinora", w.app
	for _, t := range w.tracks {
		h.Segment.Tracks.TrackEntry = append(h.Segment.Tracks.TrackEntry, entry(t))
	}
	b := bytes.NewBuffer(dst)
	if err := ebml.Marshal(&h, b); err != nil {
		panic("mkv: marshalling a head: " + err.Error()) // a bytes.Buffer takes all, and the types are fixed
	}
	return b.Bytes()
}

// appendHeadedUint appends an element whose body is an integer of 8 bytes, as the producer SDKs write a Timecode.
func appendHeadedUint(dst []byte, id uint32, v uint64) []byte {
	dst = append(appendID(dst, id), 0x88)
	return append(dst, byte(v>>56), byte(v>>48), byte(v>>40), byte(v>>32), byte(v>>24), byte(v>>16), byte(v>>8), byte(v))
}

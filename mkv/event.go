package mkv

import (
	"time"

	"kinora/media"
)

// EventKind says what an Event tells.
type EventKind uint8

// The kinds of event. A document is Header (Start (Frame|Filler)* End)* Loose?
const (
	Header EventKind = iota + 1 // the document's head is complete
	Start                       // a fragment begins: its Cluster's Timecode is known
	Frame                       // one SimpleBlock or BlockGroup
	Filler                      // a piece of anything else in the fragment: Void, CRC-32, Position, Cues, Attachments...
	End                         // the fragment is complete
	Loose                       // what no fragment claims, such as the tags of a document that has none
)

// String returns the kind's name.
func (k EventKind) String() string {
	switch k {
	case Header:
		return "Header"
	case Start:
		return "Start"
	case Frame:
		return "Frame"
	case Filler:
		return "Filler"
	case End:
		return "End"
	case Loose:
		return "Loose"
	}
	return "none"
}

// An Event is one step through the input. Lead, Bytes and Data are verbatim input and valid until the next call of
// Next; Head, Tags and their contents stay valid for ever. Lead and Bytes of all events in order are the input.
type Event struct {
	Kind   EventKind
	Offset int64  // of Bytes in the input
	Bytes  []byte // End and Loose: Tags that trail, and what stood among them; empty for most Ends
	Head   *Head  // Header only. The same pointer as for the previous document when the bytes are the same

	Lead      []byte // Start: Tags in front of the Cluster that belong to it, and what stood among them
	Tags      []Tag  // Start: tags of Lead. End and Loose: tags of Bytes
	Timecode  uint64 // Start: the Cluster's raw Timecode in units of Head.Scale
	KnownSize bool   // Start: the Cluster declares its size

	Track    int    // Frame: track number as the block has it, whether Tracks declares it or not
	Relative int16  // Frame: time after the Cluster's Timecode, in units of Head.Scale
	Key      bool   // Frame: decoding can start here
	Data     []byte // Frame: the coded frame, inside Bytes
	Begin    int    // Frame: where Data begins in Bytes

	Explicit bool // End: an END_OF_FRAGMENT tag ended the fragment; otherwise it was what follows
}

// Head is what stands in front of a document's first Cluster, without the last run of Tags that have no Targets.
type Head struct {
	DocType string
	Scale   time.Duration // of timecodes: 100 ns to 1 s
	Tracks  []media.Track
	Tags    []Tag // such as ffmpeg's ENCODER

	encoded []int // tracks with ContentEncodings: their frames are compressed or encrypted
	annexB  []int // tracks whose CodecPrivate was in Annex B form, and so are their frames
}

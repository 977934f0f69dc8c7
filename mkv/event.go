package mkv

import (
	"time"

	"kinora/media"
)

// EventKind says what an Event tells.
type EventKind uint8

// The kinds of event, in the order in which a document brings them: Head (Start (Frame|Filler)* End Filler*)* Loose?
const (
	HeadEvent   EventKind = iota + 1 // a document's head is complete
	StartEvent                       // a fragment begins: its Cluster's Timecode is known
	FrameEvent                       // one SimpleBlock or BlockGroup
	FillerEvent                      // a piece of anything else: Void, CRC-32, Position, Cues, Attachments...
	EndEvent                         // the fragment is complete
	LooseEvent                       // tags that no fragment claims
)

// String returns the kind's name.
func (k EventKind) String() string {
	switch k {
	case HeadEvent:
		return "Head"
	case StartEvent:
		return "Start"
	case FrameEvent:
		return "Frame"
	case FillerEvent:
		return "Filler"
	case EndEvent:
		return "End"
	case LooseEvent:
		return "Loose"
	}
	return "none"
}

// An Event is one step through the input. Lead, Bytes and Data are verbatim input and valid until the next call of
// Next; Head, Tags and their contents stay valid for ever. Lead and Bytes of all events in order are the input.
type Event struct {
	Kind   EventKind
	Offset int64  // of Bytes in the input
	Bytes  []byte // End and Loose: the Tags (and what stood between them) that trail; empty for most Ends
	Head   *Head  // Head only. The same pointer as for the previous document when the bytes are the same

	Lead      []byte // Start: Tags (and what stood between them) in front of the Cluster that belong to this fragment
	Tags      []Tag  // Start: tags of Lead. End and Loose: tags of Bytes
	Timecode  uint64 // Start: the Cluster's raw Timecode in units of Head.Scale
	KnownSize bool   // Start: the Cluster declares its size

	Track    int    // Frame: track number as the block has it, whether Tracks declares it or not
	Relative int16  // Frame: time after the Cluster's Timecode, in units of Head.Scale
	Key      bool   // Frame: decoding can start here
	Data     []byte // Frame: the coded frame, inside Bytes

	Explicit bool // End: an END_OF_FRAGMENT tag ended the fragment; otherwise it was what follows
}

// Head is what stands in front of a document's first Cluster, without the last run of Tags that have no Targets.
type Head struct {
	DocType string
	Scale   time.Duration // of timecodes: 100 ns to 1 s
	Tracks  []media.Track
	Tags    []Tag // such as ffmpeg's ENCODER

	encoded map[int]bool // tracks with ContentEncodings: their frames are compressed or encrypted
}

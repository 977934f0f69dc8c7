package mkv

import (
	"bytes"

	"github.com/at-wat/ebml-go"
)

type kind uint8

const (
	master kind = iota
	number
	float
	text
	opaque
)

// schema names the elements of the head that this package reads: what they are and inside which element.
var schema = map[uint32]struct {
	kind   kind
	parent uint32
}{
	idEBML:     {master, 0},
	idDocType:  {text, idEBML},
	idReadVer:  {number, idEBML},
	idMaxIDLen: {number, idEBML},

	idInfo:          {master, 0},
	idTimecodeScale: {number, idInfo},

	idTracks:           {master, 0},
	idTrackEntry:       {master, idTracks},
	idTrackNumber:      {number, idTrackEntry},
	idTrackType:        {number, idTrackEntry},
	idName:             {text, idTrackEntry},
	idCodecID:          {text, idTrackEntry},
	idCodecPrivate:     {opaque, idTrackEntry},
	idContentEncodings: {master, idTrackEntry},
	idVideo:            {master, idTrackEntry},
	idPixelWidth:       {number, idVideo},
	idPixelHeight:      {number, idVideo},
	idAudio:            {master, idTrackEntry},
	idSampling:         {float, idAudio},
	idChannels:         {number, idAudio},
	idBitDepth:         {number, idAudio},

	idTags:      {master, 0},
	idTag:       {master, idTags},
	idTargets:   {master, idTag},
	idSimpleTag: {master, idTag},
	idTagName:   {text, idSimpleTag},
	idTagString: {text, idSimpleTag},
}

// maxElements bounds how many elements of the schema one element of the head may hold. Unmarshalling costs
// microseconds for each, however few bytes it has.
const maxElements = 10_000

// unmarshal fills root from a complete element of the head that stands at the given offset.
//
// ebml.Unmarshal is not made for hostile input: it recurses as deep as the input nests, allocates what an element
// declares, and on an ID that it does not know it either fails or tries every following byte as an element. So it
// is handed the elements of the schema only, whose nesting and sizes have been checked.
func unmarshal(b []byte, offset int64, root any) error {
	p := pruner{dst: make([]byte, 0, len(b)+64)}
	if err := p.prune(b, offset, 0); err != nil {
		return err
	}
	if err := ebml.Unmarshal(bytes.NewReader(p.dst), root); err != nil {
		e, _ := elementAt(b)
		return syntaxError(offset, e.id, "%v", err)
	}
	return nil
}

// A pruner copies the elements that the schema knows.
type pruner struct {
	dst   []byte
	count int
}

// prune copies from b, the body of an element parent that begins at offset.
func (p *pruner) prune(b []byte, offset int64, parent uint32) error {
	for len(b) > 0 {
		e, reason := elementAt(b)
		if reason != "" {
			return syntaxError(offset, parent, "%s", reason)
		}
		if e.size == unknownSize {
			return syntaxError(offset, e.id, "must declare its size")
		}
		if e.size > int64(len(b)-e.head) {
			return syntaxError(offset, e.id, "its %d bytes reach beyond the end of %s", e.size, name(parent))
		}
		end := e.head + int(e.size)
		if s, ok := schema[e.id]; ok && s.parent == parent {
			if p.count++; p.count > maxElements {
				return limitError(offset, e.id, int64(p.count), maxElements)
			}
			if err := p.keep(e, s.kind, b[e.head:end], offset); err != nil {
				return err
			}
		}
		b, offset = b[end:], offset+int64(end)
	}
	return nil
}

func (p *pruner) keep(e element, k kind, body []byte, offset int64) error {
	switch {
	case k == number && len(body) > 8:
		return syntaxError(offset, e.id, "a number has at most 8 bytes, not %d", len(body))
	case k == float && len(body) == 0:
		return nil // zero, which is also what an absent element means
	case k == float && len(body) != 4 && len(body) != 8:
		return syntaxError(offset, e.id, "a floating-point number has 4 or 8 bytes, not %d", len(body))
	}
	start := len(p.dst)
	p.dst = appendHead(p.dst, e.id, len(body))
	if k != master {
		p.dst = append(p.dst, body...)
		return nil
	}
	head := len(p.dst)
	if err := p.prune(body, offset+int64(e.head), e.id); err != nil {
		return err
	}
	appendHead(p.dst[:start], e.id, len(p.dst)-head)
	return nil
}

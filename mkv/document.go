package mkv

import (
	"bytes"
	"io"
)

// begin takes a document's EBML head and the head of its Segment. The Segment's size is of no interest: KVS
// repeats the head of an uploaded file for each of its fragments.
func (p *Parser) begin(e element, end bool) error {
	if p.stage == wantEBML {
		if end {
			return io.EOF
		}
		if e.id != idEBML {
			return syntaxError(p.offset(), e.id, "a Matroska stream begins with an EBML head")
		}
		p.stage, p.lead, p.tags, p.tracks, p.headTold = wantSegment, -1, nil, false, false
		return p.hold(e, p.limits.Header)
	}
	switch {
	case end:
		return cutError(p.offset(), "the head")
	case e.id == idSegment:
		p.held += e.head
		p.stage = inHead
		return nil
	case e.id == idVoid || e.id == idCRC32:
		return p.hold(e, p.limits.Header)
	}
	return syntaxError(p.offset(), e.id, "a Segment is expected after the EBML head")
}

// hold keeps an element until the event that it belongs to.
func (p *Parser) hold(e element, limit int) error {
	end, err := p.whole(p.held, e, 0, limit)
	if err != nil {
		return err
	}
	p.held = end
	return nil
}

// header takes an element in front of the first Cluster.
func (p *Parser) header(e element) (Event, error) {
	at, offset := p.held, p.offset()
	switch e.id {
	case idCluster:
		if !p.headTold {
			if !p.tracks {
				return Event{}, syntaxError(offset, e.id, "stands in front of Tracks")
			}
			return p.tellHead()
		}
		return p.start(e)
	case idSegment, idSimpleBlock, idBlockGroup, idTimecode:
		return Event{}, syntaxError(offset, e.id, "may not stand here")
	case idTracks:
		p.tracks = true
	}
	if err := p.hold(e, p.limits.Header); err != nil {
		return Event{}, err
	}
	if e.id == idTags {
		tags, targeted, err := parseTags(p.w.bytes(at, p.held), offset)
		if err != nil {
			return Event{}, err
		}
		if !targeted {
			if p.lead < 0 {
				p.lead = at
			}
			p.tags = append(p.tags, tags...)
			return Event{}, p.leads(e, offset)
		}
	}
	if e.id != idVoid && e.id != idCRC32 {
		p.lead, p.tags = -1, nil
	}
	return Event{}, p.leads(e, offset)
}

// leads checks, behind an element of the head, that what is held for the first fragment is not too much.
func (p *Parser) leads(e element, offset int64) error {
	if p.lead >= 0 && p.held-p.lead > p.limits.Tags {
		return limitError(offset, e.id, int64(p.held-p.lead), p.limits.Tags)
	}
	return nil
}

// tellHead tells the head, up to the last run of Tags without Targets. They stay held.
func (p *Parser) tellHead() (Event, error) {
	end := p.held
	if p.lead >= 0 {
		end = p.lead
	}
	if b := p.w.bytes(0, end); p.head == nil || !bytes.Equal(b, p.headBytes) {
		h, err := parseHead(b, p.w.off)
		if err != nil {
			return Event{}, err
		}
		p.head, p.headBytes = h, bytes.Clone(b)
	}
	p.headTold = true
	held := p.held - end
	ev := p.emit(Event{Kind: Header, Head: p.head}, end)
	p.held = held
	return ev, nil
}

// body takes an element of the Segment after a Cluster.
func (p *Parser) body(e element) (Event, error) {
	at, offset := p.held, p.offset()
	switch e.id {
	case idCluster:
		if p.open {
			p.open = false
			return Event{Kind: End, Offset: p.w.off}, nil
		}
		return p.start(e)
	case idSegment, idInfo, idTracks:
		return Event{}, syntaxError(offset, e.id, "may not follow a Cluster: a new head needs a new stream")
	case idSimpleBlock, idBlockGroup, idTimecode:
		return Event{}, syntaxError(offset, e.id, "stands outside of a Cluster")
	case idTags:
	default:
		if p.open && p.held == 0 {
			return p.skipOver(e)
		}
	}
	if err := p.hold(e, p.limits.Tags); err != nil || e.id != idTags {
		return Event{}, err
	}
	tags, _, err := parseTags(p.w.bytes(at, p.held), offset)
	if err != nil {
		return Event{}, err
	}
	p.tags = append(p.tags, tags...)
	if _, found := find(tags, p.endTag); found && p.open {
		return p.end(p.endTag == EndOfFragment), nil
	}
	return Event{}, nil
}

func (p *Parser) end(explicit bool) Event {
	p.open = false
	return p.emit(Event{Kind: End, Tags: p.takeTags(), Explicit: explicit}, p.held)
}

// finish takes the end of a document: the end of the input, for which e is zero, or another document's EBML head.
func (p *Parser) finish(e element) (Event, error) {
	switch {
	case e.id != 0 && !p.documents:
		return Event{}, syntaxError(p.offset(), e.id, "a second document may not follow: a new head needs a new stream")
	case !p.headTold:
		return p.tellHead()
	case p.open:
		return p.end(false), nil
	case p.held > 0:
		return p.emit(Event{Kind: Loose, Tags: p.takeTags()}, p.held), nil
	}
	p.stage = wantEBML
	return Event{}, nil
}

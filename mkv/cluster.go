package mkv

import (
	"io"
	"math"
)

// start tells that a Cluster begins, once its Timecode is there.
func (p *Parser) start(e element) (Event, error) {
	lead, offset := p.held, p.offset()
	p.cluster = unknownSize
	if e.size != unknownSize {
		p.cluster = offset + int64(e.head) + e.size
	}
	at := lead + e.head
	for {
		here := p.w.off + int64(at)
		if p.cluster == here {
			return Event{}, syntaxError(offset, e.id, "has no Timecode")
		}
		c, err := p.peek(at)
		if err == io.EOF {
			err = cutError(here, "a Cluster")
		}
		if err != nil {
			return Event{}, err
		}
		switch {
		case endsCluster(c.id):
			return Event{}, syntaxError(offset, e.id, "has no Timecode")
		case c.id == idSimpleBlock || c.id == idBlockGroup:
			return Event{}, syntaxError(here, c.id, "stands in front of the Cluster's Timecode")
		}
		if err := p.fits(here, c); err != nil {
			return Event{}, err
		}
		end, err := p.whole(at, c, lead, p.limits.Element)
		if err != nil {
			return Event{}, err
		}
		if c.id != idTimecode {
			at = end
			continue
		}
		if c.size > 8 {
			return Event{}, syntaxError(here, c.id, "a number has at most 8 bytes, not %d", c.size)
		}
		timecode := uintOf(p.w.bytes(at+c.head, end))
		if timecode > uint64(math.MaxInt64/p.head.Scale)-math.MaxUint16 {
			return Event{}, syntaxError(here, c.id, "%d lies beyond the year 2262", timecode)
		}
		p.stage, p.open, p.endTag = inCluster, true, EndOfFragment
		if _, numbered := find(p.tags, FragmentNumber); numbered && p.documents {
			p.endTag = ContinuationToken // KVS adds tags after those of the producer
		}
		ev := Event{
			Kind: Start, Timecode: timecode, KnownSize: e.size != unknownSize,
			Lead: p.w.bytes(0, lead), Tags: p.takeTags(),
		}
		return p.emit(ev, end), nil
	}
}

func (p *Parser) takeTags() []Tag {
	tags := p.tags
	p.tags = nil
	return tags
}

// fits checks that a child at offset lies within a Cluster of known size.
func (p *Parser) fits(offset int64, c element) error {
	if p.cluster != unknownSize && c.size > p.cluster-offset-int64(c.head) {
		return syntaxError(offset, c.id, "its %d bytes reach beyond the end of the Cluster", c.size)
	}
	return nil
}

// child takes an element of a Cluster, after its Timecode.
func (p *Parser) child(e element) (Event, error) {
	offset := p.offset()
	if err := p.fits(offset, e); err != nil {
		return Event{}, err
	}
	switch {
	case endsCluster(e.id):
		return Event{}, syntaxError(offset, e.id, "stands inside a Cluster of known size")
	case e.id == idTimecode:
		return Event{}, syntaxError(offset, e.id, "a Cluster has one Timecode")
	case e.id != idSimpleBlock && e.id != idBlockGroup:
		return p.skipOver(e)
	}
	end, err := p.whole(0, e, 0, p.limits.Element)
	if err != nil {
		return Event{}, err
	}
	ev := Event{Kind: Frame}
	body := p.w.bytes(e.head, end)
	if e.id == idSimpleBlock {
		err = ev.simpleBlock(body, offset)
	} else {
		err = ev.blockGroup(body, offset, offset+int64(e.head))
	}
	if err != nil {
		return Event{}, err
	}
	ev.Begin = end - cap(ev.Data) // what window.bytes gives out ends, with all its room, where the element does
	return p.emit(ev, end), nil
}

// skipOver hands an element out in pieces as they arrive.
func (p *Parser) skipOver(e element) (Event, error) {
	if e.size == unknownSize {
		return Event{}, syntaxError(p.offset(), e.id, "must declare its size")
	}
	total := int64(e.head) + e.size
	if total > int64(p.limits.Element) {
		return Event{}, limitError(p.offset(), e.id, total, p.limits.Element)
	}
	p.skip = total
	return p.filler()
}

func (p *Parser) filler() (Event, error) {
	if err := p.w.want(1); err != nil {
		if err == io.EOF {
			err = cutError(p.w.off, "an element")
		}
		return Event{}, err
	}
	n := min(p.skip, int64(p.w.len()))
	p.skip -= n
	return p.emit(Event{Kind: Filler}, int(n)), nil
}

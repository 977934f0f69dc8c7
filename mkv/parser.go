package mkv

import (
	"bytes"
	"io"
	"math"
)

// Limits bound what a Parser holds in memory, in bytes. Zero fields mean the defaults. Its buffer never exceeds the
// larger of Header and Tags+Element; a copy of the head comes on top.
type Limits struct {
	Header  int // everything in front of the first Cluster; 4 MiB
	Element int // one element of a Cluster, such as a frame; 50 MiB
	Tags    int // Tags waiting for the fragment that they belong to; 1 MiB
}

func (l Limits) withDefaults() Limits {
	for _, f := range []struct {
		v *int
		d int
	}{{&l.Header, 4 << 20}, {&l.Element, 50 << 20}, {&l.Tags, 1 << 20}} {
		if *f.v <= 0 {
			*f.v = f.d
		}
	}
	return l
}

// ParserOptions says what a Parser accepts.
type ParserOptions struct {
	Limits Limits
	// Documents allows several EBML documents back to back, which is what GetMedia answers. Otherwise, as in an
	// upload, a second one is a SyntaxError.
	Documents bool
}

// A Parser turns a stream of Matroska into events, each as soon as its bytes have arrived. It is for one goroutine,
// and starts none.
type Parser struct {
	w         window
	limits    Limits
	documents bool
	err       error // what every further Next returns

	stage stage
	used  int   // bytes that the last event handed out
	held  int   // bytes in front of the window that wait for the event that they belong to
	skip  int64 // bytes of a filler still to hand out

	tags     []Tag // of the held Tags (in the head: of those that may be the first fragment's)
	lead     int   // in the head: where the held Tags begin that may be the first fragment's, or -1
	tracks   bool  // Tracks was seen
	headTold bool

	head      *Head
	headBytes []byte // what head was read from

	open    bool   // a fragment has begun and its End is to be told
	endTag  string // name of the tag that ends it
	cluster int64  // offset of its Cluster's end, or unknownSize
}

type stage uint8

const (
	wantEBML stage = iota
	wantSegment
	inHead    // in the Segment, no Cluster yet
	inCluster // in a Cluster
	inBody    // in the Segment, after a Cluster
)

// NewParser returns a Parser of r. It reads ahead as far as r gives and its buffer has room.
func NewParser(r io.Reader, o ParserOptions) *Parser {
	l := o.Limits.withDefaults()
	return &Parser{
		w:         window{r: r, max: max(l.Header, l.Tags+l.Element) + 16},
		limits:    l,
		documents: o.Documents,
		lead:      -1,
	}
}

// Next returns the next event. At a clean end the error is io.EOF. Otherwise it is a *SyntaxError, wraps ErrLimit,
// wraps io.ErrUnexpectedEOF when the input ends inside an element, or wraps what the input's Read returned; all say
// the offset. After an error Next returns it for ever.
func (p *Parser) Next() (Event, error) {
	if p.err != nil {
		return Event{}, p.err
	}
	p.w.drop(p.used)
	p.used = 0
	ev, err := p.next()
	if err != nil {
		p.err = err
		return Event{}, err
	}
	return ev, nil
}

func (p *Parser) next() (Event, error) {
	for {
		if p.skip > 0 {
			return p.filler()
		}
		if p.stage == inCluster && p.cluster == p.offset() {
			p.stage = inBody
		}
		e, err := p.peek(p.held)
		if err != nil && err != io.EOF {
			return Event{}, err
		}
		var ev Event
		switch {
		case p.stage == wantEBML || p.stage == wantSegment:
			err = p.begin(e, err == io.EOF)
		case p.stage == inCluster && p.cluster == unknownSize && (err == io.EOF || endsCluster(e.id)):
			p.stage, err = inBody, nil
		case p.stage == inCluster && err == io.EOF:
			err = cutError(p.offset(), "a Cluster")
		case p.stage == inCluster:
			ev, err = p.child(e)
		case err == io.EOF || e.id == idEBML:
			ev, err = p.finish(e)
		case p.stage == inHead:
			ev, err = p.header(e)
		default:
			ev, err = p.body(e)
		}
		if err != nil || ev.Kind != 0 {
			return ev, err
		}
	}
}

// offset is where the next element begins.
func (p *Parser) offset() int64 { return p.w.off + int64(p.held) }

// peek decodes the element head at a position of the window. The error is io.EOF when the input ends in front of it.
func (p *Parser) peek(at int) (element, error) {
	need := 1
	for {
		if err := p.w.want(at + need); err != nil {
			if err == io.EOF && need > 1 {
				err = cutError(p.w.off+int64(at), "an element's head")
			}
			return element{}, err
		}
		b := p.w.bytes(at, p.w.len())
		n := vintLen(b[0])
		if need == 1 {
			if n == 0 || n > 4 {
				return element{}, &SyntaxError{p.w.off + int64(at), "stream", "an element ID is expected here"}
			}
			need = n + 1
			continue
		}
		s := vintLen(b[n])
		if s == 0 {
			return element{}, &SyntaxError{p.w.off + int64(at), "stream", "an element size is expected here"}
		}
		if len(b) >= n+s {
			e, _ := elementAt(b)
			return e, nil
		}
		need = n + s
	}
}

// whole waits until the element at a position of the window is complete and returns its end. The bytes from the
// position from must not be more than the limit.
func (p *Parser) whole(at int, e element, from, limit int) (int, error) {
	offset := p.w.off + int64(at)
	if e.size == unknownSize {
		return 0, syntaxError(offset, e.id, "must declare its size")
	}
	if total := int64(at-from+e.head) + e.size; total > int64(limit) || total < 0 {
		return 0, limitError(offset, e.id, total, limit)
	}
	end := at + e.head + int(e.size)
	if err := p.w.want(end); err != nil {
		if err == io.EOF {
			err = cutError(offset, name(e.id))
		}
		return 0, err
	}
	return end, nil
}

// emit hands out the held bytes and those up to end as an event.
func (p *Parser) emit(ev Event, end int) Event {
	ev.Offset = p.w.off + int64(len(ev.Lead))
	ev.Bytes = p.w.bytes(len(ev.Lead), end)
	p.used, p.held = end, 0
	return ev
}

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
			if p.held-p.lead > p.limits.Tags {
				return Event{}, limitError(offset, e.id, int64(p.held-p.lead), p.limits.Tags)
			}
			p.tags = append(p.tags, tags...)
			return Event{}, nil
		}
	}
	if e.id != idVoid && e.id != idCRC32 {
		p.lead, p.tags = -1, nil
	}
	return Event{}, nil
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

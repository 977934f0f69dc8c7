package mkv

import "io"

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

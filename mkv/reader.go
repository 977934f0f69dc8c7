package mkv

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"kinora/media"
	"kinora/media/nal"
)

// A Fragment is what a Reader is at: one Cluster and what KVS says about it.
type Fragment struct {
	Number                   string    // empty when the input does not come from KVS
	ServerTime, ProducerTime time.Time // zero when the input does not say
	Start                    time.Duration
	Head                     *Head         // the same pointer as before when the head's bytes are the same
	Tracks                   []media.Track // Head.Tracks
	Tags                     []Tag         // in front of the Cluster, the producer's and those of KVS

	// The rest is known once Packet has returned io.EOF.

	Trailer   []Tag         // after the Cluster
	BehindNow time.Duration // how far the fragment was behind the newest one when it was sent
	Token     string        // from where GetMedia can continue
	// Complete is set when the whole fragment was there: the trailing tags of KVS were seen, or, where it sent no
	// tags at all, the Cluster ended as it should. What GetMediaForFragmentList sends has leading tags only and
	// is never Complete by this measure.
	Complete bool
}

// ServiceError is the record with which KVS ends GetMedia early, or which stands in GetMediaForFragmentList for a fragment that cannot be sent.
type ServiceError struct {
	ID       int    // such as 4000: the fragment was not found; 0 when the service gave none
	Code     string // a description
	Fragment string // the number of the fragment concerned, empty when unknown
}

func (e *ServiceError) Error() string {
	s := fmt.Sprintf("the service ended the stream with error %d (%s)", e.ID, e.Code)
	if e.Fragment != "" {
		s += " at fragment " + e.Fragment
	}
	return s
}

// A Reader reads fragments and their packets from what GetMedia answers, from an upload, or from any Matroska whose
// Clusters are to be taken as fragments. Like archive/tar: Next moves to a fragment, Packet reads from it. It is for
// one goroutine.
type Reader struct {
	p        *Parser
	head     *Head
	fragment *Fragment // the one that Packet reads from, nil when it is over
	failure  error     // what every further Next returns
}

// NewReader returns a Reader of r.
func NewReader(r io.Reader, l Limits) *Reader {
	return &Reader{p: NewParser(r, ParserOptions{Limits: l, Documents: true})}
}

// Next skips what is left of the current fragment and returns the next. At a clean end the error is io.EOF; it is a
// *ServiceError when the service said why it ended, or why a fragment of a list is missing, behind which Next goes on; otherwise it
// is as Parser.Next says.
func (r *Reader) Next() (*Fragment, error) {
	for r.fragment != nil {
		if _, err := r.advance(); err != nil {
			return nil, err
		}
	}
	for r.failure == nil {
		ev, err := r.p.Next()
		if err != nil {
			return nil, err
		}
		switch ev.Kind {
		case Header:
			r.head = ev.Head
		case Start:
			r.fragment, r.failure = r.begin(ev)
			if r.failure == nil {
				return r.fragment, nil
			}
		case Loose:
			err := serviceError(ev.Tags)
			if _, one := find(ev.Tags, ExceptionErrorCode); one && err != nil {
				return nil, err
			}
			r.failure = err
		}
	}
	return nil, r.failure
}

// Packet returns the next packet of the current fragment, in the order of the input. PTS is the Cluster's time plus
// the block's; Matroska has no decoding time, so DTS is the same. Key is what the block says, which many producers
// leave unset for sound. The packet is the caller's. The error is io.EOF at the fragment's end, which is known when its
// trailing tags or what follows it has arrived.
func (r *Reader) Packet() (*media.Packet, error) {
	ev, err := r.frame()
	if err != nil {
		return nil, err
	}
	data := bytes.Clone(ev.Data)
	if slices.Contains(r.head.annexB, ev.Track) {
		data = nal.AVCC(make([]byte, 0, len(ev.Data)+16), ev.Data)
	}
	pts := r.pts(ev)
	return &media.Packet{Track: ev.Track, PTS: pts, DTS: pts, Key: ev.Key, Data: data}, nil
}

// PacketIn is Packet, with the packet in a Memory, which it does not leave.
func (r *Reader) PacketIn(m *Memory) (*media.Packet, error) {
	ev, err := r.frame()
	if err != nil {
		return nil, err
	}
	p := m.packet(ev.Data, slices.Contains(r.head.annexB, ev.Track))
	p.Track, p.Key = ev.Track, ev.Key
	p.PTS = r.pts(ev)
	p.DTS = p.PTS
	return p, nil
}

// frame goes to the next frame of the current fragment.
func (r *Reader) frame() (Event, error) {
	for r.fragment != nil {
		ev, err := r.advance()
		if err != nil {
			return Event{}, err
		}
		if ev.Kind != Frame {
			continue
		}
		if !r.head.Plain(ev.Track) {
			return Event{}, syntaxError(ev.Offset, idContentEncodings, "the frames of track %d are compressed or encrypted by the container; KVS players need them plain", ev.Track)
		}
		return ev, nil
	}
	return Event{}, io.EOF
}

// pts is the media time of a frame of the current fragment.
func (r *Reader) pts(ev Event) time.Duration {
	return r.fragment.Start + time.Duration(ev.Relative)*r.head.Scale
}

// advance takes the next event of the current fragment.
func (r *Reader) advance() (Event, error) {
	ev, err := r.p.Next()
	if err == nil && ev.Kind == End {
		f := r.fragment
		r.fragment = nil
		if err := f.end(ev.Tags); err != nil {
			r.failure = err
		} else {
			r.failure = serviceError(ev.Tags)
		}
	}
	return ev, err
}

// begin reads what the tags in front of a Cluster say.
func (r *Reader) begin(ev Event) (*Fragment, error) {
	f := &Fragment{Head: r.head, Tracks: r.head.Tracks, Tags: ev.Tags, Start: time.Duration(ev.Timecode) * r.head.Scale}
	f.Number, _ = find(f.Tags, FragmentNumber)
	var err error
	if f.ServerTime, err = f.time(ServerTimestamp, serverSideTimestamp); err != nil {
		return nil, err
	}
	if f.ProducerTime, err = f.time(ProducerTimestamp, producerSideTimestamp); err != nil {
		return nil, err
	}
	return f, nil
}

// end reads what the tags behind a Cluster say.
func (f *Fragment) end(tags []Tag) error {
	f.Trailer = tags
	if ms, ok := find(tags, MillisBehindNow); ok {
		n, err := strconv.ParseInt(ms, 10, 32)
		if err != nil {
			return f.tagError(MillisBehindNow, ms, "milliseconds")
		}
		f.BehindNow = time.Duration(n) * time.Millisecond
	}
	f.Token, f.Complete = find(tags, ContinuationToken)
	if f.Number == "" {
		f.Complete = true
	}
	return nil
}

// Names that the documentation of GetMediaForFragmentList gives; what was recorded has the other ones.
const (
	serverSideTimestamp   = "AWS_KINESISVIDEO_SERVER_SIDE_TIMESTAMP"
	producerSideTimestamp = "AWS_KINESISVIDEO_PRODUCER_SIDE_TIMESTAMP"
)

// time reads a tag, under either name, that tells seconds since 1970 with a fraction, such as "1511852109.126".
func (f *Fragment) time(names ...string) (time.Time, error) {
	for _, name := range names {
		value, ok := find(f.Tags, name)
		if !ok {
			continue
		}
		whole, fraction, _ := strings.Cut(value, ".")
		sec, err := strconv.ParseInt(whole, 10, 40)
		nsec, err2 := strconv.ParseUint((fraction + "000000000")[:9], 10, 32)
		if err != nil || err2 != nil || sec < 0 {
			return time.Time{}, f.tagError(name, value, "seconds since 1970")
		}
		return time.Unix(sec, int64(nsec)).UTC(), nil
	}
	return time.Time{}, nil
}

func (f *Fragment) tagError(name, value, want string) error {
	return fmt.Errorf("fragment %s: %s: %.32q is not a number of %s", f.Number, name, value, want)
}

// serviceError reads the record of an error among tags, if there is one.
func serviceError(tags []Tag) error {
	id, found := find(tags, ErrorID)
	code, foundCode := find(tags, ErrorCode)
	if exception, ok := find(tags, ExceptionErrorCode); ok && !found {
		id, found = exception, true
		code, _ = find(tags, ExceptionMessage)
	}
	if !found && !foundCode {
		return nil
	}
	n, err := strconv.Atoi(id)
	if err != nil {
		n = 0 // the description still says what happened
	}
	fragment, _ := find(tags, FragmentNumber)
	return &ServiceError{ID: n, Code: code, Fragment: fragment}
}

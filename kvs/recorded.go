package kvs

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/kinesisvideo/types"
	archived "github.com/aws/aws-sdk-go-v2/service/kinesisvideoarchivedmedia"

	"kinora/media"
	"kinora/mkv"
)

// Fragments returns stored fragments, up to 1000 by their numbers, as GetMediaForFragmentList sends them: one Matroska document each,
// back to back, for [mkv.NewReader]. The caller closes it.
func (c *Client) Fragments(ctx context.Context, stream string, numbers []string) (io.ReadCloser, error) {
	leave, err := c.gates.enter(ctx, opFragments, stream)
	if err != nil {
		return nil, c.fail(opFragments, stream, err)
	}
	var body io.ReadCloser
	err = c.withEndpoint(ctx, opFragments, endpointKey{stream, types.APINameGetMediaForFragmentList}, func(endpoint string) error {
		out, err := c.archive.GetMediaForFragmentList(ctx, &archived.GetMediaForFragmentListInput{StreamName: &stream, Fragments: numbers},
			func(o *archived.Options) { o.BaseEndpoint = &endpoint })
		if err == nil {
			body = out.Payload
		}
		return err
	})
	if err != nil {
		leave()
		return nil, err
	}
	return placed{body, leave}, nil
}

const opFragments = "GetMediaForFragmentList"

// read gets fragments and calls got once for each that has come whole, or that will not come: as soon as that is known, in the
// order in which the service sends them. room says where one is put. It returns why the others are missing, nil when there are
// none; what got returns ends it.
func (a *Archive) read(ctx context.Context, fragments []media.Fragment, room func(media.Fragment) *mkv.Memory, got func(number string, r *media.Recorded, err error) error) error {
	for len(fragments) > 0 && !a.bySessions() {
		rest, err := a.readSome(ctx, fragments, room, got)
		if IsForbidden(err) {
			a.detoured(&a.detour.load, err) // before anything is kept under the name of what comes directly
			if a.readBySessions(ctx, fragments, got) == nil {
				return nil
			}
			a.detoured(&a.detour.load, nil)
		}
		if err != nil {
			return err
		}
		fragments = rest
	}
	return a.readBySessions(ctx, fragments, got)
}

// readSome makes one call. An answer ends with the first fragment that has a fault; rest are those that the call did not come to. What
// does not come when nothing else does is gone.
func (a *Archive) readSome(ctx context.Context, fragments []media.Fragment, room func(media.Fragment) *mkv.Memory, got func(string, *media.Recorded, error) error) (rest []media.Fragment, err error) {
	numbers := make([]string, len(fragments))
	for i := range fragments {
		numbers[i] = fragments[i].Number
	}
	body, err := a.client.Fragments(ctx, a.stream, numbers)
	if err != nil {
		return nil, err
	}
	defer body.Close()
	line := &watched{r: body}
	in := mkv.NewReader(line, mkv.Limits{})
	rest = slices.Clone(fragments)
	for {
		number := ""
		head, err := in.Next()
		if err == nil {
			number = head.Number
			at := slices.IndexFunc(rest, func(f media.Fragment) bool { return f.Number == number })
			if at < 0 {
				continue // nobody asked for it
			}
			var r *media.Recorded
			if r, err = recorded(in, head, a.dated(rest[at], head), room(rest[at])); err == nil {
				rest = slices.Delete(rest, at, at+1)
				if err := got(number, r, nil); err != nil {
					return nil, err
				}
				continue
			}
		}
		if err == io.EOF {
			if len(rest) < len(fragments) {
				return rest, nil // an answer may end early; what is gone does not come for itself either
			}
			for _, f := range rest {
				if err := got(f.Number, nil, a.lost(f.Number, fmt.Errorf("the service did not send it: %w", media.ErrGone))); err != nil {
					return nil, err
				}
			}
			return nil, nil
		}
		if number, err = a.fault(ctx, number, err, line.err, rest); err == nil || number == "" {
			return nil, err
		}
		rest = slices.DeleteFunc(rest, func(f media.Fragment) bool { return f.Number == number })
		return rest, got(number, nil, err)
	}
}

// fault says which fragment an answer broke off at for that fragment's own fault, and what is wrong with it; without a number it
// says what is wrong with the call.
func (a *Archive) fault(ctx context.Context, number string, err, line error, rest []media.Fragment) (string, error) {
	var record *mkv.ServiceError
	said := errors.As(err, &record)
	switch {
	case ctx.Err() != nil:
		return "", a.client.fail(opFragments, a.stream, context.Cause(ctx))
	case line != nil:
		return "", a.client.fail(opFragments, a.stream, line)
	case said && isKMS(record.ID):
		return "", a.client.fail(opFragments, a.stream, err)
	}
	if said && record.Fragment != "" {
		number = record.Fragment
	}
	if !slices.ContainsFunc(rest, func(f media.Fragment) bool { return f.Number == number }) {
		if len(rest) == 0 {
			return "", nil
		}
		number = rest[0].Number // fragments come in the order of the request
	}
	if said && record.ID == 4000 {
		return number, a.lost(number, fmt.Errorf("%w: %w", media.ErrGone, err))
	}
	return number, a.lost(number, fmt.Errorf("%w: %w", media.ErrDamaged, err))
}

// lost is the error of one fragment.
func (a *Archive) lost(number string, cause error) error {
	err := a.client.fail(opFragments, a.stream, cause)
	var e *Error
	if errors.As(err, &e) {
		e.Where = "fragment " + number
		e.Advice = "The rest of the recording can be played"
	}
	return err
}

// dated gives a fragment of which only the number is known the times that the service sends with it.
func (a *Archive) dated(f media.Fragment, head *mkv.Fragment) media.Fragment {
	if f.Start.IsZero() {
		f.Server, f.Producer, f.Start = head.ServerTime, head.ProducerTime, head.ProducerTime
		if a.clock == ServerTime {
			f.Start = head.ServerTime
		}
	}
	return f
}

// roomOf is memory for one fragment alone.
func roomOf(f media.Fragment) *mkv.Memory { return mkv.NewMemory(bytesOf(f)) }

// bytesOf is the memory that a fragment is given at first. What is declared to be very large has to come first.
func bytesOf(f media.Fragment) int { return int(min(max(f.Size, 0), batchBytes)) }

// errLarge is a fragment of more than the service takes of a producer.
var errLarge = fmt.Errorf("it is larger than %d MB: %w", mostFragment/1_000_000, media.ErrDamaged)

// mostFragment is how many bytes of packets a fragment has at most: PutMedia takes 50 MB, and other services somewhat more.
const mostFragment = 64_000_000

// packetCost is about what a packet takes in memory beside its data.
const packetCost = 200

// recorded reads all of the fragment that in is at, into memory.
func recorded(in *mkv.Reader, head *mkv.Fragment, f media.Fragment, memory *mkv.Memory) (*media.Recorded, error) {
	r := &media.Recorded{Fragment: f, Tracks: head.Tracks}
	size := 0
	for {
		p, err := in.PacketIn(memory)
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, err
		}
		if size += len(p.Data) + packetCost; size > mostFragment {
			return nil, errLarge
		}
		p.PTS -= head.Start
		p.DTS = p.PTS
		if f.Length == 0 {
			r.Length = max(r.Length, p.PTS)
		}
		r.Packets = append(r.Packets, p)
	}
	r.Tags = producersTags(head)
	return r, nil
}

// watched remembers why an answer broke off on its way.
type watched struct {
	r   io.Reader
	err error // nil while all is well, also at the end
}

func (w *watched) Read(p []byte) (int, error) {
	n, err := w.r.Read(p)
	if err != nil && err != io.EOF {
		w.err = err
	}
	return n, err
}

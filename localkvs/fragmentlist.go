package localkvs

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"kinora/localkvs/archive"
)

// maxFragmentList is how many fragments one call of GetMediaForFragmentList may ask for.
const maxFragmentList = 1000

// fragmentNotFound is the code of a fragment that is not stored, or not any more.
const fragmentNotFound = 4000

type fragmentListIn struct {
	streamRef
	Fragments []string
}

// getMediaForFragmentList streams stored fragments in the order in which they are asked for. In the place of one that is damaged or not
// stored stands a record that says so; it ends, behind such a record, where the service cannot read.
func (s *Service) getMediaForFragmentList(w http.ResponseWriter, r *http.Request, body []byte) error {
	asked := time.Now()
	in, err := decode[fragmentListIn](body)
	if err != nil {
		return err
	}
	stream, err := s.stream(in.StreamName, in.StreamARN)
	if err != nil {
		return err
	}
	switch n := len(in.Fragments); {
	case n < 1:
		return invalidArgument("Fragments must hold 1 to %d fragment numbers.", maxFragmentList)
	case n > maxFragmentList: // Source: Amazon Kinesis Video Streams service quotas
		return &apiError{http.StatusBadRequest, "FragmentLimitExceeded", fmt.Sprintf("Fragments holds %d fragment numbers; it may hold %d.", n, maxFragmentList)}
	}
	for _, number := range in.Fragments {
		if !isFragmentNumber(number) {
			return invalidArgument("Fragments must hold fragment numbers; %.40q is none.", number)
		}
	}
	if err := s.asked.take(stream.Meta().ARN, 0, len(in.Fragments)); err != nil {
		return err
	}
	feed, err := s.feedOf(stream)
	if err != nil {
		return err
	}
	release, ok := feed.connect(&feed.lists, s.limits.FragmentListConnections)
	if !ok {
		return clientLimit("GetMediaForFragmentList", s.limits.FragmentListConnections)
	}
	defer release()
	memory := memories.Get().(*archive.Memory)
	defer memories.Put(memory)
	list := &fragmentList{stream: stream, numbers: in.Fragments, memory: memory}
	first, failure := list.next() // read before the answer begins, which may have to wait anyway
	if failure != nil && !failure.told {
		return failure.err
	}
	if !answerAfter(r, asked) {
		return nil
	}
	w.Header().Set("Content-Type", "video/webm")
	w.WriteHeader(http.StatusOK)
	out := &chunkWriter{w: w, rc: http.NewResponseController(w), stall: s.limits.WriteStall,
		bytes: s.metrics.listBytes, fragments: s.metrics.listFragments}
	if err := s.sendList(r.Context(), out, list, first, failure); err != nil {
		s.log.Info("a list of fragments was not sent to its end", "stream", stream.Meta().Name, "sent", list.at-1, "asked", len(in.Fragments), "reason", err)
	}
	return nil
}

// sendList writes fragment after fragment, and the record of a failure.
func (s *Service) sendList(ctx context.Context, out *chunkWriter, list *fragmentList, f *archive.Fragment, failure *listFailure) error {
	for {
		switch {
		case failure != nil && errors.Is(failure.err, errListEnds):
			return out.allow()
		case failure != nil && failure.one:
			if err := out.except(failure.number, failure.code, failure.message); err != nil {
				return err
			}
			s.log.Info("fragment left out of a list", "stream", list.stream.Meta().Name, "reason", failure.err)
		case failure != nil:
			return errors.Join(failure.err, out.except(failure.number, failure.code, failure.message))
		case s.isDraining():
			return errServiceStops
		case ctx.Err() != nil:
			return errReaderLeft
		}
		if failure == nil {
			if err := out.chunk(f); err != nil {
				return err
			}
		}
		f, failure = list.next()
	}
}

// fragmentList reads the fragments of a list, one at a time.
type fragmentList struct {
	stream  *archive.Stream
	numbers []string
	at      int // of the next one
	memory  *archive.Memory
}

// memories are those that lists have read into. The next lists use them again.
var memories = sync.Pool{New: func() any { return new(archive.Memory) }}

// listFailure is why a list ends, or goes on without a fragment.
type listFailure struct {
	err     error
	number  string
	code    int
	message string
	told    bool // by a record in the answer
	one     bool // it is that fragment's alone
}

var errListEnds = errors.New("the list is at its end")

// next reads the next one, which is there until the one behind it is read.
func (l *fragmentList) next() (*archive.Fragment, *listFailure) {
	if l.at == len(l.numbers) {
		return nil, &listFailure{err: errListEnds, told: true}
	}
	number := l.numbers[l.at]
	l.at++
	missing := &listFailure{fmt.Errorf("fragment %s is not stored", number), number, fragmentNotFound, "The requested fragment is not found.", true, true}
	n, err := archive.ParseNumber(number)
	if err != nil {
		return nil, missing
	}
	entry, ok, err := l.stream.Find(n)
	if err == nil && !ok {
		return nil, missing
	}
	var f *archive.Fragment
	if err == nil {
		f, err = l.stream.ReadInto(entry, l.memory)
	}
	switch {
	case err == nil:
		return f, nil
	case errors.Is(err, archive.ErrNotFound):
		return nil, missing
	case errors.Is(err, archive.ErrCorrupt):
		return nil, &listFailure{err, number, internalError, "The requested fragment is damaged.", true, true}
	}
	return nil, &listFailure{err, number, internalError, "The service could not read the fragment.", !errors.Is(err, archive.ErrDeleted), false}
}

package localkvs

import (
	"errors"
	"fmt"
	"log/slog"
	"time"

	"kinora/localkvs/archive"
)

// follower takes one reader through a stream: fragments from the archive while they are old, from the feed when
// they are new, and the newest one as it arrives. Fragments come in the order of their numbers.
type follower struct {
	stream *archive.Stream
	feed   *feed
	out    *chunkWriter
	stop   <-chan struct{} // the service stops
	gone   <-chan struct{} // the reader has left
	log    *slog.Logger
	cursor
	first *arrival // to begin with, before the cursor counts
	sent  int      // fragments
}

// Reasons for which a response ends.
var (
	errReaderLeft    = errors.New("the reader left")
	errStreamDeleted = errors.New("the stream was deleted")
	errServiceStops  = errors.New("the service stops")
	errReaderSlow    = errors.New("the reader is slower than what a stream without retention keeps")
)

// locate fixes where a live reader begins: with the fragment that arrives now, from its start, so that the first
// picture does not wait for the next key frame; when none arrives, with the next one. It comes before the answer's
// head, so that a client that has seen the head misses nothing that comes after.
func (f *follower) locate() error {
	if !f.live {
		return nil
	}
	newest, arriving := f.feed.newest()
	if arriving != nil {
		f.first = arriving
		return nil
	}
	last, ok, err := f.stream.Last()
	if err != nil {
		return err
	}
	f.after = newest
	if ok && last.Number.Compare(newest) > 0 {
		f.after = last.Number
	}
	return nil
}

// run returns the reason for which the response ends.
func (f *follower) run() error {
	if f.first != nil {
		if err := f.relay(f.first); err != nil {
			return err
		}
	}
	for {
		changed := f.feed.wait()
		found, err := f.step()
		if err != nil {
			return err
		}
		if found {
			continue
		}
		if err := f.pause(changed, nil); err != nil {
			return err
		}
	}
}

// step sends the next fragment, if there is one. The feed is asked first: what leaves it in between is in the archive.
func (f *follower) step() (bool, error) {
	fresh, inFeed := f.feed.next(f.cursor, time.Now())
	entry, inArchive, err := f.nextStored()
	if err != nil {
		return false, f.broken(err)
	}
	switch {
	case inArchive && (!inFeed || entry.Number.Compare(fresh.number) < 0):
		return true, f.replay(entry)
	case f.sent > 0 && f.feed.lostSince(f.after):
		if err := f.out.fail(f.after, readerTooSlow, "The reader is too slow."); err != nil {
			return false, err
		}
		return false, errReaderSlow
	case !inFeed:
		return false, nil
	default:
		return true, f.relay(fresh)
	}
}

func (f *follower) nextStored() (archive.Entry, bool, error) {
	if f.bySince {
		return f.stream.From(f.clock, f.since)
	}
	return f.stream.After(f.after)
}

// replay sends a fragment from the archive, but to who watches live no backfill. One that is damaged on disk is left out and said in the log.
func (f *follower) replay(e archive.Entry) error {
	f.passed(e.Number)
	if f.now && e.Backfill {
		return nil
	}
	record, err := f.stream.Read(e)
	if errors.Is(err, archive.ErrCorrupt) || errors.Is(err, archive.ErrNotFound) { // expired meanwhile
		f.log.Warn("fragment left out of a reader's media", "error", err)
		return nil
	}
	if err != nil {
		return f.broken(err)
	}
	if err := f.out.open(e.Number, e.Server, e.Producer, record.Header, record.Lead, record.Cluster); err != nil {
		return err
	}
	f.sent++
	return f.out.close(e.Number, e.Server, record.Trail)
}

// relay sends a fragment from the feed, bytes as they come. When its upload breaks off or stalls, or another copy of it is
// whole before this one, the fragment ends without the closing tags, which tells readers that it is not whole.
func (f *follower) relay(a *arrival) error {
	f.passed(a.number)
	opened, sent := false, 0
	var tick *time.Ticker
	for {
		changed := f.feed.wait()
		v := f.feed.look(a, time.Now())
		if v.state == aborted || v.stalled || v.repeat {
			return nil
		}
		if v.state == complete || !a.knownSize {
			var err error
			if !opened {
				err = f.out.open(a.number, a.server, a.producer, a.header, a.lead, v.cluster)
			} else if len(v.cluster) > sent {
				err = f.out.send(v.cluster[sent:])
			}
			if err != nil {
				return err
			}
			opened, sent = true, len(v.cluster)
		}
		if v.state == complete {
			f.sent++
			return f.out.close(a.number, a.server, v.trail)
		}
		if tick == nil {
			tick = time.NewTicker(stallTime / 2)
			defer tick.Stop()
		}
		if err := f.pause(changed, tick.C); err != nil {
			return err
		}
	}
}

func (f *follower) passed(n archive.Number) {
	f.after, f.bySince, f.live = n, false, false
}

// pause waits for a change of the feed or a tick.
func (f *follower) pause(changed <-chan struct{}, tick <-chan time.Time) error {
	if f.feed.isClosed() {
		return errStreamDeleted
	}
	select {
	case <-changed:
		return nil
	case <-tick:
		return nil
	case <-f.gone:
		return errReaderLeft
	case <-f.stop:
		return errServiceStops
	}
}

// broken tells the reader that the service cannot go on.
func (f *follower) broken(err error) error {
	if errors.Is(err, archive.ErrDeleted) {
		return errStreamDeleted
	}
	if told := f.out.fail(f.after, internalError, "The service could not read the stream."); told != nil {
		return fmt.Errorf("%w (and the reader could not be told: %w)", err, told)
	}
	return err
}

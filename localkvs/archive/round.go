package archive

import (
	"errors"
	"fmt"
	"os"
)

// tail is the end of a stream's log, where records are added. Stream.logMu guards it.
type tail struct {
	file   *os.File // the segment being written, nil when none is open
	open   int64    // its id
	sealed int64    // nothing is added to segments up to this id any more
	nextID int64    // of the segment to be created next
}

func (t *tail) close() error {
	if t.file == nil {
		return nil
	}
	err := t.file.Close()
	t.file = nil
	return err
}

// round is one stream's part in a round of the committer. Either all of its records get into log and index or none.
type round struct {
	stream  *Stream
	appends []*pending // those that are in the round; one that fails alone leaves it
	twins   []*pending // repeats of fragments that are in the round

	start   segment   // the last segment when the round began
	began   bool      // the log had such a segment and the round writes to it
	created []int64   // segments that the round created
	changed []segment // the segments written to, as they are when the round succeeds
}

// write puts the records of the round into the log and makes them durable. After an error the log is as before.
func (r *round) write() error {
	s := r.stream
	s.logMu.Lock()
	defer s.logMu.Unlock()
	if err := s.gone(); err != nil {
		return err
	}
	if err := r.judge(); err != nil || len(r.appends) == 0 {
		return err
	}
	err := r.begin()
	for i := 0; i < len(r.appends) && err == nil; i++ {
		err = r.add(r.appends[i])
	}
	if err == nil {
		err = r.flush()
	}
	if err != nil {
		return full(errors.Join(fmt.Errorf("stream %q: %w", s.name, err), r.undo()))
	}
	return nil
}

// judge leaves in the round what is to be stored. It answers appends whose number is taken with ErrExists, and repeats of
// stored fragments with ErrRepeat; repeats of fragments in the round wait for its end.
func (r *round) judge() error {
	appends := r.appends
	r.appends = make([]*pending, 0, len(appends))
	seen := make(map[Number]bool, len(appends))
	named := make(map[identity]*pending)
	for i, p := range appends {
		e := &p.entry
		taken, repeat, err := seen[e.Number], false, error(nil)
		if !taken {
			taken, err = r.isTaken(e.Number)
		}
		twin := named[e.identity]
		if err == nil && !taken && twin == nil && e.identity != (identity{}) {
			repeat, err = r.isRepeat(e)
		}
		switch {
		case err != nil:
			r.appends = append(r.appends, appends[i:]...)
			return err
		case taken:
			p.finish(fmt.Errorf("stream %q, fragment %s: %w", r.stream.name, e.Number, ErrExists))
		case repeat:
			p.finish(r.repeated(e))
		case twin != nil && !e.exceeds(&twin.entry):
			r.twins = append(r.twins, p)
		default:
			seen[e.Number] = true
			if e.identity != (identity{}) {
				named[e.identity] = p
			}
			r.appends = append(r.appends, p)
		}
	}
	return nil
}

// isTaken tells whether the stream has a number. Numbers mostly grow, then no query is needed.
func (r *round) isTaken(n Number) (taken bool, err error) {
	s := r.stream
	if n.Compare(s.highest()) > 0 {
		return false, nil
	}
	_, taken, err = s.archive.index.one(s.archive.index.find, s.id, n.b[:], minMillis)
	return taken, err
}

// isRepeat tells whether the stream shows a fragment that is the same and has as much.
func (r *round) isRepeat(e *Entry) (bool, error) {
	stored, ok, err := r.stream.holder(e.identity, e.Producer)
	return ok && !e.exceeds(&stored), err
}

func (r *round) repeated(e *Entry) error {
	return fmt.Errorf("stream %q, fragment %s: %w", r.stream.name, e.Number, ErrRepeat)
}

// answer tells the appenders how the round ended.
func (r *round) answer(err error) {
	for _, p := range r.appends {
		if err == nil && !p.longer.IsZero() {
			r.stream.archive.log.Info("a fragment was uploaded again and is longer; it takes the place of the piece that was stored",
				"stream", r.stream.name, "fragment", p.entry.Number.String(), "piece", p.longer.String())
		}
		p.finish(err)
	}
	for _, p := range r.twins {
		if err == nil {
			p.finish(r.repeated(&p.entry))
		} else {
			p.finish(err)
		}
	}
}

// begin opens the last segment of the log if that still takes records.
func (r *round) begin() error {
	s := r.stream
	g, ok := s.lastSegment()
	if !ok || g.id <= s.tail.sealed {
		return s.tail.close()
	}
	if s.tail.file == nil || s.tail.open != g.id {
		if err := s.tail.close(); err != nil {
			return err
		}
		f, err := os.OpenFile(s.path(g.id), os.O_RDWR, 0)
		if err != nil {
			return err
		}
		s.tail.file, s.tail.open = f, g.id
	}
	r.start, r.began = g, true
	r.changed = append(r.changed, g)
	return nil
}

// add writes one record behind the last one, in a new segment where the open one is full.
func (r *round) add(p *pending) error {
	s, e := r.stream, &p.entry
	maxAge := maxSegmentAge(s.meta.Load().RetentionHours)
	if n := len(r.changed); n == 0 || !r.changed[n-1].accepts(e.Size, e.Server.UnixMilli(), s.archive.options.SegmentSize, maxAge) {
		if err := r.roll(); err != nil {
			return err
		}
	}
	g := &r.changed[len(r.changed)-1]
	e.segment, e.offset = g.id, g.end
	if err := s.archive.disk.WriteAt(s.tail.file, p.record, e.offset); err != nil {
		return err
	}
	g.include(e)
	return nil
}

// roll seals the open segment and creates the next.
func (r *round) roll() error {
	s, d := r.stream, &r.stream.archive.disk
	if s.tail.file != nil {
		if err := errors.Join(r.flush(), s.tail.close()); err != nil {
			return err
		}
	}
	id := s.tail.nextID
	f, err := d.Create(s.path(id))
	if err != nil {
		return err
	}
	s.tail.nextID++
	s.tail.file, s.tail.open = f, id
	r.created = append(r.created, id)
	r.changed = append(r.changed, newSegment(id))
	return d.SyncDir(s.dir)
}

// flush makes what was written to the open segment durable. After a failure nobody knows what the file system kept of the
// last page, so nothing is added to that segment any more.
func (r *round) flush() error {
	t := &r.stream.tail
	if err := r.stream.archive.disk.Sync(t.file); err != nil {
		t.sealed = t.open
		return fmt.Errorf("%s: %w", t.file.Name(), err)
	}
	return nil
}

// undo takes the round's records out of the log. Where that fails they may be found by the next Open, as if the append had
// succeeded; but nothing is written behind them.
func (r *round) undo() error {
	s, d := r.stream, &r.stream.archive.disk
	errs := []error{s.tail.close()}
	for _, id := range r.created {
		if err := d.Remove(s.path(id)); err != nil {
			s.tail.sealed = max(s.tail.sealed, id)
			errs = append(errs, err)
		}
	}
	if r.began {
		if err := r.cutBack(); err != nil {
			s.tail.sealed = max(s.tail.sealed, r.start.id)
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

func (r *round) cutBack() error {
	f, err := os.OpenFile(r.stream.path(r.start.id), os.O_RDWR, 0)
	if err != nil {
		return err
	}
	return errors.Join(r.stream.archive.disk.Truncate(f, r.start.end), f.Close())
}

// publish lets readers see the round's records.
func (r *round) publish() {
	s := r.stream
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.deleted { // meanwhile, and its segments are gone
		return
	}
	if r.began {
		s.segments[len(s.segments)-1] = r.changed[0]
		r.changed = r.changed[1:]
	}
	s.segments = append(s.segments, r.changed...)
	if len(r.created) > 0 {
		s.archive.tidySoon() // the segment before is full and gets its summary
	}
}

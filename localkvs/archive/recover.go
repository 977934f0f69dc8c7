package archive

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"kinora/internal/disk"
	"kinora/media"
)

// listStreams tidies what a crash left in the directory of streams and returns the ids of those that are complete.
func (a *Archive) listStreams() ([]int64, error) {
	names, err := disk.ReadNames(a.streamsDir())
	if err != nil {
		return nil, err
	}
	slices.Sort(names)
	var ids []int64
	for _, name := range names {
		path := filepath.Join(a.streamsDir(), name)
		if strings.HasSuffix(name, newSuffix) || strings.HasSuffix(name, deletedSuffix) {
			a.log.Info("removing what is left of a stream", "directory", path)
			if err := a.disk.RemoveAll(path); err != nil {
				a.log.Error("what is left of a stream could not be removed", "error", err)
			}
			continue
		}
		id, err := strconv.ParseInt(name, 16, 64)
		if err != nil || dirName(id) != name {
			a.log.Warn("the directory of streams holds something else", "path", path)
			continue
		}
		ids = append(ids, id)
	}
	return ids, nil
}

// openStreams brings back all streams. One whose description is damaged is left alone and reported; when none can be
// opened by the key-encryption key, that key is taken to be the wrong one.
func (a *Archive) openStreams(ids []int64) error {
	known, err := a.index.segments()
	if err != nil {
		return err
	}
	var opened int
	var locked error
	for _, id := range ids {
		s, err := a.openStream(id)
		if err != nil {
			dir := filepath.Join(a.streamsDir(), dirName(id))
			a.report(&DamageError{Stream: dirName(id), File: filepath.Join(dir, descriptionFile), Reason: err.Error()})
			delete(known, id)
			if errors.Is(err, ErrKey) {
				locked = errors.Join(locked, fmt.Errorf("%s: %w", dir, err))
			}
			continue
		}
		a.loadNotes(s)
		if err := a.recover(s, known[id]); err != nil {
			return fmt.Errorf("recovering stream %q: %w", s.name, err)
		}
		if err := s.noteCrash(media.GapService); errors.Is(err, ErrFull) {
			a.log.Warn("the disk has no room to note that the service died; it is known until the next start", "stream", s.name, "error", err)
		} else if err != nil {
			return fmt.Errorf("noting in stream %q that the service died: %w", s.name, err)
		}
		delete(known, id)
		a.streams[s.name] = s
		opened++
	}
	if opened == 0 && locked != nil {
		return locked
	}
	for id := range known {
		a.garbage = append(a.garbage, id)
	}
	return nil
}

func (a *Archive) openStream(id int64) (*Stream, error) {
	name := dirName(id)
	s := &Stream{archive: a, id: id, dir: filepath.Join(a.streamsDir(), name)}
	text, err := os.ReadFile(filepath.Join(s.dir, descriptionFile))
	if err != nil {
		return nil, err
	}
	var d description
	if err := json.Unmarshal(text, &d); err != nil {
		return nil, fmt.Errorf("the description cannot be read: %w", err)
	}
	if d.Format != descriptionFormat {
		return nil, fmt.Errorf("the description has format %d, this version knows %d", d.Format, descriptionFormat)
	}
	if err := d.Meta.check(); err != nil {
		return nil, err
	}
	if _, taken := a.streams[d.Meta.Name]; taken {
		return nil, fmt.Errorf("the name %q is that of another stream", d.Meta.Name)
	}
	key, err := unwrap(a.kek, d.Key, name)
	if err != nil {
		return nil, err
	}
	s.name, s.key, s.aead, s.naming, s.tagging = d.Meta.Name, d.Key, newAEAD(key), identityKey(key), tagCipher(key)
	s.seq, s.reserved = d.Reserved, d.Reserved
	s.meta.Store(&d.Meta)
	return s, nil
}

// recover makes the index agree with a stream's log: procedure "recover" of DESIGN.md.
func (a *Archive) recover(s *Stream, indexed []segment) error {
	files, err := s.segmentFiles()
	if err != nil {
		return err
	}
	a.removeTemporary(s)
	s.tail.nextID = 1
	if n := len(files); n > 0 {
		s.tail.nextID = files[n-1] + 1
	}
	cutoff := s.cutoff() + clockKeep.Milliseconds() // by a time that may be older than that of the crash
	of := make(map[int64]segment, len(indexed))
	var newest int64 // the last indexed segment; transactions that a power cut took are missing from its end on
	for i := range indexed {
		g := indexed[i]
		of[g.id] = g
		newest = g.id
		s.tail.nextID = max(s.tail.nextID, g.id+1)
		if _, exists := slices.BinarySearch(files, g.id); exists {
			continue
		}
		if g.newest >= cutoff {
			a.report(&DamageError{Stream: s.name, Fragment: g.first, File: s.path(g.id), Length: g.end, Reason: fmt.Sprintf(
				"the segment is missing, and with it %d fragments up to %s", g.count, g.last)})
			lost, err := a.index.rows(s.id, &g)
			if err == nil {
				err = a.noteLost(s, lost)
			}
			if err != nil {
				return err
			}
		}
		if err := a.dropRows(s, &g); err != nil {
			return err
		}
	}
	for i, id := range files {
		g, ok := of[id]
		last := i == len(files)-1
		if ok && id < newest {
			if whole, err := a.isWhole(s, &g); err != nil {
				return err
			} else if whole {
				s.segments = append(s.segments, g)
				continue
			}
		}
		if !ok {
			g = newSegment(id)
		}
		if err := a.recoverSegment(s, &g, last); err != nil {
			return err
		}
		s.segments = append(s.segments, g)
	}
	s.seq = max(s.seq, s.highest().Seq())
	return nil
}

// isWhole tells whether the file of a segment is as long as the index says, which is all that is asked of those in front of the last.
func (a *Archive) isWhole(s *Stream, g *segment) (bool, error) {
	info, err := os.Stat(s.path(g.id))
	if err != nil {
		return false, err
	}
	return info.Size() >= g.end, nil
}

// removeTemporary removes what a crash within disk.replace left.
func (a *Archive) removeTemporary(s *Stream) {
	left, err := filepath.Glob(filepath.Join(s.dir, ".*.json.*.tmp"))
	for _, path := range left {
		err = errors.Join(err, a.disk.Remove(path))
	}
	if err != nil {
		a.log.Error("temporary files could not be removed", "stream", s.name, "error", err)
	}
}

func (s *Stream) segmentFiles() ([]int64, error) {
	entries, err := os.ReadDir(s.dir)
	if err != nil {
		return nil, err
	}
	var files []int64
	for _, e := range entries {
		if id, ok := segmentID(e.Name()); ok && e.Type().IsRegular() { // anything else in its place is no segment
			files = append(files, id)
		}
	}
	slices.Sort(files)
	return files, nil
}

// recoverSegment brings what is behind the last indexed record of g into the index, and cuts the torn end of the last
// segment. Only the last segment can have a torn end, as each is synced before the next is created; there payloads are
// verified, elsewhere headers suffice, because Read verifies too.
func (a *Archive) recoverSegment(s *Stream, g *segment, last bool) error {
	f, err := os.OpenFile(s.path(g.id), os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if info.Size() < g.end {
		if err := a.forgetCut(s, g, info.Size()); err != nil {
			return err
		}
	}
	if g.count == 0 && !last {
		// It may turn out to hold nothing that can be read; its file is kept as long as its fragments would be.
		defer func() {
			if g.count == 0 {
				g.oldest, g.newest = info.ModTime().UnixMilli(), info.ModTime().UnixMilli()
			}
		}()
	}
	if info.Size() == g.end {
		return nil
	}
	found, err := scanSegment(f, g.end, last)
	if err != nil {
		return fmt.Errorf("%s: %w", f.Name(), err)
	}
	var lost []Entry
	for i := range found.damage {
		d := &found.damage[i]
		if last && d.Offset >= found.end && d.Reason != errPayload.Error() {
			continue // the torn end; a whole record with a wrong checksum is more than that
		}
		d.Stream, d.File = s.name, f.Name()
		a.report(d)
		if e := found.lost[i]; !e.Server.IsZero() {
			lost = append(lost, e)
		}
	}
	if err := a.noteLost(s, lost); err != nil {
		return err
	}
	if err := a.adopt(s, g, found.entries); err != nil {
		return err
	}
	if last && found.end < found.size {
		a.log.Warn("cutting the torn end of a log", "stream", s.name, "file", f.Name(), "offset", found.end, "bytes", found.size-found.end)
		if err := a.disk.Truncate(f, found.end); err != nil {
			return err
		}
		if err := a.disk.Sync(f); err != nil {
			return err
		}
	}
	return nil
}

// adopt enters the records found in a log.
func (a *Archive) adopt(s *Stream, g *segment, entries []Entry) error {
	if len(entries) == 0 {
		return nil
	}
	a.log.Info("indexing what the log holds", "stream", s.name, "file", s.path(g.id), "fragments", len(entries))
	return a.transaction(func() error {
		for i := range entries {
			e := &entries[i]
			e.segment = g.id
			taken, _, err := a.index.add(s.id, e)
			if err != nil {
				return err
			} else if !taken {
				g.include(e)
			}
		}
		g.end = max(g.end, entries[len(entries)-1].offset+entries[len(entries)-1].Size)
		return a.index.put(s.id, g)
	})
}

// forgetCut removes the rows of g that lie behind the end of its file, and reports them.
func (a *Archive) forgetCut(s *Stream, g *segment, size int64) error {
	rows, err := a.index.rows(s.id, g)
	if err != nil {
		return err
	}
	whole := *g
	*g = newSegment(g.id)
	var lost []Entry
	for i := range rows {
		e := &rows[i]
		if e.offset+e.Size <= size {
			g.include(e)
			continue
		}
		a.report(&DamageError{Stream: s.name, Fragment: e.Number, File: s.path(g.id), Offset: e.offset, Length: e.Size,
			Reason: fmt.Sprintf("the file ends at %d", size)})
		lost = append(lost, *e)
	}
	if err := a.noteLost(s, lost); err != nil {
		return err
	}
	return a.transaction(func() error {
		if err := a.index.cut(s.id, &whole, size); err != nil {
			return err
		}
		return a.index.put(s.id, g)
	})
}

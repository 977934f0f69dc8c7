package archive

import (
	"errors"
	"fmt"
	"time"

	"kinora/mkv"
)

// Tagged is a fragment with the tags that its producer put on it.
type Tagged struct {
	Entry
	Tags []mkv.Tag
}

// unreadTags is how many records one list reads whose tags only they know.
const unreadTags = 64

// ListTagged is List for fragments on which a producer put tags, other than those that the service or the recorder reads. A page may end before its
// limit although there is more, even without anything in it, where tags have to be read from the records.
func (s *Stream) ListTagged(c Clock, from, to time.Time, after Cursor, limit int) (list []Tagged, next Cursor, more bool, err error) {
	v, ok, err := s.look()
	if !ok || err != nil {
		return nil, after, false, err
	}
	found, err := s.archive.index.taggedRows(s.archive.index.by[c].tagged, s.id, s.start(c, from, after, v), to.UnixMilli(), v.cutoff, limit+1)
	if err != nil {
		_, _, err = s.one(Entry{}, false, err)
		return nil, after, false, err
	}
	next = after
	unread := 0
	for i := range found {
		f := &found[i]
		if len(f.tags) == 0 {
			unread++
		}
		if i == limit || unread > unreadTags {
			return list, next, true, nil
		}
		next = CursorAt(c, f.Entry)
		tags, err := s.tagsOf(&f.Entry)
		if errors.Is(err, ErrCorrupt) || errors.Is(err, ErrNotFound) {
			continue // Read has said it
		} else if err != nil {
			return nil, after, false, err
		}
		if len(tags) > 0 {
			list = append(list, Tagged{Entry: f.Entry, Tags: tags})
		}
	}
	return list, next, false, nil
}

// tagsOf returns the tags that a producer put on a fragment: from the index or, where that does not know them, from the record.
func (s *Stream) tagsOf(e *Entry) ([]mkv.Tag, error) {
	if len(e.tags) > 0 {
		tags, err := s.openTags(e.Number, []byte(e.tags))
		if err == nil {
			return tags, nil
		}
		s.archive.log.Error("tags in the index cannot be read; they are taken from the log", "stream", s.name, "fragment", e.Number.String(), "error", err)
	}
	f, err := s.Read(*e)
	if err != nil {
		return nil, err
	}
	return producerTags(f.Tags), nil
}

// learnEvery and learnBatch bound the work of learning tags from records.
const (
	learnEvery = 250 * time.Millisecond
	learnBatch = 32
	learnBytes = 8 << 20
)

// learn enters the tags of some records whose tags the index does not know: those of an index that was built again, and those that a version
// stored whose index had no tags. It reports whether there may be more.
func (a *Archive) learn() (more bool, err error) {
	for _, s := range a.Streams() {
		entries, err := a.index.many(a.index.unread, s.id, learnBatch)
		if err != nil {
			return false, err
		}
		if len(entries) == 0 {
			continue
		}
		var bytes int64
		sealed := make([]any, 0, len(entries))
		for i := range entries {
			tags, err := s.tagsOf(&entries[i])
			if err != nil && !errors.Is(err, ErrCorrupt) && !errors.Is(err, ErrNotFound) {
				return false, err
			}
			if len(tags) > 0 {
				sealed = append(sealed, []byte(s.sealTags(entries[i].Number, tags)))
			} else {
				sealed = append(sealed, nil)
			}
			if bytes += entries[i].Size; bytes > learnBytes {
				break
			}
		}
		err = a.transaction(func() error {
			for i, tags := range sealed {
				if _, err := a.index.putTags.Exec(tags, s.id, entries[i].Number.b[:]); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return false, fmt.Errorf("stream %q: entering tags: %w", s.name, err)
		}
		return true, nil
	}
	return false, nil
}

// nextLearn learns some tags and returns when to go on.
func (a *Archive) nextLearn() time.Duration {
	more, err := a.learn()
	if err != nil {
		a.log.Error("tags could not be entered in the index; lists take them from the log until they can", "error", err)
	}
	if more && err == nil {
		return learnEvery
	}
	return tidyEvery
}

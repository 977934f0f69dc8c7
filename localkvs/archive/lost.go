package archive

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"time"

	"kinora/media"
)

// maxLostNotes bounds what one file adds to the notebook, so that what else is known of the stream stays in it.
const maxLostNotes = maxNotes / 8

// noteLost notes why there are gaps where fragments were that recovery has found damaged and does not show: once for those that follow upon
// each other on both clocks. It comes before their rows go, so that a crash between the two costs nothing. A full disk costs the reason alone, and
// not before the archive is opened again.
func (a *Archive) noteLost(s *Stream, lost []Entry) error {
	lost = slices.Clone(lost)
	slices.SortFunc(lost, func(a, b Entry) int { return cmp.Compare(a.Server.UnixMilli(), b.Server.UnixMilli()) })
	var last Entry
	notes := 0
	for i, e := range lost {
		follows := i > 0 && follows(last.Server, e.Server, last.Length) && follows(last.Producer, e.Producer, last.Length)
		last = e
		if follows {
			continue
		}
		if notes++; notes > maxLostNotes {
			a.log.Warn("more is lost than can be noted; the other gaps have no reason", "stream", s.name)
			return nil
		}
		switch err := s.Explain(Note{Server: e.Server, Producer: e.Producer, Reason: media.GapDamaged}); {
		case errors.Is(err, ErrFull):
			a.log.Warn("the disk has no room to note why there is a gap; it is known until the next start", "stream", s.name, "error", err)
			return nil
		case err != nil:
			return fmt.Errorf("noting in stream %q what is lost: %w", s.name, err)
		}
	}
	return nil
}

// follows tells whether a fragment that starts at next belongs to the run of one that started at start, as far as a clock says.
func follows(start, next time.Time, length time.Duration) bool {
	apart := next.Sub(start)
	return apart >= 0 && apart < length+runGap*time.Millisecond
}

// behind stands for what follows upon e in its log and cannot be read: nobody knows more of it than where it is.
func (e *Entry) behind() Entry {
	return Entry{Server: e.Server.Add(e.Length), Producer: e.Producer.Add(e.Length)}
}

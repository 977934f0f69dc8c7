package clip

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"

	"kinora/media"
)

// Hours copies all that an archive has between two times, a file for each hour of UTC in which something is recorded. Path is a folder
// here, and format the files' ending. What an earlier call broke off is taken up first; what one has copied already stays as it is and
// is not copied again, so that each fragment is in one file: what came late, or has been recorded since in an hour that had not ended,
// goes into a further file of that hour. It returns the files that it made.
func Hours(ctx context.Context, o Options, format Format) (files []string, err error) {
	if err := os.MkdirAll(o.Path, 0o755); err != nil {
		return nil, fmt.Errorf("the folder for the clips cannot be made: %w", err)
	}
	h := &hours{Options: o, folder: folder{o.Path, o.Stream, format}}
	h.Inside, h.Options.Progress = true, h.tell
	h.report = o.Progress
	err = whileLocked(filepath.Join(o.Path, o.Stream+" by the hour"), func() error {
		if err := h.measure(ctx); err != nil {
			return err
		}
		if err := h.takeUp(ctx); err != nil {
			return err
		}
		return h.copy(ctx)
	})
	return h.files, err
}

// hours is one call of Hours.
type hours struct {
	Options
	folder folder
	files  []string
	report func(Progress)
	done   Progress // of the files before
	now    Progress // of the one at hand
}

// measure finds out from when to when something is recorded.
func (h *hours) measure(ctx context.Context) error {
	first, err := h.Archive.Find(ctx, h.From, true)
	if err == nil {
		h.done.Since = first.Start
		var last media.Fragment
		last, err = h.Archive.Find(ctx, h.To, false)
		h.done.Until = last.End()
	}
	if err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("what is recorded from %s to %s cannot be listed: %w", stamp(h.From), stamp(h.To), err)
	}
	return nil
}

// tell adds how far the file at hand is to what is done.
func (h *hours) tell(p Progress) {
	h.now = p
	if h.report == nil {
		return
	}
	sum := h.done
	sum.Fragments += p.Fragments
	sum.Total += p.Total
	sum.Bytes += p.Bytes
	sum.Of += p.Of
	sum.Missing += p.Missing
	sum.At = p.At
	h.report(sum)
}

// next adds the file at hand to what is done.
func (h *hours) next() {
	h.done.Fragments += h.now.Fragments
	h.done.Total += h.now.Total
	h.done.Bytes += h.now.Bytes
	h.done.Of += h.now.Of
	h.done.Missing += h.now.Missing
	h.now = Progress{}
}

// takeUp makes whole what an earlier call broke off, each with the range that it was to have.
func (h *hours) takeUp(ctx context.Context) error {
	broken, err := h.folder.broken()
	if err != nil {
		return err
	}
	for _, b := range broken {
		if b.Account != h.Account || b.Owner != h.Owner || !b.Inside {
			continue
		}
		o := h.Options
		o.Path, o.From, o.To = b.path, b.From, b.To
		had, err := h.folder.had(o.From, o.To, b.path)
		if err != nil {
			return err
		}
		if err := h.export(ctx, o, had); err != nil {
			return err
		}
		if err := Discard(b.path); err != nil { // nothing of it is there any more
			return err
		}
	}
	return nil
}

// copy goes from hour to hour in which something is recorded.
func (h *hours) copy(ctx context.Context) error {
	for from := h.From; ; {
		f, err := h.Archive.Find(ctx, from, true)
		if err == nil && f.Start.Before(from) {
			f, err = h.Archive.Next(ctx, f, true)
		}
		if errors.Is(err, io.EOF) || err == nil && !f.Start.Before(h.To) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("what is recorded after %s cannot be listed: %w", stamp(from), err)
		}
		hour := f.Start.UTC().Truncate(time.Hour)
		o := h.Options
		o.From, o.To = hour, hour.Add(time.Hour)
		if o.From.Before(from) {
			o.From = from
		}
		if o.To.After(h.To) {
			o.To = h.To
		}
		had, err := h.folder.had(o.From, o.To, "")
		if err != nil {
			return err
		}
		o.Path = h.folder.free(o.From, o.To)
		if err := h.export(ctx, o, had); err != nil {
			return err
		}
		from = hour.Add(time.Hour)
		h.tell(Progress{At: o.To})
	}
}

// export writes the fragments of a range that no file has yet.
func (h *hours) export(ctx context.Context, o Options, had held) error {
	list, err := plan(ctx, o.Archive, o.From, o.To, o.Inside, begun(o.Path, had))
	if err != nil {
		return err
	}
	list = slices.DeleteFunc(list, func(f media.Fragment) bool { return had.has(&f) })
	if len(list) == 0 && !brokeOff(o.Path, 1) {
		return nil
	}
	err = whileLocked(o.Path, func() error {
		made, err := copyAll(ctx, o, h.folder.format, list, had)
		h.files = append(h.files, made...)
		return err
	})
	h.next()
	if errors.Is(err, ErrNothing) {
		return nil
	}
	return err
}

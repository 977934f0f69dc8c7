package clip

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"time"

	"kinora/internal/atomicfile"
	"kinora/internal/diskspace"
	"kinora/media"
)

// Options say what to copy, and where to. Archive, Path and a range are required.
type Options struct {
	Archive media.Archive
	Clock   string // by which it goes, for the proof; empty: the producer's
	Stream  string
	Account string // the kind of account, for the proof
	Owner   string // tells accounts apart: what was begun of another's stream is not taken up
	Region  string
	// Ticket, when it is not empty, is of this one export: a file whose proof has it is its own, and what is whole is not made again.
	Ticket string
	// From and To are the range. A clip begins with the fragment that shows at From, whose first frame is a key frame, and
	// ends with the last that starts before To, whole.
	From, To time.Time
	// Inside leaves out a fragment that starts before From, for ranges that lie side by side.
	Inside bool
	Path   string // of the file; its ending says the Format
	// ByService has the service make an MP4 where its limits allow that. The proof has the sum of the file alone then. It means
	// nothing for Hours.
	ByService bool
	// Bookmarks are what a person has noted of the stream, on its clock: the proof names those of the range.
	Bookmarks []Bookmark
	// Hopeless reports that the archive will not answer otherwise, however often it is tried. Nil: it may, whatever it said.
	Hopeless func(error) bool
	// Progress is called after each fragment, from the calling goroutine. It may be nil.
	Progress func(Progress)
}

// Progress is how far an export is.
type Progress struct {
	Fragments, Total int
	Bytes, Of        int64     // of what the archive has, about
	At               time.Time // recorded until there
	Missing          int
	// Since and Until are the first and the last frame of all that is recorded there, when that is copied by the hour: how much it is
	// shows hour by hour.
	Since, Until time.Time
}

// Share is how much is done, from 0 to 1.
func (p Progress) Share() float64 {
	done, all := float64(p.Bytes), float64(p.Of)
	if !p.Since.IsZero() {
		done, all = float64(p.At.Sub(p.Since)), float64(p.Until.Sub(p.Since))
	}
	if all <= 0 {
		return 0
	}
	return min(max(done/all, 0), 1)
}

// ErrNothing is a range in which nothing is recorded.
var ErrNothing = errors.New("nothing is recorded in that time")

// Export copies a range to a file, and to further ones (name-2.mp4 and so on) where the coding changes. It returns the files
// that are whole. One that broke off stays as .part, and the same call takes it up again; what it has stays in it, also when the archive
// has it no more. A fragment that is gone or damaged is left out and named in the proof. Everything else that fails is tried again for half a minute, unless
// that is hopeless.
func Export(ctx context.Context, o Options) (files []string, err error) {
	format, err := FormatOf(o.Path)
	if err != nil {
		return nil, err
	}
	if !o.To.After(o.From) {
		return nil, fmt.Errorf("the clip would end at %s, before it begins at %s", stamp(o.To), stamp(o.From))
	}
	err = whileLocked(o.Path, func() error {
		if files = made(o.Path, o.Ticket); len(files) > 0 {
			return nil
		}
		list, err := plan(ctx, o.Archive, o.From, o.To, o.Inside, begun(o.Path, nil))
		if err != nil {
			return err
		}
		if c := byService(o.Archive, format, list); o.ByService && c != nil && len(list) > 0 {
			files = []string{o.Path}
			if err := served(ctx, o, c, list); err != nil {
				files = nil
				return err
			}
			return nil
		}
		files, err = copyAll(ctx, o, format, list, nil)
		return err
	})
	return files, err
}

// made is the files of an export that has ended already, as its proofs say, though whoever asked for it was not told.
func made(path, ticket string) (files []string) {
	if ticket == "" || brokeOff(path, 1) {
		return nil
	}
	for part := 1; ; part++ {
		name := numbered(path, part)
		if _, err := os.Stat(name); err != nil {
			return files
		}
		p, err := ReadProof(name)
		if err != nil || p.Ticket != ticket {
			return files
		}
		files = append(files, name)
	}
}

// begun is what the parts of an export have already, and what others have.
func begun(path string, others held) held {
	h := maps.Clone(others)
	if h == nil {
		h = make(held)
	}
	for part := 1; ; part++ {
		name := numbered(path, part)
		if p, err := ReadProof(name); err == nil {
			h.addAll(p)
		}
		lines, err := readLines(journalPath(name))
		if _, whole := os.Stat(name); err != nil && whole != nil {
			return h
		}
		for i := range lines {
			h.add(&lines[i].Piece)
		}
	}
}

// copyAll writes the fragments of a list to as many files as it takes, and makes whole what was begun of them. What had names is in
// other files already.
func copyAll(ctx context.Context, o Options, format Format, list []media.Fragment, had held) (files []string, err error) {
	if len(list) == 0 && !brokeOff(o.Path, 1) {
		return nil, fmt.Errorf("%w: from %s to %s", ErrNothing, stamp(o.From), stamp(o.To))
	}
	e := &export{Options: o, format: format, had: had, progress: Progress{Total: len(list), Of: bytesOf(list)}}
	for part := 1; len(list) > 0 || brokeOff(o.Path, part); part++ {
		w := &writing{export: e, path: numbered(o.Path, part), part: part, list: list}
		rest, err := w.run(ctx)
		if err != nil {
			return files, err
		}
		switch {
		case w.whole:
			files = append(files, w.path)
		case len(rest) == len(list) && len(list) > 0:
			return files, fmt.Errorf("fragment %s cannot be written to a file of its own", list[0].Number)
		}
		list = rest
	}
	if len(files) == 0 {
		return nil, fmt.Errorf("%w any more: all fragments from %s to %s are gone or damaged", ErrNothing, stamp(o.From), stamp(o.To))
	}
	return files, nil
}

// numbered is the name of a part of several.
func numbered(path string, part int) string {
	if part == 1 {
		return path
	}
	ending := filepath.Ext(path)
	return fmt.Sprintf("%s-%d%s", strings.TrimSuffix(path, ending), part, ending)
}

// export is what the files of one call have in common.
type export struct {
	Options
	format   Format
	had      held // in other files
	progress Progress
}

func (e *export) told(f *media.Fragment, missing bool) {
	e.progress.Fragments++
	e.progress.Bytes += f.Size
	e.progress.At = f.End()
	if missing {
		e.progress.Missing++
	}
	if e.Progress != nil {
		e.Progress(e.progress)
	}
}

// margin is what must stay free on the disk.
const margin int64 = 64e6

// room fails when a disk has not the room for what is to come.
func room(path string, need int64) error {
	free, err := diskspace.Free(filepath.Dir(path))
	if err != nil {
		return fmt.Errorf("the folder for the clip cannot be used: %w", err)
	}
	return enough(free, need+need/50, filepath.Dir(path))
}

// enough fails when so many bytes that are free in a folder are too few for a clip, and for what must stay free.
func enough(free, need int64, dir string) error {
	if free >= need+margin {
		return nil
	}
	const mega = 1_000_000
	return fmt.Errorf("the clip takes about %d MB and leaves %d MB of a disk free, but in %s only %d MB are; free some, or choose another folder",
		(need+mega-1)/mega, margin/mega, dir, free/mega)
}

// Discard removes what an export that broke off has left behind, unless another writes it now.
func Discard(path string) error {
	if _, err := os.Stat(partPath(path)); err != nil && !brokeOff(path, 1) {
		return nil
	}
	err := whileLocked(path, func() error { return discard(path) })
	if errors.Is(err, errLocked) {
		return nil
	}
	return err
}

func discard(path string) error {
	var errs []error
	for part := 1; ; part++ {
		name := numbered(path, part)
		errs = append(errs, gone(os.Remove(partPath(name))), gone(os.Remove(journalPath(name))))
		if _, err := os.Stat(name); err != nil {
			return errors.Join(errs...)
		}
	}
}

// named gives a file that is whole its name, for good.
func named(path string) error {
	if err := os.Rename(partPath(path), path); err != nil {
		return err
	}
	return atomicfile.SyncDir(filepath.Dir(path))
}

func partPath(file string) string    { return file + ".part" }
func journalPath(file string) string { return file + ".part.journal" }

package spool

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"time"

	"kinora/media"
	"kinora/mkv"
)

// Export writes what the spool still holds of the take, but the fragment that is being written, to a Matroska file whose
// times begin at zero; a second one, name-2.mkv, where tracks change. Files of these names are replaced. Nothing is left
// behind unless all was written. progress, which may be nil, is called after each fragment with bytes, in the caller's
// goroutine. What is persisted meanwhile, or turns out to be damaged, is left out and logged; the error wraps ErrGone
// when nothing is left.
func (t *Take) Export(ctx context.Context, path string, progress func(done, total int64)) (files []string, err error) {
	list, total := t.held()
	e := exporter{path: path}
	defer func() { err = errors.Join(err, e.discard()) }()
	var done int64
	for _, f := range list {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if err := e.add(f); err != nil {
			return nil, err
		}
		done += f.Size()
		if progress != nil {
			progress(done, total)
		}
	}
	if len(e.names) == 0 {
		return nil, fmt.Errorf("nothing of take %s is left to export: %w", t.id, ErrGone)
	}
	return e.commit()
}

// held returns the complete fragments that are on disk, and their bytes.
func (t *Take) held() (list []*Fragment, bytes int64) {
	t.spool.mu.Lock()
	defer t.spool.mu.Unlock()
	list = slices.DeleteFunc(slices.Concat(t.waiting, t.rejected), func(f *Fragment) bool { return !f.complete })
	slices.SortFunc(list, func(a, b *Fragment) int { return int(a.number) - int(b.number) })
	for _, f := range list {
		bytes += f.size
	}
	return list, bytes
}

// exporter writes fragments into files under temporary names.
type exporter struct {
	path   string
	names  []string // temporary; one a file
	file   *os.File // the last of them
	out    *bufio.Writer
	w      *mkv.Writer
	tracks []media.Track
	zero   time.Duration // of the file's first fragment
}

// add appends a fragment. One that cannot be read to its end is kept as far as it goes.
func (e *exporter) add(f *Fragment) error {
	defer f.Hold()()
	log := f.take.spool.log.With("take", f.take.id, "fragment", f.number)
	in, err := f.matroska(func() bool { return false })
	if err != nil {
		log.Warn("a fragment is not exported", "err", err)
		return nil
	}
	first, begun := time.Duration(0), false
	for {
		c, err := in.Next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			log.Warn("a fragment is not exported to its end", "err", err)
			return nil
		}
		if !begun {
			first, begun = c.Start, true
		}
		if err := e.cluster(f, in, c, first); err != nil {
			return err
		}
	}
}

// cluster appends a Cluster. The error is of the writing; one of the reading comes again with in.Next.
func (e *exporter) cluster(f *Fragment, in *mkv.Reader, c *mkv.Fragment, first time.Duration) error {
	if e.w == nil || !reflect.DeepEqual(e.tracks, c.Tracks) {
		if err := e.start(f.start, c.Tracks); err != nil {
			return err
		}
	}
	shift := f.start - e.zero - first
	if err := e.w.Begin(c.Start+shift, c.Tags...); err != nil {
		return err
	}
	for {
		packet, err := in.Packet()
		if err != nil {
			break
		}
		packet.PTS += shift
		if err := e.w.Write(packet); err != nil {
			return err
		}
	}
	marks := slices.DeleteFunc(slices.Clone(c.Trailer), func(t mkv.Tag) bool { return strings.HasPrefix(t.Name, "AWS_") })
	return e.w.End(marks...)
}

// start begins a file.
func (e *exporter) start(zero time.Duration, tracks []media.Track) error {
	if err := e.finish(); err != nil {
		return err
	}
	file, err := os.CreateTemp(filepath.Dir(e.path), "."+filepath.Base(e.path)+".*.tmp")
	if err != nil {
		return fmt.Errorf("exporting: %w; choose another folder", err)
	}
	e.names = append(e.names, file.Name())
	e.file, e.out, e.zero, e.tracks = file, bufio.NewWriterSize(file, 1<<18), zero, tracks
	e.w = mkv.NewWriter(e.out, tracks, mkv.WriterOptions{})
	return nil
}

// finish makes the last file durable.
func (e *exporter) finish() error {
	if e.file == nil {
		return nil
	}
	err := e.out.Flush()
	if err == nil {
		err = e.file.Sync()
	}
	err = errors.Join(err, e.file.Close())
	e.file = nil
	return err
}

// commit gives the files their names.
func (e *exporter) commit() ([]string, error) {
	if err := e.finish(); err != nil {
		return nil, err
	}
	var files []string
	for i, name := range e.names {
		path := e.path
		if i > 0 {
			ext := filepath.Ext(path)
			path = fmt.Sprintf("%s-%d%s", strings.TrimSuffix(path, ext), i+1, ext)
		}
		if err := os.Rename(name, path); err != nil {
			return files, err
		}
		files = append(files, path)
	}
	e.names = nil
	return files, nil
}

// discard removes what is left under temporary names.
func (e *exporter) discard() error {
	var errs []error
	if e.file != nil {
		errs = append(errs, e.file.Close())
	}
	for _, name := range e.names {
		if err := os.Remove(name); err != nil && !errors.Is(err, os.ErrNotExist) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

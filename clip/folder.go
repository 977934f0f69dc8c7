package clip

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// folder is where a stream's files of an hour each are.
type folder struct {
	dir    string
	stream string
	format Format
}

// hourTime is how the names of such files tell the range that they were made for.
const hourTime = "20060102T150405Z"

// free is a name of no file yet, nor of one that another account has begun: what this one has was taken up before.
func (d folder) free(from, to time.Time) string {
	name := filepath.Join(d.dir, fmt.Sprintf("%s %s-%s", d.stream, from.UTC().Format(hourTime), to.UTC().Format(hourTime)))
	path := name + "." + string(d.format)
	for n := 2; ; n++ {
		if _, err := os.Stat(path); err != nil && !brokeOff(path, 1) {
			return path
		}
		path = fmt.Sprintf("%s (%d).%s", name, n, d.format)
	}
}

// spanOf reads the range in the name of such a file, or of one that stands beside it.
func (d folder) spanOf(name string) (from, to time.Time, ok bool) {
	rest, ok := strings.CutPrefix(name, d.stream+" ")
	if !ok || len(rest) < 2*len(hourTime)+1 {
		return from, to, false
	}
	from, err1 := time.Parse(hourTime, rest[:len(hourTime)])
	to, err2 := time.Parse("-"+hourTime, rest[len(hourTime):2*len(hourTime)+1])
	return from, to, err1 == nil && err2 == nil
}

// each calls fn for what stands beside such files with an ending behind theirs.
func (d folder) each(ending string, fn func(path string, from, to time.Time) error) error {
	entries, err := os.ReadDir(d.dir)
	if err != nil {
		return fmt.Errorf("the folder of the clips cannot be read: %w", err)
	}
	for _, e := range entries {
		from, to, ok := d.spanOf(e.Name())
		name, ends := strings.CutSuffix(e.Name(), "."+string(d.format)+ending)
		if !ok || !ends {
			continue
		}
		if err := fn(filepath.Join(d.dir, name+"."+string(d.format)), from, to); err != nil {
			return err
		}
	}
	return nil
}

// had is what whole files have of the time between two others, or know to be missing. The parts of the file without
// count for nothing.
func (d folder) had(from, to time.Time, without string) (held, error) {
	h := make(held)
	err := d.each(".json", func(path string, begin, end time.Time) error {
		if !begin.Before(to) || end.Before(from.Truncate(time.Second)) || without != "" && isPart(path, without) {
			return nil
		}
		if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
			return nil // a proof without its file
		}
		p, err := ReadProof(path)
		if err != nil {
			return err
		}
		h.addAll(p)
		return nil
	})
	return h, err
}

// isPart tells whether a file is one of the parts of an export.
func isPart(path, export string) bool {
	ending := filepath.Ext(export)
	rest, ok := strings.CutPrefix(strings.TrimSuffix(path, ending), strings.TrimSuffix(export, ending))
	return ok && (rest == "" || rest[0] == '-')
}

// broken is a file that an export has begun and not made whole.
type broken struct {
	request
	path string // of the export
}

// broken lists those whose journals can be read.
func (d folder) broken() (list []broken, err error) {
	err = d.each(".part.journal", func(path string, _, _ time.Time) error {
		f, err := os.Open(journalPath(path))
		if err != nil {
			return err
		}
		defer func() { _ = f.Close() }() // it was only read
		var b broken
		line, err := bufio.NewReader(f).ReadBytes('\n')
		if err != nil || json.Unmarshal(line, &b.request) != nil {
			return nil
		}
		b.path = path
		if b.Part > 1 {
			ending := filepath.Ext(path)
			b.path = strings.TrimSuffix(path, fmt.Sprintf("-%d%s", b.Part, ending)) + ending
		}
		list = append(list, b)
		return nil
	})
	return list, err
}

// DiscardHours removes what calls of [Hours] for an owner have begun in a folder and not made whole.
func DiscardHours(dir, stream, owner string, format Format) error {
	d := folder{dir, stream, format}
	list, err := d.broken()
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	errs := []error{err}
	for _, b := range list {
		if b.Inside && b.Owner == owner {
			errs = append(errs, Discard(b.path))
		}
	}
	return errors.Join(errs...)
}

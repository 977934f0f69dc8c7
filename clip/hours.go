package clip

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"
)

// Hours copies all that an archive has between two times, a file for each hour of UTC in which something is recorded; each
// fragment is in one of them. Path is a folder here, and format the files' ending. Files that an earlier call has made stay
// as they are, one that broke off is taken up. It returns the files that it made.
func Hours(ctx context.Context, o Options, format Format) (files []string, err error) {
	dir := o.Path
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("the folder for the clips cannot be made: %w", err)
	}
	o.Inside = true
	for from, to := o.From, o.To; ; {
		f, err := o.Archive.Find(ctx, from, true)
		if err == nil && f.Start.Before(from) {
			f, err = o.Archive.Next(ctx, f, true)
		}
		if errors.Is(err, io.EOF) || err == nil && !f.Start.Before(to) {
			return files, nil
		}
		if err != nil {
			return files, fmt.Errorf("what is recorded after %s cannot be listed: %w", stamp(from), err)
		}
		hour := f.Start.UTC().Truncate(time.Hour)
		o.From, o.To = hour, hour.Add(time.Hour)
		if o.From.Before(from) {
			o.From = from
		}
		if o.To.After(to) {
			o.To = to
		}
		from = hour.Add(time.Hour)
		const second = "20060102T150405Z"
		o.Path = filepath.Join(dir, fmt.Sprintf("%s %s-%s.%s", o.Stream, o.From.UTC().Format(second), o.To.UTC().Format(second), format))
		if isWhole(o.Path) {
			continue
		}
		made, err := Export(ctx, o)
		files = append(files, made...)
		if err != nil && !errors.Is(err, ErrNothing) {
			return files, err
		}
	}
}

// isWhole tells whether an earlier call has made a file and all that belongs with it.
func isWhole(path string) bool {
	if _, err := os.Stat(path); err != nil {
		return false
	}
	_, err := ReadProof(path)
	return err == nil && !brokeOff(path, 2)
}

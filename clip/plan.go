package clip

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"kinora/media"
)

// plan lists the fragments of a range, in order: from the one that shows at its beginning on, or, when they are to start
// inside, from the first that does. Of those that start at the same time, because they were sent twice, it is the last one.
func plan(ctx context.Context, a media.Archive, from, to time.Time, inside bool) ([]media.Fragment, error) {
	var list []media.Fragment
	f, err := a.Find(ctx, from, true)
	for ; err == nil && f.Start.Before(to); f, err = a.Next(ctx, f, true) {
		switch n := len(list); {
		case inside && f.Start.Before(from):
		case n > 0 && list[n-1].Start.Equal(f.Start):
			list[n-1] = f
		default:
			list = append(list, f)
		}
	}
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("the fragments from %s to %s cannot be listed: %w", stamp(from), stamp(to), err)
	}
	return list, nil
}

// bytesOf is about how large a file of the fragments becomes.
func bytesOf(list []media.Fragment) (n int64) {
	for i := range list {
		n += list[i].Size
	}
	return n
}

// stamp is a time as a person reads it in an error.
func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

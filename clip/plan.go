package clip

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"kinora/media"
)

// plan lists the fragments of a range, in order: from the one that shows at its beginning on, or, when they are to start
// inside, from the first that does. What was uploaded twice comes once: see once.
func plan(ctx context.Context, a media.Archive, from, to time.Time, inside bool, had held) ([]media.Fragment, error) {
	o := once{had: had, places: make(map[time.Time]int)}
	f, err := a.Find(ctx, from, true)
	for ; err == nil && f.Start.Before(to); f, err = a.Next(ctx, f, true) {
		o.add(f)
	}
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("the fragments from %s to %s cannot be listed: %w", stamp(from), stamp(to), err)
	}
	if inside {
		o.list = slices.DeleteFunc(o.list, func(f media.Fragment) bool { return f.Start.Before(from) })
	}
	return o.list, nil
}

// once is a list in which each moment is once: as media.Twice chooses, or, of an archive that goes by the service's clock, of those with
// the same producer time the one with the largest number. What is in a file already stays the one that is chosen.
type once struct {
	list   []media.Fragment
	had    held
	places map[time.Time]int
}

// add takes up a fragment that is not in front of any other.
func (o *once) add(f media.Fragment) {
	last := len(o.list) - 1
	if i, sent := o.places[f.Producer]; sent && !f.Producer.IsZero() {
		o.choose(i, f, f.Number > o.list[i].Number)
		return
	}
	if last >= 0 && f.Start.Equal(f.Producer) {
		if shown, twice := media.Twice(&o.list[last], &f); twice {
			o.choose(last, f, shown == &f)
			return
		}
	}
	o.places[f.Producer] = len(o.list)
	o.list = append(o.list, f)
}

// choose puts f in the place of the ith one, when that is better and not in a file, or f is in one alone.
func (o *once) choose(i int, f media.Fragment, better bool) {
	if had, has := o.had.has(&o.list[i]), o.had.has(&f); had != has {
		better = has
	}
	if better {
		delete(o.places, o.list[i].Producer)
		o.list[i], o.places[f.Producer] = f, i
	}
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

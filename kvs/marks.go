package kvs

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"kinora/media"
)

const (
	marksPage  = 1000
	marksPages = 10
	mostMarks  = 10_000 // of loaded fragments that are remembered
)

// marks are the tags of fragments that were loaded.
type marks struct {
	mu   sync.Mutex
	list []media.Mark // in the order in which they came
	seen map[string]bool
}

// learn notes the tags of a fragment.
func (m *marks) learn(r *media.Recorded) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(r.Tags) == 0 || m.seen[r.Number] {
		return
	}
	if m.seen == nil || len(m.list) >= mostMarks {
		m.seen, m.list = make(map[string]bool), nil
	}
	m.seen[r.Number] = true
	for _, t := range r.Tags {
		m.list = append(m.list, media.Mark{Tag: t, Number: r.Number, At: r.Start})
	}
}

// Marks returns producers' tags on the fragments that start between two times; see [media.Surveyor]. Of more than 10,000 tags it
// returns the first, and known is false.
func (a *Archive) Marks(ctx context.Context, from, to time.Time) (list []media.Mark, known bool, err error) {
	list, known, err = a.listTags(ctx, span{max(from.UnixMilli(), beginning), max(to.UnixMilli(), beginning) + 1})
	if errors.Is(err, errNoExtension) || IsForbidden(err) {
		a.marks.mu.Lock()
		for _, m := range a.marks.list {
			if !m.At.Before(from) && !m.At.After(to) {
				list = append(list, m)
			}
		}
		a.marks.mu.Unlock()
		err = nil
	}
	slices.SortStableFunc(list, func(a, b media.Mark) int { return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Number, b.Number)) })
	return list, known, err
}

func (a *Archive) listTags(ctx context.Context, w span) (list []media.Mark, all bool, err error) {
	in := a.selector(w)
	in.MaxResults = marksPage
	for range marksPages {
		var answer struct {
			Tags []struct {
				FragmentNumber                     string
				ProducerTimestamp, ServerTimestamp epoch
				Name, Value                        string
			}
			NextToken string
		}
		if err := a.client.extension(ctx, "listTags", a.stream, in, &answer); err != nil {
			return nil, false, err
		}
		for _, t := range answer.Tags {
			at := t.ServerTimestamp
			if a.clock == ProducerTime {
				at = t.ProducerTimestamp
			}
			list = append(list, media.Mark{Tag: media.Tag{Name: t.Name, Value: t.Value}, Number: t.FragmentNumber, At: time.Time(at)})
		}
		if answer.NextToken == "" {
			return list, true, nil
		}
		in.FragmentSelector, in.NextToken = nil, answer.NextToken
	}
	return list, false, nil
}

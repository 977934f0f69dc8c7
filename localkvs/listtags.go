package localkvs

import (
	"cmp"
	"hash/fnv"
	"net/http"
	"slices"
	"strings"
	"time"

	"kinora/localkvs/archive"
	"kinora/mkv"
)

// The real service has no such operation: it answers what producers noted on fragments, without their media.

type listTagsOut struct {
	Tags      []fragmentTag
	NextToken string `json:",omitempty"`
}

type fragmentTag struct {
	FragmentNumber    string
	ProducerTimestamp epoch
	ServerTimestamp   epoch
	Name, Value       string
}

// tagRounds is how many times a page's worth of fragments one call looks through.
const tagRounds = 16

// listTags gives the tags in the order of their fragments on the selector's clock; one that stands on each of several fragments that follow
// one another, where it begins. A page may hold less than MaxResults, even nothing, while there is a NextToken.
func listTags(s *Service, _ *http.Request, in fragmentQuery) (listTagsOut, error) {
	out := listTagsOut{Tags: []fragmentTag{}}
	stream, at, after, limit, err := s.selection(&in)
	if err != nil {
		return out, err
	}
	skip, more := at.Skip, true
	for round := 0; more && round < tagRounds; round++ {
		var found []archive.Tagged
		var next archive.Cursor
		found, next, more, err = stream.ListTagged(at.Clock, time.UnixMilli(at.From), time.UnixMilli(at.To), after, limit)
		if err != nil {
			return out, err
		}
		for _, f := range found {
			for i, tag := range f.Tags[min(skip, len(f.Tags)):] {
				if at.Lasting.has(&f.Entry, tag) {
					continue
				}
				if len(out.Tags) == limit {
					at.Cursor, at.Skip = after.String(), skip+i
					out.NextToken = s.pages().token(stream, at)
					return out, nil
				}
				out.Tags = append(out.Tags, fragmentTag{f.Number.String(), epoch(f.Producer), epoch(f.Server), tag.Name, tag.Value})
			}
			after, skip = archive.CursorAt(at.Clock, f.Entry), 0
			at.Lasting = lastingOf(&f)
		}
		after = next
	}
	if more {
		at.Cursor, at.Skip = after.String(), 0
		out.NextToken = s.pages().token(stream, at)
	}
	return out, nil
}

// lasting is what stands on a fragment and may stand on the next one too.
type lasting struct {
	Tags []uint64 `json:",omitempty"` // their hashes
	End  int64    `json:",omitempty"` // of the fragment, by its producer's clock; ms
}

func lastingOf(f *archive.Tagged) lasting {
	l := lasting{End: f.Producer.Add(cmp.Or(f.Duration, f.Length)).UnixMilli()}
	for _, tag := range f.Tags {
		l.Tags = append(l.Tags, hashOf(tag))
	}
	return l
}

// has tells whether a tag of a fragment stood on the one before, which it follows at once. What Kinora notes is each about one fragment.
func (l lasting) has(e *archive.Entry, tag mkv.Tag) bool {
	return e.Producer.Sub(time.UnixMilli(l.End)).Abs() < time.Second && !strings.HasPrefix(tag.Name, "KINORA_") && slices.Contains(l.Tags, hashOf(tag))
}

func hashOf(tag mkv.Tag) uint64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(tag.Name + "\x00" + tag.Value)) // never fails
	return h.Sum64()
}

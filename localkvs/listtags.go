package localkvs

import (
	"net/http"
	"time"

	"kinora/localkvs/archive"
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

// listTags gives the tags in the order of their fragments on the selector's clock. A page may hold less than MaxResults, even nothing, while
// there is a NextToken.
func listTags(s *Service, _ *http.Request, in fragmentQuery) (listTagsOut, error) {
	out := listTagsOut{Tags: []fragmentTag{}}
	stream, at, after, limit, err := s.selection(&in)
	if err != nil {
		return out, err
	}
	found, next, more, err := stream.ListTagged(at.Clock, time.UnixMilli(at.From), time.UnixMilli(at.To), after, limit)
	if err != nil {
		return out, err
	}
	skip := at.Skip
	for _, f := range found {
		for i, tag := range f.Tags[min(skip, len(f.Tags)):] {
			if len(out.Tags) == limit {
				at.Cursor, at.Skip = after.String(), skip+i
				out.NextToken = at.token()
				return out, nil
			}
			out.Tags = append(out.Tags, fragmentTag{f.Number.String(), epoch(f.Producer), epoch(f.Server), tag.Name, tag.Value})
		}
		after, skip = archive.CursorAt(at.Clock, f.Entry), 0
	}
	if more {
		at.Cursor, at.Skip = next.String(), 0
		out.NextToken = at.token()
	}
	return out, nil
}

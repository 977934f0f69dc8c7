package kvs

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/aws-sdk-go-v2/service/kinesisvideo/types"
	archived "github.com/aws/aws-sdk-go-v2/service/kinesisvideoarchivedmedia"
	archivedtypes "github.com/aws/aws-sdk-go-v2/service/kinesisvideoarchivedmedia/types"
)

// Clock is one of the two times that a fragment has.
type Clock int

const (
	ServerTime   Clock = iota // when the service began to receive it
	ProducerTime              // when the producer says that it was recorded
)

// Fragment describes a stored fragment.
type Fragment struct {
	Number           string // 47 decimal digits; later fragments have greater numbers
	Server, Producer time.Time
	Length           time.Duration // from the first frame to the last, without the last one's own duration
	Size             int64         // bytes
}

// Recorded is the earlier of the two times. For a fragment that arrives long after it was recorded it is the producer's; for
// one whose producer's clock is ahead, the server's.
func (f *Fragment) Recorded() time.Time {
	if f.Producer.IsZero() || f.Server.Before(f.Producer) {
		return f.Server
	}
	return f.Producer
}

func (f *Fragment) time(c Clock) time.Time {
	if c == ProducerTime {
		return f.Producer
	}
	return f.Server
}

// page is the most that one ListFragments call may return.
const page = 1000

// List returns the fragments that begin within [from, to] by the given clock, sorted by that clock and then by
// number.
func (c *Client) List(ctx context.Context, stream string, clock Clock, from, to time.Time) ([]Fragment, error) {
	var all []Fragment
	for token := ""; ; {
		some, next, err := c.list(ctx, stream, clock, from, to, token)
		if err != nil {
			return nil, err
		}
		all = append(all, some...)
		if token = next; token == "" {
			break
		}
	}
	slices.SortFunc(all, func(a, b Fragment) int {
		return cmp.Or(a.time(clock).Compare(b.time(clock)), cmp.Compare(a.Number, b.Number))
	})
	return all, nil
}

// list returns one page, unsorted, and the token of the next; "" when there is none.
func (c *Client) list(ctx context.Context, stream string, clock Clock, from, to time.Time, token string) (some []Fragment, next string, err error) {
	return c.listSome(ctx, stream, clock, from, to, token, page)
}

// listSome returns a page of up to most fragments.
func (c *Client) listSome(ctx context.Context, stream string, clock Clock, from, to time.Time, token string, most int64) (some []Fragment, next string, err error) {
	in := &archived.ListFragmentsInput{StreamName: &stream, MaxResults: aws.Int64(most)}
	if token != "" {
		in.NextToken = &token
	} else {
		selector := archivedtypes.FragmentSelectorTypeServerTimestamp
		if clock == ProducerTime {
			selector = archivedtypes.FragmentSelectorTypeProducerTimestamp
		}
		in.FragmentSelector = &archivedtypes.FragmentSelector{
			FragmentSelectorType: selector,
			TimestampRange:       &archivedtypes.TimestampRange{StartTimestamp: &from, EndTimestamp: &to},
		}
	}
	err = c.withEndpoint(ctx, "ListFragments", endpointKey{stream, types.APINameListFragments}, func(endpoint string) error {
		out, err := c.archive.ListFragments(ctx, in, func(o *archived.Options) { o.BaseEndpoint = &endpoint })
		if err != nil {
			return err
		}
		if skew, ok := awsmiddleware.GetAttemptSkew(out.ResultMetadata); ok {
			c.noteSkew(skew)
		}
		next = aws.ToString(out.NextToken)
		some = make([]Fragment, len(out.Fragments))
		for i, f := range out.Fragments {
			some[i] = Fragment{
				Number:   aws.ToString(f.FragmentNumber),
				Server:   aws.ToTime(f.ServerTimestamp),
				Producer: aws.ToTime(f.ProducerTimestamp),
				Length:   time.Duration(f.FragmentLengthInMilliseconds) * time.Millisecond,
				Size:     f.FragmentSizeInBytes,
			}
		}
		return nil
	})
	return some, next, err
}

// LastFragment returns, of the fragments that arrived at or after since, the one that was recorded last (see
// [Fragment.Recorded]), and whether there is one: what is live stands before a past that is filled in beside it. A stream
// that stores nothing has none. For a stream that is live it costs one call of ListFragments: the last minute is looked at
// first, then 60 times as much, until since.
func (c *Client) LastFragment(ctx context.Context, stream string, since time.Time) (Fragment, bool, error) {
	now := time.Now().Add(time.Duration(c.skew.Load()))
	for window := time.Minute; ; window *= 60 {
		from := now.Add(-window)
		if from.Before(since) {
			from = since
		}
		// The service's clock may be ahead of ours.
		f, ok, err := c.newest(ctx, stream, from, now.Add(time.Minute))
		var e *Error
		if errors.As(err, &e) && e.Code == "NoDataRetentionException" {
			return Fragment{}, false, nil
		}
		if ok || err != nil || !from.After(since) {
			return f, ok, err
		}
	}
}

// newest returns the fragment of [from, to] that was recorded last. Pages come in no order, so it does not turn them: it looks
// for something that arrived after all of the page, until that was all.
func (c *Client) newest(ctx context.Context, stream string, from, to time.Time) (best Fragment, ok bool, err error) {
	var arrived time.Time // of the newest by server time
	for !from.After(to) {
		some, next, err := c.list(ctx, stream, ServerTime, from, to, "")
		if err != nil {
			return Fragment{}, false, err
		}
		for _, f := range some {
			if c := f.Recorded().Compare(best.Recorded()); !ok || c > 0 || c == 0 && f.Number > best.Number {
				best, ok = f, true
			}
			if f.Server.After(arrived) {
				arrived = f.Server
			}
		}
		if next == "" || len(some) == 0 {
			break
		}
		from = arrived.Add(time.Millisecond)
	}
	return best, ok, nil
}

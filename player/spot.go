package player

import (
	"context"
	"errors"
	"io"
	"time"

	"kinora/media"
)

// joint is the longest time between two fragments that is no gap: slow cameras, and the last picture's own duration.
const joint = 2 * time.Second

// spot is what an archive has at a time: a fragment, or a gap between two, or neither at its end and when it is empty.
type spot struct {
	fragment media.Fragment
	found    bool // fragment shows at the time; otherwise it is the one in front of the gap, if it has a Number
	gap      media.Gap
	next     media.Fragment // behind the gap; without a Number there is none at present
}

// locate looks up what is at a time.
func locate(ctx context.Context, a media.Archive, at time.Time) (spot, error) {
	f, err := a.Find(ctx, at, false)
	if errors.Is(err, io.EOF) {
		n, err := a.Find(ctx, at, true)
		switch {
		case errors.Is(err, io.EOF):
			return spot{}, nil
		case err != nil:
			return spot{}, err
		case !n.Start.After(at):
			return spot{fragment: n, found: true}, nil
		}
		return spot{gap: media.Gap{To: n.Start}, next: n}, nil
	}
	if err != nil {
		return spot{}, err
	}
	for {
		if !at.After(f.End()) {
			return spot{fragment: f, found: true}, nil
		}
		n, err := a.Next(ctx, f, true)
		switch {
		case errors.Is(err, io.EOF):
			return spot{fragment: f, found: at.Sub(f.End()) <= joint, gap: media.Gap{From: f.End()}}, nil
		case err != nil:
			return spot{}, err
		case !n.Start.After(at):
			f = n // what is at the time has come while this was asked
			continue
		}
		return spot{fragment: f, found: n.Start.Sub(f.End()) <= joint, gap: media.Gap{From: f.End(), To: n.Start}, next: n}, nil
	}
}

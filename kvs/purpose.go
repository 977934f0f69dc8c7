package kvs

import (
	"context"

	"kinora/media"
)

// purpose is what a session is begun for. One that stands further down leaves places to those above it.
type purpose int

const (
	forLive   purpose = iota // what is live, which must not wait for what was looked for before
	forMedia                 // what somebody looks at
	forCopy                  // what is copied into files
	forSurvey                // what is recorded, for the bar of time
	aside                    // what nobody would miss; see [media.Aside]
)

// leaves is how many of a stream's places are not for a purpose.
var leaves = [...]int{forLive: 0, forMedia: 2, forCopy: 4, forSurvey: 5, aside: 6}

type purposeKey struct{}

// with returns a context for sessions of a purpose.
func with(ctx context.Context, why purpose) context.Context {
	return context.WithValue(ctx, purposeKey{}, why)
}

// purposeOf is what a session is begun for with ctx.
func purposeOf(ctx context.Context) purpose {
	why, told := ctx.Value(purposeKey{}).(purpose)
	switch {
	case media.IsAside(ctx):
		return aside
	case told:
		return why
	}
	return forMedia
}

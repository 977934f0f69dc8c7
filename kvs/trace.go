package kvs

import (
	"context"
	"time"
)

// Call is a call to the service that has ended.
type Call struct {
	Op           string // the service's name of it, such as "GetIceServerConfig"
	Began, Ended time.Time
	Err          error // why it failed; nil: it did not
}

type traceKey struct{}

// WithTrace makes a context that lets f know of the calls by which signaling is begun: DescribeSignalingChannel,
// GetSignalingChannelEndpoint and GetIceServerConfig. f may be called from any goroutine, also of two calls at the same time, and
// must not block. What is remembered from before is not asked for, and not told.
func WithTrace(ctx context.Context, f func(Call)) context.Context {
	return context.WithValue(ctx, traceKey{}, f)
}

// traced is a call that ends now.
func traced(ctx context.Context, op string, began time.Time, err error) {
	if f, ok := ctx.Value(traceKey{}).(func(Call)); ok {
		f(Call{op, began, time.Now(), err})
	}
}

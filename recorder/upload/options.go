package upload

import (
	"context"
	"io"
	"log/slog"
	"time"

	"golang.org/x/time/rate"

	"kinora/recorder/spool"
)

// Putter uploads one connection's worth of Matroska.
type Putter interface {
	// Put reads mkv until io.EOF, sends it on, and returns when the service has acknowledged all it is going to
	// acknowledge: nil when it ended in good order. It calls ack for each acknowledgement as it arrives, one at a
	// time. What a Read returned is on its way before the next Read is made. mkv is an io.Closer; closing it ends a
	// Read that is waiting for the next frame. Put returns soon after ctx has ended. It must not be inside a Read, nor
	// call ack, once it has returned.
	Put(ctx context.Context, mkv io.Reader, ack func(Ack)) error
}

// AckType is the kind of an acknowledgement.
type AckType int

// The kinds of acknowledgement of PutMedia.
const (
	Buffering AckType = iota // the service began to receive the fragment
	Received                 // it has all of it in memory
	Persisted                // it has stored it
	Error                    // it did not take it; ErrorID and ErrorCode say why
	Waiting                  // it is waiting for data; concerns no fragment
)

// Ack is an acknowledgement of PutMedia.
type Ack struct {
	Type      AckType
	Timecode  int64  // of the fragment: milliseconds since 1970, as it was sent
	Number    string // that the service gave the fragment
	ErrorID   int
	ErrorCode string
}

// Class says what to do about an error of a Putter.
type Class int

// The classes.
const (
	Network        Class = iota // the way to the service is broken: try again soon
	Busy                        // the service has trouble or limits: try again with growing pauses
	Reauthenticate              // the credentials are wrong or expired: try again, say so
	Refused                     // it will not work until a person changes something: try seldom, say so
)

// Order is which fragment goes first.
type Order int

// The orders.
const (
	LiveFirst Order = iota // viewers see now, the past fills in behind
	InOrder
)

// Stored is a fragment that the service lists.
type Stored struct {
	Number   string
	Producer time.Time
	Length   time.Duration
}

// Options say what is sent, and how. Spool, Target, Put and Classify are needed.
type Options struct {
	Spool    *spool.Spool
	Target   spool.Target
	Put      Putter
	Classify func(error) Class
	Order    Order
	// Connections at the same time: 2 lets the live edge and the backlog go side by side; 0 and 1 (AWS) let them take turns. When the
	// service refuses the second one (ConnectionLimitExceededException), they take turns for five minutes.
	Connections int
	Limit       *rate.Limiter // bytes; shared by all uploads; nil: none. Burst at least 32 KiB
	// Stored lists what the service has between two producer times. It is asked before fragments are sent again that may have
	// been stored without their acknowledgement having arrived. Nil: nobody can say.
	Stored func(ctx context.Context, from, to time.Time) ([]Stored, error)
	// Keeps reports whether the stream keeps what it gets, which a stream without retention does not: then a fragment that was received
	// is done with. Nil: it is learned, from a connection on which fragments are received for 10 s or to its orderly end
	// while nothing was ever persisted.
	Keeps         func(ctx context.Context) (bool, error)
	Rejected      func(at time.Time, id int) // is told of each fragment that the service will never take: its time, and the id of the ERROR; nil: nobody is
	MaxConnection time.Duration              // 0 means 40 min, for the service ends a connection at 45
	Log           *slog.Logger               // nil discards
}

func (o *Options) fill() {
	if o.Connections <= 0 {
		o.Connections = 1
	}
	if o.MaxConnection <= 0 {
		o.MaxConnection = 40 * time.Minute
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
}

package app

import (
	"context"
	"time"

	"kinora/media"
)

// Phone is an optional power of an Account: signaling channels, and calls over them. Methods that take a context block for the
// network; all are safe from any goroutine.
type Phone interface {
	Channels(ctx context.Context) ([]Channel, error)
	CreateChannel(ctx context.Context, name string) error
	DeleteChannel(ctx context.Context, name string) error
	// Dial makes a call to a channel's master; with relay only by a TURN server. Nothing happens before its Run.
	Dial(channel string, relay bool) Line
	// Host makes this program the master of a channel. Nothing happens before its Run.
	Host(channel string, o HostOptions) Host
	// Carries reports whether calls carry a codec.
	Carries(c media.Codec) bool
	// Fault says what the end of a call, or an error of any of these methods, means.
	Fault(err error) Fault
}

// Channel is a signaling channel, on which the two sides of a call find each other.
type Channel struct {
	Name, ARN string
	Created   time.Time
}

// Line is one call to the master of a channel.
type Line interface {
	// Run makes the call and keeps it until ctx ends (ctx's error) or it is over. It waits for all that it started.
	Run(ctx context.Context) error
	// Open waits for the first picture; it is a [media.Opener]. The source ends with the call.
	Open(ctx context.Context) (media.Source, error)
	// Spoken is how sound for Talk has to be coded; empty while the other side does not listen.
	Spoken() media.Codec
	// Talk sends sound, which has to be coded as Spoken says, until its end (nil), an error, or ctx ends. It closes the source.
	Talk(ctx context.Context, src media.Source) error
	// Say sends a text over the data channel, Texts gives what the other side says. Texts is never closed.
	Say(text string) error
	Texts() <-chan string
	Progress() Progress
	Figures() Figures
}

// Progress are the moments of a call that is being made. Zero: not yet.
type Progress struct {
	Calls     []ServiceCall // to the service, in the order in which they ended
	Signaling time.Time     // the signaling channel was connected
	Offered   time.Time     // the offer was given to the service
	Answered  time.Time     // the master answered
	Connected time.Time     // a way to the master was found
	Secured   time.Time     // keys were agreed on
	Packet    time.Time     // the first packet came
	Lost      time.Time     // since when the way is lost; zero while it is not
	Unheard   error         // why signaling is not connected; nil: it is, or is just being
}

// ServiceCall is a call to the service by which a call between two peers begins.
type ServiceCall struct {
	Name         string // the service's, such as "GetIceServerConfig"
	Began, Ended time.Time
	Err          error
}

// Figures are what is known of a call's picture. Counters only grow.
type Figures struct {
	Relayed   bool          // by a TURN server
	RoundTrip time.Duration // zero: not known yet
	Jitter    time.Duration // by how much packets come unevenly
	Restarts  int           // of the way to the other side

	Packets, Lost, Recovered uint64 // received, given up, come after they were asked for
	Bytes, Frames            uint64
	Freezes                  uint64 // pauses of the picture that can be seen, with the one that lasts
	Frozen                   time.Duration
	Standing                 time.Duration // how long the picture stands still by now; zero: it moves, or there was none yet
	Still                    Standstill    // why
	KeyFramesAsked           uint64
	Dropped                  uint64 // frames that nobody read in time
}

// Standstill is why a picture stands still, as far as what comes shows it.
type Standstill int

// The kinds of standstill.
const (
	Moving     Standstill = iota // it does not
	Silence                      // nothing comes from the other side
	NoPictures                   // the other side is there, but sends none: its camera may be paused
	SoundAlone                   // likewise; its sound goes on
	NoKeyFrame                   // packets come, but nothing can be decoded before a key frame
	Incomplete                   // packets come, but not all of a picture
)

// FaultKind is what can keep a call from being made, or ends one.
type FaultKind int

// The kinds of fault.
const (
	FaultUnknown     FaultKind = iota
	FaultClock                 // this computer's clock is wrong, by Fault.Skew
	FaultForbidden             // the account may not make Fault.Action
	FaultSignedOut             // the account does not know the credentials, or they have expired
	FaultNoChannel             // there is no such channel
	FaultViewerLimit           // the channel has all the viewers that it may have
	FaultNoMaster              // nobody answers
	FaultNoWay                 // no way to the other side was found
	FaultLost                  // the way was lost and could not be found again
	FaultNetwork               // the service cannot be reached
	FaultUntrusted             // the service's certificate is not one that this computer trusts
	FaultHungUp                // the other side has ended the call
	FaultForeign               // what the other side says of itself is not understood
	FaultThrottled             // the service is asked more often than it allows
)

// Fault is what an error means.
type Fault struct {
	Kind   FaultKind
	Action string        // the service's name of the call that is not permitted or failed; may be empty
	Skew   time.Duration // by how much the service's clock is ahead of this computer's
}

// HostOptions say what a channel's master shows.
type HostOptions struct {
	Tracks  []media.Track
	Viewers int // at most, at the same time; 0: the host's own limit
	// Bitrate says what the slowest viewer can receive, in bits a second. KeyFrame asks for a key frame. Either may be nil.
	Bitrate  func(bits int)
	KeyFrame func()
	// Spoken takes the sound of a viewer that talks, from the first of it to its end, with the viewer's call, which waits for Spoken's
	// return. Nil: nobody hears viewers.
	Spoken func(viewer string, src media.Source)
	// Heard takes what a viewer says over its data channel. It must not block. Nil: nobody listens.
	Heard func(viewer, text string)
}

// Host is this program as the master of a channel.
type Host interface {
	// Run serves viewers until ctx ends (ctx's error), or the service refuses for good. It waits for all that it started.
	Run(ctx context.Context) error
	// Feed shows what a source yields, until its end (nil), an error, or ctx ends; it closes the source.
	Feed(ctx context.Context, src media.Source) error
	Viewers() []Viewer
	Kick(viewer string)
	Say(text string)
	State() HostState
}

// HostState is how a master stands.
type HostState struct {
	Connected bool  // to the service: new viewers can come
	Err       error // why not
	Refused   int   // viewers, for want of room
}

// Viewer is one viewer of a channel that this program is the master of.
type Viewer struct {
	ID        string
	Since     time.Time
	Relayed   bool
	RoundTrip time.Duration
	Bitrate   int    // that the way carries, as estimated; zero: not known yet
	Dropped   uint64 // frames that it was too slow for
	Speaks    bool   // it is heard at the moment, or would be if it were not muted
	Sounds    bool   // it has said something
	Volume    int    // percent of how loud all viewers are; 0: it is muted
}

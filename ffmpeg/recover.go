package ffmpeg

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/asticode/go-astiav"
)

// How long to wait before a camera that broke off is reached for again: at first, and, as it doubles, at most. A device is
// looked for at the first distance always.
const (
	retryFirst = time.Second
	retryMost  = 30 * time.Second
)

func (in *input) firstPause() time.Duration {
	if in.options.retry > 0 {
		return in.options.retry
	}
	return retryFirst
}

// endless reports whether the input's end is a break: an address whose length is not known.
func (in *input) endless() bool {
	return in.options.Reconnect && in.address() && (in.format.Duration() == astiav.NoPtsValue || in.format.Duration() <= 0)
}

// recovers reports whether an error is one after which the input is to go on.
func (in *input) recovers(err error) bool {
	var broken lost
	return errors.As(err, &broken) && (in.options.Reconnect && in.address() || in.options.Card && in.device())
}

// recover goes on after the input was lost, when it is there again. The log says when that began and ended, and not each
// attempt in between: an outage can take hours.
func (in *input) recover(ctx context.Context, cause error) error {
	logger().Warn("ffmpeg: an input is lost; it is looked for", "error", cause)
	in.trouble.Store(&cause)
	defer in.trouble.Store(nil)
	back := in.reconnect
	if in.device() {
		back = in.standIn
	}
	if err := back(ctx); err != nil {
		return err
	}
	logger().Info("ffmpeg: the input is back", "input", in.String())
	return nil
}

// reconnect opens an address again, with growing pauses that differ from camera to camera.
func (in *input) reconnect(ctx context.Context) error {
	if in.end > in.reached { // it was of use
		in.wait = 0
	}
	in.reached = in.end
	for {
		in.wait = min(max(2*in.wait, in.firstPause()), retryMost)
		if err := pause(ctx, in.wait/2+rand.N(in.wait)); err != nil {
			return context.Cause(ctx)
		}
		err := quietly(func() error { return in.reopen(ctx, 0) })
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if errors.Is(err, errChanged) {
			return err
		}
		if err == nil {
			in.offset = max(in.clock.at(in.opened), in.end)
			in.discontinue()
			return nil
		}
		in.trouble.Store(&err)
	}
}

// errChanged: a camera that came back sends something else than before.
var errChanged = errors.New("it has changed what it sends; start again to go on")

// cardStep is the distance between the pictures of a card.
const cardStep = time.Second / 5

// standIn records a card and silence in place of a device until it is back.
func (in *input) standIn(ctx context.Context) error {
	old := in.streams
	size := cardSize(old[0], in.options)
	in.close()
	in.streams = old
	var card *astiav.Frame
	if old[0] != nil {
		var err error
		if card, err = in.drawCard(ctx, size, time.Now()); err != nil {
			return fmt.Errorf("%s: %w", in, err)
		}
		defer card.Free()
		old[0].out.discontinue()
	}
	search, stop := context.WithCancel(ctx)
	found := make(chan *input, 1)
	go func() {
		defer close(found)
		if back := in.search(search, [2]bool{old[0] != nil, old[1] != nil}); back != nil {
			found <- back
		}
	}()
	back, err := in.showCard(ctx, card, found)
	stop()
	if err != nil {
		in.interrupt.raise() // the capture is over
		if back = <-found; back != nil {
			back.close()
		}
		return err
	}
	in.takeOver(back)
	if err := in.connect(old); err != nil {
		return err
	}
	if old[0] != nil {
		old[0].out.discontinue()
	}
	return nil
}

// showCard encodes the card and silence until the device is found.
func (in *input) showCard(ctx context.Context, card *astiav.Frame, found <-chan *input) (*input, error) {
	tick := time.NewTicker(cardStep)
	defer tick.Stop()
	for {
		now := in.clock.now()
		if card != nil {
			if err := in.handed(ctx, in.streams[0].out.encode(card, now)); err != nil {
				return nil, err
			}
		}
		if err := in.handed(ctx, in.silence(now)); err != nil {
			return nil, err
		}
		in.end = max(in.end, now)
		select {
		case <-tick.C:
		case back := <-found:
			if back != nil {
				return back, nil
			}
			return nil, context.Cause(ctx)
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
}

// search opens the device again and again, until it is there or ctx ends: then nil.
func (in *input) search(ctx context.Context, want [2]bool) *input {
	for pause(ctx, in.firstPause()) == nil {
		next := &input{Input: in.Input, options: in.options, epoch: in.epoch, clock: in.clock, interrupt: in.interrupt}
		err := quietly(func() error { return next.open(ctx, want) })
		if err == nil {
			return next
		}
		if ctx.Err() == nil {
			in.trouble.Store(&err)
		}
	}
	return nil
}

// takeOver makes what another input has opened this input's own.
func (in *input) takeOver(from *input) {
	in.format, in.packet, in.frame, in.early, in.streams = from.format, from.packet, from.frame, from.early, from.streams
	in.opened, in.untimed = from.opened, from.untimed
	in.offset, in.placed = in.clock.now(), false
}

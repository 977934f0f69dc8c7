package player

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"io"
	"strings"
	"sync"
	"time"

	"kinora/media"
)

const (
	silence     = 3 * time.Second        // without a packet until a stream counts as stalled
	historyAge  = time.Second            // a picture later than that is history
	proofOfLife = 100 * time.Millisecond // however late pictures are, one is shown that often
	seamMost    = 15 * time.Second       // of what was shown before, that is passed over
	seamStep    = time.Second            // between what was shown before and what comes, to go on without a leap
)

// instance plays one opening of the source, once: a read goroutine fills the queue, the goroutine of run decodes.
type instance struct {
	p     *Player
	phase Phase     // while there is no picture: Connecting or Reconnecting; then Live
	cause error     // of Reconnecting
	after time.Time // of the picture that this goes on behind; zero: there is none, or it has
	queue *queue
	sound *hearing // nil: none is heard
	timer *time.Timer
	live  live

	firstPicture time.Time // zero before
	lastArrival  time.Time
	stalled      bool

	line        *timeline
	decoder     VideoDecoder
	damaged     uint64        // in earlier decoders and instances, and calls that failed
	needKey     bool          // until a key frame comes there is nothing to decode
	busy        time.Duration // work since the last picture was timed
	lastPut     time.Time
	lastHistory time.Time   // when history was skipped last
	arrived     time.Time   // of the packet that was sent last
	size, drawn image.Point // the current picture's own size, and the one it was last drawn at; zero when there is none
	frame       Frame       // the current picture's times
}

// run opens the source and plays it until ctx ends or something is lost, and says what.
func (in *instance) run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	source, err := in.p.o.Open(ctx)
	if err != nil {
		return fmt.Errorf("cannot open the stream: %w", err)
	}
	in.queue = newQueue(in.p.o.QueuePackets, in.p.o.QueueBytes, &in.p.status.dropped)
	in.damaged = in.p.status.damaged.Load()
	in.live.maxDelay = in.p.o.MaxDelay
	in.lastArrival = time.Now()
	in.timer = time.NewTimer(silence)
	defer in.timer.Stop()
	var sound sync.WaitGroup
	defer sound.Wait()
	if in.sound = newHearing(in.p.o, in.p.status.silent); in.sound != nil {
		sound.Go(func() { in.sound.run(ctx) })
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		in.queue.close(in.read(source))
	}()
	err = in.play(ctx)
	cancel()
	if e := source.Close(); e != nil {
		in.p.o.Log.Debug("player: closing the source", "error", e)
	}
	<-done
	return err
}

// read moves the packets of the first video track into the queue, and those of the first audio track to the sound, until the
// source fails. Where there is no video and somebody hears, the sound has the queue for itself.
func (in *instance) read(source media.Source) error {
	var line *timeline
	var sound media.Track // without an ID there is none
	fragmented, _ := source.(media.Fragmented)
	for {
		packet, err := source.Read()
		switch {
		case errors.Is(err, io.EOF):
			return fmt.Errorf("the stream was ended by its source: %w", err)
		case err != nil:
			return fmt.Errorf("reading the stream: %w", err)
		}
		now := time.Now()
		in.p.status.arrived(now, len(packet.Data))
		if fragmented != nil {
			if whole := fragmented.Newest(); whole != nil {
				in.p.status.newest.Store(whole)
			}
		}
		if line == nil || packet.Discontinuity {
			tracks := source.Tracks()
			track, ok := media.VideoTrack(tracks)
			if !ok && in.sound != nil {
				track, ok = media.AudioTrack(tracks)
			}
			if !ok {
				return fmt.Errorf("%w (tracks: %s)", ErrNoPicture, list(tracks))
			}
			serial := 0
			if line != nil {
				serial = line.serial + 1
			}
			line = &timeline{track: track, epoch: source.Epoch(), serial: serial}
			sound, _ = media.AudioTrack(tracks)
			in.p.status.hears(sound.Codec, line.alone())
		}
		if packet.Track != line.track.ID && sound.ID == 0 { // in a call sound may come later than pictures
			sound, _ = media.AudioTrack(source.Tracks())
			in.p.status.hears(sound.Codec, false)
		}
		switch packet.Track {
		case line.track.ID:
			if line.alone() {
				packet = whole(packet)
			}
			in.p.status.received.Add(1)
			in.queue.put(item{packet: packet, arrived: now, line: line})
		case sound.ID:
			if in.sound != nil {
				in.sound.put(heard{packet, line, sound}, now)
			}
		}
	}
}

func list(tracks []media.Track) string {
	if len(tracks) == 0 {
		return "none"
	}
	var names []string
	for _, t := range tracks {
		names = append(names, fmt.Sprintf("%d %s %s", t.ID, t.Kind, t.Codec))
	}
	return strings.Join(names, ", ")
}

// play decodes what the queue holds until ctx ends or the queue has failed and is empty.
func (in *instance) play(ctx context.Context) error {
	defer in.closeDecoder()
	for {
		it, err := in.next(ctx)
		// The picture received last stays current in the decoder until here, so that it can be drawn in another size.
		// Should more pictures have come out of the last packet, this is their time.
		for in.size != (image.Point{}) {
			if err := in.receive(ctx); err != nil {
				return err
			}
		}
		if err != nil {
			return err
		}
		if err := in.prepare(it); err != nil {
			return err
		}
		if it.line.alone() {
			in.hearAlone(it)
			continue
		}
		if in.needKey && !it.packet.Key {
			in.p.status.dropped.Add(1)
			continue
		}
		in.needKey = false
		in.arrived = it.arrived
		begin := time.Now()
		err = in.decoder.Send(it.packet)
		in.busy += time.Since(begin)
		if err != nil {
			in.refuse(err)
			continue
		}
		if err := in.receive(ctx); err != nil {
			return err
		}
	}
}

// next waits for a packet. Meanwhile it draws the current picture again when another size is wanted, and watches for
// silence.
func (in *instance) next(ctx context.Context) (item, error) {
	for {
		it, ok, err := in.queue.take()
		switch {
		case ok:
			in.lastArrival = it.arrived
			if in.stalled {
				in.stalled = false
				in.p.status.enter(in.phase, it.arrived, in.cause)
			}
			return it, ctx.Err()
		case err != nil:
			return item{}, err
		}
		if err := in.idle(ctx); err != nil {
			return item{}, err
		}
	}
}

// idle waits until something happens other than the arrival of time.
func (in *instance) idle(ctx context.Context) error {
	quiet := time.Since(in.lastArrival)
	limit := in.p.o.StallLimit
	if limit > 0 && quiet >= limit {
		return fmt.Errorf("%w: no picture data for %v", ErrSilent, limit)
	}
	if !in.stalled && quiet >= silence {
		in.stalled = true
		in.p.status.enter(Stalled, in.lastArrival, nil)
	}
	var alarm <-chan time.Time
	wait := silence - quiet
	if limit > 0 && (in.stalled || limit < silence) {
		wait = limit - quiet
	}
	if wait > 0 {
		in.timer.Reset(wait)
		alarm = in.timer.C
	}
	select {
	case <-in.queue.ready:
	case <-in.p.fit.changed:
		in.redraw()
	case answer := <-in.p.wanted:
		answer <- in.snapshot()
	case <-alarm:
	case <-ctx.Done():
	}
	return ctx.Err()
}

// prepare makes the decoder ready for a packet of this timeline.
func (in *instance) prepare(it item) error {
	if it.line == in.line && !it.gap {
		return nil
	}
	in.needKey = true
	in.size = image.Point{}
	old := in.line
	if old != it.line {
		in.line = it.line
		in.live.restart()
	}
	if it.line.alone() {
		in.closeDecoder()
		return nil
	}
	if in.decoder != nil {
		was, is := old.track, it.line.track
		if was.Codec == is.Codec && bytes.Equal(was.Private, is.Private) {
			in.decoder.Flush()
			return nil
		}
		in.closeDecoder()
	}
	decoder, err := in.p.o.Codecs.Video(it.line.track)
	if err != nil {
		return &finalError{fmt.Errorf("the picture of track %d (%s) cannot be decoded: %w", it.line.track.ID, it.line.track.Codec, err)}
	}
	in.decoder = decoder
	return nil
}

func (in *instance) closeDecoder() {
	if in.decoder == nil {
		return
	}
	in.damaged += in.decoder.Damaged()
	if err := in.decoder.Close(); err != nil {
		in.p.o.Log.Warn("player: closing the decoder", "error", err)
	}
	in.decoder = nil
}

// refuse takes note of an error of the decoder: it starts afresh at the next key frame.
func (in *instance) refuse(err error) {
	in.damaged++
	in.countDamage()
	in.p.o.Log.Debug("player: decoding failed, waiting for a key frame", "error", err)
	in.decoder.Flush()
	in.needKey = true
	in.size = image.Point{}
}

func (in *instance) countDamage() {
	in.p.status.damaged.Store(in.damaged + in.decoder.Damaged())
}

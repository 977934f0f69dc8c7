package ffmpeg

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/asticode/go-astiav"
)

// patience is how long an input may give nothing, or need to open, before it counts as dead.
const patience = 10 * time.Second

// devicePoll is how long to wait before a device that had nothing is asked again.
const devicePoll = 3 * time.Millisecond

// soundDelay is the most by which sound that a microphone has recorded may come later.
const soundDelay = time.Second

// waiting is how long reading takes at least when a device has nothing yet; copying a picture takes less.
const waiting = 5 * time.Millisecond

// errLate: a generated input is to be started again at the present time.
var errLate = errors.New("too late")

// lost is a failure of the input itself, which may come back.
type lost struct{ error }

func (l lost) Unwrap() error { return l.error }

// run captures until the input ends or ctx does, and then finishes the encoders.
func (in *input) run(ctx context.Context) error {
	for {
		before := in.end
		err := in.readAll(ctx)
		switch {
		case err == errLate:
			now := in.clock.now()
			if err := in.reopen(ctx, now.Truncate(time.Millisecond)); err != nil {
				return err
			}
			in.from, in.owed = in.clock.now(), true
			in.discontinue()
			continue
		case in.recovers(err):
			if err := in.recover(ctx, err); err != nil {
				return err
			}
			continue
		case err != nil:
			return err
		case in.options.Loop && in.end > before: // without progress it would turn for ever
			if err := in.reopen(ctx, in.end); err != nil {
				return err
			}
			continue
		}
		for _, s := range in.streams {
			if s != nil {
				if err := s.out.encode(nil, 0); err != nil {
					return fmt.Errorf("%s: %w", in, err)
				}
			}
		}
		return nil
	}
}

// readAll captures to the input's end. An address that breaks off has no end.
func (in *input) readAll(ctx context.Context) error {
	heard := steady()
	for {
		in.interrupt.allow(in.patience())
		err := in.next()
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		switch err {
		case nil:
			heard = steady()
		case astiav.ErrEagain:
			if steady()-heard > in.patience() {
				return lost{readError(in.Input, astiav.ErrExit)}
			}
			if err := in.idle(ctx); err != nil {
				return err
			}
			continue
		case astiav.ErrEof:
			if err := in.drain(ctx); err != nil || !in.endless() {
				return err
			}
			return lost{readError(in.Input, err)}
		default:
			return lost{readError(in.Input, err)}
		}
		for _, s := range in.streams {
			if s != nil && s.index == in.packet.StreamIndex() {
				err = in.take(ctx, s, in.packet)
				break
			}
		}
		in.packet.Unref()
		if err != nil {
			return err
		}
	}
}

func (in *input) next() error {
	if len(in.early) == 0 {
		begun := steady()
		err := in.format.ReadFrame(in.packet)
		if steady()-begun > waiting {
			in.missed.waited()
		}
		return err
	}
	in.packet.MoveRef(in.early[0])
	in.early[0].Free()
	in.early = in.early[1:]
	return nil
}

// idle waits for a device that has nothing at present. A microphone's track is kept from being empty.
func (in *input) idle(ctx context.Context) error {
	in.missed.waited()
	if in.options.Card {
		if err := in.silence(in.clock.now() - soundDelay); err != nil {
			return err
		}
	}
	return pause(ctx, devicePoll)
}

// silence fills the sound up to a media time.
func (in *input) silence(upTo time.Duration) error {
	s := in.streams[1]
	if s == nil {
		return nil
	}
	if e, ok := s.out.(*audioEncoder); ok {
		if err := e.fill(upTo); err != nil {
			return fmt.Errorf("%s: %w", in, err)
		}
	}
	return nil
}

// take hands on what is in one packet.
func (in *input) take(ctx context.Context, s *stream, p *astiav.Packet) error {
	if s.coded != nil {
		return in.pass(ctx, s, p)
	}
	return in.decode(ctx, s, p)
}

func (in *input) drain(ctx context.Context) error {
	for _, s := range in.streams {
		if s != nil && s.decoder != nil {
			if err := in.decode(ctx, s, nil); err != nil {
				return err
			}
		}
	}
	return nil
}

// decode hands on the frames of one packet; a packet that cannot be decoded is skipped.
func (in *input) decode(ctx context.Context, s *stream, p *astiav.Packet) error {
	if err := s.decoder.SendPacket(p); err != nil {
		return nil
	}
	for receiveFrame(s.decoder, in.frame) >= 0 {
		if err := in.hand(ctx, s, in.frame); err != nil {
			return err
		}
	}
	return nil
}

// hand gives a decoded frame to its encoder at its time.
func (in *input) hand(ctx context.Context, s *stream, f *astiav.Frame) error {
	at, err := in.schedule(ctx, s, bestTimestamp(f), s.length(f))
	if err == errOld {
		return nil
	}
	if err == nil {
		err = in.handed(ctx, s.out.encode(f, at))
	}
	return err
}

// pass gives a coded packet on at its time. Its place on the timeline is that of its DTS.
func (in *input) pass(ctx context.Context, s *stream, p *astiav.Packet) error {
	dts, pts := p.Dts(), p.Pts()
	unknown := dts == astiav.NoPtsValue
	if unknown {
		dts = pts
	}
	length := duration(max(p.Duration(), 0), s.base)
	if length == 0 && s.coded.track.Rate == 0 {
		length = time.Duration(float64(time.Second) / s.rate)
	}
	at, err := in.schedule(ctx, s, dts, length)
	if err != nil {
		if err == errOld {
			return nil
		}
		return err
	}
	shown := at
	if pts != astiav.NoPtsValue && !in.untimed {
		shown += duration(pts-dts, s.base)
	}
	c := s.out.(*copier)
	if unknown && s.coded.reorders && c.passed { // those that are shown before it come later
		at = min(at, c.last+1)
	}
	if changed := p.SideData(astiav.PacketSideDataTypeNewExtradata); changed != nil {
		c.reconfigure(changed)
	}
	return in.handed(ctx, c.pass(packetBytes(p), shown, at, p.Flags().Has(astiav.PacketFlagKey)))
}

func (in *input) handed(ctx context.Context, err error) error {
	if err != nil && ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", in, err)
	}
	return nil
}

func (in *input) discontinue() {
	for _, s := range in.streams {
		if s != nil {
			s.out.discontinue()
		}
	}
}

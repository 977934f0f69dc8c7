package ffmpeg

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"sync"
	"time"

	"github.com/asticode/go-astiav"
)

// input is one open Input of a capture: it reads, decodes, places frames on the capture's timeline and hands them to the
// encoders. Only its own goroutine touches it once the capture runs.
type input struct {
	Input
	options   CaptureOptions
	epoch     time.Time // of the capture
	interrupt interrupt

	paced   bool
	format  *astiav.FormatContext
	packet  *astiav.Packet
	frame   *astiav.Frame
	streams [2]*stream // video, audio; nil when not used

	from   time.Duration // media time before which frames are too old
	offset time.Duration // media time at which the input's own time starts
	base   time.Duration // the input's own time there
	placed bool          // base is known
	end    time.Duration // of what was handed on
}

// stream is a decoded stream and where its frames go.
type stream struct {
	index   int
	base    astiav.Rational
	rate    float64       // pictures a second
	lead    time.Duration // how long before its time it is produced when paced
	decoder *astiav.CodecContext
	out     encoder
	next    time.Duration // media time after its last frame
	shift   time.Duration // of its own time, which has jumped
}

var registerDevices = sync.OnceFunc(astiav.RegisterAllDevices)

// open opens the input for those kinds that are still wanted.
func (in *input) open(ctx context.Context, want [2]bool) error {
	if err := in.openFormat(); err != nil {
		in.close()
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		return openError(in.Input, err)
	}
	in.paced = in.options.Realtime && !in.device()
	for i, kind := range [2]astiav.MediaType{astiav.MediaTypeVideo, astiav.MediaTypeAudio} {
		if !want[i] {
			continue
		}
		s, err := in.openStream(kind)
		if err != nil {
			in.close()
			return openError(in.Input, err)
		}
		in.streams[i] = s
	}
	return nil
}

func (in *input) openFormat() error {
	registerDevices()
	url := in.URL
	switch {
	case in.Graph != nil:
		url = in.Graph(in.epoch.Add(in.offset))
	case in.file():
		if err := checkFile(url); err != nil {
			return err
		}
		url = "file:" + url // a colon in a name means nothing else
	}
	d, err := options(in.Options).dictionary()
	if err != nil {
		return err
	}
	defer d.Free()
	in.interrupt.allow(patience)
	// These devices would wait in the kernel for a camera that hangs, where no interrupt reaches.
	nonblock := in.Format == "v4l2" || in.Format == "video4linux2" || in.Format == "alsa"
	if in.format, err = openInput(in.interrupt, url, in.Format, d, nonblock); err != nil {
		return err
	}
	if unknown := d.Get("", nil, astiav.NewDictionaryFlags(astiav.DictionaryFlagIgnoreSuffix)); unknown != nil {
		return fmt.Errorf("it has no option %q", unknown.Key())
	}
	in.packet, in.frame = astiav.AllocPacket(), astiav.AllocFrame()
	return in.format.FindStreamInfo(nil)
}

// checkFile refuses what cannot be read without the danger of waiting for ever.
func checkFile(path string) error {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return errNoEntry
	case errors.Is(err, fs.ErrPermission):
		return errAccess
	case err != nil:
		return err
	case !info.Mode().IsRegular():
		return errIsDir
	}
	return nil
}

// openStream opens a decoder for the first stream of a kind; nil when there is none.
func (in *input) openStream(kind astiav.MediaType) (*stream, error) {
	for _, st := range in.format.Streams() {
		par := st.CodecParameters()
		if par.MediaType() != kind || isCover(st) {
			continue
		}
		codec := astiav.FindDecoder(par.CodecID())
		if codec == nil {
			continue
		}
		s := &stream{index: st.Index(), base: st.TimeBase(), decoder: astiav.AllocCodecContext(codec)}
		err := par.ToCodecContext(s.decoder)
		if err == nil {
			s.decoder.SetThreadCount(1)
			err = s.decoder.Open(codec, nil)
		}
		if err != nil {
			s.decoder.Free()
			return nil, fmt.Errorf("its %s stream (%s) cannot be decoded: %w", kind, codec.Name(), err)
		}
		if kind == astiav.MediaTypeAudio {
			s.lead = audioLead
		}
		s.rate = in.format.GuessFrameRate(st, nil).Float64()
		if s.rate < 1 || s.rate > 240 {
			s.rate = 30
		}
		return s, nil
	}
	return nil, nil
}

// reopen starts again from the input's beginning, at media time at. The encoders go on.
func (in *input) reopen(ctx context.Context, at time.Duration) error {
	old := in.streams
	in.close()
	in.offset, in.placed = at, false
	if err := in.open(ctx, [2]bool{old[0] != nil, old[1] != nil}); err != nil {
		return err
	}
	for i, s := range in.streams {
		if (s == nil) != (old[i] == nil) {
			return fmt.Errorf("%s: it has changed", in)
		}
		if s != nil {
			s.out = old[i].out
		}
	}
	return nil
}

// begin places the input at the present: what it showed while it was opened is old.
func (in *input) begin() {
	now := time.Since(in.epoch)
	if in.Graph == nil {
		in.offset = now
	} else {
		in.from = now
	}
}

// run captures until the input ends or ctx does, and then finishes the encoders.
func (in *input) run(ctx context.Context) error {
	for {
		before := in.end
		err := in.readAll(ctx)
		switch {
		case err == errLate:
			now := time.Since(in.epoch)
			if err := in.reopen(ctx, now.Truncate(time.Millisecond)); err != nil {
				return err
			}
			in.from = time.Since(in.epoch)
			in.discontinue()
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

// patience is how long an input may give nothing, or need to open, before it counts as dead.
const patience = 10 * time.Second

// devicePoll is how long to wait before a device that had nothing is asked again.
const devicePoll = 3 * time.Millisecond

// readAll captures to the input's end.
func (in *input) readAll(ctx context.Context) error {
	heard := time.Now()
	for {
		in.interrupt.allow(patience)
		err := in.format.ReadFrame(in.packet)
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		switch err {
		case nil:
			heard = time.Now()
		case astiav.ErrEagain:
			if time.Since(heard) > patience {
				return readError(in.Input, astiav.ErrExit)
			}
			if _, err := pace(ctx, time.Now(), devicePoll); err != nil {
				return err
			}
			continue
		case astiav.ErrEof:
			return in.drain(ctx)
		default:
			return readError(in.Input, err)
		}
		for _, s := range in.streams {
			if s != nil && s.index == in.packet.StreamIndex() {
				err = in.decode(ctx, s, in.packet)
				break
			}
		}
		in.packet.Unref()
		if err != nil {
			return err
		}
	}
}

func (in *input) drain(ctx context.Context) error {
	for _, s := range in.streams {
		if s != nil {
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
	at := in.place(s, f)
	if at < in.from {
		return nil
	}
	// The device's clock was set back, or the times of a file, where paced, jump. Each stream comes to that place at its
	// own time.
	if s.next-at > lagLimit || in.paced && in.end > 0 && at-in.end > patience {
		s.shift += s.next - at
		at = s.next
		in.discontinue()
	}
	if in.paced {
		late, err := pace(ctx, in.epoch, at-s.lead)
		if err != nil {
			return err
		}
		if late > lagLimit {
			if in.Graph != nil {
				return errLate // its picture of the time would be old
			}
			in.offset += late
			at += late
			in.discontinue()
		}
	}
	s.next = at + s.length(f)
	in.end = max(in.end, s.next)
	if err := s.out.encode(f, at); err != nil {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		return fmt.Errorf("%s: %w", in, err)
	}
	return nil
}

// errLate: a generated input is to be started again at the present time.
var errLate = errors.New("too late")

func (in *input) discontinue() {
	for _, s := range in.streams {
		if s != nil {
			s.out.discontinue()
		}
	}
}

// place is a frame's time on the capture's timeline.
func (in *input) place(s *stream, f *astiav.Frame) time.Duration {
	ts := bestTimestamp(f)
	if ts == astiav.NoPtsValue {
		return in.end
	}
	own := duration(ts, s.base)
	if !in.placed {
		in.placed = true
		in.base = in.findBase(own)
	}
	return own - in.base + in.offset + s.shift
}

// findBase says which of the input's own times the offset stands for, given the first it has shown. Generated inputs
// start at zero. Capture devices tell the wall clock. Everything else begins with its first frame.
func (in *input) findBase(own time.Duration) time.Duration {
	if in.Graph != nil {
		return 0
	}
	if !in.paced {
		if age := time.Duration(time.Now().UnixNano()) - own; age.Abs() < time.Hour {
			return time.Duration(in.epoch.UnixNano()) + in.offset
		}
	}
	if start := in.format.StartTime(); start != astiav.NoPtsValue {
		own = min(own, duration(start, astiav.TimeBaseQ))
	}
	return own
}

// duration converts a count of FFmpeg's time units.
func duration(ts int64, unit astiav.Rational) time.Duration {
	n, den := ts*int64(unit.Num()), int64(unit.Den())
	return time.Duration(n/den)*time.Second + time.Duration(n%den*int64(time.Second)/den)
}

// length is how long a frame lasts, for a picture at the nominal rate.
func (s *stream) length(f *astiav.Frame) time.Duration {
	if n := f.NbSamples(); n > 0 {
		return time.Duration(n) * time.Second / time.Duration(f.SampleRate())
	}
	return time.Duration(float64(time.Second) / s.rate)
}

// close frees the input but not the encoders.
func (in *input) close() {
	for i, s := range in.streams {
		if s != nil {
			s.decoder.Free()
			in.streams[i] = nil
		}
	}
	if in.packet != nil {
		in.packet.Free()
		in.frame.Free()
		in.packet, in.frame = nil, nil
	}
	if in.format != nil {
		in.format.CloseInput()
		in.format = nil
	}
}

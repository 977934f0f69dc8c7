package ffmpeg

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/asticode/go-astiav"

	"kinora/media"
)

// input is one open Input of a capture: it reads, decodes where that is wanted, places what comes on the capture's
// timeline and hands it to the encoders. Only its own goroutine touches it once the capture runs.
type input struct {
	Input
	options   CaptureOptions
	epoch     time.Time // of the capture
	clock     clock     // of the capture
	interrupt interrupt
	trouble   atomic.Pointer[error] // why it gives nothing at present; nil when all is well

	paced   bool
	live    bool // an address or a device: what comes is of the present
	untimed bool // its packets have no times of their own
	opened  time.Duration
	format  *astiav.FormatContext
	packet  *astiav.Packet
	frame   *astiav.Frame
	early   []*astiav.Packet // read while it was opened
	streams [2]*stream       // video, audio; nil when not used

	from    time.Duration // media time before which frames are too old
	offset  time.Duration // media time at which the input's own time starts
	base    time.Duration // the input's own time there
	placed  bool          // base is known
	stamped bool          // its own times are the wall clock's
	stamps  stamps
	end     time.Duration // of what was handed on
	owed    bool          // a frame, late as it may be: it was too late for the one before

	missed  missed
	reached time.Duration // end when it was opened again last
	wait    time.Duration // the pause before that
}

// stream is a stream and where its frames go: decoded to an encoder, or as they are coded.
type stream struct {
	index   int
	base    astiav.Rational
	rate    float64              // pictures a second
	lead    time.Duration        // how long before its time it is produced when paced
	decoder *astiav.CodecContext // nil: passed on as it is coded
	coded   *coded               // nil: decoded
	out     encoder
	next    time.Duration // media time after its last frame
	shift   time.Duration // of its own time, which has jumped
}

var registerDevices = sync.OnceFunc(astiav.RegisterAllDevices)

// open opens the input for those kinds that are still wanted.
func (in *input) open(ctx context.Context, want [2]bool) error {
	err := in.openFormat()
	if err == nil {
		err = in.openStreams(want)
	}
	if err == nil {
		return nil
	}
	in.close()
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return openError(in.Input, err)
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
	begun := steady()
	in.interrupt.allow(in.patience())
	// These devices would wait in the kernel for a camera that hangs, where no interrupt reaches.
	nonblock := in.Format == "v4l2" || in.Format == "video4linux2" || in.Format == "alsa" || in.Format == "pulse"
	if in.format, err = openInput(in.interrupt, url, in.Format, d, nonblock); err != nil {
		if steady()-begun >= in.patience() { // the protocol may call that something else
			return astiav.ErrExit
		}
		return err
	}
	if unknown := d.Get("", nil, astiav.NewDictionaryFlags(astiav.DictionaryFlagIgnoreSuffix)); unknown != nil {
		return fmt.Errorf("it has no option %q", unknown.Key())
	}
	in.opened = steady()
	in.paced = in.options.Realtime && !in.device()
	in.live = in.device() || in.address()
	in.untimed = in.address() && lacksTimes(in.format)
	in.packet, in.frame = astiav.AllocPacket(), astiav.AllocFrame()
	if err := in.format.FindStreamInfo(nil); err != nil {
		return err
	}
	if steady()-begun > in.patience() { // it may call what it has found until then enough
		return astiav.ErrExit
	}
	return nil
}

func (in *input) patience() time.Duration {
	if in.options.patience > 0 {
		return in.options.patience
	}
	return patience
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

func (in *input) openStreams(want [2]bool) error {
	for i, kind := range [2]astiav.MediaType{astiav.MediaTypeVideo, astiav.MediaTypeAudio} {
		if !want[i] {
			continue
		}
		s, err := in.openStream(kind)
		if err != nil {
			return err
		}
		in.streams[i] = s
	}
	return in.learn()
}

// openStream opens the first stream of a kind that can be passed on or decoded; nil when there is none.
func (in *input) openStream(kind astiav.MediaType) (*stream, error) {
	for _, st := range in.format.Streams() {
		par := st.CodecParameters()
		if par.MediaType() != kind || isCover(st) {
			continue
		}
		s := &stream{index: st.Index(), base: st.TimeBase()}
		if in.options.Copy {
			s.coded = newCoded(par)
		}
		if in.options.Call && s.coded != nil && s.coded.track.Codec == media.AAC {
			s.coded = nil
		}
		if s.coded == nil {
			codec := astiav.FindDecoder(par.CodecID())
			if codec == nil {
				continue
			}
			if err := s.decode(codec, par); err != nil {
				return nil, fmt.Errorf("its %s stream (%s) cannot be decoded: %w", kind, codec.Name(), err)
			}
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

func (s *stream) decode(codec *astiav.Codec, par *astiav.CodecParameters) error {
	s.decoder = astiav.AllocCodecContext(codec)
	err := par.ToCodecContext(s.decoder)
	if err == nil {
		s.decoder.SetThreadCount(1)
		err = s.decoder.Open(codec, nil)
	}
	if err != nil {
		s.decoder.Free()
	}
	return err
}

// earlyLimit is how many packets are read before it is given up to wait for what decoders need to begin.
const earlyLimit = 1000

// learn reads on until it is known how each stream that is passed on is to be decoded. A camera may tell only before its
// next key frame.
func (in *input) learn() error {
	deadline := steady() + in.patience()
	in.interrupt.allow(in.patience())
	for {
		missing := false
		for _, s := range in.streams {
			missing = missing || s != nil && s.coded != nil && !s.coded.complete()
		}
		switch {
		case !missing:
			return nil
		case steady() > deadline || len(in.early) == earlyLimit:
			return fmt.Errorf("%w: it does not say how its pictures or its sound are to be decoded (its parameter sets are missing)", ErrNotMedia)
		}
		p := astiav.AllocPacket()
		if err := in.format.ReadFrame(p); err != nil {
			p.Free()
			return err
		}
		in.early = append(in.early, p)
		for _, s := range in.streams {
			if s != nil && s.coded != nil && s.index == p.StreamIndex() {
				s.coded.learn(packetBytes(p))
			}
		}
	}
}

// reopen starts again from the input's beginning, at media time at. The encoders go on.
func (in *input) reopen(ctx context.Context, at time.Duration) error {
	old := in.streams
	in.close()
	in.offset, in.placed = at, false
	if err := in.open(ctx, [2]bool{old[0] != nil, old[1] != nil}); err != nil {
		in.streams = old // for their encoders, when it is tried again
		return err
	}
	return in.connect(old)
}

// connect joins the streams to the encoders of those before.
func (in *input) connect(old [2]*stream) error {
	for i, s := range in.streams {
		if (s == nil) != (old[i] == nil) || s != nil && (s.coded == nil) != (old[i].coded == nil) {
			in.close()
			return fmt.Errorf("%s: %w", in, errChanged)
		}
		if s != nil {
			s.out, s.next = old[i].out, old[i].next
			if c, ok := s.out.(*copier); ok {
				c.adopt(s.coded)
			}
		}
	}
	return nil
}

// begin places the input at the present: what it showed while it was opened is old.
func (in *input) begin() {
	switch {
	case in.Graph != nil:
		in.from = in.clock.now()
	case in.options.Archive:
	case in.address():
		in.offset = in.clock.at(in.opened)
	default:
		in.offset = in.clock.now()
	}
}

// close frees the input but not the encoders.
func (in *input) close() {
	for i, s := range in.streams {
		if s != nil {
			if s.decoder != nil {
				s.decoder.Free()
				s.decoder = nil
			}
			in.streams[i] = nil
		}
	}
	for _, p := range in.early {
		p.Free()
	}
	in.early = nil
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

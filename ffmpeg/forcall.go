package ffmpeg

import (
	"math"
	"slices"
	"sync"
	"time"

	"kinora/media"
)

// ForCall returns a source whose sound is coded as calls carry it: what src has in AAC or in any other form that can be decoded becomes
// Opus of one channel; Opus and G.711 are passed on, and pictures always are. Closing it closes src. Read is for one goroutine, the
// other methods for any.
func ForCall(src media.Source) media.Source {
	f := &forCall{Source: src}
	f.prepare()
	return f
}

// forCall codes the first track of sound anew.
type forCall struct {
	media.Source

	mu      sync.Mutex // guards what follows, and is held while sound is coded
	from    media.Track
	decoder *AudioDecoder // nil: nothing is coded anew
	encoder *audioEncoder
	begun   bool // the encoder has been told when its sound begins
	closed  bool
	ready   []*media.Packet
}

// prepare makes coders for the source's tracks as they are now, if they are others than before, or anew. f.mu is held, or nobody else
// knows f.
func (f *forCall) prepare() {
	f.free()
	t, ok := media.AudioTrack(f.Source.Tracks())
	if !ok || t.Codec == media.Opus || t.Codec == media.MuLaw || t.Codec == media.ALaw {
		return
	}
	d, err := Codecs{}.Audio(t)
	if err != nil {
		return // Tracks says what there is, and whoever makes the call says that it is left out
	}
	e, err := newAudioEncoder(t.ID, d.context, CaptureOptions{Call: true}, func(p *media.Packet) error {
		f.ready = append(f.ready, p)
		return nil
	})
	if err != nil {
		d.Close()
		return // likewise
	}
	f.from, f.decoder, f.encoder, f.begun = t, d, e, false
}

func (f *forCall) free() {
	if f.decoder != nil {
		f.decoder.Close()
		f.encoder.free()
		f.decoder, f.encoder = nil, nil
	}
	f.ready = nil
}

// Unwrap gives what else the source has to offer.
func (f *forCall) Unwrap() media.Source { return f.Source }

// Level is how loud the sound is: as it is coded here, or else as the source says.
func (f *forCall) Level() (rms, peak float64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.decoder != nil {
		return f.encoder.level()
	}
	if l, ok := media.As[interface{ Level() (rms, peak float64) }](f.Source); ok {
		return l.Level()
	}
	return math.Inf(-1), math.Inf(-1)
}

// Tracks are the source's, with the sound as it is coded here.
func (f *forCall) Tracks() []media.Track {
	f.mu.Lock()
	defer f.mu.Unlock()
	tracks := f.Source.Tracks()
	i := slices.IndexFunc(tracks, func(t media.Track) bool { return f.decoder != nil && t.ID == f.from.ID })
	if i >= 0 {
		tracks = slices.Clone(tracks)
		tracks[i] = f.encoder.track()
		tracks[i].Name = f.from.Name
	}
	return tracks
}

// Read returns the next packet. Sound comes some 40 ms later than it went in.
func (f *forCall) Read() (*media.Packet, error) {
	for {
		if p := f.take(); p != nil {
			return p, nil
		}
		p, err := f.Source.Read()
		if err != nil {
			return nil, err
		}
		passed, err := f.code(p)
		if passed || err != nil {
			return p, err
		}
	}
}

func (f *forCall) take() *media.Packet {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.ready) == 0 {
		return nil
	}
	p := f.ready[0]
	f.ready = f.ready[1:]
	return p
}

// code takes a packet to be coded anew; passed reports that it goes on as it is.
func (f *forCall) code(p *media.Packet) (passed bool, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		return false, errClosed("the source")
	}
	if p.Discontinuity {
		f.prepare()
	}
	if f.decoder == nil || p.Track != f.from.ID {
		return true, nil
	}
	d := f.decoder
	if len(p.Data) == 0 || sendPacket(d.context, d.packet, p.Data, p.PTS, p.DTS, true) < 0 {
		return false, nil // damage costs its own sound alone
	}
	for receiveFrame(d.context, d.frame) >= 0 {
		at := time.Duration(d.frame.Pts())
		if !f.begun {
			f.encoder.next, f.begun = at, true
		}
		if err := f.encoder.encode(d.frame, at); err != nil {
			return false, err
		}
	}
	return false, nil
}

func (f *forCall) Close() error {
	err := f.Source.Close()
	f.mu.Lock()
	defer f.mu.Unlock()
	f.free()
	f.closed = true
	return err
}

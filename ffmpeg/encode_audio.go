package ffmpeg

import (
	"bytes"
	"fmt"
	"time"

	"github.com/asticode/go-astiav"

	"kinora/media"
)

const (
	audioRate    = 48000
	audioSamples = 1024 // of an AAC frame
	audioGap     = time.Second
)

// audioEncoder makes AAC at 48 kHz, mono from mono and otherwise stereo.
type audioEncoder struct {
	coder
	layout    string
	resampler resampler
	frame     *astiav.Frame // resampled
	next      time.Duration // when the sound after the last is expected
	resume    time.Duration // when sound goes on after a discontinuity; zero until that is known
}

func newAudioEncoder(id int, src *astiav.CodecContext, o CaptureOptions, emit func(*media.Packet) error) (*audioEncoder, error) {
	layout, name := astiav.ChannelLayoutStereo, "stereo"
	if src.Channels() == 1 {
		layout, name = astiav.ChannelLayoutMono, "mono"
	}
	codec := astiav.FindEncoder(astiav.CodecIDAac)
	e := &audioEncoder{
		coder:  coder{context: astiav.AllocCodecContext(codec), packet: astiav.AllocPacket(), emit: emit},
		layout: name,
		frame:  astiav.AllocFrame(),
	}
	cc := e.context
	cc.SetSampleFormat(astiav.SampleFormatFltp)
	cc.SetSampleRate(audioRate)
	cc.SetChannelLayout(layout)
	cc.SetTimeBase(astiav.NewRational(1, audioRate))
	cc.SetBitRate(int64(o.AudioBitrate))
	cc.SetFlags(astiav.NewCodecContextFlags(astiav.CodecContextFlagGlobalHeader))
	if err := e.open(codec, nil); err != nil {
		e.free()
		return nil, err
	}
	e.t = media.Track{
		ID: id, Kind: media.Audio, Codec: media.AAC, Private: cc.ExtraData(), Rate: audioRate, Channels: layout.NbChannels(),
	}
	return e, nil
}

// encode takes sound. A hole or step of more than audioGap is kept; less is the clock's drift and is smoothed.
func (e *audioEncoder) encode(f *astiav.Frame, at time.Duration) error {
	if f == nil {
		if err := e.finish(); err != nil {
			return err
		}
		return e.pump(nil, e.deliver)
	}
	step := at - e.next
	if e.gap && e.resume == 0 {
		e.resume = at
	}
	if e.gap || step > audioGap || step < -audioGap || !e.resampler.fits(f) {
		if err := e.resampler.build(f, audioRate, e.layout, audioSamples); err != nil {
			return fmt.Errorf("resampling sound of %d Hz, %s: %w", f.SampleRate(), f.SampleFormat(), err)
		}
	}
	e.next = at + time.Duration(f.NbSamples())*time.Second/time.Duration(f.SampleRate())
	if err := e.resampler.push(f, at); err != nil {
		return fmt.Errorf("resampling: %w", err)
	}
	return e.encodeResampled()
}

func (e *audioEncoder) finish() error {
	if e.next == 0 { // there was no sound at all
		return nil
	}
	if err := e.resampler.push(nil, 0); err != nil {
		return fmt.Errorf("resampling: %w", err)
	}
	return e.encodeResampled()
}

func (e *audioEncoder) encodeResampled() error {
	for {
		ok, err := e.resampler.pull(e.frame)
		if err != nil {
			return fmt.Errorf("resampling: %w", err)
		}
		if !ok {
			return nil
		}
		if err := e.pump(e.frame, e.deliver); err != nil {
			return err
		}
	}
}

func (e *audioEncoder) deliver(data []byte, pts int64, _ bool) error {
	at := time.Duration(pts) * time.Second / audioRate
	if at < 0 {
		return nil // the encoder's run-in, before there was sound
	}
	p := &media.Packet{Track: e.t.ID, PTS: at, DTS: at, Key: true, Data: bytes.Clone(data)}
	if e.gap && at > e.resume-audioGap/2 { // not the last one from before the gap, which the encoder had held back
		p.Discontinuity = true
		e.gap, e.resume = false, 0
	}
	return e.emit(p)
}

func (e *audioEncoder) free() {
	e.coder.free()
	e.frame.Free()
	e.resampler.free()
}

package ffmpeg

import (
	"bytes"
	"errors"
	"fmt"
	"time"

	"github.com/asticode/go-astiav"

	"kinora/media"
)

const (
	audioRate    = 48000
	audioSamples = 1024 // of an AAC frame
	callSamples  = 960  // of an Opus frame of 20 ms
	callBitrate  = 32000
	plainRate    = 8000 // of G.711
	plainSamples = 160  // likewise of 20 ms
)

// How the times of sound are followed. A difference of up to audioHole is the clock's drift and is smoothed. A longer hole
// is filled with silence, so that no second of the track is empty; one of more than longestHole, and a step back of
// audioStep, are kept as they are.
const (
	audioHole   = 200 * time.Millisecond
	longestHole = 10 * time.Second
	audioStep   = time.Second
)

// audioEncoder makes AAC at 48 kHz, mono from mono and otherwise stereo, or Opus or G.711 for calls, of sound of any rate and format. A microphone
// that gives nothing leaves its track empty, which fragments must not be: its owner calls fill meanwhile.
type audioEncoder struct {
	coder
	layout    string
	format    string // of samples
	samples   int    // of a frame
	rate      int    // of samples
	resampler resampler
	meter     meter
	frame     *astiav.Frame // resampled
	next      time.Duration // when the sound after the last is expected
	encoded   int64         // where the resampled sound ended, in samples
	resuming  bool          // after a discontinuity, from resume on
	resume    time.Duration
}

// newAudioEncoder makes an encoder for sound as src describes it.
func newAudioEncoder(id int, src *astiav.CodecContext, o CaptureOptions, emit func(*media.Packet) error) (*audioEncoder, error) {
	layout := astiav.ChannelLayoutStereo
	e := &audioEncoder{layout: "stereo", format: "fltp", samples: audioSamples, rate: audioRate}
	if src.Channels() == 1 || o.Call {
		layout, e.layout = astiav.ChannelLayoutMono, "mono"
	}
	bitrate, kind, format, codec := o.Preset.quality().audio, media.AAC, astiav.SampleFormatFltp, astiav.FindEncoder(astiav.CodecIDAac)
	var settings options
	switch {
	case o.Call && o.Sound == media.MuLaw, o.Call && o.Sound == media.ALaw:
		e.format, e.samples, e.rate = "s16", plainSamples, plainRate
		bitrate, kind, format, codec = 8*plainRate, o.Sound, astiav.SampleFormatS16, astiav.FindEncoder(soundDecoders[o.Sound])
	case o.Call:
		e.format, e.samples = "flt", callSamples
		bitrate, kind, format, codec = callBitrate, media.Opus, astiav.SampleFormatFlt, astiav.FindEncoderByName("libopus")
		settings = options{"application": "voip", "frame_duration": "20"}
		if codec == nil {
			return nil, errors.New("this FFmpeg has no libopus, which sound in calls needs; install one that has it")
		}
	}
	if o.AudioBitrate > 0 {
		bitrate = o.AudioBitrate
	}
	e.coder = coder{context: astiav.AllocCodecContext(codec), packet: astiav.AllocPacket(), emit: emit}
	e.frame = astiav.AllocFrame()
	cc := e.context
	cc.SetSampleFormat(format)
	cc.SetSampleRate(e.rate)
	cc.SetChannelLayout(layout)
	cc.SetTimeBase(astiav.NewRational(1, e.rate))
	cc.SetBitRate(int64(bitrate))
	cc.SetFlags(astiav.NewCodecContextFlags(astiav.CodecContextFlagGlobalHeader))
	err := e.open(codec, settings)
	if err == nil {
		err = e.resampler.expectDecoded(src)
	}
	if err == nil {
		err = e.rebuild()
	}
	if err != nil {
		e.free()
		return nil, err
	}
	e.t = media.Track{
		ID: id, Kind: media.Audio, Codec: kind, Private: cc.ExtraData(), Rate: e.rate, Channels: layout.NbChannels(),
	}
	return e, nil
}

func (e *audioEncoder) rebuild() error {
	if err := e.resampler.build(e.rate, e.layout, e.format, e.samples); err != nil {
		return fmt.Errorf("resampling sound of %s: %w", e.resampler.describe(), err)
	}
	return nil
}

// encode takes sound. What was encoded already, as sound or as silence, is left out.
func (e *audioEncoder) encode(f *astiav.Frame, at time.Duration) error {
	if f == nil {
		return e.finish()
	}
	anew, step := e.breaks(at), at-e.next
	if !anew && step > audioHole && step <= longestHole {
		if err := e.fill(at); err != nil {
			return err
		}
	}
	anew = anew || step > longestHole || step < -audioStep
	if !e.resampler.fits(f) {
		if err := e.resampler.expect(f); err != nil {
			return fmt.Errorf("resampling: %w", err)
		}
		anew = true
	}
	if anew {
		if err := e.rebuild(); err != nil {
			return err
		}
	}
	e.next = at + time.Duration(f.NbSamples())*time.Second/time.Duration(f.SampleRate())
	if err := e.resampler.push(f, at); err != nil {
		return fmt.Errorf("resampling: %w", err)
	}
	return e.encodeResampled()
}

// breaks reports whether a media time is the first after a discontinuity.
func (e *audioEncoder) breaks(at time.Duration) bool {
	if !e.gap || e.resuming {
		return false
	}
	e.resuming, e.resume = true, at
	return true
}

// fill encodes silence from where sound ended, media time zero at first, up to a media time; nothing when that has sound
// already. After a discontinuity the silence begins there.
func (e *audioEncoder) fill(upTo time.Duration) error {
	if e.breaks(upTo) {
		e.next = upTo
		return e.rebuild()
	}
	rate := time.Duration(e.resampler.rate())
	for {
		n := min(e.samples, int(min(upTo-e.next, time.Second)*rate/time.Second))
		if n <= 0 {
			return nil
		}
		if err := e.resampler.pushSilence(n, e.next); err != nil {
			return fmt.Errorf("resampling: %w", err)
		}
		e.next += time.Duration(n) * time.Second / rate
		if err := e.encodeResampled(); err != nil {
			return err
		}
	}
}

// level is how loud the sound of the last 100 ms or so is, mean and peak in dBFS, minus infinity for silence. Any goroutine.
func (e *audioEncoder) level() (rms, peak float64) { return e.meter.level() }

func (e *audioEncoder) finish() error {
	if e.next == 0 { // there was no sound at all
		return nil
	}
	if err := e.resampler.push(nil, 0); err != nil {
		return fmt.Errorf("resampling: %w", err)
	}
	if err := e.encodeResampled(); err != nil {
		return err
	}
	return e.pump(nil, e.deliver)
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
		e.meter.add(e.frame)
		at := e.frame.Pts()
		if at < e.encoded-int64(e.samples)/2 {
			continue
		}
		at = max(at, e.encoded)
		e.frame.SetPts(at)
		e.encoded = at + int64(e.samples)
		if err := e.pump(e.frame, e.deliver); err != nil {
			return err
		}
	}
}

func (e *audioEncoder) deliver(data []byte, pts int64, _ bool) error {
	at := time.Duration(pts) * time.Second / time.Duration(e.rate)
	if at < 0 {
		return nil // the encoder's run-in, before there was sound
	}
	p := &media.Packet{Track: e.t.ID, PTS: at, DTS: at, Key: true, Data: bytes.Clone(data)}
	if e.resuming && at > e.resume-audioStep/2 { // not the last one from before the gap, which the encoder had held back
		p.Discontinuity = true
		e.gap, e.resuming = false, false
	}
	return e.emit(p)
}

func (e *audioEncoder) free() {
	e.coder.free()
	e.frame.Free()
	e.resampler.free()
}

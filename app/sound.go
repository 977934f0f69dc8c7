package app

import (
	"log/slog"
	"strconv"

	"kinora/player"
)

// Loudspeaker is where sound is heard.
type Loudspeaker interface {
	NewVoice() Voice
	// Err says why nothing can be heard; nil when it can, or nothing was to be heard yet.
	Err() error
}

// Voice is the sound of one picture.
type Voice interface {
	player.Voice
	// SetVolume sets how loud it is, from 0 (mute) to 1.
	SetVolume(gain float64)
	// Level is how loud its sound is before its volume: mean and peak of the last moment in dBFS, minus infinity for silence.
	Level() (rms, peak float64)
}

// Hearing is when a stream is heard.
type Hearing string

// When a stream is heard. Of several side by side it is the one in the focus, unless a person chose otherwise.
const (
	HeardInFocus Hearing = ""
	HeardAlways  Hearing = "always"
	HeardNever   Hearing = "never"
)

const (
	fullVolume = 100 // percent
	volumeStep = 10
)

// Sound keeps which streams are heard, and how loud, between runs as well. All methods are safe from any goroutine.
type Sound struct {
	speaker  Loudspeaker // nil: there is none
	hearings *choices[Hearing]
	volumes  *choices[loudness]
	changed  func() // is called when a choice was made
}

// loudness is a volume in percent; empty: full.
type loudness string

func newSound(o Options) *Sound {
	var possible []loudness
	for v := 0; v < fullVolume; v += volumeStep {
		possible = append(possible, loudness(strconv.Itoa(v)))
	}
	log := o.Log
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	return &Sound{
		speaker:  o.Loudspeaker,
		hearings: newChoices(o.Data, "hearing.json", log, HeardAlways, HeardNever),
		volumes:  newChoices(o.Data, "volumes.json", log, possible...),
		changed:  func() {},
	}
}

// Err says why nothing can be heard; nil when it can.
func (s *Sound) Err() error {
	if s.speaker == nil {
		return nil
	}
	return s.speaker.Err()
}

// Hearing is when a stream is heard.
func (s *Sound) Hearing(acc Account, stream string) Hearing { return s.hearings.of(acc, stream) }

// Volume is how loud a stream is, in percent.
func (s *Sound) Volume(acc Account, stream string) int {
	if v, err := strconv.Atoi(string(s.volumes.of(acc, stream))); err == nil {
		return v
	}
	return fullVolume
}

// Hear says when a stream is heard. An error means that the next run will not know it.
func (s *Sound) Hear(acc Account, stream string, h Hearing) error {
	err := s.hearings.choose(acc, stream, h)
	s.changed()
	return err
}

// Louder makes a stream louder by so many steps of ten percent, or quieter, and one that was never heard is heard again. An error
// means that the next run will not know it.
func (s *Sound) Louder(acc Account, stream string, steps int) error {
	v := min(fullVolume, max(0, s.Volume(acc, stream)+steps*volumeStep))
	chosen := loudness(strconv.Itoa(v))
	if v == fullVolume {
		chosen = ""
	}
	err := s.volumes.choose(acc, stream, chosen)
	if err == nil && s.Hearing(acc, stream) == HeardNever {
		err = s.hearings.choose(acc, stream, HeardInFocus)
	}
	s.changed()
	return err
}

// CallSound is the name that the sound of a call to a channel has among those of streams, of which none can have it.
func CallSound(channel string) string { return "call:" + channel }

// voice makes the voice of a picture; nil when there is no loudspeaker.
func (s *Sound) voice() Voice {
	if s.speaker == nil {
		return nil
	}
	v := s.speaker.NewVoice()
	v.SetVolume(0)
	return v
}

// Heard reports whether a stream is heard, with or without the focus.
func (s *Sound) Heard(acc Account, stream string, focused bool) bool {
	switch s.Hearing(acc, stream) {
	case HeardAlways:
		return s.Volume(acc, stream) > 0
	case HeardNever:
		return false
	default:
		return focused && s.Volume(acc, stream) > 0
	}
}

// tune makes a voice as loud as was chosen for its stream.
func (s *Sound) tune(v Voice, acc Account, stream string, focused bool) {
	if v != nil {
		v.SetVolume(s.gain(acc, stream, focused))
	}
}

// gain is how loud a stream is to be heard, from 0 to 1.
func (s *Sound) gain(acc Account, stream string, focused bool) float64 {
	if acc == nil || !s.Heard(acc, stream, focused) {
		return 0
	}
	return gainOf(s.Volume(acc, stream))
}

// gainOf is the gain of a volume in percent. Loudness is felt by the square of it.
func gainOf(volume int) float64 {
	part := float64(volume) / fullVolume
	return part * part
}

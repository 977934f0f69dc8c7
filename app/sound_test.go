package app

import (
	"math"
	"sync"
	"testing"
	"time"

	"kinora/player"
)

// fakeSpeaker makes voices that remember how loud they are.
type fakeSpeaker struct{ err error }

func (s *fakeSpeaker) NewVoice() Voice { return &fakeVoice{gain: 1} }
func (s *fakeSpeaker) Err() error      { return s.err }

type fakeVoice struct {
	mu   sync.Mutex
	gain float64
}

func (v *fakeVoice) SetVolume(gain float64) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.gain = gain
}

func (v *fakeVoice) volume() float64 {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.gain
}

func (v *fakeVoice) Level() (rms, peak float64)    { return math.Inf(-1), math.Inf(-1) }
func (v *fakeVoice) Follow(player.Clock)           {}
func (v *fakeVoice) Play(time.Duration, []float32) {}
func (v *fakeVoice) Hush()                         {}
func (v *fakeVoice) Ahead() time.Duration          { return 0 }

// loud says how loud each picture is.
func loud(a *App) map[string]float64 {
	is := make(map[string]float64)
	for _, t := range a.Watch.Now().Get().Tiles {
		is[t.Stream] = t.Voice.(*fakeVoice).volume()
	}
	return is
}

func TestOneOfSeveralIsHeard(t *testing.T) {
	acc := &fakeAccount{name: "a"}
	a := New(Options{Accounts: []Account{acc}, Loudspeaker: &fakeSpeaker{}})
	check := func(when string, gate, yard float64) {
		t.Helper()
		if is := loud(a); math.Abs(is["gate"]-gate) > 1e-9 || math.Abs(is["yard"]-yard) > 1e-9 {
			t.Errorf("%s: %v, want gate %v and yard %v", when, is, gate, yard)
		}
	}
	a.Watch.Select("gate")
	if is := loud(a); is["gate"] != 1 {
		t.Errorf("alone: %v", is)
	}
	a.Watch.Add("yard")
	check("yard was added, with the focus", 0, 1)
	a.Watch.Focus("gate")
	check("gate has the focus", 1, 0)
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(a.Sound.Hear(acc, "yard", HeardAlways))
	check("yard is always heard", 1, 1)
	must(a.Sound.Hear(acc, "gate", HeardNever))
	check("gate is muted", 0, 1)
	must(a.Sound.Louder(acc, "yard", -5))
	check("yard has half the volume", 0, 0.25)
	must(a.Sound.Louder(acc, "gate", -2))
	check("a change of its volume lets gate be heard again", 0.64, 0.25)
	must(a.Sound.Louder(acc, "gate", -20))
	check("gate is at its quietest", 0, 0.25)
	if a.Sound.Heard(acc, "gate", true) {
		t.Error("what has no volume is said to be heard")
	}
	must(a.Sound.Louder(acc, "gate", 20))
	check("gate is at its loudest", 1, 0.25)
	a.Watch.Seek(time.Now().Add(-time.Hour))
	check("in the archive", 1, 0.25)
	a.Watch.Live()
	check("live again", 1, 0.25)
	must(a.Close())
}

func TestWhatIsHeardIsRemembered(t *testing.T) {
	acc, dir := &fakeAccount{name: "a"}, t.TempDir()
	first := New(Options{Accounts: []Account{acc}, Loudspeaker: &fakeSpeaker{}, Data: dir})
	if err := first.Sound.Hear(acc, "gate", HeardAlways); err != nil {
		t.Fatal(err)
	}
	if err := first.Sound.Louder(acc, "gate", -3); err != nil {
		t.Fatal(err)
	}
	second := New(Options{Accounts: []Account{acc}, Loudspeaker: &fakeSpeaker{}, Data: dir})
	if h, v := second.Sound.Hearing(acc, "gate"), second.Sound.Volume(acc, "gate"); h != HeardAlways || v != 70 {
		t.Errorf("the next run has %q and %d %%", h, v)
	}
	if h, v := second.Sound.Hearing(acc, "yard"), second.Sound.Volume(acc, "yard"); h != HeardInFocus || v != 100 {
		t.Errorf("of another stream it has %q and %d %%", h, v)
	}
}

func TestWithoutALoudspeakerNothingIsHeard(t *testing.T) {
	acc := &fakeAccount{name: "a"}
	a := New(Options{Accounts: []Account{acc}})
	a.Watch.Select("gate")
	if now := a.Watch.Now().Get(); now.Voice != nil || a.Sound.Err() != nil {
		t.Errorf("a voice %v, an error %v", now.Voice, a.Sound.Err())
	}
	if err := a.Sound.Hear(acc, "gate", HeardNever); err != nil {
		t.Fatal(err)
	}
}

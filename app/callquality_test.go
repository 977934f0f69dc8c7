package app

import (
	"testing"
	"time"
)

func TestQualityInAWord(t *testing.T) {
	fine := CallStats{Span: 10 * time.Second, Figures: Figures{Packets: 1000, RoundTrip: 30 * time.Millisecond, Jitter: 5 * time.Millisecond}}
	for name, tt := range map[string]struct {
		change  func(*CallStats)
		quality CallQuality
		reason  CallReason
	}{
		"all is well":           {func(*CallStats) {}, CallGood, ReasonNone},
		"just begun":            {func(s *CallStats) { s.Span = 0 }, CallUnrated, ReasonNone},
		"no picture":            {func(s *CallStats) { s.Packets = 0 }, CallUnrated, ReasonNone},
		"relayed":               {func(s *CallStats) { s.Relayed = true }, CallGood, ReasonRelay},
		"the way is lost":       {func(s *CallStats) { s.Away = true }, CallPoor, ReasonLost},
		"stands for long":       {func(s *CallStats) { s.Stood = 2 * time.Second }, CallPoor, ReasonFrozen},
		"stood for a moment":    {func(s *CallStats) { s.Stood = 300 * time.Millisecond }, CallFair, ReasonFrozen},
		"stands, nothing comes": {func(s *CallStats) { s.Standing, s.Still = time.Second, Silence }, CallPoor, ReasonStill},
		"stands, no key frame":  {func(s *CallStats) { s.Standing, s.Still = time.Second, NoKeyFrame }, CallPoor, ReasonStill},
		"is paused":             {func(s *CallStats) { s.Standing, s.Still, s.Stood = time.Second, NoPictures, 5*time.Second }, CallFair, ReasonStill},
		"is heard alone":        {func(s *CallStats) { s.Standing, s.Still = time.Second, SoundAlone }, CallFair, ReasonStill},
		"stands for a blink":    {func(s *CallStats) { s.Standing, s.Still = 200*time.Millisecond, Silence }, CallGood, ReasonNone},
		"much is lost":          {func(s *CallStats) { s.Loss = 0.05 }, CallPoor, ReasonLoss},
		"a little is lost":      {func(s *CallStats) { s.Loss = 0.001 }, CallFair, ReasonLoss},
		"much is sent again":    {func(s *CallStats) { s.Again = 0.05 }, CallFair, ReasonLoss},
		"across the world":      {func(s *CallStats) { s.RoundTrip = 250 * time.Millisecond }, CallFair, ReasonDelay},
		"by satellite":          {func(s *CallStats) { s.RoundTrip = 650 * time.Millisecond }, CallPoor, ReasonDelay},
		"uneven":                {func(s *CallStats) { s.Jitter = 60 * time.Millisecond }, CallFair, ReasonJitter},
		"too slow a computer":   {func(s *CallStats) { s.Missed = 3 }, CallFair, ReasonLate},
		"the worst is told":     {func(s *CallStats) { s.Relayed, s.RoundTrip, s.Loss = true, 250*time.Millisecond, 0.1 }, CallPoor, ReasonLoss},
		"lost while it is dead": {func(s *CallStats) { s.Away, s.Span = true, 0 }, CallPoor, ReasonLost},
	} {
		t.Run(name, func(t *testing.T) {
			s := fine
			tt.change(&s)
			if q, r := Assess(s); q != tt.quality || r != tt.reason {
				t.Errorf("quality %d for reason %d, want %d for %d", q, r, tt.quality, tt.reason)
			}
		})
	}
}

func TestStatsAreOfTheLastSeconds(t *testing.T) {
	var h history
	begin := time.Unix(1000, 0)
	for i := range 30 { // a second each: 100 packets of 1000 bytes, 25 frames; all loss long ago
		n := uint64(i)
		f := Figures{Packets: 100 * n, Bytes: 100_000 * n, Frames: 25 * n, Lost: min(n, 5), Recovered: n}
		if i > 25 {
			f.Frozen, f.Dropped = time.Second/2, 2
		}
		h.add(begin.Add(time.Duration(i)*time.Second), f)
	}
	s := h.stats()
	if s.Span != statsSpan || s.Loss != 0 || s.Again != 0.01 || s.Bitrate != 800_000 || s.FPS != 25 || s.Stood != time.Second/2 || s.Missed != 2 {
		t.Errorf("stats %+v", s)
	}
	h = history{}
	h.add(begin, Figures{})
	h.add(begin.Add(time.Second), Figures{Packets: 10, Bytes: 1000})
	h.add(begin.Add(2*time.Second), Figures{Packets: 20, Bytes: 2000})
	if s := h.stats(); s.Span != time.Second || s.Bitrate != 8000 {
		t.Errorf("two seconds after the call began: %+v", s)
	}
}

func TestStatsAreOfThisMoment(t *testing.T) {
	var h history
	begin := time.Unix(1000, 0)
	for ms := 0; ms <= 20_000; ms += 250 {
		at := time.Duration(ms) * time.Millisecond
		h.add(begin.Add(at), Figures{Packets: uint64(ms + 1), Frozen: max(0, at-18*time.Second), Standing: max(0, at-18*time.Second)})
	}
	s := h.stats()
	if s.Span != statsSpan || s.Stood != 2*time.Second || s.Standing != 2*time.Second {
		t.Errorf("two seconds after the picture stopped: %+v", s)
	}
	if len(h.samples) > 12 {
		t.Errorf("%d samples are kept", len(h.samples))
	}
}

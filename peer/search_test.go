package peer

import (
	"testing"
	"time"
)

func TestWhenAnotherWayIsLookedFor(t *testing.T) {
	now := time.Now()
	ago := func(d time.Duration) time.Time { return now.Add(-d) }
	for name, c := range map[string]struct {
		search
		progress
		due bool
	}{
		"there is one":                              {search{}, progress{signaled: true}, false},
		"it was just lost":                          {search{lost: now}, progress{signaled: true}, true},
		"nobody can be told":                        {search{lost: now}, progress{}, false},
		"servers were just asked":                   {search{lost: ago(5 * time.Second), tried: ago(soon - 1)}, progress{signaled: true, gathering: true}, false},
		"servers do not answer":                     {search{lost: ago(5 * time.Second), tried: ago(soon)}, progress{signaled: true, gathering: true}, true},
		"servers that are far":                      {search{lost: ago(5 * time.Second), tried: ago(soon)}, progress{signaled: true, gathering: true, rtt: 200 * time.Millisecond}, false},
		"servers that are far do not answer":        {search{lost: ago(5 * time.Second), tried: ago(8 * 200 * time.Millisecond)}, progress{signaled: true, gathering: true, rtt: 200 * time.Millisecond}, true},
		"servers that are too far":                  {search{lost: ago(5 * time.Second), tried: ago(later)}, progress{signaled: true, gathering: true, rtt: 2 * time.Second}, true},
		"the other side is looked for":              {search{lost: ago(5 * time.Second), tried: ago(later - 1)}, progress{signaled: true}, false},
		"the other side is not found":               {search{lost: ago(5 * time.Second), tried: ago(later)}, progress{signaled: true}, true},
		"the answer may be on its way":              {search{lost: ago(5 * time.Second), tried: ago(unsaid - 1)}, progress{signaled: true, unanswered: true, gathering: true}, false},
		"there is no answer":                        {search{lost: ago(5 * time.Second), tried: ago(unsaid)}, progress{signaled: true, unanswered: true}, true},
		"signaling was away since the offer":        {search{lost: ago(5 * time.Second), tried: ago(time.Second)}, progress{signaled: true, since: ago(time.Millisecond), unanswered: true}, true},
		"signaling was away before the offer":       {search{lost: ago(5 * time.Second), tried: ago(time.Second)}, progress{signaled: true, since: ago(2 * time.Second), unanswered: true}, false},
		"signaling was away, and there are answers": {search{lost: ago(5 * time.Second), tried: ago(time.Second)}, progress{signaled: true, since: ago(time.Millisecond)}, false},
	} {
		if due := c.search.due(now, c.progress); due != c.due {
			t.Errorf("%s: due is %v", name, due)
		}
	}
	s := search{tried: ago(time.Millisecond)}
	if s.begin(now); !s.due(now, progress{signaled: true}) {
		t.Error("a way that was lost again is not looked for at once")
	}
	if s.end(); s.due(now.Add(time.Hour), progress{signaled: true}) {
		t.Error("a way that was found is looked for")
	}
}

func TestSignalingIsUrgedAgainAndAgain(t *testing.T) {
	now := time.Now()
	s := search{}
	if s.urge(now) {
		t.Error("signaling is urged although there is a way")
	}
	s.begin(now)
	if !s.urge(now) || s.urge(now.Add(urgeEvery-1)) || !s.urge(now.Add(urgeEvery)) {
		t.Error("signaling is not urged at once, and then again after a while")
	}
	if s.end(); s.urge(now.Add(time.Hour)) {
		t.Error("signaling is urged although a way was found")
	}
}

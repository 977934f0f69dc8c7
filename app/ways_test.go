package app

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"testing"

	"kinora/media"
)

// wayfarer is an account that says how it was asked.
type wayfarer struct {
	fakeAccount
	fails map[Way]error
	opens []Way
}

func (a *wayfarer) by(way Way) media.Opener {
	return func(context.Context) (media.Source, error) {
		a.opens = append(a.opens, way)
		return nil, a.fails[way]
	}
}

func (a *wayfarer) Live(_ string, access Access) media.Opener { return a.by(access.Way) }

func TestWays(t *testing.T) {
	log := slog.New(slog.DiscardHandler)
	broken := errors.New("broken")
	for name, tt := range map[string]struct {
		chosen Way
		fails  map[Way]error
		opens  []Way
		taken  Way
		why    error
		err    error
	}{
		"as always":             {opens: []Way{GetMedia}, taken: GetMedia},
		"chosen":                {chosen: DASH, opens: []Way{DASH}, taken: DASH},
		"chosen and broken":     {chosen: HLS, fails: map[Way]error{HLS: broken}, opens: []Way{HLS}, err: broken},
		"forbidden":             {fails: map[Way]error{GetMedia: errDenied}, opens: []Way{GetMedia, HLS}, taken: HLS, why: errDenied},
		"all of it forbidden":   {fails: map[Way]error{GetMedia: errDenied, HLS: errDenied}, opens: []Way{GetMedia, HLS}, err: errDenied},
		"only broken":           {fails: map[Way]error{GetMedia: broken}, opens: []Way{GetMedia}, err: broken},
		"forbidden as chosen":   {chosen: HLS, fails: map[Way]error{HLS: errDenied}, opens: []Way{HLS}, err: errDenied},
		"chosen back as before": {chosen: GetMedia, opens: []Way{GetMedia}, taken: GetMedia},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			acc := &wayfarer{fakeAccount: fakeAccount{name: "one"}, fails: tt.fails}
			w := newWays(dir, log)
			if err := w.Choose(acc, "cam", tt.chosen); err != nil {
				t.Fatal(err)
			}
			_, err := w.opener(acc, "cam", ProducerClock)(t.Context())
			if err != tt.err || len(acc.opens) != len(tt.opens) || acc.opens[0] != tt.opens[0] || acc.opens[len(acc.opens)-1] != tt.opens[len(tt.opens)-1] {
				t.Errorf("%v, asked %q", err, acc.opens)
			}
			taken, ok := w.Taken(acc, "cam")
			if ok != (tt.err == nil) || taken.Way != tt.taken || taken.Why != tt.why {
				t.Errorf("taken %+v, %v", taken, ok)
			}
			if got := newWays(dir, log).Chosen(acc, "cam"); got != tt.chosen {
				t.Errorf("after a restart %q is chosen", got)
			}
			if got := newWays(dir, log).Chosen(&fakeAccount{name: "another"}, "cam"); got != GetMedia {
				t.Errorf("for another account %q is chosen", got)
			}
		})
	}
}

func TestWaysThatCannotBeRead(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "ways.json"), []byte("{nonsense"), 0o600); err != nil {
		t.Fatal(err)
	}
	w := newWays(dir, slog.New(slog.DiscardHandler))
	acc := &fakeAccount{name: "one"}
	if got := w.Chosen(acc, "cam"); got != GetMedia {
		t.Errorf("%q", got)
	}
	if err := w.Choose(acc, "cam", HLS); err != nil || newWays(dir, w.log).Chosen(acc, "cam") != HLS {
		t.Errorf("%v", err)
	}
}

func TestWaysThatNobodyKnows(t *testing.T) {
	dir := t.TempDir()
	acc := &fakeAccount{name: "one"}
	content := `{"` + acc.ID() + `":{"cam":"carrier pigeon","gate":"dash"},"another":null}`
	if err := os.WriteFile(filepath.Join(dir, "ways.json"), []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	w := newWays(dir, slog.New(slog.DiscardHandler))
	if cam, gate := w.Chosen(acc, "cam"), w.Chosen(acc, "gate"); cam != GetMedia || gate != DASH {
		t.Errorf("%q and %q are chosen", cam, gate)
	}
}

// Two windows with the same data lose no choice of each other.
func TestWaysOfTwoWindows(t *testing.T) {
	dir, log := t.TempDir(), slog.New(slog.DiscardHandler)
	acc := &fakeAccount{name: "one"}
	a, b := newWays(dir, log), newWays(dir, log)
	if err := errors.Join(a.Choose(acc, "gate", HLS), a.Choose(acc, "door", HLS), b.Choose(acc, "yard", DASH), a.Choose(acc, "door", GetMedia)); err != nil {
		t.Fatal(err)
	}
	next := newWays(dir, log)
	for stream, want := range map[string]Way{"gate": HLS, "yard": DASH, "door": GetMedia} {
		if got := next.Chosen(acc, stream); got != want {
			t.Errorf("the next run fetches %s by %q, want %q", stream, got, want)
		}
	}
}

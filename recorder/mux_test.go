package recorder

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"kinora/media"
	"kinora/mkv"
	"kinora/recorder/spool"
)

// sources runs cameras one after the other into one take, half a second after one another.
func sources(t *testing.T, cams []*webcam, check func(all []kept, log string, k *spool.Take)) {
	t.Helper()
	for _, c := range cams[:len(cams)-1] {
		c.fails = errTest
	}
	log := new(journal)
	o := IntakeOptions{Open: opens(cams...), Log: log.logger()}
	take(t, o, nil, func(i *Intake, s *spool.Spool, k *spool.Take, err error) {
		if err != nil {
			t.Error(err)
		}
		check(contents(t, s), log.String(), k)
	})
}

// A clock that is set back shifts what comes after it, and the log says so when that is much; one that is set forward leaves a gap.
func TestClockJumps(t *testing.T) {
	for name, tt := range map[string]struct {
		jump  time.Duration
		at    time.Duration // of the second session's first frame, after noon
		shift string
	}{
		"an hour back":     {-time.Hour, 1901 * time.Millisecond, "3601901"},
		"a little back":    {1500 * time.Millisecond, 1901 * time.Millisecond, "401"},
		"to the same time": {1900 * time.Millisecond, 1901 * time.Millisecond, "2"},
		"on":               {3 * time.Second, 3 * time.Second, ""},
		"an hour on":       {time.Hour, time.Hour, ""},
	} {
		t.Run(name, func(t *testing.T) {
			first, second := newWebcam(frames(0, 20)), newWebcam(frames(0, 30))
			second.epoch = noon.Add(tt.jump)
			sources(t, []*webcam{first, second}, func(all []kept, log string, k *spool.Take) {
				if got, want := outline(all), "1:20 2:20 | 1:20 2:20 | 1:10 2:10"; got != want {
					t.Fatalf("fragments %s, want %s", got, want)
				}
				at := all[1].at.Sub(noon)
				if d := at - tt.at; d < 0 || d > 2*time.Millisecond {
					t.Errorf("the second session begins %v after noon, want %v", at, tt.at)
				}
				if tt.shift != "" {
					tt.shift = fmt.Sprint((at - tt.jump).Milliseconds())
				}
				if all[0].tag(ClockTag) != "" || all[1].tag(ClockTag) != tt.shift || all[2].tag(ClockTag) != tt.shift {
					t.Errorf("tags say shifts of %q, %q, %q, want none, %q, %[4]q", all[0].tag(ClockTag), all[1].tag(ClockTag), all[2].tag(ClockTag), tt.shift)
				}
				if strings.Contains(log, "set back") != (tt.jump < 0) {
					t.Errorf("log %q", log)
				}
				same(t, all[1:], frames(0, 30), noon.Add(at))
				if f := k.Figures(); f.Captured != 4800*time.Millisecond {
					t.Errorf("%v are captured; jumps of the clock are no media", f.Captured)
				}
			})
		})
	}
}

// A clock without wall time takes it from when its frames arrive.
func TestSourceWithoutWallTime(t *testing.T) {
	cam := newWebcam(frames(0, 20))
	cam.epoch = time.Time{}
	sources(t, []*webcam{cam}, func(all []kept, log string, k *spool.Take) {
		if len(all) != 1 || all[0].at.Sub(k.Began()).Abs() > time.Millisecond {
			t.Errorf("recorded from %v, the take began at %v", all[0].at, k.Began())
		}
	})
}

// Media time that steps back without a word begins a session, as a discontinuity does.
func TestMediaTimeStepsBack(t *testing.T) {
	for name, change := range map[string]func(p *media.Packet, first bool){
		"far":              func(p *media.Packet, first bool) { p.PTS -= 20 * time.Second },
		"a little":         func(p *media.Packet, first bool) { p.PTS -= 2 * time.Second },
		"by discontinuity": func(p *media.Packet, first bool) { p.Discontinuity = first },
	} {
		t.Run(name, func(t *testing.T) {
			in := frames(0, 60)
			for n := 60; n < len(in); n++ {
				change(&in[n], n == 60)
			}
			take(t, IntakeOptions{Open: opens(newWebcam(in))}, nil, func(i *Intake, s *spool.Spool, k *spool.Take, err error) {
				n := 0
				for _, k := range contents(t, s) { // which checks that times rise
					n += len(k.frames)
				}
				if n+i.State().Skipped != len(in) || n < len(in)-20 {
					t.Errorf("%d frames in, %d stored, %d skipped", len(in), n, i.State().Skipped)
				}
			})
		})
	}
}

// Sound that comes in before its picture reaches into the next fragment. No time is counted twice for that.
func TestSoundAheadOfItsPicture(t *testing.T) {
	in := frames(0, 60)
	for n := range in {
		if in[n].Track == sound.ID {
			in[n].PTS += 250 * time.Millisecond
		}
	}
	take(t, IntakeOptions{Open: opens(newWebcam(in))}, nil, func(i *Intake, s *spool.Spool, k *spool.Take, err error) {
		if got, want := outline(contents(t, s)), "1:20 2:20 | 1:20 2:20 | 1:20 2:20"; got != want {
			t.Errorf("fragments %s, want %s", got, want)
		}
		if got, want := k.Figures().Captured, 5900*time.Millisecond+250*time.Millisecond; got != want {
			t.Errorf("%v are captured, want %v", got, want)
		}
	})
}

// A fragment is never declared to have a track without a frame. Nothing is lost, nothing is out of order.
func TestSilentTrack(t *testing.T) {
	second := time.Second
	for name, tt := range map[string]struct {
		in   []media.Packet
		want string
	}{
		"never speaks": {without(frames(0, 60), 2, 0, time.Hour), "1:20 | 1:20 | 1:20"},
		"falls silent": {without(frames(0, 80), 2, 2500*time.Millisecond, time.Hour), "1:20 2:20 | 1:20 2:5 | 1:20 | 1:20"},
		"for a moment": {without(frames(0, 60), 2, 2200*time.Millisecond, 5*second), "1:20 2:20 | 1:20 2:2 | 1:20 2:10"},
		// It speaks again at 8.5 s, in the middle of a fragment, which ends there.
		"comes back":  {without(frames(0, 120), 2, 2*second, 8500*time.Millisecond), "1:20 2:20 | 1:20 | 1:20 | 1:20 | 1:6 | 1:24 2:25 | 1:10 2:10"},
		"speaks late": {without(frames(0, 60), 2, 0, 1500*time.Millisecond), "1:20 2:5 | 1:20 2:20 | 1:20 2:20"},
		"no pictures for a while": {without(frames(0, 400), 1, 2500*time.Millisecond, 30*second),
			"1:20 2:20 | 1:5 2:190 | 2:90 | 1:20 2:20 | 1:20 2:20 | 1:20 2:20 | 1:20 2:20 | 1:20 2:20"},
	} {
		t.Run(name, func(t *testing.T) {
			cam := newWebcam(slices.Clone(tt.in))
			sources(t, []*webcam{cam}, func(all []kept, log string, k *spool.Take) {
				if got := outline(all); got != tt.want {
					t.Errorf("fragments %s, want %s", got, tt.want)
				}
				same(t, all, tt.in, noon)
			})
		})
	}
}

// A data track says at each fragment's beginning what it said last, so that whoever jumps there knows.
func TestSparseData(t *testing.T) {
	var in []media.Packet
	for _, p := range frames(0, 80) {
		in = append(in, p)
		switch {
		case p.Track == 2 && p.PTS == 2500*time.Millisecond:
			in = append(in, media.Packet{Track: 3, PTS: p.PTS, Key: true, Data: []byte("here")})
		case p.Track == 2 && p.PTS == 7100*time.Millisecond:
			in = append(in, media.Packet{Track: 3, PTS: p.PTS, Key: true, Data: []byte("there")})
		}
	}
	cam := newWebcam(in)
	cam.tracks = append(cam.tracks, positions)
	sources(t, []*webcam{cam}, func(all []kept, log string, k *spool.Take) {
		var got []string
		for n, k := range all {
			for _, f := range k.frames {
				if f.track == 3 {
					got = append(got, fmt.Sprintf("%d %v %q", n, f.at.Sub(noon), f.data))
				}
			}
		}
		want := `0 0s "" 1 2s "" 1 2.5s "here" 2 4s "here" 3 6s "here" 3 7.1s "there"`
		if strings.Join(got, " ") != want {
			t.Errorf("data %s, want %s", got, want)
		}
		var rest []kept
		for _, k := range all {
			k.frames = slices.DeleteFunc(k.frames, func(f keptFrame) bool { return f.track == 3 })
			rest = append(rest, k)
		}
		same(t, rest, frames(0, 80), noon)
	})
}

func TestDataAlone(t *testing.T) {
	var in []media.Packet
	for n := range 6 {
		in = append(in, media.Packet{Track: 3, PTS: time.Duration(n) * 700 * time.Millisecond, Key: true, Data: fmt.Append(nil, n)})
	}
	cam := newWebcam(slices.Clone(in))
	cam.tracks = []media.Track{positions}
	sources(t, []*webcam{cam}, func(all []kept, log string, k *spool.Take) {
		if got, want := outline(all), "3:3 | 3:3"; got != want {
			t.Errorf("fragments %s, want %s", got, want)
		}
		same(t, all, in, noon)
	})
}

// What a data track said before a take began is known in it.
func TestTakeBeginsWithWhatIsKnown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := openSpool(t, spool.Options{Floor: -1})
		defer s.Close()
		in := append([]media.Packet{{Track: 3, Data: []byte("here")}}, frames(0, 40)...)
		cam := newWebcam(in)
		cam.tracks = append(cam.tracks, positions)
		i := NewIntake(IntakeOptions{Open: opens(cam)})
		done := make(chan error, 1)
		go func() { done <- i.Run(t.Context()) }()
		time.Sleep(1500 * time.Millisecond)
		if _, err := i.Begin(s, yard, spool.About{}); err != nil {
			t.Fatal(err)
		}
		if err := <-done; err != nil {
			t.Error(err)
		}
		all := contents(t, s)
		if len(all) != 1 || !slices.ContainsFunc(all[0].frames, func(f keptFrame) bool { return f.data == "here" }) {
			t.Errorf("fragments %s do not say what was known", outline(all))
		}
	})
}

func TestMarkers(t *testing.T) {
	take(t, IntakeOptions{Open: opens(newWebcam(frames(0, 80)))}, func(i *Intake) {
		time.Sleep(2500 * time.Millisecond)
		if err := i.Mark(mkv.Tag{Name: "event", Value: "left gate"}); err != nil {
			t.Error(err)
		}
		for _, tag := range []mkv.Tag{{}, {Name: "AWS_KINESISVIDEO_X"}} {
			if err := i.Mark(tag); err == nil {
				t.Errorf("the marker %+v is taken", tag)
			}
		}
		time.Sleep(2 * time.Second) // in the third fragment
		taken := 0
		for range 50 {
			if i.Mark(mkv.Tag{Name: strings.Repeat("é", 100), Value: strings.Repeat("ß", 300)}) == nil {
				taken++
			}
		}
		if taken != 8 {
			t.Errorf("%d markers in one fragment are taken, want 8", taken)
		}
		if st := i.State(); st.Markers != 9 {
			t.Errorf("%d markers are counted, want 9", st.Markers)
		}
	}, func(i *Intake, s *spool.Spool, k *spool.Take, err error) {
		if err != nil {
			t.Error(err)
		}
		all := contents(t, s)
		if len(all) != 4 || len(all[0].trail) != 1 || all[1].tag("event") != "left gate" || len(all[2].trail) != 9 || len(all[3].trail) != 1 {
			t.Fatalf("fragments %+v", all)
		}
		if m := all[2].trail[0]; m.Name != strings.Repeat("é", 64) || m.Value != strings.Repeat("ß", 128) {
			t.Errorf("a long marker is %d bytes of name and %d of value", len(m.Name), len(m.Value))
		}
		if err := i.Mark(mkv.Tag{Name: "event"}); err == nil {
			t.Error("a marker is taken although nothing is recorded")
		}
	})
}

func TestTagsOfATake(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := openSpool(t, spool.Options{Floor: -1})
		defer s.Close()
		i := NewIntake(IntakeOptions{Open: opens(newWebcam(frames(0, 40)))})
		many := []mkv.Tag{{Name: "a"}, {Name: "b"}, {Name: "c"}, {Name: "d"}}
		if _, err := i.Begin(s, yard, spool.About{}, many...); err == nil {
			t.Error("four tags are taken")
		}
		if _, err := i.Begin(s, yard, spool.About{}, mkv.Tag{}); err == nil {
			t.Error("a tag without name is taken")
		}
		about := spool.About{Name: "n", Operator: strings.Repeat("o", 300), Note: "a\x00b\xff"}
		if _, err := i.Begin(s, yard, about, mkv.Tag{Name: "site", Value: "yard"}); err != nil {
			t.Fatal(err)
		}
		if err := i.Run(t.Context()); err != nil {
			t.Error(err)
		}
		all := contents(t, s)
		if len(all) != 2 || all[0].tag(OperatorTag) != strings.Repeat("o", 256) || all[0].tag(NoteTag) != "ab" || all[0].tag("site") != "yard" ||
			all[1].tag("site") != "yard" || len(all[1].tags) != 2 {
			t.Errorf("tags %v, %v", all[0].tags, all[1].tags)
		}
	})
}

package telemetry

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"kinora/internal/leak"
	"kinora/media"
)

var noon = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

// script is a source that gives its packets in the time of their PTS.
type script struct {
	tracks  []media.Track
	epoch   time.Time
	packets []media.Packet
	end     error
	wait    bool // at the end, until it is closed

	change func(n int) // before packet n; may be nil
	began  time.Time
	n      int
	closed chan struct{}
}

func (s *script) Tracks() []media.Track { return s.tracks }
func (s *script) Epoch() time.Time      { return s.epoch }
func (s *script) Close() error          { close(s.closed); return nil }

func (s *script) Read() (*media.Packet, error) {
	if s.began.IsZero() {
		s.began = time.Now()
	}
	if s.n == len(s.packets) {
		if s.wait {
			<-s.closed
		}
		return nil, s.end
	}
	p := s.packets[s.n]
	select {
	case <-time.After(time.Until(s.began.Add(p.DTS))):
	case <-s.closed:
		return nil, io.ErrClosedPipe
	}
	if s.change != nil {
		s.change(s.n)
	}
	s.n++
	return &p, nil
}

// at returns packets at the given tenths of a second.
func at(name string, tenths ...int) []media.Packet {
	var all []media.Packet
	for _, n := range tenths {
		d := time.Duration(n) * 100 * time.Millisecond
		all = append(all, media.Packet{Track: 1, PTS: d, DTS: d, Key: true, Data: fmt.Append(nil, name, n)})
	}
	return all
}

func video(tenths ...int) *script {
	return &script{tracks: []media.Track{{ID: 1, Kind: media.Video}, {ID: 2, Kind: media.Audio}}, epoch: noon, packets: at("v", tenths...), end: io.EOF, closed: make(chan struct{})}
}

func data(tenths ...int) *script {
	return &script{tracks: []media.Track{{ID: 1, Kind: media.Data, Codec: media.Text}}, epoch: noon, packets: at("d", tenths...), end: io.EOF, closed: make(chan struct{})}
}

// all reads to the end and says what came: "v0@0s d1@100ms".
func all(t *testing.T, s media.Source) string {
	t.Helper()
	var got []string
	for {
		p, err := s.Read()
		if err != nil {
			if err != io.EOF {
				got = append(got, err.Error())
			}
			return strings.Join(got, " ")
		}
		mark := ""
		if p.Discontinuity {
			mark = "!"
		}
		got = append(got, fmt.Sprintf("%s%s@%v/%d", mark, p.Data, p.PTS, p.Track))
	}
}

func TestMergeInterleavesByTime(t *testing.T) {
	for name, tt := range map[string]struct {
		change func(v, d *script)
		want   string
	}{
		"one clock":    {func(v, d *script) {}, "v0@0s/1 v2@200ms/1 d3@300ms/3 v4@400ms/1 v6@600ms/1 d7@700ms/3 v8@800ms/1 v10@1s/1"},
		"data is late": {func(v, d *script) { d.epoch = noon.Add(-200 * time.Millisecond) }, "v0@0s/1 v2@200ms/1 d3@200ms/3 v4@400ms/1 v6@600ms/1 d7@600ms/3 v8@800ms/1 v10@1s/1"},
		// An old file, or a camera without a clock: the time of the picture that was there then.
		"other clocks": {func(v, d *script) { v.epoch = noon.AddDate(-3, 0, 0) }, "v0@0s/1 v2@200ms/1 d3@200ms/3 v4@400ms/1 v6@600ms/1 d7@600ms/3 v8@800ms/1 v10@1s/1"},
		"no clock":     {func(v, d *script) { v.epoch = time.Time{} }, "v0@0s/1 v2@200ms/1 d3@200ms/3 v4@400ms/1 v6@600ms/1 d7@600ms/3 v8@800ms/1 v10@1s/1"},
		"data behind":  {func(v, d *script) { d.epoch = noon.Add(-time.Hour) }, "v0@0s/1 v2@200ms/1 d3@200ms/3 v4@400ms/1 v6@600ms/1 d7@600ms/3 v8@800ms/1 v10@1s/1"},
		// Behind a discontinuity nothing belongs to what was before.
		"discontinuity": {func(v, d *script) {
			v.packets[2].Discontinuity = true
			v.change = func(n int) {
				if n == 2 {
					v.tracks = []media.Track{{ID: 1, Kind: media.Video}, {ID: 4, Kind: media.Audio}}
				}
			}
		}, "v0@0s/1 v2@200ms/1 !v4@400ms/1 d3@400ms/5 v6@600ms/1 d7@700ms/5 v8@800ms/1 v10@1s/1"},
	} {
		t.Run(name, func(t *testing.T) {
			leak.Check(t)
			synctest.Test(t, func(t *testing.T) {
				v, d := video(0, 2, 4, 6, 8, 10), data(3, 7)
				tt.change(v, d)
				m := Merge(v, d)
				if got := all(t, m); got != tt.want {
					t.Errorf("got  %s\nwant %s", got, tt.want)
				}
				if m.Epoch() != v.epoch || len(m.Tracks()) != 3 || m.Tracks()[2].ID <= m.Tracks()[1].ID || m.Tracks()[2].Kind != media.Data {
					t.Errorf("epoch %v, tracks %v", m.Epoch(), m.Tracks())
				}
				if err := m.Close(); err != nil {
					t.Error(err)
				}
			})
		})
	}
}

// Whatever becomes of the data, the pictures go on.
func TestMergeLivesWithoutData(t *testing.T) {
	for name, end := range map[string]error{"ended": io.EOF, "unplugged": errors.New("unplugged")} {
		synctest.Test(t, func(t *testing.T) {
			v, d := video(0, 2, 4), data(1)
			d.end = end
			m := Merge(v, d)
			if got, want := all(t, m), "v0@0s/1 d1@100ms/3 v2@200ms/1 v4@400ms/1"; got != want {
				t.Errorf("got %s, want %s", got, want)
			}
			if err := m.(*merged).Trouble(); err == nil || !strings.Contains(err.Error(), name) {
				t.Errorf("trouble %v, want that it has %s", err, name)
			}
			m.Close()
		})
	}
}

func TestMergeEndsWithTheVideo(t *testing.T) {
	leak.Check(t)
	synctest.Test(t, func(t *testing.T) {
		v, d := video(0), data()
		v.end, d.wait = errors.New("no signal"), true
		m := Merge(v, d)
		if got, want := all(t, m), "v0@0s/1 no signal"; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
		m.Close()
	})
}

// Pictures that stall let the data wait, within bounds.
func TestMergeBoundsWhatWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v, d := video(0, 20_000), data()
		for n := range 3000 {
			d.packets = append(d.packets, at("d", n+1)...)
		}
		m := Merge(v, d)
		n := len(strings.Fields(all(t, m)))
		if c := m.(*merged).Counts(); n != 2+mergeLimit || c.Dropped != 3000-mergeLimit {
			t.Errorf("%d packets came, counts %+v", n, c)
		}
		m.Close()
	})
}

type talkative struct{ *script }

func (*talkative) Level() (rms, peak float64) { return -20, -6 }
func (*talkative) Trouble() error             { return errors.New("a card is shown") }

func TestMergePassesOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		type leveller interface{ Level() (rms, peak float64) }
		m := Merge(&talkative{video()}, data())
		l, ok := media.As[leveller](m)
		if !ok {
			t.Fatal("what the video has to offer is not passed on")
		}
		if rms, peak := l.Level(); rms != -20 || peak != -6 {
			t.Errorf("the level is %v, %v", rms, peak)
		}
		if err := m.(*merged).Trouble(); err == nil || err.Error() != "a card is shown" {
			t.Errorf("the trouble is %v", err)
		}
		m.Close()
		m = Merge(video(), data())
		synctest.Wait()
		if _, ok := media.As[leveller](m); ok {
			t.Error("something is made up")
		}
		m.Close()
	})
}

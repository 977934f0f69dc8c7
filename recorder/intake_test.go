package recorder

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"kinora/internal/leak"
	"kinora/media"
	"kinora/mkv"
	"kinora/recorder/spool"
)

var (
	noon      = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	picture   = media.Track{ID: 1, Kind: media.Video, Codec: media.H264, Private: []byte{1, 2, 3}, Width: 640, Height: 360}
	sound     = media.Track{ID: 2, Kind: media.Audio, Codec: media.AAC, Private: []byte{0x12, 0x10}, Rate: 48000, Channels: 2}
	positions = media.Track{ID: 3, Kind: media.Data, Codec: media.Text, Name: "telemetry"}
	yard      = spool.Target{Account: "local", Stream: "yard"}
)

// webcam is a source that gives its packets at their times, counted from when it was opened.
type webcam struct {
	tracks  []media.Track
	epoch   time.Time
	packets []media.Packet
	fails   error // at the end; nil: io.EOF

	began  time.Time
	closed chan struct{}
	once   sync.Once
}

// frames returns ten pictures a second with a key frame each second, and a packet of sound with each, in the given order of
// tenths of a second. Each packet says what it is.
func frames(from, to int) []media.Packet {
	var all []media.Packet
	for n := from; n < to; n++ {
		pts := time.Duration(n) * 100 * time.Millisecond
		all = append(all, media.Packet{Track: 1, PTS: pts, DTS: pts, Key: n%10 == 0, Data: fmt.Appendf(nil, "picture %d", n)},
			media.Packet{Track: 2, PTS: pts, DTS: pts, Key: true, Data: fmt.Appendf(nil, "sound %d", n)})
	}
	return all
}

// without returns the packets that are not of a track between two times.
func without(packets []media.Packet, track int, from, to time.Duration) []media.Packet {
	var left []media.Packet
	for _, p := range packets {
		if p.Track != track || p.PTS < from || p.PTS >= to {
			left = append(left, p)
		}
	}
	return left
}

func newWebcam(packets []media.Packet) *webcam {
	return &webcam{tracks: []media.Track{picture, sound}, epoch: noon, packets: packets}
}

// open readies it inside the bubble that it is read in.
func (c *webcam) open() *webcam {
	c.closed = make(chan struct{})
	return c
}

func (c *webcam) Tracks() []media.Track { return c.tracks }
func (c *webcam) Epoch() time.Time      { return c.epoch }
func (c *webcam) Close() error          { c.once.Do(func() { close(c.closed) }); return nil }

func (c *webcam) Read() (*media.Packet, error) {
	if c.began.IsZero() {
		c.began = time.Now()
	}
	if len(c.packets) == 0 {
		if c.fails != nil {
			return nil, c.fails
		}
		return nil, io.EOF
	}
	p := c.packets[0]
	select {
	case <-c.closed:
		return nil, errors.New("closed")
	case <-time.After(time.Until(c.began.Add(p.PTS))):
	}
	c.packets = c.packets[1:]
	p.Data = bytes.Clone(p.Data)
	return &p, nil
}

// opens gives one source after the other, and then none.
func opens(sources ...*webcam) media.Opener {
	return func(context.Context) (media.Source, error) {
		if len(sources) == 0 {
			return nil, errors.New("the camera is unplugged")
		}
		s := sources[0]
		sources = sources[1:]
		return s.open(), nil
	}
}

// a kept fragment is one as it is read back from the spool.
type kept struct {
	file   *spool.Fragment
	tracks []media.Track
	at     time.Time
	tags   []mkv.Tag // in front
	trail  []mkv.Tag
	frames []keptFrame
}

type keptFrame struct {
	track int
	at    time.Time
	key   bool
	data  string
}

func (k kept) tag(name string) string {
	for _, t := range append(k.tags, k.trail...) {
		if t.Name == name {
			return t.Value
		}
	}
	return ""
}

// contents reads all that the spool holds for yard, as connections would send it: a head, then bodies for as long as the head
// is the same.
func contents(t *testing.T, s *spool.Spool) []kept {
	t.Helper()
	var all []kept
	var files []*spool.Fragment
	var wire bytes.Buffer
	flush := func() {
		all = append(all, parse(t, &wire, files)...)
		wire.Reset()
		files = nil
	}
	for f := s.Oldest(yard); f != nil; f = s.After(f) {
		if len(files) > 0 && files[0].HeadID() != f.HeadID() {
			flush()
		}
		if len(files) == 0 {
			head, err := f.Head()
			if err != nil {
				t.Fatal(err)
			}
			wire.Write(head)
		}
		if _, err := io.Copy(&wire, io.NewSectionReader(f, 0, f.Size())); err != nil {
			t.Fatal(err)
		}
		files = append(files, f)
	}
	flush()
	for n, k := range all {
		seen := make(map[int]bool)
		for _, f := range k.frames {
			seen[f.track] = true
		}
		if len(seen) != len(k.tracks) {
			t.Errorf("fragment %d declares %d tracks and has frames of %d: the service refuses it", n, len(k.tracks), len(seen))
		}
		if n > 0 && k.file.Take() == all[n-1].file.Take() && !k.at.After(all[n-1].at) {
			t.Errorf("fragment %d begins at %v, not after the one before at %v", n, k.at, all[n-1].at)
		}
		if want := fmt.Sprintf("%s/%06d", k.file.Take().ID(), k.file.Number()); k.tag(mkv.Take) != want {
			t.Errorf("fragment %d calls itself %q, want %q", n, k.tag(mkv.Take), want)
		}
		if len(k.tags)+len(k.trail) > 10 {
			t.Errorf("fragment %d has more than 10 tags: %v %v", n, k.tags, k.trail)
		}
	}
	return all
}

func parse(t *testing.T, wire io.Reader, files []*spool.Fragment) []kept {
	t.Helper()
	p := mkv.NewParser(wire, mkv.ParserOptions{})
	var tracks []media.Track
	var all []kept
	for {
		e, err := p.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		switch e.Kind {
		case mkv.Header:
			tracks = e.Head.Tracks
		case mkv.Start:
			all = append(all, kept{file: files[len(all)], tracks: tracks, at: time.UnixMilli(int64(e.Timecode)).UTC(), tags: e.Tags})
		case mkv.Frame:
			k := &all[len(all)-1]
			k.frames = append(k.frames, keptFrame{e.Track, k.at.Add(time.Duration(e.Relative) * time.Millisecond), e.Key, string(e.Data)})
		case mkv.End:
			all[len(all)-1].trail = e.Tags
		}
	}
	if len(all) != len(files) {
		t.Fatalf("%d fragments parse out of %d", len(all), len(files))
	}
	return all
}

// outline is the frames of each fragment by track, "1:20 2:20 | 1:20 2:20".
func outline(all []kept) string {
	var lines []string
	for _, k := range all {
		n := make(map[int]int)
		for _, f := range k.frames {
			n[f.track]++
		}
		var parts []string
		for id := 1; id <= 3; id++ {
			if n[id] > 0 {
				parts = append(parts, fmt.Sprintf("%d:%d", id, n[id]))
			}
		}
		lines = append(lines, strings.Join(parts, " "))
	}
	return strings.Join(lines, " | ")
}

// same complains about packets that are not in the fragments exactly once, in their order, at their times after epoch.
func same(t *testing.T, all []kept, packets []media.Packet, epoch time.Time) {
	t.Helper()
	var got, want []string
	for _, k := range all {
		for _, f := range k.frames {
			got = append(got, fmt.Sprint(f.track, f.at.UTC(), f.key, f.data))
		}
	}
	for _, p := range packets {
		want = append(want, fmt.Sprint(p.Track, epoch.Add(p.PTS).UTC(), p.Key, string(p.Data)))
	}
	if len(got) != len(want) {
		t.Errorf("%d frames are stored, want %d", len(got), len(want))
	}
	for i := range min(len(got), len(want)) {
		if got[i] != want[i] {
			t.Fatalf("frame %d is %s, want %s", i, got[i], want[i])
		}
	}
}

func openSpool(t *testing.T, o spool.Options) *spool.Spool {
	t.Helper()
	s, err := spool.Open(t.TempDir(), o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// take runs an intake with one take in simulated time until the source has ended, and hands what it holds to check.
func take(t *testing.T, o IntakeOptions, during func(*Intake), check func(*Intake, *spool.Spool, *spool.Take, error)) {
	t.Helper()
	leak.Check(t)
	synctest.Test(t, func(t *testing.T) {
		s := openSpool(t, spool.Options{Floor: -1})
		defer s.Close()
		i := NewIntake(o)
		k, err := i.Begin(s, yard, spool.About{Name: "shift 7"})
		if err != nil {
			t.Fatal(err)
		}
		done := make(chan error, 1)
		go func() { done <- i.Run(t.Context()) }()
		if during != nil {
			during(i)
		}
		check(i, s, k, <-done)
	})
}

func TestWhatComesInIsStored(t *testing.T) {
	in := frames(0, 65)
	take(t, IntakeOptions{Open: opens(newWebcam(in))}, nil, func(i *Intake, s *spool.Spool, k *spool.Take, err error) {
		if err != nil {
			t.Error(err)
		}
		all := contents(t, s)
		if got, want := outline(all), "1:20 2:20 | 1:20 2:20 | 1:20 2:20 | 1:5 2:5"; got != want {
			t.Errorf("fragments %s, want %s", got, want)
		}
		same(t, all, in, noon)
		for n, k := range all {
			if !k.file.Sealed() || k.file.Time().UTC() != k.at || len(k.trail) != 1 || k.trail[0].Name != mkv.EndOfFragment {
				t.Errorf("fragment %d at %v for %v, sealed %v, trail %v", n, k.file.Time(), k.at, k.file.Sealed(), k.trail)
			}
			if want := map[bool]string{true: "shift 7"}[n == 0]; k.tag(NameTag) != want {
				t.Errorf("fragment %d has the name %q, want %q", n, k.tag(NameTag), want)
			}
		}
		if f := k.Figures(); f.Captured != 6400*time.Millisecond || f.Stored != f.Captured || f.Lost != 0 {
			t.Errorf("figures %+v", f)
		}
		if st := i.State(); st.Phase != Finished || st.Take != nil || st.Skipped != 0 || st.Err != nil {
			t.Errorf("state %+v", st)
		}
		if k.Open() {
			t.Error("the take is still open")
		}
	})
}

// A device that is lost and comes back goes on in the same take; what there was is sealed at once.
func TestDeviceLoss(t *testing.T) {
	first, second := newWebcam(frames(0, 25)), newWebcam(frames(3, 30))
	first.fails = errors.New("unplugged")
	second.epoch = noon.Add(10 * time.Second)
	opened := 0
	o := IntakeOptions{Open: func(context.Context) (media.Source, error) {
		opened++
		switch opened {
		case 1:
			return first.open(), nil
		case 5:
			return second.open(), nil
		}
		return nil, errors.New("there is no such device")
	}}
	take(t, o, func(i *Intake) {
		time.Sleep(3 * time.Second)
		st := i.State()
		if st.Phase != Reopening || !strings.Contains(st.Err.Error(), "no such device") || !st.NextTry.After(time.Now()) || st.Take == nil {
			t.Errorf("state %+v", st)
		}
		if f := st.Take.Figures(); f.Stored != f.Captured || f.Captured == 0 {
			t.Errorf("%v of %v are stored while the device is away", f.Stored, f.Captured)
		}
	}, func(i *Intake, s *spool.Spool, k *spool.Take, err error) {
		if err != nil {
			t.Error(err)
		}
		all := contents(t, s)
		if got, want := outline(all), "1:20 2:20 | 1:5 2:5 | 1:20 2:20"; got != want {
			t.Errorf("fragments %s, want %s", got, want)
		}
		if len(all) == 3 && all[2].at != noon.Add(11*time.Second) {
			t.Errorf("the device came back at %v", all[2].at)
		}
		if len(all) == 3 && (all[1].tag(mkv.GapBefore) != "" || all[2].tag(mkv.GapBefore) != media.GapDevice) {
			t.Errorf("the gap is for %q", all[2].tag(mkv.GapBefore))
		}
		if st := i.State(); st.Skipped != 14 {
			t.Errorf("%d frames skipped, want the 14 before the key frame", st.Skipped)
		}
		if opened != 5 {
			t.Errorf("opened %d times", opened)
		}
	})
}

func TestGivesUpWhenOpeningIsUseless(t *testing.T) {
	denied := errors.New("access is denied")
	o := IntakeOptions{Open: func(context.Context) (media.Source, error) { return nil, denied }, Retry: func(err error) bool { return !errors.Is(err, denied) }}
	take(t, o, nil, func(i *Intake, s *spool.Spool, k *spool.Take, err error) {
		if st := i.State(); !errors.Is(err, denied) || st.Phase != Broken || !errors.Is(st.Err, denied) {
			t.Errorf("%v, state %+v", err, st)
		}
		if k.Open() {
			t.Error("the take is still open")
		}
		if _, err := i.Begin(s, yard, spool.About{}); err == nil {
			t.Error("a take begins although the source is broken")
		}
	})
}

func TestTwoTakesInARow(t *testing.T) {
	leak.Check(t)
	synctest.Test(t, func(t *testing.T) {
		s := openSpool(t, spool.Options{Floor: -1})
		defer s.Close()
		i := NewIntake(IntakeOptions{Open: opens(newWebcam(frames(0, 100)))})
		done := make(chan error, 1)
		go func() { done <- i.Run(t.Context()) }()
		record := func(wait, length time.Duration) *spool.Take {
			time.Sleep(wait)
			k, err := i.Begin(s, yard, spool.About{})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := i.Begin(s, yard, spool.About{}); err == nil {
				t.Error("two takes of one source at once")
			}
			time.Sleep(length)
			if err := i.End(); err != nil {
				t.Error(err)
			}
			if f := k.Figures(); k.Open() || f.Captured != f.Stored || f.Captured == 0 {
				t.Errorf("after End %+v", f)
			}
			return k
		}
		first := record(1550*time.Millisecond, 2500*time.Millisecond) // from the key frame at 2 s to 4.05 s
		second := record(0, 3*time.Second)                            // from 5 s to 7.05 s
		if err := <-done; err != nil {
			t.Error(err)
		}
		if err := i.End(); err != nil {
			t.Errorf("End without a take: %v", err)
		}
		all := contents(t, s)
		if got, want := outline(all), "1:20 2:20 | 1:1 2:1 | 1:20 2:20 | 1:1 2:1"; got != want {
			t.Errorf("fragments %s, want %s", got, want)
		}
		if all[0].at != noon.Add(2*time.Second) || all[1].file.Take() != first || all[2].file.Take() != second {
			t.Errorf("fragments of takes %s and %s", all[1].file.Take().ID(), all[2].file.Take().ID())
		}
		for n, want := range []string{"", media.GapPaused, "", media.GapPaused} {
			if got := all[n].tag(mkv.GapBehind); got != want {
				t.Errorf("behind fragment %d nothing comes for %q, want %q", n, got, want)
			}
		}
	})
}

// A fragment that cannot be made durable is told, and costs nothing of the next ones.
func TestOneFragmentIsNotDurable(t *testing.T) {
	in := frames(0, 100)
	leak.Check(t)
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		s, err := spool.Open(dir, spool.Options{Floor: -1})
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		i := NewIntake(IntakeOptions{Open: opens(newWebcam(in))})
		if _, err := i.Begin(s, yard, spool.About{}); err != nil {
			t.Fatal(err)
		}
		done := make(chan error, 1)
		go func() { done <- i.Run(t.Context()) }()
		time.Sleep(2500 * time.Millisecond)
		files, err := filepath.Glob(filepath.Join(dir, "*", "*", "*", "000001.mkv"))
		if err != nil || len(files) != 1 {
			t.Fatal(files, err)
		}
		// What the second one is to be called is taken.
		if err := os.MkdirAll(filepath.Join(filepath.Dir(files[0]), "000002.mkv", "x"), 0o700); err != nil {
			t.Fatal(err)
		}
		time.Sleep(2500 * time.Millisecond)
		if st := i.State(); !errors.Is(st.Full, spool.ErrReadOnly) {
			t.Errorf("state %+v", st)
		}
		time.Sleep(4 * time.Second)
		if st := i.State(); st.Full != nil {
			t.Errorf("two fragments later %v", st.Full)
		}
		if err := <-done; !errors.Is(err, spool.ErrReadOnly) {
			t.Errorf("the end of the take says %v", err)
		}
		if st := i.State(); st.Skipped != 0 {
			t.Errorf("%d frames were skipped", st.Skipped)
		}
		same(t, contents(t, s), in, noon)
	})
}

// A source that stalls leaves nothing in the open: what there is is sealed after a while, and goes on afterwards.
func TestStall(t *testing.T) {
	in := append(frames(0, 15), frames(615, 640)...)
	take(t, IntakeOptions{Open: opens(newWebcam(in))}, func(i *Intake) {
		time.Sleep(quiet + 2*time.Second)
		if f := i.State().Take.Figures(); f.Stored != 1400*time.Millisecond || f.Captured != f.Stored {
			t.Errorf("%v are stored", f.Stored)
		}
	}, func(i *Intake, s *spool.Spool, k *spool.Take, err error) {
		all := contents(t, s)
		same(t, all, in, noon)
		for n, k := range all {
			if k.file.Length() > 20*time.Second {
				t.Errorf("fragment %d lasts %v", n, k.file.Length())
			}
		}
	})
}

func TestNoKeyFramesForLong(t *testing.T) {
	in := frames(0, 300)
	for n := range in {
		in[n].Key = in[n].Track == 2 || n == 0
	}
	take(t, IntakeOptions{Open: opens(newWebcam(in))}, nil, func(i *Intake, s *spool.Spool, k *spool.Take, err error) {
		all := contents(t, s)
		if got, want := outline(all), "1:190 2:190 | 1:110 2:110"; got != want {
			t.Errorf("fragments %s, want %s", got, want)
		}
		same(t, all, in, noon)
	})
}

func TestSoundAlone(t *testing.T) {
	in := without(frames(0, 50), 1, 0, time.Hour)
	cam := newWebcam(in)
	cam.tracks = []media.Track{sound}
	take(t, IntakeOptions{Open: opens(cam)}, nil, func(i *Intake, s *spool.Spool, k *spool.Take, err error) {
		all := contents(t, s)
		if got, want := outline(all), "2:20 | 2:20 | 2:10"; got != want {
			t.Errorf("fragments %s, want %s", got, want)
		}
		same(t, all, in, noon)
	})
}

// What Kinora cannot store is said, and counted as lost.
func TestWhatCannotBeRecorded(t *testing.T) {
	for name, tracks := range map[string][]media.Track{"none": {}, "four": {picture, sound, positions, {ID: 4}}, "twice": {picture, picture}} {
		cam := newWebcam(frames(0, 31))
		cam.tracks = tracks
		take(t, IntakeOptions{Open: opens(cam)}, func(i *Intake) {
			time.Sleep(2 * time.Second)
			if st := i.State(); st.Full == nil || !strings.Contains(st.Full.Error(), "cannot be recorded") || st.Skipped == 0 {
				t.Errorf("%s: state %+v", name, st)
			}
		}, func(i *Intake, s *spool.Spool, k *spool.Take, err error) {
			if err == nil || !strings.Contains(err.Error(), "cannot be recorded") {
				t.Errorf("%s: error %v", name, err)
			}
			if f := k.Figures(); f.Lost != 3*time.Second || f.Captured != f.Lost {
				t.Errorf("%s: figures %+v", name, f)
			}
		})
	}
}

// A file is not read further ahead of the upload than asked for, so that it makes nothing else give way.
func TestReadingAheadWaits(t *testing.T) {
	in, log := frames(0, 100), new(journal)
	take(t, IntakeOptions{Open: opens(newWebcam(in)), Patient: true, Ahead: 2000, Log: log.logger()}, func(i *Intake) {
		time.Sleep(20 * time.Second)
		st := i.State()
		if st.Full == nil || st.Phase != Running || st.Take.Figures().Captured > 9*time.Second {
			t.Errorf("state %+v", st)
		}
		for k := st.Take; i.State().Phase == Running; time.Sleep(time.Second) {
			if err := k.Discard(); err != nil { // as if it had been sent
				t.Error(err)
			}
		}
	}, func(i *Intake, s *spool.Spool, k *spool.Take, err error) {
		if f := k.Figures(); err != nil || f.Captured != 9900*time.Millisecond || f.Lost != 0 || i.State().Skipped != 0 {
			t.Errorf("%v, figures %+v", err, f)
		}
		if log.String() != "" {
			t.Errorf("waiting is no trouble that a log is told of: %s", log)
		}
	})
}

func TestBackoff10s(t *testing.T) {
	var o IntakeOptions
	o.fill()
	for failures, want := range map[int]time.Duration{1: 500 * time.Millisecond, 2: time.Second, 5: 8 * time.Second, 6: 10 * time.Second, 100: 10 * time.Second} {
		if d := o.Backoff(failures); d != want {
			t.Errorf("after %d failures %v, want %v", failures, d, want)
		}
	}
}

// A camera that stays unplugged for a night is told of once, and again when something else is wrong with it.
func TestTheLogOfALongLoss(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := new(journal)
		ctx, cancel := context.WithTimeout(t.Context(), 8*time.Hour)
		defer cancel()
		began := time.Now()
		i := NewIntake(IntakeOptions{Log: log.logger(), Open: func(context.Context) (media.Source, error) {
			if time.Since(began) > 4*time.Hour {
				return nil, errors.New("the camera may not be used")
			}
			return nil, errTest
		}})
		if err := i.Run(ctx); err != nil {
			t.Error(err)
		}
		if n := strings.Count(log.String(), "\n"); n != 2 {
			t.Errorf("%d lines, want 2: %.1000s", n, log)
		}
	})
}

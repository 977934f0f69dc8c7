package kvs_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"slices"
	"testing"
	"time"

	"kinora/internal/leak"
	"kinora/kvs"
	"kinora/localkvs/kvstest"
	"kinora/media"
	"kinora/mkv"
)

// filming sends a clip over and over, a fragment at a time.
type filming struct {
	t     *testing.T
	clip  *kvstest.Clip
	body  *io.PipeWriter
	w     *mkv.Writer
	acks  chan kvs.Ack
	ended chan error
	epoch time.Time
	at    time.Duration
	next  int
}

func startFilming(t *testing.T, c *kvs.Client, clip string, epoch time.Time) *filming {
	t.Helper()
	film, err := kvstest.LoadClip(clip)
	if err != nil {
		t.Fatal(err)
	}
	r, w := io.Pipe()
	o := &filming{t: t, clip: film, body: w, w: mkv.NewWriter(w, film.Tracks, mkv.WriterOptions{Epoch: epoch}),
		acks: make(chan kvs.Ack, 1000), ended: make(chan error, 1), epoch: epoch}
	go func() {
		err := c.Put(t.Context(), "cam", r, func(a kvs.Ack) { o.acks <- a })
		_ = r.CloseWithError(errors.New("the upload has ended")) // never fails
		close(o.acks)
		o.ended <- err
	}()
	t.Cleanup(func() { _ = w.Close() }) // never fails
	return o
}

// send sends fragments and returns when each began, after the last was stored.
func (o *filming) send(n int) (starts []time.Time) {
	o.t.Helper()
	for range n {
		if err := o.clip.Write(o.w, o.next, o.at); err != nil {
			o.t.Fatal(err)
		}
		starts = append(starts, o.epoch.Add(o.at))
		o.at += o.clip.Pieces[o.next%len(o.clip.Pieces)].Length
		o.next++
		for stored := false; !stored; {
			a, ok := <-o.acks
			if !ok {
				o.t.Fatalf("the upload ended: %v", <-o.ended)
			}
			stored = a.Type == kvs.Persisted
		}
	}
	return starts
}

func (o *filming) stop() {
	o.t.Helper()
	_ = o.body.Close() // never fails
	if err := <-o.ended; err != nil {
		o.t.Fatal(err)
	}
}

// archived reads an archive from a time on to its end: when its fragments begin, and what codecs their pictures have.
func archived(t *testing.T, ctx context.Context, a *kvs.Archive, from time.Time) (starts []time.Time, codecs []media.Codec) {
	t.Helper()
	f, err := a.Find(ctx, from, true)
	for ; err == nil; f, err = a.Next(ctx, f, true) {
		r, err := a.Load(ctx, f)
		if err != nil {
			t.Fatal(err)
		}
		picture, ok := media.VideoTrack(r.Tracks)
		if !ok || !r.Packets[0].Key {
			t.Fatalf("the fragment of %v has tracks %+v", f.Start, r.Tracks)
		}
		starts, codecs = append(starts, r.Start), append(codecs, picture.Codec)
	}
	if err != io.EOF {
		t.Fatal(err)
	}
	return starts, codecs
}

// followed reads key frames of a live source until it has come to the fragment of a time: when they are.
func followed(t *testing.T, source media.Source, to time.Time) (starts []time.Time, codecs []media.Codec) {
	t.Helper()
	for len(starts) == 0 || starts[len(starts)-1].Before(to) {
		p, err := source.Read()
		if err != nil {
			t.Fatal(err)
		}
		picture, _ := media.VideoTrack(source.Tracks())
		if p.Key && p.Track == picture.ID {
			starts, codecs = append(starts, source.Epoch().Add(p.PTS).Round(time.Millisecond)), append(codecs, picture.Codec)
		}
	}
	return starts, codecs
}

var sessionWays = []struct {
	name string
	way  kvs.Way
	dash bool
}{{"HLS", kvs.HLS, false}, {"DASH", kvs.DASH, true}}

// From an archive that comes through sessions play goes on live through another, and from there back, while the camera goes on: no
// fragment is left out, and none comes twice but the one that is joined in.
func TestSessionsHaveNoSeam(t *testing.T) {
	for _, tt := range sessionWays {
		t.Run(tt.name, func(t *testing.T) {
			leak.Check(t)
			_, c := startLocal(t)
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			if _, err := c.Create(ctx, "cam", 24*time.Hour, "video/h264"); err != nil {
				t.Fatal(err)
			}
			o := startFilming(t, c, "h264-aac", time.Now().Add(-10*time.Second).Truncate(time.Second))
			all := o.send(4)
			a := c.Archive("cam", kvs.ArchiveOptions{Clock: kvs.ProducerTime, Way: tt.way})
			defer a.Close()
			got, _ := archived(t, ctx, a, o.epoch)
			for _, arrived := range []int{0, 1} { // while the session is begun
				all = append(all, o.send(arrived)...)
				source, err := c.SessionLive("cam", kvs.Session{DASH: tt.dash, Clock: kvs.ProducerTime})(ctx)
				if err != nil {
					t.Fatal(err)
				}
				all = append(all, o.send(3)...)
				live, _ := followed(t, source, all[len(all)-1])
				if err := source.Close(); err != nil {
					t.Error(err)
				}
				if live[0].Equal(got[len(got)-1]) {
					live = live[1:] // the fragment in which it is joined
				}
				got = append(got, live...)
				if !slices.EqualFunc(got, all, time.Time.Equal) {
					t.Fatalf("live goes on with %v; sent are %v", got, all)
				}
				all = append(all, o.send(1)...)
				var back []time.Time
				wait(t, "last fragment in the archive", func() bool { // which asks for what is new once a second
					back, _ = archived(t, ctx, a, live[1])
					return len(back) > 0 && back[len(back)-1].Equal(all[len(all)-1])
				})
				if got = append(got[:len(got)-len(live)+1], back...); !slices.EqualFunc(got, all, time.Time.Equal) {
					t.Fatalf("back in the archive there is %v; sent are %v", got, all)
				}
			}
			o.stop()
		})
	}
}

// A camera that is replaced by one of another codec plays on: through sessions there is as much as by fragments, and live shows the
// change where it happens.
func TestSessionsOfAStreamWhoseCodecChanges(t *testing.T) {
	for _, tt := range sessionWays {
		t.Run(tt.name, func(t *testing.T) {
			leak.Check(t)
			_, c := startLocal(t)
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			if _, err := c.Create(ctx, "cam", 24*time.Hour, "video/h264"); err != nil {
				t.Fatal(err)
			}
			epoch := time.Now().Add(-20 * time.Second).Truncate(time.Second)
			first := startFilming(t, c, "h264-aac", epoch)
			want := first.send(3)
			source, err := c.SessionLive("cam", kvs.Session{DASH: tt.dash, Clock: kvs.ProducerTime})(ctx)
			if err != nil {
				t.Fatal(err)
			}
			first.stop()
			second := startFilming(t, c, "h265", epoch.Add(first.at))
			want = append(want, second.send(3)...)
			second.stop()
			live, codecs := followed(t, source, want[5])
			if !slices.EqualFunc(live, want[2:], time.Time.Equal) || !slices.Equal(codecs, []media.Codec{media.H264, media.H265, media.H265, media.H265}) {
				t.Errorf("live shows %v at %v, want %v", codecs, live, want[2:])
			}
			if err := source.Close(); err != nil {
				t.Error(err)
			}
			a := c.Archive("cam", kvs.ArchiveOptions{Clock: kvs.ProducerTime, Way: tt.way})
			defer a.Close()
			got, codecs := archived(t, ctx, a, epoch)
			if !slices.EqualFunc(got, want, time.Time.Equal) || !slices.Equal(codecs, []media.Codec{media.H264, media.H264, media.H264, media.H265, media.H265, media.H265}) {
				t.Errorf("the archive has %v at %v, want %v", codecs, got, want)
			}
			direct := c.Archive("cam", kvs.ArchiveOptions{Clock: kvs.ProducerTime})
			defer direct.Close()
			f, err := direct.Find(ctx, want[3], true)
			if err != nil {
				t.Fatal(err)
			}
			whole, err := direct.Load(ctx, f)
			if err != nil {
				t.Fatal(err)
			}
			through, err := a.Load(ctx, f)
			if err != nil {
				t.Fatal(err)
			}
			if len(through.Packets) != len(whole.Packets) || !bytes.Equal(through.Packets[0].Data, whole.Packets[0].Data) || !bytes.Equal(through.Tracks[0].Private, whole.Tracks[0].Private) {
				t.Errorf("the first fragment of the other codec has %d packets, want %d, or is another one", len(through.Packets), len(whole.Packets))
			}
		})
	}
}

package main

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/credentials"

	"kinora/app"
	"kinora/internal/hostile"
	"kinora/internal/leak"
	"kinora/kvs"
	"kinora/media"
	"kinora/recorder/spool"
)

// field is a program that records, without its window, and everything around it that can go wrong.
type field struct {
	t        *testing.T
	ctx      context.Context
	app      *app.App
	service  *serving // nil: refusing is the service
	refuses  atomic.Bool
	disk     string
	unplug   atomic.Bool
	clock    atomic.Int64 // of this computer, in nanoseconds ahead of what is right
	reopened atomic.Int32
}

// TestTroubles is about all that goes wrong in the field. Each trouble has its sentence, the recording goes on by itself as
// far as it can, and once the trouble is over everything that was sealed is in the stream.
func TestTroubles(t *testing.T) {
	leak.Check(t)
	for name, tc := range map[string]struct {
		strike, mend func(*field)
		says         string
		refusing     bool // the service is one that can refuse credentials
	}{
		"an unplugged device": {
			strike: func(f *field) { f.unplug.Store(true) }, says: "was unplugged",
			mend: func(f *field) { f.unplug.Store(false) },
		},
		"a disk filled to the last byte": {
			strike: func(f *field) { f.fill() }, says: "the disk is full",
			mend: func(f *field) { f.try(os.Remove(filepath.Join(f.disk, "ballast"))) },
		},
		"a deleted stream": {
			strike: func(f *field) { f.try(f.service.client.Delete(f.ctx, "gate")) }, says: "stream",
			mend: func(f *field) { f.try(f.app.Streams.Create(f.ctx, "gate", time.Hour)) },
		},
		"revoked credentials": {
			strike: func(f *field) { f.refuses.Store(true) }, says: "ExpiredTokenException", refusing: true,
			mend: func(f *field) { f.refuses.Store(false); f.app.Recordings.RetryNow() },
		},
		"a clock that is set back by an hour":    {strike: func(f *field) { f.set(-time.Hour) }},
		"a clock that is set forward by an hour": {strike: func(f *field) { f.set(time.Hour) }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newField(t, tc.refusing)
			if err := f.app.Recordings.Begin(app.Plan{Stream: "gate", Camera: f.camera(), Settings: app.Settings{KeyInterval: time.Second}}); err != nil {
				t.Fatal(err)
			}
			before := f.recording("is sent", func(r app.Recording) bool { return !r.Advanced.IsZero() })
			tc.strike(f)
			if tc.says != "" {
				during := f.recording("says "+tc.says, func(r app.Recording) bool { return r.Err != nil && strings.Contains(r.Err.Error(), tc.says) })
				t.Log(during.Err)
				if during.Ended {
					t.Errorf("the recording ended: %v", during.Err)
				}
				tc.mend(f)
			}
			struck := time.Now()
			after := f.recording("goes on", func(r app.Recording) bool { return r.Err == nil && r.Advanced.Sub(struck) > 2*time.Second })
			if after.Take != before.Take {
				t.Error("the recording began anew")
			}
			f.app.Recordings.Stop("gate")
			f.await("everything is safe", func() bool { return f.app.Recordings.Safety().Get().Safe })
			if fig := f.take().Figures; fig.Persisted+fig.Lost != fig.Captured || fig.Rejected+fig.Evicted > 0 || fig.Persisted < 2*time.Second {
				t.Errorf("the take ended with %+v", fig)
			}
			if f.service != nil {
				f.service.once(f.ctx, "gate", len(f.service.list(f.ctx, "gate")))
			}
		})
	}
}

// What never gives a picture says why, loses nothing, and does not keep the password to itself in public.
func TestSourcesThatAreNone(t *testing.T) {
	leak.Check(t)
	text := filepath.Join(t.TempDir(), "notes.mp4")
	if err := os.WriteFile(text, []byte(strings.Repeat("remember the milk\n", 1000)), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct {
		answer string // of a network camera; empty: the source is a file that is no media
		stalls bool
		ends   bool
		says   string
	}{
		"a file that is not media":    {says: "notes.mp4", ends: true},
		"a camera that sends garbage": {answer: "\x00\xffgarbage\r\n\r\n", says: "127.0.0.1"},
		"a camera that stalls":        {stalls: true, says: "127.0.0.1"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newField(t, false)
			camera, err := file(text, false)
			if tc.answer != "" || tc.stalls {
				camera, err = address("rtsp://operator:secret@" + deaf(t, tc.answer) + "/user=admin_password=hidden/live?key=hidden")
			}
			if err != nil {
				t.Fatal(err)
			}
			if err := f.app.Recordings.Begin(app.Plan{Stream: "gate", Camera: camera}); err != nil {
				t.Fatal(err)
			}
			rec := f.recording("says why", func(r app.Recording) bool { return r.Err != nil && strings.Contains(r.Err.Error(), tc.says) })
			t.Log(rec.Err)
			if rec.Ended != tc.ends {
				t.Errorf("ended: %v", rec.Ended)
			}
			for _, word := range []string{rec.Err.Error(), rec.Camera.Name, f.take().Source} {
				if strings.Contains(word, "secret") || strings.Contains(word, "hidden") {
					t.Errorf("a password is on the screen: %s", word)
				}
			}
			f.app.Recordings.Stop("gate")
			f.app.Recordings.Dismiss("gate")
			f.await("it ends", func() bool { return len(f.app.Recordings.List().Get()) == 0 })
		})
	}
}

// A spool that cannot be written keeps nobody from watching, and says so when somebody wants to record.
func TestAReadOnlySpool(t *testing.T) {
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", syscall.MS_RDONLY, "size=1m"); err != nil {
		t.Skipf("no read-only file system can be mounted here: %v", err)
	}
	defer syscall.Unmount(dir, 0)
	kept, err := openSpool(dir, nil)
	if !errors.Is(err, spool.ErrReadOnly) {
		t.Fatalf("opening it said %v", err)
	}
	a := app.New(app.Options{Accounts: []app.Account{&account{}}, Spool: kept, SpoolErr: err})
	err = a.Recordings.Start("gate", app.Camera{})
	t.Log(err)
	if err == nil || !strings.Contains(err.Error(), dir) || !strings.Contains(err.Error(), "cannot be written") {
		t.Errorf("recording said %v", err)
	}
	if err := a.Close(); err != nil {
		t.Error(err)
	}
}

func newField(t *testing.T, refusing bool) *field {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	f := &field{t: t, ctx: ctx, disk: t.TempDir()}
	t.Cleanup(cancel)
	var client *kvs.Client
	if refusing {
		s, err := hostile.Serve(hostile.ServiceOptions{
			Refuse: func(string, int) *hostile.Refusal {
				if f.refuses.Load() {
					return &hostile.Expired
				}
				return nil
			},
			Script: func(int, int) hostile.Act {
				if f.refuses.Load() {
					return hostile.DieInside // a connection that is open is not asked for credentials again
				}
				return hostile.Store
			},
		})
		f.try(err)
		t.Cleanup(func() { f.try(s.Close()) })
		client = kvs.New(kvs.Config{Endpoint: s.URL(), Region: hostile.Region,
			Credentials: credentials.NewStaticCredentialsProvider(hostile.AccessKey, hostile.SecretKey, "")})
		t.Cleanup(client.Close)
	} else {
		f.service = serve(t, ctx, t.TempDir(), "")
		t.Cleanup(f.service.stop)
		client = f.service.client
	}
	if err := syscall.Mount("tmpfs", f.disk, "tmpfs", 0, "size=4m"); err != nil {
		t.Skipf("no small disk can be mounted here: %v", err)
	}
	t.Cleanup(func() { f.try(syscall.Unmount(f.disk, 0)) })
	kept, err := spool.Open(filepath.Join(f.disk, "spool"), spool.Options{Floor: -1})
	f.try(err)
	t.Cleanup(func() { f.try(kept.Close()) })
	f.app = app.New(app.Options{Spool: kept, Accounts: []app.Account{&account{id: "test", name: "service", kind: thisComputer, client: client}}})
	if f.service != nil {
		f.try(f.app.Streams.Create(ctx, "gate", time.Hour))
	}
	ran := make(chan error, 1)
	go func() { ran <- f.app.Run(context.WithoutCancel(ctx)) }()
	t.Cleanup(func() {
		f.try(f.app.Close())
		f.try(<-ran)
	})
	return f
}

func (f *field) try(err error) {
	f.t.Helper()
	if err != nil {
		f.t.Error(err)
	}
}

// await looks until something is so.
func (f *field) await(what string, so func() bool) {
	f.t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for !so() {
		select {
		case <-tick.C:
		case <-f.ctx.Done():
			f.t.Fatalf("never: %s. %+v\n%+v", what, f.app.Recordings.List().Get(), f.app.Recordings.Takes().Get())
		}
	}
}

func (f *field) recording(what string, so func(app.Recording) bool) (rec app.Recording) {
	f.t.Helper()
	f.await("the recording "+what, func() bool {
		var there bool
		rec, there = f.app.Recordings.Of("gate")
		return there && so(rec)
	})
	return rec
}

// take is the only one.
func (f *field) take() (take app.Take) {
	f.t.Helper()
	f.await("there is a take", func() bool {
		list := f.app.Recordings.Takes().Get()
		if len(list) == 1 {
			take = list[0]
		}
		return len(list) == 1
	})
	return take
}

// fill leaves no byte.
func (f *field) fill() {
	f.t.Helper()
	file, err := os.Create(filepath.Join(f.disk, "ballast"))
	f.try(err)
	for chunk := make([]byte, 4096); err == nil; {
		_, err = file.Write(chunk)
	}
	if !errors.Is(err, syscall.ENOSPC) {
		f.t.Errorf("the disk does not fill up: %v", err)
	}
	f.try(file.Close())
}

// set sets this computer's clock, and breaks the source off: what is open does not look at the clock.
func (f *field) set(ahead time.Duration) {
	opened := f.reopened.Load()
	f.clock.Store(int64(ahead))
	f.unplug.Store(true)
	f.recording("is without its device", func(r app.Recording) bool { return r.Err != nil })
	f.unplug.Store(false)
	f.await("the device is back", func() bool { return f.reopened.Load() > opened })
}

// camera is FFmpeg's generated picture as a device that can be unplugged.
func (f *field) camera() app.Camera {
	picture := recordCommand{Source: generated}
	c, err := picture.camera(f.app)
	f.try(err)
	with := c.With
	c.With = func(s app.Settings) media.Opener {
		return func(ctx context.Context) (media.Source, error) {
			if f.unplug.Load() {
				return nil, errUnplugged
			}
			src, err := with(s)(ctx)
			if err == nil {
				f.reopened.Add(1)
			}
			return &unpluggable{Source: src, field: f, ahead: time.Duration(f.clock.Load())}, err
		}
	}
	return c
}

var errUnplugged = errors.New("the camera was unplugged")

type unpluggable struct {
	media.Source
	field *field
	ahead time.Duration
}

func (u *unpluggable) Epoch() time.Time { return u.Source.Epoch().Add(u.ahead) }

func (u *unpluggable) Read() (*media.Packet, error) {
	if u.field.unplug.Load() {
		return nil, errUnplugged
	}
	return u.Source.Read()
}

// deaf listens, answers whatever it is asked with the same words, and nothing without words.
func deaf(t *testing.T, words string) (address string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				for buf := make([]byte, 1024); ; {
					if _, err := c.Read(buf); err != nil {
						return
					}
					if _, err := io.WriteString(c, words); err != nil {
						return
					}
				}
			}()
		}
	}()
	t.Cleanup(func() {
		l.Close()
		<-ended
	})
	return l.Addr().String()
}

package spool

import (
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"sync"
	"testing"
	"time"

	"kinora/internal/leak"
)

// What went between the last writing of take.json and a crash was persisted; what a power cut tore was lost.
func TestWhatACrashHidesIsAccountedFor(t *testing.T) {
	for name, c := range map[string]struct {
		crash func(t *testing.T, k *Take)
		want  Stage
	}{
		"persisted": {func(t *testing.T, k *Take) { must(t, os.Remove(k.path("000002.mkv"))) }, Persisted},
		"torn": {func(t *testing.T, k *Take) {
			must(t, os.Rename(k.path("000002.mkv"), k.path("000002.mkv.part")))
			must(t, os.Truncate(k.path("000002.mkv.part"), 20))
		}, Lost},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t)
			_, k := r.recorded(4)
			c.crash(t, k)
			for range 2 {
				r.open()
				want := []Span{{0, 2 * time.Second, Stored}, {2 * time.Second, 4 * time.Second, c.want}, {4 * time.Second, 8 * time.Second, Stored}}
				if got := r.take().Spans(); !reflect.DeepEqual(got, want) {
					t.Errorf("spans %v", got)
				}
				f := r.take().Figures()
				if f.Captured != 8*time.Second || f.Persisted+f.Lost != 2*time.Second {
					t.Errorf("figures %+v", f)
				}
				r.shut()
			}
		})
	}
}

// On a disk that is full for long every attempt leaves an empty fragment. They cost nothing.
func TestManyAttemptsAreOneRow(t *testing.T) {
	r := newRig(t)
	r.open()
	k := r.begin()
	list := samples(t, 2, 10)
	write(t, k, list[0])
	for i := range 100 {
		f, err := k.Create(list[0].head, list[0].at, time.Duration(i+1)*2*time.Second)
		must(t, err)
		f.Finish()
		k.Lose(2 * time.Second)
	}
	list[1].pts = 202 * time.Second
	write(t, k, list[1])
	must(t, k.End())
	if len(k.gone) != 1 || len(k.empty) != 1 {
		t.Errorf("%d pieces and %d rows are kept", len(k.gone), len(k.empty))
	}
	r.reopen()
	want := []Span{{0, 2 * time.Second, Stored}, {2 * time.Second, 202 * time.Second, Lost}, {202 * time.Second, 204 * time.Second, Stored}}
	if got := r.take().Spans(); !reflect.DeepEqual(got, want) {
		t.Errorf("spans %v", got)
	}
}

// Recording, sending, playing and evicting at the same time: every fragment was read as it was written, or evicted.
func TestAllAtOnce(t *testing.T) {
	leak.Check(t)
	r := newRig(t)
	r.o.MaxBytes = 100_000
	r.open()
	list := samples(t, 60, 500)
	targets := []Target{door, {"this computer", "yard"}}
	var work, uploads sync.WaitGroup
	ended := make(chan struct{})
	for _, to := range targets {
		k, err := r.Begin(to, About{})
		must(t, err)
		work.Go(func() { // the camera
			for _, s := range list {
				if _, err := s.write(k); err != nil {
					t.Error(err)
				}
			}
			if err := k.End(); err != nil {
				t.Error(err)
			}
		})
		work.Go(func() { // somebody watches the take
			src, err := k.Play(t.Context(), false)
			for err == nil {
				_, err = src.Read()
			}
			if err != io.EOF {
				t.Error(err)
			}
			if src != nil {
				if err := src.Close(); err != nil {
					t.Error(err)
				}
			}
		})
		uploads.Go(func() {
			if err := send(r.Spool, to, list, ended); err != nil {
				t.Error(err)
			}
		})
	}
	work.Wait()
	close(ended)
	uploads.Wait()
	for _, k := range r.Takes() {
		f := k.Figures()
		if f.Captured != 120*time.Second || f.Persisted+f.Evicted != f.Captured || f.Bytes != 0 || f.Fragments != 0 {
			t.Errorf("figures %+v", f)
		}
	}
	if u := r.Usage(); u.Bytes != 0 || u.Fragments != 0 || u.Length != 0 {
		t.Errorf("usage %+v", u)
	}
}

// send reads what waits, now from the front and now from the back, until nothing does and ended is closed.
func send(s *Spool, to Target, list []*sample, ended chan struct{}) error {
	changed, stop := s.Watch(to)
	defer stop()
	for {
		f := s.Oldest(to)
		if rand.IntN(2) == 0 {
			f = s.Newest(to)
		}
		if f == nil {
			select {
			case <-changed:
				continue
			case <-ended:
			}
			if s.Oldest(to) == nil {
				return nil
			}
			continue
		}
		if !f.Complete() {
			<-changed // it grows; its end is told too
			continue
		}
		release := f.Hold()
		if f.Stage().waits() {
			if err := list[f.Number()-1].check(f); err != nil {
				return err
			}
			if err := f.Advance(Persisted); err != nil {
				return fmt.Errorf("what is held was removed: %w", err)
			}
		}
		release()
	}
}

// A clock that is set back must not make what is recorded now older than what waits.
func TestTakesKeepTheirOrderWhenTheClockIsSetBack(t *testing.T) {
	r := newRig(t)
	list, k := r.recorded(2)
	future := filepath.Join(filepath.Dir(k.dir), "20991231T235959.999Z-abcdef")
	must(t, os.Rename(k.dir, future))
	r.open()
	first := r.begin()
	second := r.begin()
	if !(filepath.Base(future) < first.ID() && first.ID() < second.ID()) {
		t.Errorf("%s and %s follow %s", first.ID(), second.ID(), future)
	}
	if age := time.Since(second.Began()); age.Abs() > time.Hour {
		t.Errorf("the take began %v ago", age)
	}
	old := write(t, first, list[0])
	live := write(t, second, list[0])
	must(t, first.End())
	must(t, second.End())
	if got := r.Newest(door); got != live {
		t.Error("the newest fragment is not the one begun last")
	}
	if got := r.After(old); got != live {
		t.Error("the one begun last does not come last")
	}
}

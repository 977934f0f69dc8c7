package app

import (
	"context"
	"sync"
	"testing"
	"time"

	"kinora/internal/leak"
	"kinora/media"
	"kinora/player"
)

func TestWatchPlaysOneAtATime(t *testing.T) {
	leak.Check(t)
	var mu sync.Mutex
	open, opened := 0, make(chan struct{}, 100)
	acc := &fakeAccount{name: "a", live: func(ctx context.Context) (media.Source, error) {
		mu.Lock()
		defer mu.Unlock()
		if open++; open > 1 {
			t.Error("a stream was opened before the one before it was closed")
		}
		opened <- struct{}{}
		return newFakeSource(ctx, func() {
			mu.Lock()
			open--
			mu.Unlock()
		}), nil
	}}
	a := running(t, Options{Accounts: []Account{acc}})
	a.Watch.Select("one")
	if now := a.Watch.Now().Get(); now.Stream != "one" || now.Player == nil {
		t.Errorf("what is watched does not change at once: %+v", now)
	}
	<-opened
	for range 5 {
		a.Watch.Select("two")
		a.Watch.Select("three")
	}
	<-opened
	first := a.Watch.Now().Get()
	if first.Stream != "three" {
		t.Errorf("watching %q, want the newest selection", first.Stream)
	}
	a.Watch.Select("")
	if got := a.Watch.Now().Get(); got.Player != nil || got.State().Phase != player.Idle {
		t.Errorf("after nothing was selected: %+v", got)
	}
}

func TestWatchGivesUpAndRetries(t *testing.T) {
	leak.Check(t)
	opened := make(chan struct{}, 1000)
	acc := &fakeAccount{name: "a", live: func(context.Context) (media.Source, error) {
		opened <- struct{}{}
		return nil, errDenied
	}}
	a := running(t, Options{Accounts: []Account{acc}})
	a.Watch.Select("gate")
	first := a.Watch.Now().Get()
	<-opened
	look, late := time.NewTicker(time.Millisecond), time.After(10*time.Second)
	defer look.Stop()
	for first.State().Phase != player.Failed {
		select {
		case <-look.C:
		case <-late:
			t.Fatalf("the player does not give up: %+v", first.State())
		}
	}
	a.Watch.Retry()
	<-opened
	if second := a.Watch.Now().Get(); second.Player == first.Player || second.Stream != "gate" {
		t.Errorf("a retry after a failure plays %+v", second)
	}
}

func TestPatientWatchDoesNotGiveUp(t *testing.T) {
	leak.Check(t)
	opened := make(chan struct{}, 1000)
	acc := &fakeAccount{name: "a", live: func(context.Context) (media.Source, error) {
		opened <- struct{}{}
		return nil, errDenied
	}}
	a := running(t, Options{Accounts: []Account{acc}, Patient: true})
	a.Watch.Select("gate")
	<-opened
	<-opened
	if phase := a.Watch.Now().Get().State().Phase; phase == player.Failed {
		t.Error("a patient watch has failed")
	}
}

func TestWatchRestsWhileItIsNotSeen(t *testing.T) {
	leak.Check(t)
	opened, closed := make(chan struct{}, 10), make(chan struct{}, 10)
	acc := &fakeAccount{name: "a", live: func(ctx context.Context) (media.Source, error) {
		opened <- struct{}{}
		return newFakeSource(ctx, func() { closed <- struct{}{} }), nil
	}}
	a := running(t, Options{Accounts: []Account{acc}})
	a.Watch.Select("gate")
	before := a.Watch.Now().Get().Player
	<-opened
	a.Watch.Show(false)
	<-closed
	a.Watch.Show(true)
	<-opened
	if now := a.Watch.Now().Get(); now.Player != before {
		t.Error("the last picture is lost: what is watched has another player after it was not seen")
	}
	a.Watch.Show(false)
	<-closed
	a.Watch.Select("dock")
	if now := a.Watch.Now().Get(); now.Stream != "dock" {
		t.Errorf("%q is watched, want what was selected while nothing was seen", now.Stream)
	}
	a.Watch.Show(true)
	<-opened
}

// An archive that is not seen stands, and goes on when it is seen again, if it did before; not when a link has led elsewhere.
func TestArchiveGoesOnWhereItWasLeft(t *testing.T) {
	a := running(t, Options{Accounts: []Account{&fakeAccount{name: "a"}}})
	a.Watch.Select("gate")
	a.Watch.Seek(time.Now().Add(-time.Hour))
	head := a.Watch.Now().Get().Transport
	for _, playing := range []bool{true, false} {
		if head.Pause(); playing {
			head.Play()
		}
		a.Watch.Show(false)
		if head.Playing() {
			t.Error("it goes on without being seen")
		}
		a.Watch.Show(true)
		if head.Playing() != playing {
			t.Errorf("seen again it plays: %v; want %v", head.Playing(), playing)
		}
	}
	head.Play()
	a.Watch.Show(false)
	if err := a.Follow(Link{Account: "a", Streams: []string{"gate"}, From: time.Now().Add(-2 * time.Hour)}); err != nil {
		t.Fatal(err)
	}
	a.Watch.Show(true)
	if head.Playing() {
		t.Error("the moment of a link does not stand")
	}
}

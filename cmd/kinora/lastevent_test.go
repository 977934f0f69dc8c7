package main

import (
	"testing"

	fyneapp "fyne.io/fyne/v2/app"
)

func TestNothingIsLeftForFyneToDo(t *testing.T) {
	type stopper interface{ OnStopped() func() }
	l, ok := fyneapp.NewWithID("io.github.kinora.Test").Lifecycle().(stopper)
	if !ok || l.OnStopped() == nil {
		t.Fatal("Fyne does nothing when it has stopped: lastEvent is not needed any more, or does not find it")
	}
	again := fyneapp.NewWithID("io.github.kinora.Test").Lifecycle()
	stopped := lastEvent(again)
	if again.(stopper).OnStopped() != nil {
		t.Error("Fyne hands its last event to another goroutine")
	}
	stopped()
}

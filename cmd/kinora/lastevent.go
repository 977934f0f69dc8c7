//go:build cgo

package main

import "fyne.io/fyne/v2"

// lastEvent takes from Fyne what it does when it has stopped, for the caller to do after Run. Fyne hands that to another goroutine, which
// hands it back to a loop that is just ending: when the computer is busy it falls between, and Run waits for it forever.
func lastEvent(l fyne.Lifecycle) (stopped func()) {
	stopper, ok := l.(interface {
		OnStopped() func()
		SetOnStoppedHookExecuted(func())
	})
	if !ok {
		return func() {}
	}
	if stopped = stopper.OnStopped(); stopped == nil {
		return func() {}
	}
	stopper.SetOnStoppedHookExecuted(nil)
	return stopped
}

package main

import (
	"context"
	"time"

	"kinora/internal/hostile"
)

// The streams of the services here, in the order of the list.
const (
	silent = "dock" // nothing is sent to it
	live   = "gate"
)

var runs = []run{
	{"empty", withArgs(), []shot{
		{name: "watch-empty"},
		{name: "dialog-new-stream", reach: press("ctrl+n"), leave: []string{"Escape"}},
		{name: "dialog-keys", reach: press("question"), leave: []string{"Escape"}},
	}},
	{"demo", withArgs("--demo"), []shot{
		{name: "watch-live", moving: true},
		{name: "dialog-properties", reach: press("alt+Return"), moving: true, leave: []string{"Escape"}},
		{name: "dialog-delete", reach: press("Delete"), moving: true, leave: []string{"Escape"}},
		{name: "watch-nosidebar", reach: press("ctrl+b"), moving: true, leave: []string{"ctrl+b"}},
	}},
	{"record-empty", withService(false), []shot{
		{name: "record-no-camera", reach: press("Down", "ctrl+r")},
		{name: "record-sources", reach: press("d"), leave: []string{"Escape"}},
		{name: "record-network", reach: source("Up", "Up", "Return"), leave: []string{"Escape"}},
		{name: "record-file", reach: source("Up", "Return"), leave: []string{"Escape"}},
	}},
	{"record", withLine(0), []shot{
		{name: "record-ready", reach: demoCamera, moving: true},
		{name: "dialog-more", reach: press("o"), brief: true, leave: []string{"Escape"}},
		{reach: press("r"), moving: true},
		{name: "record-recording", reach: after(8*time.Second, nothing), moving: true},
		{name: "dialog-marker", reach: press("M"), brief: true, leave: []string{"Escape"}},
		{name: "watch-recording", reach: press("ctrl+1"), moving: true, leave: []string{"ctrl+2"}},
		{name: "record-offline", reach: after(3*time.Second, cutLine), moving: true},
		{name: "dialog-stop", reach: after(12*time.Second, press("r")), brief: true},
		{name: "record-waiting", reach: press("Return"), moving: true},
		{name: "dialog-quit", reach: press("ctrl+q"), brief: true, leave: []string{"Escape"}},
		{reach: mendLine, moving: true},
		{name: "record-safe", reach: after(20*time.Second, nothing), moving: true},
	}},
	{"record-behind", withLine(60_000), []shot{
		{reach: demoCamera, moving: true},
		{reach: press("r"), moving: true},
		{name: "record-behind", reach: after(30*time.Second, nothing), moving: true},
		{name: "record-paused", reach: press("p"), moving: true},
		{reach: press("p"), moving: true},
		{name: "record-backlog", reach: after(10*time.Second, press("r", "Return")), moving: true},
	}},
	{"record-gone", withService(false), []shot{
		{reach: demoCamera, moving: true},
		{reach: press("r"), moving: true},
		{reach: after(6*time.Second, deleteStream(silent)), moving: true},
		{name: "record-gone", reach: after(10*time.Second, nothing), moving: true},
	}},
	{"record-preflight", withService(false), []shot{
		{reach: demoCamera, moving: true},
		{name: "dialog-preflight", reach: press("k"), brief: true},
		{name: "dialog-preflight-done", reach: after(14*time.Second, nothing), brief: true},
	}},
	{"record-takes", withLine(0), []shot{
		{reach: demoCamera, moving: true},
		{reach: press("r"), moving: true},
		{reach: after(5*time.Second, cutLine), moving: true},
		{reach: after(8*time.Second, press("r", "Return")), moving: true},
		{name: "menu-take", reach: takeMenu(), brief: true, leave: []string{"Escape"}},
		{name: "dialog-export", reach: takeMenu("Down", "Down", "Down", "Return"), brief: true},
		{name: "dialog-exported", reach: press("Return"), brief: true, leave: []string{"Escape"}},
		{name: "watch-take", reach: takeMenu("Down", "Return"), moving: true, leave: []string{"ctrl+2"}},
		{name: "dialog-discard", reach: after(time.Second, takeMenu("Down", "Down", "Down", "Down", "Return")), brief: true},
		{name: "record-discarded", reach: write("discard", "Return"), moving: true},
	}},
	{"record-evicted", withBudget(3_000_000), []shot{
		{reach: demoCamera, moving: true},
		{reach: press("r"), moving: true},
		{reach: after(4*time.Second, cutLine), moving: true},
		{name: "record-evicted", reach: after(20*time.Second, nothing), moving: true},
	}},
	{"record-full", withSmallDisk, []shot{
		{reach: demoCamera, moving: true},
		{reach: press("r"), moving: true},
		{reach: after(3*time.Second, cutLine), moving: true},
		{name: "record-full", reach: after(25*time.Second, nothing), moving: true},
	}},
	{"record-refused", withScript(hostile.ServiceOptions{Script: refuseThird}), []shot{
		{reach: demoCamera, moving: true},
		{reach: press("r"), moving: true},
		{name: "record-refused", reach: after(20*time.Second, nothing), moving: true},
		{reach: after(time.Second, press("p")), moving: true},
		{name: "dialog-refused", reach: takeMenu("Down", "Down", "Down", "Down", "Return"), brief: true},
	}},
	{"record-signed-out", withScript(hostile.ServiceOptions{Refuse: expire}), []shot{
		{reach: demoCamera, moving: true},
		{reach: press("r"), moving: true},
		{name: "record-signed-out", reach: after(8*time.Second, nothing), moving: true},
	}},
	{"record-lost", withNetCamera, []shot{
		{reach: showNetCamera, moving: true},
		{reach: press("r"), moving: true},
		{reach: after(8*time.Second, unplug), brief: true},
		{name: "record-lost", reach: after(6*time.Second, nothing), brief: true},
		{name: "record-back", reach: plug, moving: true},
	}},
	{"record-telemetry", withPositions, []shot{
		{reach: demoCamera, moving: true},
		{reach: choosePositions, moving: true},
		{reach: after(time.Second, press("r")), moving: true},
		{name: "record-telemetry", reach: after(10*time.Second, nothing), moving: true},
	}},
	{"archive", withService(true), []shot{
		{name: "watch-timeline-live", reach: press("Down", "Down"), moving: true},
		{name: "watch-archive", reach: after(25*time.Second, press("Left", "Left")), moving: true},
		{name: "watch-archive-slow", reach: press("less", "less"), moving: true, leave: []string{"greater", "greater"}},
		{name: "watch-paused", reach: press("k")},
		{name: "watch-inspector", reach: press("ctrl+i"), leave: []string{"ctrl+i"}},
		{name: "watch-chosen", reach: press("i", "Right", "o")},
		{name: "watch-snapshot", reach: press("s"), brief: true},
		{name: "watch-link", reach: press("ctrl+l"), brief: true},
		{name: "watch-home", reach: press("Home")},
		{name: "watch-before", reach: press("Left")},
		{reach: press("L"), moving: true},
	}},
	{"timeline", withPast, []shot{
		{reach: press("Down", "Down")},
		{name: "timeline-whole", reach: after(5*time.Second, press("0")), brief: true},
		{name: "timeline-picture", reach: after(2*time.Second, seek(0.2)), brief: true},
		{name: "timeline-still", reach: hover(0.2), brief: true},
		{name: "timeline-gap", reach: hover(0.5), brief: true},
		{name: "timeline-hour", reach: after(time.Second, press("plus", "plus", "plus", "plus")), brief: true},
		{name: "timeline-seconds", reach: press("plus", "plus", "plus", "plus", "plus", "plus", "plus"), brief: true},
		{name: "timeline-frames", reach: press("plus", "plus", "plus", "plus"), brief: true},
		{name: "timeline-collapsed", reach: press("0", "t"), brief: true, leave: []string{"t"}},
		{name: "timeline-goto", reach: press("g"), brief: true},
		{name: "timeline-goto-gap", reach: write("10 min ago"), brief: true, leave: []string{"Escape"}},
	}},
	{"past-sheets", withPast, []shot{
		{reach: press("Down", "Down")},
		{reach: after(3*time.Second, press("0")), brief: true},
		{reach: seek(0.2), brief: true},
		{reach: press("k", "m"), brief: true},
		{name: "watch-bookmark", reach: after(time.Second, press("Left", "m")), brief: true},
		{name: "dialog-bookmarks", reach: press("b"), brief: true},
		{name: "dialog-bookmarks-named", reach: press("Tab", "r", "e", "d", "space", "v", "a", "n", "Return"), brief: true, leave: []string{"Escape"}},
		{name: "menu-speeds", reach: barButton(176), brief: true, leave: []string{"Escape"}},
		{name: "menu-clocks", reach: barButton(269), brief: true, leave: []string{"Escape"}},
		{name: "dialog-zones", reach: press("z"), brief: true},
		{reach: write("berlin", "Return"), brief: true},
		{name: "watch-server-clock", reach: after(6*time.Second, press("Z")), brief: true},
	}},
	{"exports", withSlowPast(60_000), []shot{
		{reach: press("Down", "Down")},
		{name: "exports-empty", reach: after(2*time.Second, press("C")), brief: true, leave: []string{"Escape"}},
		{reach: seek(0.5), brief: true},
		{reach: press("c"), brief: true},
		{reach: press("ctrl+a"), brief: true},
		{reach: write("/nowhere/clip.mp4", "Return"), brief: true},
		{name: "exports-failed", reach: press("C"), brief: true, leave: []string{"Escape"}},
		{reach: press("c"), brief: true},
		{reach: press("Return"), brief: true},
		{name: "exports-running", reach: after(3*time.Second, press("C")), brief: true},
		{name: "exports-cancelled", reach: press("Tab", "Return"), brief: true, leave: []string{"Escape"}},
		{reach: press("c"), brief: true},
		{reach: press("Return"), brief: true},
		{name: "exports-done", reach: after(40*time.Second, press("C")), brief: true, leave: []string{"Escape"}},
	}},
	{"archive-silent", withService(false), []shot{
		{reach: press("Down")},
		{name: "watch-archive-empty", reach: after(3*time.Second, follow(-time.Hour, silent)), brief: true},
	}},
	{"side-by-side", withFour, []shot{
		{name: "watch-two", reach: after(5*time.Second, follow(0, "gate", "yard")), moving: true},
		{name: "watch-four", reach: after(15*time.Second, follow(0, four...)), moving: true},
		{name: "watch-four-archive", reach: press("2", "Left", "Left"), moving: true},
		{name: "watch-four-paused", reach: press("k", "ctrl+i"), leave: []string{"ctrl+i"}},
		{name: "watch-four-early", reach: follow(-time.Hour, four...)},
	}},
	{"gap", withGap, []shot{
		{reach: press("Down", "Down"), moving: true},
		{name: "watch-gap", reach: after(3*time.Second, followMark(5*time.Second, live))},
		{name: "dialog-clip", reach: press("c"), brief: true},
		{name: "dialog-clip-hours", reach: press("shift+Tab", "shift+Tab", "shift+Tab", "space"), brief: true},
		{name: "dialog-exports", reach: press("Tab", "Return", "C"), brief: true, leave: []string{"Escape"}},
	}},
	{"silent", withService(false), []shot{
		{reach: press("Down")},
		{name: "watch-silent", reach: after(12*time.Second, nothing)},
	}},
	{"connecting", withStalledService, []shot{
		{name: "watch-connecting", reach: press("Down", "Down")},
	}},
	{"stalled", withService(true), []shot{
		{reach: press("Down", "Down"), moving: true},
		{name: "watch-stalled", reach: later(stopSender)},
	}},
	{"reconnecting", withService(true), []shot{
		{reach: press("Down", "Down"), moving: true},
		{name: "watch-reconnecting", reach: stopService},
	}},
	{"offline", withAddress("http://127.0.0.1:9", "AWS_ACCESS_KEY_ID=KEY", "AWS_SECRET_ACCESS_KEY=secret"), []shot{
		{name: "watch-offline", reach: later(nil)},
	}},
	{"denied", withWrongKeys, []shot{
		{name: "watch-denied"},
	}},
	{"calls-empty", withService(false), []shot{
		{name: "calls-empty", reach: after(2*time.Second, press("ctrl+3"))},
		{name: "dialog-new-channel", reach: press("ctrl+shift+n"), brief: true, leave: []string{"Escape"}},
	}},
	{"calls-denied", withWrongKeys, []shot{
		{name: "calls-denied", reach: after(2*time.Second, press("ctrl+3")), brief: true},
	}},
	{"calls-unanswered", withChannel, []shot{
		{name: "calls-chosen", reach: after(3*time.Second, press("ctrl+3", "Down"))},
		{name: "calls-connecting", reach: after(time.Second, press("d")), brief: true},
		{name: "calls-no-master", reach: after(17*time.Second, nothing), brief: true},
	}},
	{"calls", withMaster, []shot{
		{name: "calls-connected", reach: call(12 * time.Second), moving: true},
		{name: "calls-statistics", reach: press("ctrl+shift+s"), moving: true},
		{reach: press("c"), moving: true},
		{name: "calls-chat", reach: after(time.Second, write("open the gate", "Return")), moving: true},
		{reach: press("Escape"), moving: true},
		{reach: after(time.Second, freeze), brief: true},
		{name: "calls-reconnecting", reach: after(5*time.Second, nothing), brief: true},
		{name: "calls-ended", reach: after(time.Second, press("h")), brief: true},
	}},
	{"calls-still", withRelayed, []shot{
		{reach: call(8 * time.Second), moving: true},
		{name: "calls-still", reach: after(time.Second, pauseCamera), brief: true},
	}},
	{"calls-hung-up", withMaster, []shot{
		{reach: call(8 * time.Second), moving: true},
		{name: "calls-no-microphone", reach: press("t"), moving: true},
		{name: "calls-hung-up", reach: after(time.Second, stopMaster), brief: true},
	}},
	{"calls-viewer-limit", withCrowd, []shot{
		{name: "calls-viewer-limit", reach: call(3 * time.Second), brief: true},
	}},
	{"calls-forbidden", withoutPermission, []shot{
		{name: "calls-forbidden", reach: call(3 * time.Second), brief: true},
	}},
	{"sound", withSound(true), []shot{
		{name: "watch-sound", reach: after(6*time.Second, press("Down")), moving: true},
		{name: "watch-sound-muted", reach: press("v"), moving: true},
		{reach: press("v"), moving: true},
		{name: "watch-sound-quieter", reach: press("shift+Down", "shift+Down", "shift+Down"), moving: true},
		{name: "watch-two-sounds", reach: after(4*time.Second, follow(0, "gate", "mike")), moving: true},
		{name: "watch-two-sounds-always", reach: press("V"), moving: true},
		{name: "watch-sound-alone", reach: after(2*time.Second, follow(0, "mike")), brief: true},
		{name: "watch-sound-alone-archive", reach: after(8*time.Second, press("Left")), brief: true},
		{name: "watch-sound-alone-paused", reach: after(time.Second, press("k", "ctrl+i")), brief: true, leave: []string{"ctrl+i"}},
	}},
	{"sound-no-device", withSound(false), []shot{
		{name: "watch-sound-no-device", reach: after(6*time.Second, press("Down")), moving: true},
	}},
	{"calls-offered", withChannel, []shot{
		{reach: after(3*time.Second, press("ctrl+3", "Down")), brief: true},
		{name: "dialog-offer", reach: offerDemo, brief: true},
		{reach: press("Return"), brief: true},
		{reach: press("Down", "Return"), brief: true},
		{name: "calls-offered", reach: press("Tab", "Tab", "Return"), brief: true},
		{name: "calls-offered-viewer", reach: callIn, brief: true},
	}},
	{"kiosk", withService(true, "--open", live), []shot{
		{name: "kiosk-live", moving: true},
		{name: "kiosk-reconnecting", reach: stopService},
	}},
}

// demoCamera opens the Record page for the silent stream with the first demo camera, the fourth from the end of the sources.
func demoCamera(ctx context.Context, s *stage) error {
	if err := press("Down", "ctrl+r")(ctx, s); err != nil {
		return err
	}
	return after(2*time.Second, source("Up", "Up", "Up", "Up", "Return"))(ctx, s)
}

// source opens the list of sources, and presses keys in it once the devices are known.
func source(keys ...string) func(context.Context, *stage) error {
	return func(ctx context.Context, s *stage) error {
		if err := press("d")(ctx, s); err != nil {
			return err
		}
		return after(4*time.Second, press(keys...))(ctx, s)
	}
}

package main

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
	{"record", withService(false), []shot{
		{name: "dialog-record", reach: press("Down", "ctrl+r")},
		{name: "watch-recording", reach: press("Return"), moving: true},
	}},
	{"silent", withService(false), []shot{
		{name: "watch-silent", reach: later(press("Down"))},
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
	{"kiosk", withService(true, "--open", live), []shot{
		{name: "kiosk-live", moving: true},
		{name: "kiosk-reconnecting", reach: stopService},
	}},
}

//go:build cgo

package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"runtime"
	"sync"

	"fyne.io/fyne/v2"
	fyneapp "fyne.io/fyne/v2/app"

	"kinora/app"
	"kinora/audio"
	"kinora/ffmpeg"
	"kinora/host"
	"kinora/internal/diskcache"
	"kinora/ui"
)

// appID names the program to the desktop and finds its preferences. FyneApp.toml has the same.
const appID = "io.github.kinora.Kinora"

// run takes the program from its first account to its last acknowledgement. Things stop in the opposite order of their
// start: the window, the recordings and players, the spool, the embedded service. The end of ctx is the computer's wish
// (it is switched off): recordings begin again with the next start, which they do not after an interrupt at the keyboard.
func run(ctx context.Context, f flags, link *app.Link, log *slog.Logger) (err error) {
	if runtime.GOOS == "linux" && os.Getenv("DISPLAY") == "" && os.Getenv("WAYLAND_DISPLAY") == "" {
		return errNoDisplay
	}
	size, err := windowSize(f.Size)
	if err != nil {
		return err
	}
	keepMemory()
	ffmpeg.Log(log)
	accounts, service, err := openAccounts(ctx, f, log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closeArchives(accounts), service.stop()) }()
	if accounts, err = chosenFirst(accounts, f.Account); err != nil {
		return err
	}
	kept, spoolErr := openSpool(f.Data, log)
	if kept != nil {
		defer func() { err = errors.Join(err, kept.Close()) }()
	}
	var stills *diskcache.Cache
	if kept != nil { // nobody else works below this directory
		shareCache(accounts, f.Data, log)
		stills = openStills(f.Data, log)
	}
	o := sources(f.DemoFile)
	o.Accounts, o.Codecs, o.Log, o.Patient = accounts, decoders{}, log, f.Open != ""
	o.Spool, o.SpoolErr, o.Data = kept, spoolErr, f.Data
	o.Stills = stills
	o.Battery, o.Metered = battery, host.Metered
	sound := loudspeaker{audio.NewOutput(ffmpeg.Speaker, log)}
	o.Loudspeaker = sound
	a := app.New(o)
	ran := make(chan error, 1)
	go func() { ran <- a.Run(ctx) }()
	var playing sync.WaitGroup
	play, quiet := context.WithCancel(ctx)
	playing.Go(func() { sound.Run(play) })
	defer playing.Wait()
	defer quiet()

	window := fyneapp.NewWithID(appID)
	u := ui.New(window, a, ui.Options{
		Open: f.Open, Kiosk: f.Open != "", Fullscreen: f.Fullscreen, Appearance: f.Theme, Size: size,
	})
	u.Show()
	if link != nil {
		_ = u.Follow(*link) // the window says why it leads nowhere
	}
	others := hear(f, spoolErr, u, log)
	demos := make(chan error, 1)
	go func() { demos <- startDemos(ctx, a, f) }()
	ended := context.AfterFunc(ctx, func() { fyne.Do(window.Driver().Quit) })
	stopped := lastEvent(window.Lifecycle())
	window.Run() // returns at an interrupt, too: Fyne listens for signals itself
	stopped()
	ended()
	deaf := others.close()
	u.Close()
	return errors.Join(deaf, a.Close(), <-ran, ignoreCancel(<-demos))
}

// startDemos does what --demo and --demo-file ask for, and watches the first.
func startDemos(ctx context.Context, a *app.App, f flags) error {
	count := 0
	switch {
	case f.DemoFile != "":
		count = 1
	case f.Demo:
		count = 2
	}
	first := ""
	for _, c := range a.Cameras() {
		if count == 0 {
			break
		}
		if !c.Demo() {
			continue
		}
		count--
		if first == "" {
			first = c.ID
		}
		if a.Recordings.Active(c.ID) {
			continue // it ran when the program ended, and has begun again by itself
		}
		if _, err := a.StartDemo(ctx); err != nil {
			return fmt.Errorf("the demo camera could not be started: %w", err)
		}
	}
	if first != "" {
		a.Watch.Select(first)
	}
	return nil
}

func ignoreCancel(err error) error {
	if errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

// windowSize reads WIDTHxHEIGHT; an empty text leaves it to the window.
func windowSize(text string) (fyne.Size, error) {
	if text == "" {
		return fyne.Size{}, nil
	}
	var w, h int
	if n, err := fmt.Sscanf(text, "%dx%d", &w, &h); n != 2 || err != nil || w < 1 || h < 1 {
		return fyne.Size{}, fmt.Errorf("--size %q is not of the form 1280x800", text)
	}
	return fyne.NewSize(float32(w), float32(h)), nil
}

package app

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"kinora/player"
)

// Options says what the program works with.
type Options struct {
	Accounts []Account     // the first is chosen at the start
	Codecs   player.Codecs // decodes what is watched
	// Cameras lists what can be recorded now. It may block for devices. Nil: there are none.
	Cameras func() []Camera
	// Patient makes the watched stream be tried for ever, even when its account says that this is useless: an unattended
	// screen has nobody who could try again.
	Patient bool
	Log     *slog.Logger // nil discards
}

// grace is how long recordings may take for the last acknowledgement when the program ends.
const grace = 5 * time.Second

// App is the program without its windows.
type App struct {
	Streams    *Streams
	Watch      *Watch
	Recordings *Recordings

	options Options
	account Value[Account]

	finish func() error // ends the recordings; every caller gets the same error

	mu      sync.Mutex
	closing chan struct{} // closed by Close
	closed  bool
	running sync.WaitGroup // Run
}

// New returns an app on the first account. It starts nothing.
func New(o Options) *App {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	a := &App{options: o, closing: make(chan struct{})}
	if len(o.Accounts) > 0 {
		a.account.Set(o.Accounts[0])
	}
	a.Recordings = newRecordings(a.account.Get, o.Log)
	a.finish = sync.OnceValue(func() error { return a.Recordings.close(grace) })
	a.Watch = newWatch(a.account.Get, o)
	a.Streams = newStreams(a.account.Get, a.seen, a.busy)
	return a
}

// Run polls the account, plays the selected stream and keeps the figures of recordings, until ctx ends or Close is
// called. Then it ends the recordings as Close does, and returns what that says unless Close was called.
func (a *App) Run(ctx context.Context) error {
	a.mu.Lock()
	if a.closed {
		a.mu.Unlock()
		return nil
	}
	a.running.Add(1)
	a.mu.Unlock()
	a.run(ctx)
	a.running.Done()
	return a.Close()
}

func (a *App) run(ctx context.Context) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var parts sync.WaitGroup
	for _, part := range []func(context.Context){a.Streams.run, a.Watch.run, a.Recordings.run} {
		parts.Go(func() { part(ctx) })
	}
	select {
	case <-ctx.Done():
	case <-a.closing:
	}
	_ = a.finish() // Close says what went wrong
	cancel()
	parts.Wait()
}

// Close ends the recordings gracefully, each with its last fragment acknowledged, stops everything else, and waits.
// The error names recordings that did not end well, or not within five seconds. Further calls return nil.
func (a *App) Close() error {
	a.mu.Lock()
	first := !a.closed
	if first {
		a.closed = true
		close(a.closing)
	}
	a.mu.Unlock()
	err := a.finish()
	a.running.Wait()
	if !first {
		return nil
	}
	return err
}

// Accounts returns all accounts.
func (a *App) Accounts() []Account { return a.options.Accounts }

// Account is the chosen account. Its value is nil when there is none.
func (a *App) Account() *Value[Account] { return &a.account }

// Choose makes acc the account whose streams are shown. What was watched ends; recordings go on.
func (a *App) Choose(acc Account) {
	if acc == a.account.Get() {
		return
	}
	a.Watch.Select("")
	a.account.Set(acc)
	a.Streams.reset()
}

// Cameras lists what can be recorded now. It may block for devices.
func (a *App) Cameras() []Camera {
	if a.options.Cameras == nil {
		return nil
	}
	return a.options.Cameras()
}

// seen returns the newest moment at which this program itself had proof of the stream being alive.
func (a *App) seen(stream string) time.Time {
	at := a.Recordings.persisted(stream)
	if w := a.Watch.Now().Get(); w.Stream == stream {
		if last := w.State().LastFrame; last.After(at) {
			at = last
		}
	}
	return at
}

// busy says why the stream cannot be deleted, or returns nil.
func (a *App) busy(stream string) error {
	if a.Recordings.Active(stream) {
		return errors.New("it is being recorded into; stop the recording first")
	}
	if a.Watch.Now().Get().Stream == stream {
		a.Watch.Select("")
	}
	return nil
}

package app

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"time"

	"kinora/internal/diskcache"
	"kinora/media"
	"kinora/player"
	"kinora/recorder/spool"
)

// Options says what the program works with. All but Accounts may be left out.
type Options struct {
	Accounts []Account     // the first is chosen at the start
	Codecs   player.Codecs // decodes what is watched; nil: nothing can be, and no small pictures are kept of what is recorded

	Loudspeaker Loudspeaker // nil: nothing is heard

	// Cameras and Microphones list what can be recorded now. They may block for devices.
	Cameras, Microphones func() []Camera
	// Address and File make cameras of an address and of a file. They open nothing.
	Address func(address string) (Camera, error)
	File    func(path string, looped bool) (Camera, error)
	// Bitrate is what encoding with settings whose mode is given costs at most, in bits a second.
	Bitrate func(Settings) int
	// ForCall codes the sound of a source as calls carry it. Nil: what is coded otherwise is left out of calls.
	ForCall func(media.Source) media.Source
	// Telemetry adds to a camera the timed lines of a telemetry source such as udp::5555.
	Telemetry func(camera media.Opener, source string) media.Opener

	// Spool keeps what is recorded until it has been sent. It is not closed. Nil: nothing can be recorded, and SpoolErr
	// says why.
	Spool    *spool.Spool
	SpoolErr error
	// Stills keeps small pictures of what was recorded and watched. Nil: a few are kept in memory.
	Stills *diskcache.Cache
	// Data is the directory for what is kept between runs: the settings of recordings, and which of them run, so that they
	// begin again after a crash; the list of exports. Empty: nothing is kept.
	Data string

	Battery func() (Battery, error)
	Metered func() (bool, error) // whether the network costs by volume

	// Patient makes the watched stream be tried for ever, even when its account says that this is useless: an unattended
	// screen has nobody who could try again, and nobody who looks back, so that what is recorded is not surveyed.
	Patient bool
	Log     *slog.Logger // nil discards
}

// grace is how long the end of the program may take for recordings to be made safe here and sent.
const grace = 5 * time.Second

// App is the program without its windows.
type App struct {
	Streams    *Streams
	Watch      *Watch
	Recordings *Recordings
	Exports    *Exports
	Past       *Past
	Ways       *Ways
	Viewed     *Viewed
	Bookmarks  *Bookmarks
	Sound      *Sound
	Calls      *Calls

	options  Options
	account  Value[Account]
	choosing sync.Mutex // held while the account changes, up to what is shown of it

	finish func() error // ends the recordings; every caller gets the same error

	mu      sync.Mutex
	closing chan struct{} // closed by Close
	closed  bool
	signal  func() error   // Err of Run's context, nil before Run
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
	a.Ways = newWays(o.Data, o.Log)
	a.Viewed = newViewed(o.Data, o.Log)
	a.Bookmarks = OpenBookmarks(o.Data, o.Log)
	a.Past = newPast(o, a.account.Get, a.Ways)
	a.Exports = newExports(&a.options, a.Ways, a.Bookmarks)
	a.Recordings = newRecordings(a.account.Get, &a.options)
	a.Recordings.glimpse = a.Past.glimpses
	a.Past.Survey.explain = a.Recordings.interruptions.explain
	a.Sound = newSound(o)
	a.Calls = newCalls(&a.options, a.account.Get, a.Recordings, a.Sound)
	a.finish = sync.OnceValue(func() error {
		err := a.Recordings.close(grace, a.interrupted())
		a.Calls.close()
		return err
	})
	a.Watch = newWatch(a.account.Get, a.Ways, o)
	a.Watch.sound = a.Sound
	a.Sound.changed = func() {
		a.Watch.tune()
		a.Calls.tune()
	}
	a.Watch.Now().Watch(func(Watching) { a.Watch.tune() })
	a.Watch.glimpse = a.Past.glimpses
	a.Streams = newStreams(a.account.Get, a.seen, a.busy, a.Recordings.retry)
	a.Past.watching, a.Past.keeps = a.Watch.Now().Get, a.Streams.retention
	if !o.Patient {
		a.Watch.seen = a.Viewed.note
		a.Watch.Now().Watch(a.Past.follow)
	}
	return a
}

// Run polls the account, plays the selected stream, takes up recordings that were interrupted, sends what waits on this
// disk and keeps all figures, until ctx ends or Close is called. Then it ends the recordings as Close does, and returns
// what that says unless Close was called. A ctx that ends before Close is called is the computer's wish, not a person's:
// the recordings begin again with the next Run.
func (a *App) Run(ctx context.Context) error {
	a.mu.Lock()
	if a.closed {
		a.mu.Unlock()
		return nil
	}
	a.running.Add(1)
	a.signal = ctx.Err
	a.mu.Unlock()
	a.run(ctx)
	a.running.Done()
	return a.Close()
}

func (a *App) run(ctx context.Context) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var parts sync.WaitGroup
	for _, part := range []func(context.Context){a.Streams.run, a.Watch.run, a.Recordings.run, a.Exports.run, a.Past.run, a.Calls.run} {
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

// interrupted reports whether Run's context has ended.
func (a *App) interrupted() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.signal != nil && a.signal() != nil
}

// Close ends the recordings gracefully, each safe on this disk to its last frame, gives them up to five seconds to be sent,
// stops everything else, and waits. The error names recordings that did not end well; what is not sent yet is an
// OnDiskError in it. Further calls return nil.
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

// account is the one of an ID, nil when it is not here.
func (o *Options) account(id string) Account {
	i := slices.IndexFunc(o.Accounts, func(a Account) bool { return a.ID() == id })
	if i < 0 {
		return nil
	}
	return o.Accounts[i]
}

// Accounts returns all accounts.
func (a *App) Accounts() []Account { return a.options.Accounts }

// Account is the chosen account. Its value is nil when there is none.
func (a *App) Account() *Value[Account] { return &a.account }

// Choose makes acc the account whose streams are shown. What was watched ends; recordings go on. Of the account that is chosen
// already nothing changes.
func (a *App) Choose(acc Account) {
	a.choosing.Lock()
	defer a.choosing.Unlock()
	a.choose(acc)
}

// choose is Choose; the caller holds the lock.
func (a *App) choose(acc Account) {
	if acc == a.account.Get() {
		return
	}
	a.Watch.Select("")
	a.account.Set(acc)
	if a.Watch.Now().Get().Open() { // somebody has opened a stream of the one before meanwhile
		a.Watch.Select("")
	}
	a.Streams.reset()
	a.Calls.channels.reset()
}

// seen returns the newest moment at which this program itself had proof of the stream being alive.
func (a *App) seen(stream string) time.Time {
	at := a.Recordings.persisted(stream)
	if w := a.Watch.Now().Get(); w.Stream == stream && w.Take == "" {
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
	switch now := a.Watch.Now().Get(); {
	case len(now.Tiles) > 1:
		a.Watch.Remove(stream)
	case now.Stream == stream:
		a.Watch.Select("")
	}
	return nil
}

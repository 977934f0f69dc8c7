package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"kinora/media"
	"kinora/recorder"
)

// Recording is a camera that goes into a stream, as it stood when it was asked for.
type Recording struct {
	Account, Stream string
	Camera          Camera
	Since           time.Time
	Stopping        bool           // asked to end; the last fragment is on its way
	Ended           bool           // by itself, see Err; it stays listed until Dismiss or the next Start
	Err             error          // why it ended, or why nothing is sent at the moment
	State           recorder.State // the recorder's figures; zero while the camera opens
	Advanced        time.Time      // when the service last made a fragment safe; zero: not yet
}

// Recordings runs recorders, at most one for each stream. All methods return at once and are safe from any goroutine.
type Recordings struct {
	account func() Account
	log     *slog.Logger
	list    Value[[]Recording]

	mu      sync.Mutex
	entries map[target]*entry
	closed  bool
	running sync.WaitGroup
}

// target names a stream across accounts.
type target struct{ account, stream string }

type entry struct {
	recording Recording // without State
	recorder  *recorder.Recorder
	stop      context.CancelFunc
}

// RecordingError says which recording went wrong and why.
type RecordingError struct {
	Stream string
	Reason string
	Err    error // may be nil
}

func (e *RecordingError) Error() string {
	if e.Err == nil {
		return fmt.Sprintf("stream %s: %s", e.Stream, e.Reason)
	}
	return fmt.Sprintf("stream %s: %s: %v", e.Stream, e.Reason, e.Err)
}

func (e *RecordingError) Unwrap() error { return e.Err }

// drain is how long a recorder waits for its last acknowledgement; it fits into the time that closing has for it.
const drain = grace - 500*time.Millisecond

func newRecordings(account func() Account, log *slog.Logger) *Recordings {
	return &Recordings{account: account, log: log, entries: map[target]*entry{}}
}

// List is every recording of every account that runs or that ended by itself, ordered by account and stream. While Run
// runs, the figures are brought up to date twice a second.
func (r *Recordings) List() *Value[[]Recording] { return &r.list }

// Start records the camera into a stream of the chosen account until Stop, the camera's end, or an error that no further
// attempt can mend. The camera opens in the background.
func (r *Recordings) Start(stream string, c Camera) error {
	acc := r.account()
	if acc == nil {
		return errNoAccount
	}
	key := target{acc.Name(), stream}
	r.mu.Lock()
	if old := r.entries[key]; old != nil && !old.recording.Ended {
		r.mu.Unlock()
		return &RecordingError{Stream: stream, Reason: old.recording.Camera.Name + " is already being recorded into it"}
	}
	if r.closed {
		r.mu.Unlock()
		return &RecordingError{Stream: stream, Reason: "Kinora is closing"}
	}
	ctx, stop := context.WithCancel(context.Background())
	e := &entry{stop: stop, recording: Recording{
		Account: acc.Name(), Stream: stream, Camera: c, Since: time.Now(),
	}}
	r.entries[key] = e
	r.running.Go(func() {
		defer stop()
		r.ended(key, e, r.record(ctx, acc, e))
	})
	r.mu.Unlock()
	r.publish()
	return nil
}

// record opens the camera and records it until stop ends.
func (r *Recordings) record(stop context.Context, acc Account, e *entry) error {
	// The source outlives the request to stop: the recorder still finishes a fragment. Before there is a recorder, that
	// request ends the attempt to open.
	life, end := context.WithCancel(context.Background())
	defer end()
	opening := context.AfterFunc(stop, end)
	stream := e.recording.Stream
	src, err := e.recording.Camera.Open(life)
	if !opening() { // asked to stop meanwhile
		return closeSource(src)
	}
	if err != nil {
		return &RecordingError{Stream: stream, Reason: e.recording.Camera.Name + " could not be opened", Err: err}
	}
	rec := recorder.New(recorder.Options{
		Source: src,
		Put:    acc.Putter(stream),
		GiveUp: acc.GiveUp,
		Drain:  drain,
		Log:    r.log.With("stream", stream),
	})
	r.mu.Lock()
	e.recorder = rec
	r.mu.Unlock()
	err = rec.Run(stop)
	if err == nil && stop.Err() == nil {
		err = errors.New("the camera sends nothing any more")
	}
	if err != nil && !errors.Is(err, context.Canceled) {
		return &RecordingError{Stream: stream, Reason: "the recording of " + e.recording.Camera.Name + " ended", Err: err}
	}
	return nil
}

func closeSource(src media.Source) error {
	if src == nil {
		return nil
	}
	return src.Close()
}

// ended takes a recording that was asked to end off the list, and keeps one that ended by itself.
func (r *Recordings) ended(key target, e *entry, err error) {
	r.mu.Lock()
	e.recording.Ended, e.recording.Err = true, err
	if err == nil {
		delete(r.entries, key)
	}
	r.mu.Unlock()
	if err != nil {
		r.log.Warn("recording ended", "stream", key.stream, "err", err)
	}
	r.publish()
}

// Stop asks the recording into a stream of the chosen account to end: it leaves the list when the service has
// acknowledged its last fragment.
func (r *Recordings) Stop(stream string) {
	if key, ok := r.key(stream); ok {
		r.mu.Lock()
		if e := r.entries[key]; e != nil && !e.recording.Ended {
			e.recording.Stopping = true
			e.stop()
		}
		r.mu.Unlock()
		r.publish()
	}
}

// Dismiss takes a recording that ended by itself off the list.
func (r *Recordings) Dismiss(stream string) {
	if key, ok := r.key(stream); ok {
		r.mu.Lock()
		if e := r.entries[key]; e != nil && e.recording.Ended {
			delete(r.entries, key)
		}
		r.mu.Unlock()
		r.publish()
	}
}

// Active reports whether something is being recorded into a stream of the chosen account.
func (r *Recordings) Active(stream string) bool {
	rec, ok := r.Of(stream)
	return ok && !rec.Ended
}

// Of returns the recording into a stream of the chosen account, as last published.
func (r *Recordings) Of(stream string) (Recording, bool) {
	key, ok := r.key(stream)
	if !ok {
		return Recording{}, false
	}
	list := r.list.Get()
	i := slices.IndexFunc(list, func(x Recording) bool { return x.Account == key.account && x.Stream == stream })
	if i < 0 {
		return Recording{}, false
	}
	return list[i], true
}

func (r *Recordings) key(stream string) (target, bool) {
	acc := r.account()
	if acc == nil {
		return target{}, false
	}
	return target{acc.Name(), stream}, true
}

// persisted is when the service last made something of this stream safe.
func (r *Recordings) persisted(stream string) time.Time {
	rec, _ := r.Of(stream)
	return rec.Advanced
}

// publish shows the present recordings with fresh figures.
func (r *Recordings) publish() { r.list.Update(r.snapshot) }

// snapshot makes the next list. It is called by publish alone, one call at a time.
func (r *Recordings) snapshot(before []Recording) []Recording {
	r.mu.Lock()
	defer r.mu.Unlock()
	list := make([]Recording, 0, len(r.entries))
	for _, e := range r.entries {
		rec := e.recording
		if e.recorder != nil {
			rec.State = e.recorder.State()
			rec.Err = cmp.Or(rec.Err, rec.State.Err)
		}
		i := slices.IndexFunc(before, func(x Recording) bool {
			return x.Account == rec.Account && x.Stream == rec.Stream && x.Since.Equal(rec.Since)
		})
		if i >= 0 && rec.State.Persisted > before[i].State.Persisted {
			e.recording.Advanced = time.Now()
			rec.Advanced = e.recording.Advanced
		}
		list = append(list, rec)
	}
	slices.SortFunc(list, func(a, b Recording) int {
		return cmp.Or(cmp.Compare(a.Account, b.Account), cmp.Compare(a.Stream, b.Stream))
	})
	return list
}

// run brings figures up to date until ctx ends.
func (r *Recordings) run(ctx context.Context) {
	tick := time.NewTicker(500 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			if len(r.list.Get()) > 0 {
				r.publish()
			}
		}
	}
}

// close ends all recordings, lets no other begin, and waits for them up to limit.
func (r *Recordings) close(limit time.Duration) error {
	r.mu.Lock()
	r.closed = true
	for _, e := range r.entries {
		e.stop()
	}
	r.mu.Unlock()
	done := make(chan struct{})
	go func() {
		defer close(done)
		r.running.Wait()
	}()
	select {
	case <-done:
		return r.failures()
	case <-time.After(limit):
	}
	var late []error
	for _, rec := range r.list.Get() {
		if !rec.Ended {
			late = append(late, &RecordingError{Stream: rec.Stream, Reason: fmt.Sprintf(
				"its last fragment was not acknowledged within %v and may be lost", limit)})
		}
	}
	return errors.Join(late...)
}

// failures joins what went wrong with the recordings that are still listed, once: they leave the list.
func (r *Recordings) failures() error {
	var errs []error
	r.mu.Lock()
	for key, e := range r.entries {
		errs = append(errs, e.recording.Err)
		delete(r.entries, key)
	}
	r.mu.Unlock()
	return errors.Join(errs...)
}

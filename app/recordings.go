package app

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"kinora/recorder/spool"
)

// Recordings keeps cameras in the spool, at most one for each stream, and sends what the spool holds to the accounts that
// are present. Methods return at once unless they say otherwise; all are safe from any goroutine.
type Recordings struct {
	o       *Options
	account func() Account
	log     *slog.Logger
	limit   *rate.Limiter // of all uploads together
	glimpse func(Account, string) *glimpses

	interruptions *Interruptions
	interrupted   map[spool.Target]string // when it was looked last, and why; for the goroutine of run

	list     Value[[]Recording]
	takes    Value[[]Take]
	safety   Value[Safety]
	shown    Value[Preview]
	settings Value[RecordingSettings]

	mu      sync.Mutex
	entries map[spool.Target]*entry
	inputs  map[string]*input // by camera: the one that was opened last
	soles   map[string]*sole  // likewise: those that an offer has open
	preview *preview          // nil: nothing is shown
	uploads map[spool.Target]*sending
	paused  bool // by a person
	around  surroundings
	closed  bool
	leaves  bool // closed by the computer and not by a person: recordings begin again
	running sync.WaitGroup

	remembering sync.Mutex // writes of the list that is resumed after a crash, in order
	settled     bool       // nothing is written any more; guarded by remembering
}

func newRecordings(account func() Account, o *Options) *Recordings {
	r := &Recordings{o: o, account: account, log: o.Log, limit: rate.NewLimiter(rate.Inf, burst),
		entries: map[spool.Target]*entry{}, inputs: map[string]*input{}, soles: map[string]*sole{}, uploads: map[spool.Target]*sending{},
		interruptions: newInterruptions(o.Data, o.Log)}
	settings, err := LoadRecordingSettings(o.Data)
	if err != nil {
		o.Log.Warn("the settings of recordings begin anew", "err", err)
	}
	r.apply(settings)
	return r
}

// Recording is a camera that goes into a stream, as it stood when it was asked for. The network, the service and the
// device do not end it: while they fail, it goes on as far as it can, and Err says what is wrong.
type Recording struct {
	Account, Stream string
	Camera          Camera
	Since           time.Time
	Stopping        bool        // asked to end; its last fragments are being made safe on this disk
	Ended           bool        // by itself, see Err; it stays listed until Dismiss or the next Start
	Resumed         bool        // taken up by itself after a crash
	Err             error       // why it ended, or what is wrong at the moment
	Take            string      // ID; empty until the spool has begun it
	Source          IntakeState // of the camera
	Upload          UploadState // of its stream
	Advanced        time.Time   // when the service last made a fragment safe; zero: not yet
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

// List is every recording of every account that runs or that ended by itself, ordered by account and stream. While Run
// runs, the figures are brought up to date twice a second.
func (r *Recordings) List() *Value[[]Recording] { return &r.list }

// Start is Begin with nothing but a stream and a camera, by the operator of the settings.
func (r *Recordings) Start(stream string, c Camera) error {
	return r.Begin(Plan{Stream: stream, Camera: c, Operator: r.settings.Get().Operator})
}

// Stop asks the recording into a stream of the chosen account to end: it leaves the list when its last fragment is safe
// on this disk, from where it is sent.
func (r *Recordings) Stop(stream string) {
	r.with(stream, func(e *entry) {
		if !e.recording.Ended {
			e.recording.Stopping = true
			e.stop()
		}
	})
}

// Dismiss takes a recording that ended by itself off the list.
func (r *Recordings) Dismiss(stream string) {
	r.with(stream, func(e *entry) {
		if e.recording.Ended {
			delete(r.entries, e.target)
		}
	})
}

// with calls fn for the recording into a stream of the chosen account, if there is one, and shows what it changed. r.mu is
// held meanwhile.
func (r *Recordings) with(stream string, fn func(*entry)) {
	acc := r.account()
	if acc == nil {
		return
	}
	r.mu.Lock()
	if e := r.entries[spool.Target{Account: acc.ID(), Stream: stream}]; e != nil {
		fn(e)
	}
	r.mu.Unlock()
	r.publish()
}

// Active reports whether something is being recorded into a stream of the chosen account.
func (r *Recordings) Active(stream string) bool {
	rec, ok := r.Of(stream)
	return ok && !rec.Ended
}

// Of returns the recording into a stream of the chosen account, as last published.
func (r *Recordings) Of(stream string) (Recording, bool) {
	acc := r.account()
	if acc == nil {
		return Recording{}, false
	}
	list := r.list.Get()
	i := slices.IndexFunc(list, func(x Recording) bool { return x.Account == acc.Name() && x.Stream == stream })
	if i < 0 {
		return Recording{}, false
	}
	return list[i], true
}

// persisted is when the service last made something of this stream safe.
func (r *Recordings) persisted(stream string) time.Time {
	rec, _ := r.Of(stream)
	return rec.Advanced
}

// publish shows the present recordings with fresh figures.
func (r *Recordings) publish() {
	r.list.Update(func([]Recording) []Recording { return r.snapshot() })
}

func (r *Recordings) snapshot() []Recording {
	r.mu.Lock()
	defer r.mu.Unlock()
	list := make([]Recording, 0, len(r.entries))
	for _, e := range r.entries {
		rec := e.recording
		rec.Source = e.input.intake.State()
		if e.take != nil {
			rec.Take = e.take.ID()
		}
		if u := r.uploads[e.target]; u != nil {
			rec.Upload = u.uploader.State()
			if rec.Upload.LastAck.After(rec.Since) {
				rec.Advanced = rec.Upload.LastAck
			}
		}
		if !rec.Ended {
			rec.Err = cmp.Or(e.wrong(rec.Source), rec.Upload.Err)
		}
		list = append(list, rec)
	}
	slices.SortFunc(list, func(a, b Recording) int {
		return cmp.Or(cmp.Compare(a.Account, b.Account), cmp.Compare(a.Stream, b.Stream))
	})
	return list
}

// run takes up what a crash has interrupted, sends what the spool holds and keeps all figures until ctx ends.
func (r *Recordings) run(ctx context.Context) {
	r.resume()
	var parts sync.WaitGroup
	defer parts.Wait()
	parts.Go(func() { r.lookAround(ctx) })
	tick := time.NewTicker(500 * time.Millisecond)
	defer tick.Stop()
	for adapting := false; ; adapting = !adapting {
		r.tendUploads()
		r.noteInterruptions()
		if adapting {
			r.adapt()
		}
		if len(r.list.Get()) > 0 {
			r.publish()
		}
		r.publishTakes()
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

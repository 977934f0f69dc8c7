package app

import (
	"context"
	"errors"
	"reflect"
	"slices"
	"time"

	"kinora/recorder/spool"
)

// Names of what lies below, for windows.
type (
	Span        = spool.Span
	Stage       = spool.Stage
	TakeFigures = spool.Figures
	SpoolUsage  = spool.Usage
	Rejection   = spool.Rejection
)

// The stages of a second of a take.
const (
	Captured  = spool.Captured
	OnDisk    = spool.Stored
	Sent      = spool.Sent
	Received  = spool.Received
	Persisted = spool.Persisted
	Rejected  = spool.Rejected
	Evicted   = spool.Evicted
	Lost      = spool.Lost
)

// Take is a recording as the spool knows it.
type Take struct {
	ID, Stream             string
	Account                string // its name for people; the identity when no present account has it
	Here                   bool   // its account is one of the present ones: it can be sent
	Name, Operator, Source string
	Note                   string
	Began                  time.Time
	Open                   bool // still recorded
	Figures                TakeFigures
	Rejections             []Rejection
	Upload                 UploadState // of its stream's uploader
}

// waits is how much of a take is neither with the service nor given up.
func waits(f TakeFigures) time.Duration {
	return max(0, f.Captured-f.Persisted-f.Rejected-f.Evicted-f.Lost)
}

// Takes lists the spool's takes, newest first. While Run runs, it is brought up to date twice a second.
func (r *Recordings) Takes() *Value[[]Take] { return &r.takes }

// publishTakes shows the takes and what follows from them, if they have changed.
func (r *Recordings) publishTakes() {
	takes := r.allTakes()
	if !reflect.DeepEqual(takes, r.takes.Get()) {
		r.takes.Set(takes)
	}
	if s := r.safe(takes); !reflect.DeepEqual(s, r.safety.Get()) {
		r.safety.Set(s)
	}
}

func (r *Recordings) allTakes() []Take {
	if r.o.Spool == nil {
		return nil
	}
	kept := r.o.Spool.Takes()
	takes := make([]Take, 0, len(kept))
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, t := range slices.Backward(kept) {
		target, about := t.Target(), t.About()
		take := Take{
			ID: t.ID(), Stream: target.Stream, Account: target.Account, Name: about.Name, Operator: about.Operator,
			Source: about.Source, Note: about.Note, Began: t.Began(), Open: t.Open(), Figures: t.Figures(), Rejections: t.Rejections(),
		}
		if acc := r.o.account(target.Account); acc != nil {
			take.Account, take.Here = acc.Name(), true
		}
		if s := r.uploads[target]; s != nil {
			take.Upload = s.uploader.State()
		}
		takes = append(takes, take)
	}
	return takes
}

// take finds a take of the spool.
func (r *Recordings) take(id string) (*spool.Take, error) {
	if r.o.Spool == nil {
		return nil, errNoSpool
	}
	takes := r.o.Spool.Takes()
	if i := slices.IndexFunc(takes, func(t *spool.Take) bool { return t.ID() == id }); i >= 0 {
		return takes[i], nil
	}
	return nil, errors.New("this recording is not on this disk any more")
}

// Spans is a take from its beginning to now, nil when the spool does not know it. Cheap enough for twice a second.
func (r *Recordings) Spans(take string) []Span {
	t, err := r.take(take)
	if err != nil {
		return nil
	}
	return t.Spans()
}

// Requeue sends what was refused of a take again. It works on the disk.
func (r *Recordings) Requeue(take string) error {
	t, err := r.take(take)
	if err == nil {
		err = t.Requeue()
	}
	r.mu.Lock()
	if err == nil {
		r.send(t.Target())
	}
	r.mu.Unlock()
	r.RetryNow()
	r.publishTakes()
	return err
}

// Discard removes what waits of a take. It works on the disk.
func (r *Recordings) Discard(take string) error {
	t, err := r.take(take)
	if err == nil {
		err = t.Discard()
	}
	r.publishTakes()
	return err
}

// Export writes what the spool holds of a take to a Matroska file, and to further ones where its tracks change. progress
// gets bytes. It blocks.
func (r *Recordings) Export(ctx context.Context, take, path string, progress func(done, total int64)) (files []string, err error) {
	t, err := r.take(take)
	if err != nil {
		return nil, err
	}
	return t.Export(ctx, path, progress)
}

// PlayTake watches what the spool holds of a take, as Watch.Select watches a stream.
func (a *App) PlayTake(take string) error {
	t, err := a.Recordings.take(take)
	if err != nil {
		return err
	}
	a.Watch.replay(t)
	return nil
}

package app

import (
	"context"
	"slices"
	"strconv"
	"time"

	"golang.org/x/time/rate"

	"kinora/media"
	"kinora/recorder/spool"
	"kinora/recorder/upload"
)

// UploadState is how the sending of recordings into one stream stands.
type UploadState = upload.State

// The phases of an upload.
const (
	UploadIdle       = upload.Idle
	UploadConnecting = upload.Connecting
	Uploading        = upload.Uploading
	UploadOffline    = upload.Offline
	UploadPaused     = upload.Paused
	UploadHeld       = upload.Held
)

// SignInAgain is the class of an upload whose credentials are wrong or expired.
const SignInAgain = upload.Reauthenticate

// The orders of an upload.
const (
	LiveFirst = upload.LiveFirst
	InOrder   = upload.InOrder
)

const (
	// burst is what a limited upload may send at once, in bytes.
	burst = 64 << 10
	// idleFor is how long an uploader without work is kept.
	idleFor = 30 * time.Second
)

// sending is an uploader that runs.
type sending struct {
	uploader *upload.Uploader
	end      context.CancelFunc
	done     chan struct{}
	busy     time.Time // when there was something to do last
}

// send sees to it that there is an uploader for the target, if its account is present. r.mu is held.
func (r *Recordings) send(t spool.Target) {
	if r.uploads[t] != nil || r.closed {
		return
	}
	acc := r.o.account(t.Account)
	if acc == nil {
		return
	}
	log := r.log.With("account", acc.Name(), "stream", t.Stream)
	c := &claimed{spool: r.o.Spool, account: acc, target: t, putter: acc.Putter(t.Stream)}
	u := upload.New(upload.Options{
		Spool: r.o.Spool, Target: t, Put: c, Classify: c.classify, Stored: c.stored, Keeps: c.keeps,
		Order: r.settings.Get().Order, Connections: acc.Uploads(), Limit: r.limit, Log: log,
		Rejected: func(at time.Time, id int) {
			r.interruptions.note(t.Account, t.Stream, at, media.GapError+strconv.Itoa(id))
		},
	})
	if why := r.pauseReason(); why != "" {
		u.Pause(why)
	}
	ctx, end := context.WithCancel(context.Background())
	s := &sending{uploader: u, end: end, done: make(chan struct{}), busy: time.Now()}
	r.uploads[t] = s
	r.running.Go(func() {
		defer close(s.done)
		if err := u.Run(ctx); err != nil {
			log.Warn("an upload ended", "err", err)
		}
	})
}

// tendUploads starts uploaders for all that waits in the spool, and ends those that have had nothing to do for a while.
func (r *Recordings) tendUploads() {
	if r.o.Spool == nil {
		return
	}
	waiting := r.o.Spool.Targets()
	now := time.Now()
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, t := range waiting {
		r.send(t)
	}
	for t, s := range r.uploads {
		if e := r.entries[t]; e != nil && !e.recording.Ended || slices.Contains(waiting, t) {
			s.busy = now
		} else if now.Sub(s.busy) > idleFor {
			s.end()
			delete(r.uploads, t)
		}
	}
}

// stopUploads ends all uploaders.
func (r *Recordings) stopUploads() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for t, s := range r.uploads {
		s.end()
		delete(r.uploads, t)
	}
}

// each calls fn for every uploader.
func (r *Recordings) each(fn func(*upload.Uploader)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, s := range r.uploads {
		fn(s.uploader)
	}
}

// RetryNow ends all waits of uploads.
func (r *Recordings) RetryNow() { r.each((*upload.Uploader).Retry) }

// retry ends the wait of the upload into a stream of the chosen account, which was just made.
func (r *Recordings) retry(stream string) {
	acc := r.account()
	if acc == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if s := r.uploads[spool.Target{Account: acc.ID(), Stream: stream}]; s != nil {
		s.uploader.Retry()
	}
}

// Pause stops or resumes all uploads, by a person's wish. Recordings go on to the disk.
func (r *Recordings) Pause(on bool) {
	r.mu.Lock()
	before := r.pauseReason()
	r.paused = on
	r.mu.Unlock()
	r.pauseAs(before)
}

// pauseReason says why nothing is sent; empty: it is. r.mu is held.
func (r *Recordings) pauseReason() string {
	switch {
	case r.paused:
		return "paused by you"
	case r.settings.Get().Metered:
	case r.around.metered:
		return "the network is metered"
	case r.o.Metered != nil && !r.around.known:
		return "it is not known yet whether the network is metered"
	}
	return ""
}

// pauseAs pauses or resumes all uploads when the reason is not what it was before.
func (r *Recordings) pauseAs(before string) {
	r.mu.Lock()
	why := r.pauseReason()
	if why == before {
		r.mu.Unlock()
		return
	}
	for _, s := range r.uploads {
		if why == "" {
			s.uploader.Resume()
		} else {
			s.uploader.Pause(why)
		}
	}
	r.mu.Unlock()
	r.publishTakes()
}

// limitTo bounds all uploads together.
func (r *Recordings) limitTo(bps int) {
	if bps <= 0 {
		r.limit.SetLimit(rate.Inf)
		return
	}
	r.limit.SetLimit(rate.Limit(float64(bps) / 8))
}

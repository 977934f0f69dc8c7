package app

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"kinora/recorder/upload"
)

// OnDiskError says that recordings were not sent to their end when the program was closed. They are not lost.
type OnDiskError struct {
	Length time.Duration
	Bytes  int64
}

func (e *OnDiskError) Error() string {
	return fmt.Sprintf("%v of recordings (%.1f MB) are not with the service yet; they stay on this disk and are sent when Kinora starts again",
		e.Length.Round(time.Second/10), float64(e.Bytes)/1e6)
}

// hurry is what closing leaves of its time for connections to end in order.
const hurry = 500 * time.Millisecond

// close ends all recordings, lets no other begin, gives what they made until limit to be sent, and stops everything. When
// it is interrupted, rather than asked by a person, the recordings begin again at the next start. The error says what went
// wrong, and an OnDiskError what stays on this disk.
func (r *Recordings) close(limit time.Duration, interrupted bool) error {
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	r.settle(interrupted)
	troubles := map[*entry]error{}
	var all []*entry
	r.mu.Lock()
	r.closed, r.leaves = true, interrupted
	for _, e := range r.entries {
		if !e.recording.Ended {
			all = append(all, e)
			troubles[e] = e.wrong(e.input.intake.State())
			e.stop()
		}
	}
	r.unshow()
	r.mu.Unlock()
	r.glance()

	sending, enough := context.WithTimeout(ctx, limit-hurry)
	defer enough()
	for _, e := range all {
		select {
		case <-e.done:
		case <-sending.Done():
		}
	}
	r.drain(sending)
	r.stopUploads()
	done := make(chan struct{})
	go func() {
		defer close(done)
		r.running.Wait()
	}()
	select {
	case <-done:
	case <-ctx.Done():
	}
	return errors.Join(r.unclosed(all, limit), r.empty(all, troubles), r.failures(), r.remains())
}

// unclosed names recordings whose camera does not let go.
func (r *Recordings) unclosed(all []*entry, limit time.Duration) error {
	var errs []error
	for _, e := range all {
		select {
		case <-e.input.done:
		default:
			errs = append(errs, &RecordingError{Stream: e.plan.Stream, Reason: fmt.Sprintf(
				"%s could not be closed within %v; what was recorded until then is on this disk", e.plan.Camera.Name, limit)})
		}
	}
	return errors.Join(errs...)
}

// empty names recordings that have nothing because something was wrong with them.
func (r *Recordings) empty(all []*entry, troubles map[*entry]error) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	var errs []error
	for _, e := range all {
		if trouble := troubles[e]; trouble != nil && (e.take == nil || e.take.Figures().Captured == 0) {
			errs = append(errs, &RecordingError{Stream: e.plan.Stream, Reason: "nothing was recorded of " + e.plan.Camera.Name, Err: trouble})
		}
	}
	return errors.Join(errs...)
}

// failures joins what went wrong with the recordings that are still listed, once: they leave the list.
func (r *Recordings) failures() error {
	var errs []error
	r.mu.Lock()
	for target, e := range r.entries {
		if e.recording.Ended {
			errs = append(errs, e.recording.Err)
			delete(r.entries, target)
		}
	}
	r.mu.Unlock()
	r.publish()
	return errors.Join(errs...)
}

// drain waits until everything is sent that can be sent now.
func (r *Recordings) drain(ctx context.Context) {
	r.mu.Lock()
	uploads := make([]*upload.Uploader, 0, len(r.uploads))
	for _, u := range r.uploads {
		uploads = append(uploads, u.uploader)
	}
	r.mu.Unlock()
	var waiting sync.WaitGroup
	for _, u := range uploads {
		switch u.State().Phase {
		case upload.Offline, upload.Held, upload.Paused:
			continue
		}
		waiting.Go(func() {
			if err := u.Drain(ctx); err != nil {
				r.log.Info("not everything was sent", "err", err)
			}
		})
	}
	waiting.Wait()
}

// remains says what was not sent of what could be sent from here; nil when nothing remains.
func (r *Recordings) remains() error {
	s := r.safe(r.allTakes())
	if s.Bytes == 0 {
		return nil
	}
	return &OnDiskError{Length: s.Pending, Bytes: s.Bytes}
}

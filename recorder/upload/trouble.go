package upload

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"time"

	"kinora/recorder/spool"
)

var (
	errMute     = errors.New("the service ended the connection without having acknowledged anything")
	errUnstored = errors.New("the service received fragments and has not stored them")
	errCutShort = errors.New("the service ended the connection before everything was sent")
	errStale    = errors.New("the service acknowledged nothing for too long; the connection is made anew")
	errStuck    = errors.New("the network takes nothing any more; the connection is made anew")
)

// quiet is how long a log is spared another warning about the same outage: errors' texts name ports, and two kinds of failure may
// alternate for hours.
const quiet = time.Minute

// trouble is why the service cannot be reached.
type trouble struct {
	failures int // in a row, of this class
	err      error
	class    Class
	next     time.Time // when it is tried again

	// The outage: from the first failure until something is stored.
	attempts int // that failed
	since    time.Time
	told     time.Time // when the log was told last
	said     string    // then
}

// fail notes that a connection failed, and how long to wait.
func (u *Uploader) fail(err error, class Class) {
	t := &u.trouble
	now := time.Now()
	worse := class != t.class && class >= Reauthenticate
	if class != t.class {
		t.failures = 0
	}
	if t.attempts == 0 {
		t.since, t.told, t.said = now, time.Time{}, ""
	}
	t.failures++
	t.attempts++
	pause := pauseAfter(class, t.failures)
	t.err, t.class, t.next = err, class, now.Add(pause)
	level := slog.LevelDebug
	if said := err.Error(); worse || said != t.said && now.Sub(t.told) >= quiet {
		level, t.told, t.said = slog.LevelWarn, now, said
	}
	u.o.Log.Log(context.Background(), level, "uploading: the connection failed; it is made anew", "attempt", t.attempts, "pause", pause, "err", err)
}

// clear notes that the service is there.
func (t *trouble) clear() { t.err, t.next = nil, time.Time{} }

// over notes that the service stores again.
func (u *Uploader) over() {
	t := &u.trouble
	if t.attempts > 0 {
		u.o.Log.Info("uploading: the service stores again", "after", time.Since(t.since).Round(time.Millisecond), "attempts", t.attempts)
	}
	t.failures, t.attempts = 0, 0
}

// because returns the trouble as the end of a sentence.
func (t *trouble) because() string {
	if t.err == nil {
		return ""
	}
	return ": " + t.err.Error()
}

// pauseAfter returns the pause after so many (1, 2 ...) failures in a row. Something random keeps many uploaders from coming back at once.
// While the network is away the pause is short, so that viewers see the live edge soon after it is back.
func pauseAfter(class Class, failures int) time.Duration {
	switch class {
	case Network:
		d := min(time.Duration(failures)*250*time.Millisecond, 500*time.Millisecond)
		return d + rand.N(250*time.Millisecond)
	case Busy:
		d := 30 * time.Second
		if failures < 7 {
			d = 250 * time.Millisecond << failures
		}
		return d/2 + rand.N(d/2)
	case Reauthenticate:
		if failures == 1 {
			return 5 * time.Second
		}
		return 30 * time.Second
	}
	if failures == 1 {
		return time.Minute
	}
	return 5 * time.Minute
}

func (u *Uploader) classify(err error) Class {
	var local *localError
	switch {
	case err == errStale, err == errStuck:
		return Network
	case errors.As(err, &local):
		return Busy
	}
	return u.o.Classify(err)
}

// isGone reports whether a connection ended because its fragment has left the spool, by eviction or a person's wish.
func isGone(err error) bool { return errors.Is(err, spool.ErrGone) }

package archive

import (
	"encoding/json"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"kinora/internal/disk"
)

const (
	clockTolerance = 10 * time.Minute // by how much the computer's clock may leap and still be believed
	clockDoubt     = time.Hour        // how long it has to go on steadily after a larger leap
	clockKeep      = 5 * time.Minute  // how often the archive's time is written down
	clockFile      = "clock.json"
)

// steadyClock tells the time by which fragments grow old. What retention has removed nobody brings back: a computer's clock that stands in
// another year for a minute must not empty the archive.
//
// The archive has a time of its own, its line: what the computer's clock said when it was last believed, and how long that is ago by the
// monotonic clock. The computer's clock is believed while it says about the same. When it does not, the earlier of the two counts, which
// keeps more: a leap back counts at once, one ahead when the clock has gone on from there for clockDoubt. That a computer slept, or that the
// service was off, is such a leap too, of which the next start knows since the line is written down, with what there was of a doubt.
//
// Times are kept as what they were at uptime zero. Its methods may be called from any goroutine.
type steadyClock struct {
	wall   func() time.Time
	uptime func() time.Duration
	disk   *disk.Disk
	path   string
	log    *slog.Logger

	mu      sync.Mutex
	line    time.Time
	doubted bool
	doubt   time.Time     // what the computer's clock says instead, or an earlier time that it has not fallen behind since
	since   time.Duration // the uptime at which doubt began
	written bool
	kept    time.Duration // the uptime at which the line was written down last
	said    bool          // that nothing more expires
}

// clockState is the content of clock.json.
type clockState struct {
	Time   time.Time     // the line
	Doubt  time.Time     `json:",omitzero"`
	Steady time.Duration `json:",omitempty"` // ns for which the doubt has gone on
}

// newClock takes up the time that was written down in a data directory. Where streams are older than that file, nothing is known of the
// time, and nothing expires before the computer's clock has been steady.
func newClock(dir string, o *Options, d *disk.Disk, haveStreams bool) *steadyClock {
	c := &steadyClock{wall: o.Now, uptime: o.Uptime, disk: d, path: filepath.Join(dir, clockFile), log: o.Log}
	up := c.uptime()
	text, err := os.ReadFile(c.path)
	var state clockState
	if err == nil {
		err = json.Unmarshal(text, &state)
	}
	switch {
	case err == nil:
		c.line = state.Time.Add(-up)
		if !state.Doubt.IsZero() {
			c.doubted, c.doubt, c.since = true, state.Doubt.Add(-up), up-state.Steady
		}
	case errors.Is(err, fs.ErrNotExist) && !haveStreams:
		c.line = c.start(up)
	default:
		c.log.Warn("the time at which the archive was used last is not known; what is older than its retention goes when the clock has been steady", "error", err, "steady", clockDoubt)
		c.line = time.Unix(0, 0)
	}
	return c
}

// start is what the computer's clock said at uptime zero, if it is right now.
func (c *steadyClock) start(up time.Duration) time.Time { return c.wall().Round(0).Add(-up) }

// now returns the time by which retention is measured, and by how much the computer's clock is ahead of it.
func (c *steadyClock) now() (t time.Time, ahead time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	up := c.uptime()
	start := c.start(up)
	if c.agrees(start) {
		c.line, c.doubted = start, false
		return start.Add(up), 0
	}
	if !c.doubted || start.Before(c.doubt.Add(-clockTolerance)) || start.After(c.line) != c.doubt.After(c.line) {
		c.doubted, c.doubt, c.since = true, start, up
	}
	if up-c.since >= clockDoubt {
		c.line, c.doubt, c.since = c.doubt, start, up
		if c.agrees(start) {
			c.line, c.doubted = start, false
		}
	}
	if start.Before(c.line) {
		return start.Add(up), 0
	}
	return c.line.Add(up), start.Sub(c.line)
}

func (c *steadyClock) agrees(start time.Time) bool { return start.Sub(c.line).Abs() <= clockTolerance }

// keep says what has changed since it was called last, and writes the line down when that is due. It is called by Run alone.
func (c *steadyClock) keep() {
	t, ahead := c.now()
	c.mu.Lock()
	held := ahead > 0
	changed, due := held != c.said, !c.written || c.uptime()-c.kept >= clockKeep
	c.said = held
	c.mu.Unlock()
	switch {
	case changed && held:
		c.log.Warn("the clock has leapt ahead, or the service was off for so long; what is older than its retention stays, and is shown, until the clock has been steady",
			"ahead", ahead.Round(time.Second), "time", t, "steady", clockDoubt)
	case changed:
		c.log.Info("the clock is believed again; what is older than its retention goes", "time", t)
	}
	if due {
		c.write()
	}
}

// write writes the line down. Without that the next start waits until the clock has been steady, so that a failure costs nothing else.
func (c *steadyClock) write() {
	c.mu.Lock()
	up := c.uptime()
	state := clockState{Time: c.line.Add(up)}
	if c.doubted {
		state.Doubt, state.Steady = c.doubt.Add(up), up-c.since
	}
	c.mu.Unlock()
	text, err := json.Marshal(state)
	if err == nil {
		err = c.disk.Replace(c.path, text)
	}
	c.mu.Lock()
	c.written, c.kept = true, up // also when it failed: it is tried again when it is due
	c.mu.Unlock()
	if err != nil {
		c.log.Warn("the time could not be written down; after the next start nothing expires until the clock has been steady", "error", err)
	}
}

// Held returns by how much the computer's clock is ahead of the time by which retention is measured: zero but after a leap of the clock,
// or when the service was off, until the clock has been steady for an hour.
func (a *Archive) Held() time.Duration {
	_, ahead := a.clock.now()
	return ahead
}

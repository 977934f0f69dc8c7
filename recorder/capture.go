package recorder

import (
	"bytes"
	"fmt"
	"io"
	"time"

	"kinora/media"
	"kinora/mkv"
)

const (
	maxLength = 19 * time.Second // of a fragment, key frame or not; the service takes 20 s
	maxBytes  = 45 << 20         // likewise; the service takes 50 MB
	backwards = 5 * time.Second  // time that steps back further than this starts a new session
)

// session is what is recorded with the same tracks and clock. Its fragments may share a connection.
type session struct {
	head []byte
}

// capture reads the source to its end and writes its frames to the backlog.
func (r *Recorder) capture() error {
	defer r.backlog.end()
	c := &cutter{o: &r.o, backlog: r.backlog}
	for {
		p, err := r.o.Source.Read()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return fmt.Errorf("reading what is recorded: %w", err)
		}
		if err := c.take(p); err != nil {
			return err
		}
	}
}

// cutter decides which fragment a frame goes to.
type cutter struct {
	o       *Options
	backlog *backlog

	session  *session
	writer   *mkv.Writer
	epoch    time.Time
	video    int   // ID of the video track, 0 when there is none
	timecode int64 // of the session's last fragment
	waiting  bool  // for the session's first key frame
}

func (c *cutter) take(p *media.Packet) error {
	key := c.video == 0 || p.Track == c.video && p.Key
	size, start, open := c.backlog.open()
	age := p.PTS - start
	if c.session == nil || p.Discontinuity || open && age < -backwards {
		c.backlog.complete()
		if err := c.begin(p); err != nil {
			return err
		}
		key, open = c.video == 0 || p.Track == c.video && p.Key, false
	}
	if c.waiting && !key {
		c.backlog.skip()
		return nil
	}
	c.waiting = false
	full := age >= maxLength || size >= min(maxBytes, c.o.Memory/2)
	if !open || full || key && age >= c.enough() {
		if err := c.cut(p, open); err != nil {
			return err
		}
	}
	if err := c.writer.Write(p); err != nil {
		c.o.Log.Debug("recording: a frame is left out", "err", err)
		c.backlog.skip()
		return nil
	}
	c.backlog.reached(p.PTS)
	return nil
}

// enough is the age at which a fragment may end. Key frames that are meant to come at just the fragment's length may be
// a little early.
func (c *cutter) enough() time.Duration {
	if c.video == 0 {
		return c.o.FragmentLength
	}
	return c.o.FragmentLength * 9 / 10
}

// cut begins a fragment at p.
func (c *cutter) cut(p *media.Packet, follows bool) error {
	if follows {
		c.backlog.reached(p.PTS)
		c.backlog.complete()
	}
	timecode := c.epoch.Add(p.PTS).UnixMilli()
	if timecode <= c.timecode {
		// The service takes timecodes in rising order only, but each connection has an order of its own.
		if err := c.begin(p); err != nil {
			return err
		}
		c.waiting = false
	}
	c.timecode = timecode
	c.backlog.begin(c.session, timecode, p.PTS)
	return c.writer.Begin(p.PTS, c.o.Tags...)
}

// begin starts a session with the source's present tracks.
func (c *cutter) begin(p *media.Packet) error {
	tracks := c.o.Source.Tracks()
	c.epoch = c.o.Source.Epoch()
	if c.epoch.IsZero() {
		c.epoch = time.Now().Add(-p.PTS)
	}
	c.video, c.timecode, c.waiting = 0, 0, true
	if t, ok := media.VideoTrack(tracks); ok {
		c.video = t.ID
	}
	// A writer puts the head in front of its first Cluster. Here every connection needs it, so the first Cluster is
	// written for nothing but that.
	var first bytes.Buffer
	to := &redirect{&first}
	c.writer = mkv.NewWriter(to, tracks, mkv.WriterOptions{Epoch: c.epoch})
	if err := c.writer.Begin(p.PTS); err != nil {
		return fmt.Errorf("this cannot be recorded: %w", err)
	}
	e, err := mkv.NewParser(&first, mkv.ParserOptions{}).Next()
	if err != nil {
		return fmt.Errorf("this cannot be recorded: %w", err)
	}
	c.session = &session{head: bytes.Clone(e.Bytes)}
	to.Writer = c.backlog
	return nil
}

// redirect is a writer whose target changes.
type redirect struct{ io.Writer }

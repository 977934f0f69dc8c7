package clip

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"kinora/media"
)

// What a service makes a clip of at most. Source: GetClip in the Kinesis Video Streams API reference.
const (
	serviceFragments = 200
	serviceBytes     = 100_000_000
)

// byService is the archive of a range of which its service can make the file; nil when it cannot.
func byService(a media.Archive, format Format, list []media.Fragment) media.Clipper {
	if format != MP4 || len(list) > serviceFragments || bytesOf(list) > serviceBytes {
		return nil
	}
	c, _ := a.(media.Clipper)
	return c
}

// served writes a file that the service makes of the fragments of a list. What broke off begins anew, and leaves nothing.
func served(ctx context.Context, o Options, c media.Clipper, list []media.Fragment) (err error) {
	if _, err := os.Stat(o.Path); err == nil {
		return fmt.Errorf("there is a file %s already; choose another name", o.Path)
	}
	if err := errors.Join(room(o.Path, bytesOf(list)), discard(o.Path)); err != nil {
		return err
	}
	part, err := os.Create(partPath(o.Path))
	if err != nil {
		return fmt.Errorf("the clip cannot be written: %w", err)
	}
	open := true
	defer func() {
		if open {
			err = errors.Join(err, part.Close(), os.Remove(partPath(o.Path)))
		}
	}()
	p := o.proof(o.Path)
	p.MadeBy, p.Listed = "GetClip", true
	for _, f := range list {
		p.Pieces = append(p.Pieces, Piece{Number: f.Number, Producer: f.Producer.UTC(), Server: f.Server.UTC()})
	}
	last := list[len(list)-1]
	body, err := c.Clip(ctx, list[0].Start, last.Start.Add(time.Millisecond))
	if err != nil {
		return notServed(err)
	}
	sum := sha256.New()
	p.Bytes, err = io.Copy(io.MultiWriter(part, sum, &meter{o: o, sum: Progress{Total: len(list), Of: bytesOf(list), At: list[0].Start}}), body)
	if err := errors.Join(err, body.Close()); err != nil {
		return notServed(err)
	}
	p.SHA256, p.Made = hex.EncodeToString(sum.Sum(nil)), time.Now().UTC().Truncate(time.Second)
	if err := part.Sync(); err != nil {
		return fmt.Errorf("the clip cannot be finished: %w", err)
	}
	if err := p.write(o.Path); err != nil {
		return err
	}
	open = false
	if err := errors.Join(part.Close(), named(o.Path)); err != nil { // Windows renames no open file
		return err
	}
	if o.Progress != nil {
		o.Progress(Progress{Fragments: len(list), Total: len(list), Bytes: bytesOf(list), Of: bytesOf(list), At: last.End()})
	}
	return nil
}

func notServed(err error) error {
	return fmt.Errorf("the service did not make the clip: %w; copied from its fragments, it needs no such call", err)
}

// meter tells how much of a file has come.
type meter struct {
	o   Options
	sum Progress
}

func (m *meter) Write(b []byte) (int, error) {
	m.sum.Bytes = min(m.sum.Bytes+int64(len(b)), m.sum.Of)
	if m.o.Progress != nil {
		m.o.Progress(m.sum)
	}
	return len(b), nil
}

package localkvs

import (
	"io"
	"slices"
	"time"

	"kinora/localkvs/archive"
	"kinora/media"
	"kinora/mkv"
)

// depositor puts shots into a stream, by uploads within the service: what PutMedia checks, shows and stores it does, too. It is for
// one goroutine.
type depositor struct {
	service *Service
	stream  *archive.Stream
	open    *deposit // nil: none is open
}

// deposit is one upload, of tracks that stay as they are.
type deposit struct {
	tracks []media.Track
	began  time.Time
	pipe   *io.PipeWriter
	w      *mkv.Writer
	done   chan struct{}
}

// put stores a shot, whose media time zero is epoch, as a fragment. An upload that fails costs the shot, and the next one begins another; an
// error says that none can be begun.
func (d *depositor) put(s *shot, epoch time.Time) error {
	if d.open != nil && (!d.open.takes(s.tracks) || time.Since(d.open.began) > d.service.limits.ConnectionTime/2) {
		d.close()
	}
	if d.open == nil {
		if err := d.begin(s.tracks, epoch); err != nil {
			return err
		}
	}
	if err := d.open.write(s); err != nil {
		d.service.log.Warn("a fragment of a call was not stored", "stream", d.stream.Meta().Name, "error", err)
		d.close()
	}
	return nil
}

func (d *depositor) begin(tracks []media.Track, epoch time.Time) error {
	feed, err := d.service.feedOf(d.stream)
	if err != nil {
		return err
	}
	release, ok := feed.connect(&feed.puts, d.service.limits.PutMediaConnections)
	if !ok {
		return connectionLimit("PutMedia", d.service.limits.PutMediaConnections)
	}
	r, w := io.Pipe()
	body := &uploadBody{r: r, interrupt: func(time.Time) { _ = r.CloseWithError(errEnded) }} // never fails
	upload := newSession(d.service, putMediaHead{stream: d.stream, absolute: true, own: true}, feed, body, nil)
	open := &deposit{tracks: tracks, began: time.Now(), pipe: w, w: mkv.NewWriter(w, tracks, mkv.WriterOptions{Epoch: epoch}), done: make(chan struct{})}
	go func() {
		defer close(open.done)
		defer release()
		upload.run()
		_ = r.CloseWithError(errEnded) // never fails
	}()
	d.open = open
	return nil
}

// takes says whether a shot of tracks can be in the upload.
func (d *deposit) takes(tracks []media.Track) bool {
	return slices.EqualFunc(d.tracks, tracks, func(a, b media.Track) bool {
		return a.ID == b.ID && a.Codec == b.Codec && slices.Equal(a.Private, b.Private)
	})
}

func (d *deposit) write(s *shot) error {
	if err := d.w.Begin(s.packets[0].PTS); err != nil {
		return err
	}
	for _, p := range s.packets {
		if err := d.w.Write(p); err != nil {
			return err
		}
	}
	return d.w.End()
}

// close ends the upload that is open, and waits until it has stored what it got.
func (d *depositor) close() {
	if d.open == nil {
		return
	}
	_ = d.open.pipe.Close() // never fails
	<-d.open.done
	d.open = nil
}

package rig

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"golang.org/x/sync/errgroup"

	"kinora/localkvs/archive"
	"kinora/media"
	"kinora/mkv"
)

// A Past is what a stream of an archive holds that was not recorded but made: fragments of a few hundred bytes each, valid down to the
// Matroska in them, whose pictures nobody can decode.
type Past struct {
	Stream    string
	Fragments int
	Length    time.Duration // of a fragment, and from one to the next
	Until     time.Time     // when the last one ends
	Gap       func(i int) time.Duration
	Tags      func(i int) []mkv.Tag
}

// Fill makes an archive in a data directory, of which no service may run, with the given pasts.
func Fill(ctx context.Context, data string, pasts ...Past) (err error) {
	a, err := archive.Open(data, archive.Options{Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		return err
	}
	group, running := errgroup.WithContext(context.WithoutCancel(ctx))
	group.Go(func() error { return a.Run(running) })
	<-a.Ready()
	for i := range pasts {
		if err = pasts[i].fill(ctx, a); err != nil {
			break
		}
	}
	return errors.Join(err, a.Close(), group.Wait())
}

// together is how many fragments are stored at a time: one fsync serves them all.
const together = 256

func (p *Past) fill(ctx context.Context, a *archive.Archive) error {
	begin := p.Until
	for i := range p.Fragments {
		begin = begin.Add(-p.Length - p.gap(i))
	}
	hours := int(time.Since(begin)/time.Hour) + 48
	s, err := a.Create(archive.Meta{Name: p.Stream, RetentionHours: hours, Created: begin.Add(-time.Hour), MediaType: "video/h264", Version: "1",
		ARN: fmt.Sprintf("arn:aws:kinesisvideo:us-east-1:000000000000:stream/%s/%d", p.Stream, begin.UnixMilli())})
	if err != nil {
		return err
	}
	maker := newMaker(begin)
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(together)
	at := time.Duration(0)
	for i := range p.Fragments {
		at += p.gap(i)
		f, err := maker.fragment(at, p.Length, p.tags(i))
		if err != nil {
			return errors.Join(err, group.Wait())
		}
		f.Number = s.NextNumber(f.Server, i == 0)
		group.Go(func() error { return s.Append(ctx, f) })
		if at += p.Length; ctx.Err() != nil {
			break
		}
	}
	return group.Wait()
}

func (p *Past) gap(i int) time.Duration {
	if p.Gap == nil {
		return 0
	}
	return p.Gap(i)
}

func (p *Past) tags(i int) []mkv.Tag {
	if p.Tags == nil {
		return nil
	}
	return p.Tags(i)
}

// maker writes fragments as a producer would.
type maker struct {
	begin  time.Time
	out    bytes.Buffer
	writer *mkv.Writer
	header []byte
}

func newMaker(begin time.Time) *maker {
	m := &maker{begin: begin}
	track := media.Track{ID: 1, Kind: media.Video, Codec: media.H264, Private: []byte{1, 0x42, 0xC0, 0x1F, 0xFF, 0xE0, 0}, Width: 1280, Height: 720}
	m.writer = mkv.NewWriter(&m.out, []media.Track{track}, mkv.WriterOptions{Epoch: begin, App: "Kinora bench"})
	return m
}

var clusterID = []byte{0x1F, 0x43, 0xB6, 0x75}

// fragment makes the one that begins at a time of the past, with frames at its start and near its end.
func (m *maker) fragment(at, length time.Duration, tags []mkv.Tag) (*archive.Fragment, error) {
	m.out.Reset()
	last := length - FrameTime
	err := m.writer.Begin(at, tags...)
	for i, pts := range []time.Duration{at, at + last} {
		if err == nil {
			err = m.writer.Write(&media.Packet{Track: 1, PTS: pts, DTS: pts, Key: i == 0, Data: make([]byte, 64)})
		}
	}
	if err != nil {
		return nil, err
	}
	written := bytes.Clone(m.out.Bytes())
	cluster := bytes.Index(written, clusterID)
	lead := written[:cluster]
	if m.header == nil {
		m.header, lead = lead, nil // so the first fragment has no tags of its own in front of it
	}
	start := m.begin.Add(at).Truncate(time.Millisecond)
	return &archive.Fragment{
		Server: start.Add(200 * time.Millisecond), Producer: start, Timecode: uint64(start.UnixMilli()), Length: last, Frames: 2,
		Header: m.header, Lead: lead, Cluster: written[cluster:], Tags: tags,
	}, nil
}

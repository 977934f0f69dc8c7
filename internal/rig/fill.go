package rig

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"golang.org/x/sync/errgroup"

	"kinora/localkvs/archive"
	"kinora/media"
	"kinora/mkv"
)

// A Past is what a stream of an archive holds that was not recorded but made: of a tape, over and over, or of fragments of a few
// hundred bytes each, valid down to the Matroska in them, whose pictures nobody can decode.
type Past struct {
	Stream    string
	Fragments int
	Tape      *Tape         // nil: pictures that nobody can decode
	Length    time.Duration // of a fragment, and from one to the next; of a tape, the distance of its key frames
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
	maker := newMaker(begin, p.Tape)
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(together)
	at := time.Duration(0)
	for i := range p.Fragments {
		at += p.gap(i)
		f, err := maker.fragment(at, p.frames(i), p.tags(i))
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

// frames returns the pictures of a fragment, with times from its start: those of the tape, or one at its start and one near its
// end.
func (p *Past) frames(i int) []*media.Packet {
	if p.Tape == nil {
		data := make([]byte, 64)
		return []*media.Packet{{Key: true, Data: data}, {PTS: p.Length - FrameTime, Data: data}}
	}
	first := i * KeyFrames % len(p.Tape.Frames)
	frames := make([]*media.Packet, KeyFrames)
	for j, of := range p.Tape.Frames[first:][:KeyFrames] {
		frames[j] = &media.Packet{PTS: time.Duration(j) * FrameTime, Key: of.Key, Data: of.Data}
	}
	return frames
}

// maker writes fragments as a producer would.
type maker struct {
	begin  time.Time
	out    bytes.Buffer
	writer *mkv.Writer
	header []byte
}

func newMaker(begin time.Time, tape *Tape) *maker {
	m := &maker{begin: begin}
	track := media.Track{Kind: media.Video, Codec: media.H264, Private: baseline, Width: 1280, Height: 720}
	if tape != nil {
		track = tape.Track
	}
	track.ID = 1
	m.writer = mkv.NewWriter(&m.out, []media.Track{track}, mkv.WriterOptions{Epoch: begin, App: "Kinora bench"})
	return m
}

// baseline is a decoder configuration of 1280x720 at 30 pictures a second, which players and playlists can read.
var baseline, _ = hex.DecodeString("0142c01fffe100196742c01fd9005005bb0110000003001000000303c0f183248001000568cb83cb20")

var clusterID = []byte{0x1F, 0x43, 0xB6, 0x75}

// fragment makes the one that begins at a time of the past.
func (m *maker) fragment(at time.Duration, frames []*media.Packet, tags []mkv.Tag) (*archive.Fragment, error) {
	m.out.Reset()
	err := m.writer.Begin(at, tags...)
	for _, f := range frames {
		if err == nil {
			err = m.writer.Write(&media.Packet{Track: 1, PTS: at + f.PTS, DTS: at + f.PTS, Key: f.Key, Data: f.Data})
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
		Server: start.Add(200 * time.Millisecond), Producer: start, Timecode: uint64(start.UnixMilli()), Length: frames[len(frames)-1].PTS.Truncate(time.Millisecond), Frames: len(frames),
		Header: m.header, Lead: lead, Cluster: written[cluster:], Tags: tags,
		Outline: archive.Outline{Config: 1, Duration: frames[len(frames)-1].PTS + FrameTime},
	}, nil
}

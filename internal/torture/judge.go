package main

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"kinora/kvs"
	"kinora/media"
	"kinora/mkv"
	"kinora/recorder"
	"kinora/recorder/spool"
)

// counts are frames of the tracks of lives.
type counts map[[2]uint32]uint32 // life, track

// total adds all up.
func (c counts) total() int {
	n := 0
	for _, v := range c {
		n += int(v)
	}
	return n
}

// handed reads a ledger: how many frames of each life the camera has given.
func handed(ledger string) (counts, error) {
	f, err := os.Open(ledger)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	c := counts{}
	for {
		var n name
		switch err := binary.Read(f, binary.BigEndian, &n); err {
		case nil:
			key := [2]uint32{n.Life, n.Track}
			c[key] = max(c[key], n.Index+1)
		case io.EOF, io.ErrUnexpectedEOF: // the last entry of a killed process may be torn
			return c, nil
		default:
			return nil, err
		}
	}
}

// onDisk raises c to the frames that a spool holds, in sealed fragments and in those that were being written.
func onDisk(spool string, c counts) error {
	return filepath.WalkDir(spool, func(path string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) && path == spool {
			return nil // the recorder was killed before it had one
		}
		if err != nil || d.IsDir() || !strings.Contains(d.Name(), ".mkv") {
			return err
		}
		f, err := os.Open(path)
		if err != nil {
			return err
		}
		defer f.Close()
		for p := mkv.NewParser(f, mkv.ParserOptions{}); ; {
			e, err := p.Next()
			if err != nil {
				return nil // the end, which may be torn
			}
			if e.Kind != mkv.Frame {
				continue
			}
			n, err := nameOf(e.Data)
			if err != nil {
				return fmt.Errorf("%s: %w", path, err)
			}
			key := [2]uint32{n.Life, n.Track}
			c[key] = max(c[key], n.Index+1)
		}
	})
}

// kept are the frames of a fragment as the service gives it.
type kept []name

// shift is by how much the recorder has moved a fragment's times against the camera's clock.
func shift(tags []mkv.Tag) (time.Duration, error) {
	for _, t := range tags {
		if t.Name == recorder.ClockTag {
			ms, err := strconv.Atoi(t.Value)
			return time.Duration(ms) * time.Millisecond, err
		}
	}
	return 0, nil
}

// read takes the whole stream by GetMedia, until all of the listed fragments were there.
func read(ctx context.Context, client *kvs.Client, list []kvs.Fragment) (map[string]kept, error) {
	got := make(map[string]kept, len(list))
	if len(list) == 0 {
		return got, nil
	}
	body, err := client.GetMedia(ctx, streamName, kvs.Start{Earliest: true})
	if err != nil {
		return nil, err
	}
	defer body.Close()
	last := slices.MaxFunc(list, func(a, b kvs.Fragment) int { return strings.Compare(a.Number, b.Number) }).Number
	r := mkv.NewReader(body, mkv.Limits{})
	for {
		f, err := r.Next()
		if err != nil {
			return nil, fmt.Errorf("GetMedia after %d fragments: %w", len(got), err)
		}
		if _, twice := got[f.Number]; twice {
			return nil, fmt.Errorf("GetMedia gave fragment %s twice", f.Number)
		}
		var k kept
		moved, err := shift(f.Tags)
		if err != nil {
			return nil, fmt.Errorf("fragment %s: %w", f.Number, err)
		}
		for {
			var p *media.Packet
			p, err = r.Packet()
			if err != nil {
				break
			}
			n, err := nameOf(p.Data)
			if err != nil {
				return nil, fmt.Errorf("fragment %s: %w", f.Number, err)
			}
			at := f.ProducerTime.Add(p.PTS - f.Start - moved)
			if want := clockOf(n.Seed, n.Life).at(n.Index); at.Sub(want).Abs() > 2*time.Millisecond {
				return nil, fmt.Errorf("fragment %s: %v has the time %v, want %v", f.Number, n, at, want)
			}
			k = append(k, n)
		}
		if !errors.Is(err, io.EOF) {
			return nil, fmt.Errorf("fragment %s: %w", f.Number, err)
		}
		got[f.Number] = k
		if f.Number == last {
			return got, nil
		}
	}
}

// excuses are what the spool says of its takes: at which media times of which life something is not there, and why that is no fault.
type excuses map[uint32][]spool.Span

func excusesOf(dir string) (e excuses, err error) {
	s, err := spool.Open(dir, spool.Options{Floor: -1})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	e = excuses{}
	for _, t := range s.Takes() {
		var life uint32
		if _, err := fmt.Sscanf(t.About().Name, takeName, &life); err != nil {
			return nil, fmt.Errorf("the take %q: %w", t.About().Name, err)
		}
		for _, span := range t.Spans() {
			if span.Stage == spool.Evicted || span.Stage == spool.Lost {
				e[life] = append(e[life], span)
			}
		}
	}
	return e, nil
}

// covers reports whether a frame is excused.
func (e excuses) covers(life uint32, at time.Duration) bool {
	const slack = 2 * frameTime
	return slices.ContainsFunc(e[life], func(s spool.Span) bool { return s.From-slack <= at && at <= s.To+slack })
}

// verdict is what a judge has found.
type verdict struct {
	stored  int // frames
	excused int // frames that are missing, as the spool says
}

// judge compares the stream with the cameras. least is what had reached the disk of each life and must be there; most what the
// cameras gave.
func judge(ctx context.Context, client *kvs.Client, seed uint64, least, most counts, e excuses) (v verdict, err error) {
	list, err := client.List(ctx, streamName, kvs.ProducerTime, dawn.AddDate(0, 0, -7), dawn.AddDate(0, 0, 7))
	if err != nil {
		return v, err
	}
	got, err := read(ctx, client, list)
	if err != nil {
		return v, err
	}
	if len(got) != len(list) {
		return v, fmt.Errorf("ListFragments has %d fragments, GetMedia %d", len(list), len(got))
	}
	next := counts{}
	excuse := func(key [2]uint32, to uint32) error {
		for ; next[key] < to; next[key]++ {
			if !e.covers(key[0], clockOf(seed, key[0]).media(next[key])) {
				return fmt.Errorf("%v is missing, before frame %d", name{seed, key[0], key[1], next[key]}, to)
			}
			v.excused++
		}
		return nil
	}
	for i, f := range list { // in order of producer time
		if i > 0 && !f.Producer.After(list[i-1].Producer) {
			return v, fmt.Errorf("fragments %s and %s have the same producer time %v", list[i-1].Number, f.Number, f.Producer)
		}
		for _, n := range got[f.Number] {
			key := [2]uint32{n.Life, n.Track}
			if n.Index < next[key] {
				return v, fmt.Errorf("fragment %s: %v is there twice, or too late", f.Number, n)
			}
			if err := excuse(key, n.Index); err != nil {
				return v, fmt.Errorf("fragment %s: %w", f.Number, err)
			}
			next[key]++
			v.stored++
		}
	}
	for key, n := range least {
		if err := excuse(key, n); err != nil {
			return v, err
		}
	}
	for key, n := range next {
		if n > most[key] {
			return v, fmt.Errorf("life %d track %d: %d frames are stored, the camera gave %d", key[0], key[1], n, most[key])
		}
	}
	return v, nil
}

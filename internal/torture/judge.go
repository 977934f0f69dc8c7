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
	"strings"
	"time"

	"kinora/kvs"
	"kinora/media"
	"kinora/mkv"
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

// kept is a fragment as the service gives it.
type kept struct {
	names []name
	tags  []mkv.Tag
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
		k := kept{tags: f.Tags}
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
			if at := epoch(n.Life).Add(time.Duration(n.Index) * frameTime); f.ProducerTime.Add(p.PTS-f.Start).Sub(at).Abs() > 2*time.Millisecond {
				return nil, fmt.Errorf("fragment %s: %v has the time %v, want %v", f.Number, n, f.ProducerTime.Add(p.PTS-f.Start), at)
			}
			k.names = append(k.names, n)
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

// judge compares the stream with the cameras. least is what had reached the disk of each life and must be there; most what the
// cameras gave. It returns how many frames are stored.
func judge(ctx context.Context, client *kvs.Client, least, most counts) (stored int, err error) {
	list, err := client.List(ctx, streamName, kvs.ProducerTime, epoch(0), epoch(100))
	if err != nil {
		return 0, err
	}
	got, err := read(ctx, client, list)
	if err != nil {
		return 0, err
	}
	if len(got) != len(list) {
		return 0, fmt.Errorf("ListFragments has %d fragments, GetMedia %d", len(list), len(got))
	}
	next := counts{}
	for i, f := range list { // in order of producer time
		if i > 0 && !f.Producer.After(list[i-1].Producer) {
			return 0, fmt.Errorf("fragments %s and %s have the same producer time %v", list[i-1].Number, f.Number, f.Producer)
		}
		for _, n := range got[f.Number].names {
			key := [2]uint32{n.Life, n.Track}
			switch want := next[key]; {
			case n.Index < want:
				return 0, fmt.Errorf("fragment %s: %v is there twice", f.Number, n)
			case n.Index > want:
				return 0, fmt.Errorf("fragment %s: before %v, frames from %d on are missing", f.Number, n, want)
			}
			next[key]++
		}
	}
	for key, n := range least {
		if next[key] < n {
			return 0, fmt.Errorf("life %d track %d: %d frames were on disk, %d are stored", key[0], key[1], n, next[key])
		}
	}
	for key, n := range next {
		if n > most[key] {
			return 0, fmt.Errorf("life %d track %d: %d frames are stored, the camera gave %d", key[0], key[1], n, most[key])
		}
	}
	return next.total(), nil
}

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"time"

	"kinora/media"
	"kinora/recorder"
	"kinora/recorder/spool"
)

const (
	crowd       = 10_000 // fragments
	crowdFrames = 25     // in each
	crowdLength = 2 * time.Second
)

// measureRecovery fills a spool as the recorder does, leaves the last fragment as a crash leaves it, and opens the spool as the app does
// when it starts.
func measureRecovery(ctx context.Context, s setting) ([]figure, error) {
	dir := filepath.Join(s.dir, "spool")
	if err := fill(ctx, dir); err != nil {
		return nil, err
	}
	bytes, err := tear(dir)
	if err != nil {
		return nil, err
	}
	began := time.Now()
	recovered, err := spool.Open(dir, spool.Options{Floor: -1})
	took := time.Since(began)
	if err != nil {
		return nil, err
	}
	n := recovered.Usage().Fragments
	if err := recovered.Close(); err != nil {
		return nil, err
	}
	if n != crowd {
		return nil, fmt.Errorf("%d fragments of %d were recovered", n, crowd)
	}
	return []figure{
		measured("fragments recovered", float64(n), "").atLeast(crowd),
		measured("size of a fragment", float64(bytes)/crowd/1e3, "kB"),
		measured("opening a spool of them, one torn", took.Seconds(), "s").atMost(2),
	}, nil
}

// fill records a take of so many fragments.
func fill(ctx context.Context, dir string) error {
	s, err := spool.Open(dir, spool.Options{Floor: -1})
	if err != nil {
		return err
	}
	in := recorder.NewIntake(recorder.IntakeOptions{
		Open:           func(context.Context) (media.Source, error) { return newHurry(), nil },
		FragmentLength: crowdLength,
	})
	_, err = in.Begin(s, spool.Target{Account: "bench", Stream: recordStream}, spool.About{Name: "crowd"})
	if err == nil {
		err = in.Run(ctx)
	}
	return errors.Join(err, ctx.Err(), s.Close())
}

// tear makes the newest fragment what a crash in the middle of it leaves, and returns the bytes of all.
func tear(dir string) (bytes int64, err error) {
	files, err := filepath.Glob(filepath.Join(dir, "*", "*", "*", "*.mkv"))
	if err != nil {
		return 0, err
	}
	for _, path := range files {
		info, err := os.Stat(path)
		if err != nil {
			return 0, err
		}
		bytes += info.Size()
	}
	if len(files) == 0 {
		return 0, fmt.Errorf("nothing was recorded in %s", dir)
	}
	last := slices.Max(files)
	info, err := os.Stat(last)
	if err != nil {
		return 0, err
	}
	if err := os.Truncate(last, info.Size()*2/3); err != nil {
		return 0, err
	}
	return bytes, os.Rename(last, last+".part")
}

// hurry is a camera whose time passes as fast as it is read.
type hurry struct {
	began time.Time
	next  int
	data  []byte
}

func newHurry() *hurry {
	h := &hurry{began: time.Now(), data: make([]byte, 2000)}
	random := rand.NewChaCha8([32]byte{})
	_, _ = random.Read(h.data) // never fails
	return h
}

func (h *hurry) Tracks() []media.Track {
	return []media.Track{{ID: 1, Kind: media.Video, Codec: media.H264, Private: []byte{1, 0x42, 0xC0, 0x1F, 0xFF, 0xE0, 0}, Width: 1280, Height: 720}}
}

func (h *hurry) Epoch() time.Time { return h.began }
func (h *hurry) Close() error     { return nil }

func (h *hurry) Read() (*media.Packet, error) {
	if h.next == crowd*crowdFrames {
		return nil, io.EOF
	}
	at := time.Duration(h.next) * crowdLength / crowdFrames
	key := h.next%crowdFrames == 0
	h.next++
	return &media.Packet{Track: 1, PTS: at, DTS: at, Key: key, Data: h.data}, nil
}

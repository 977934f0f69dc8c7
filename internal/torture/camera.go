package main

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"sync"
	"time"

	"kinora/media"
)

const (
	videoTrack = 1
	audioTrack = 2
	frameTime  = time.Second / 30
	keyEvery   = 30 // frames
	nameSize   = 20 // bytes in front of a frame's noise
)

var tracks = []media.Track{
	{ID: videoTrack, Kind: media.Video, Codec: media.H264, Private: []byte{1, 0x42, 0xC0, 0x1F, 0xFF, 0xE0, 0}, Width: 640, Height: 360},
	{ID: audioTrack, Kind: media.Audio, Codec: media.AAC, Private: []byte{0x12, 0x10}, Rate: 48000, Channels: 2},
}

// name says which frame of all runs a frame is. It stands in front of its bytes.
type name struct {
	Seed  uint64
	Life  uint32
	Track uint32
	Index uint32
}

func (n name) String() string {
	return fmt.Sprintf("life %d track %d frame %d", n.Life, n.Track, n.Index)
}

// frame returns the bytes of a frame: its name, and noise that follows from it.
func (n name) frame() []byte {
	random := rand.New(rand.NewPCG(n.Seed, uint64(n.Life)<<40|uint64(n.Track)<<32|uint64(n.Index)))
	size := 200 + random.IntN(3000)
	if n.Track == videoTrack && n.Index%keyEvery == 0 {
		size += 12000
	}
	b, err := binary.Append(make([]byte, 0, size+8), binary.BigEndian, n)
	if err != nil {
		panic(err) // a fixed struct of integers
	}
	for len(b) < size {
		b = binary.LittleEndian.AppendUint64(b, random.Uint64())
	}
	return b
}

// nameOf reads a frame's name and checks all its bytes.
func nameOf(data []byte) (name, error) {
	var n name
	if len(data) < nameSize {
		return n, fmt.Errorf("a frame of %d bytes is none of ours", len(data))
	}
	if _, err := binary.Decode(data, binary.BigEndian, &n); err != nil {
		return n, err
	}
	if !bytes.Equal(n.frame(), data) {
		return n, fmt.Errorf("%v was changed", n)
	}
	return n, nil
}

// clock is what a life's camera takes for the time.
type clock struct {
	epoch time.Time     // of its first frame
	jump  uint32        // the key frame in front of which the clock is set, never when it is 0
	by    time.Duration // an hour, in either direction
}

// dawn is about when all lives are.
var dawn = time.Date(2026, 1, 10, 3, 0, 0, 0, time.UTC)

// clockOf returns the clock of a life. From life to life it goes on by an hour, or it was set back by one, and lives overlap. Then a few
// milliseconds tell their fragments apart, whose producer times would be the same once in a thousand times.
func clockOf(seed uint64, life uint32) clock {
	random := rand.New(rand.NewPCG(seed, 2))
	var c clock
	hours := 0
	for n := range life + 1 {
		hours += []int{1, 1, -1}[random.IntN(3)]
		c = clock{epoch: dawn.Add(time.Duration(hours)*time.Hour + time.Duration(n)*13*time.Millisecond)}
		if random.IntN(2) == 0 {
			c.jump, c.by = keyEvery*(1+random.Uint32N(15)), time.Hour
			if random.IntN(2) == 0 {
				c.by = -c.by
			}
		}
	}
	return c
}

// set reports whether the clock was set when a frame came.
func (c clock) set(index uint32) bool { return c.jump > 0 && index >= c.jump }

// at returns the time of a frame by the clock.
func (c clock) at(index uint32) time.Time {
	t := c.epoch.Add(time.Duration(index) * frameTime)
	if c.set(index) {
		t = t.Add(c.by)
	}
	return t
}

// media returns when a frame is in a take: a clock that is set back does not take the recording back.
func (c clock) media(index uint32) time.Duration {
	return max(c.at(index).Sub(c.epoch), time.Duration(index)*frameTime)
}

// camera is a source whose frames are known. Each frame that it hands out is entered in a ledger first.
type camera struct {
	seed   uint64
	life   uint32
	clock  clock
	frames uint32  // of each track, then io.EOF
	speed  float64 // media time by wall time
	ledger *os.File

	began  time.Time
	next   uint32
	sound  bool
	closed chan struct{}
	once   sync.Once
}

func newCamera(o recorderOptions) (*camera, error) {
	ledger, err := os.OpenFile(o.Ledger, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	return &camera{seed: o.Seed, life: o.Life, clock: clockOf(o.Seed, o.Life), frames: o.Frames, speed: o.Speed, ledger: ledger, closed: make(chan struct{})}, nil
}

func (c *camera) Tracks() []media.Track { return tracks }

// Epoch changes when the clock is set.
func (c *camera) Epoch() time.Time {
	if c.clock.set(c.next) {
		return c.clock.epoch.Add(c.clock.by)
	}
	return c.clock.epoch
}

func (c *camera) Close() error {
	var err error
	c.once.Do(func() {
		close(c.closed)
		err = c.ledger.Close()
	})
	return err
}

func (c *camera) Read() (*media.Packet, error) {
	if c.began.IsZero() {
		c.began = time.Now()
	}
	n := name{Seed: c.seed, Life: c.life, Track: videoTrack, Index: c.next}
	pts := time.Duration(c.next) * frameTime
	switch {
	case c.sound:
		n.Track = audioTrack
		c.next++
	case c.next == c.frames:
		return nil, io.EOF
	default:
		due := time.NewTimer(time.Until(c.began.Add(time.Duration(float64(pts) / c.speed))))
		defer due.Stop()
		select {
		case <-due.C:
		case <-c.closed:
			return nil, errors.New("the camera was closed")
		}
	}
	c.sound = !c.sound
	if err := binary.Write(c.ledger, binary.BigEndian, n); err != nil {
		return nil, err
	}
	return &media.Packet{
		Track: int(n.Track), PTS: pts, DTS: pts, Key: n.Track == audioTrack || n.Index%keyEvery == 0, Data: n.frame(),
		Discontinuity: n.Track == videoTrack && n.Index > 0 && n.Index == c.clock.jump,
	}, nil
}

package app

import (
	"context"
	"io"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"kinora/media"
	"kinora/recorder/upload"
)

// encoding is a fake camera whose frames are as large as its bitrate says.
type encoding struct {
	*fakeSource
	bitrate *atomic.Int64
}

func (s encoding) Bitrate() int       { return int(s.bitrate.Load()) }
func (s encoding) SetBitrate(bps int) { s.bitrate.Store(int64(bps)) }

func (s encoding) Read() (*media.Packet, error) {
	p, err := s.fakeSource.Read()
	if err == nil {
		p.Data = make([]byte, s.bitrate.Load()/8/25)
	}
	return p, err
}

func TestTheBitrateFollowsTheNetwork(t *testing.T) {
	const line, ceiling = 1_000_000, 2_000_000 // bits a second
	for adapt, lower := range map[bool]bool{true: true, false: false} {
		synctest.Test(t, func(t *testing.T) {
			narrow, bitrate := new(atomic.Bool), new(atomic.Int64)
			narrow.Store(true)
			acc := &fakeAccount{name: "a", put: func(_ context.Context, body io.Reader, ack func(upload.Ack)) error {
				return acknowledge(readerFunc(func(p []byte) (int, error) {
					n, err := body.Read(p[:min(len(p), 4<<10)])
					if narrow.Load() {
						time.Sleep(time.Duration(n) * 8 * time.Second / line)
					}
					return n, err
				}), ack)
			}}
			bitrate.Store(ceiling)
			c := camera("c")
			c.Open = func(ctx context.Context) (media.Source, error) {
				return encoding{newFakeSource(ctx, nil), bitrate}, nil
			}
			a := running(t, Options{Accounts: []Account{acc}})
			if err := a.Recordings.Begin(Plan{Stream: "gate", Camera: c, Settings: Settings{Adapt: adapt}}); err != nil {
				t.Fatal(err)
			}
			time.Sleep(2 * time.Minute)
			if got := bitrate.Load(); got < ceiling != lower || adapt && got > line {
				t.Errorf("with adaptation %v, %d bit/s are recorded over a line of %d", adapt, got, line)
			}
			narrow.Store(false)
			a.Recordings.Stop("gate")
			until(t, a.Recordings.Safety(), func(s Safety) bool { return s.Safe })
		})
	}
}

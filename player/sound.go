package player

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"kinora/media"
)

// Voice is where the sound of one player or deck is heard. Its methods are called from several goroutines and do not block.
type Voice interface {
	// Follow says when media time is heard, from now on and until Hush.
	Follow(c Clock)
	// Play takes sound of a media time, in the form of [media.SoundRate], some time before it is heard; it is not kept.
	Play(pts time.Duration, samples []float32)
	// Hush ends the sound, and forgets what waits.
	Hush()
	// Ahead is how long before its time sound has to be played to be heard; zero while nobody hears it.
	Ahead() time.Duration
}

// AudioDecoder decodes one track. One goroutine at a time.
type AudioDecoder interface {
	// Send decodes one packet, whose data is not kept. Damaged data is skipped and is not an error.
	Send(*media.Packet) error
	// Receive returns the next sound and its time; false when there is none yet. The samples, of the form of
	// [media.SoundRate], are valid until the next call.
	Receive() (pts time.Duration, samples []float32, ok bool, err error)
	// Flush forgets everything sent so far.
	Flush()
	Close() error
}

// SoundCodecs is an optional power of Codecs. Without it, and where it refuses a track, pictures play in silence.
type SoundCodecs interface {
	Audio(t media.Track) (AudioDecoder, error)
}

const (
	soundLead    = 250 * time.Millisecond // before it is heard that sound is decoded
	soundHistory = time.Second            // late by that, it is not decoded at all
	soundSlack   = 25 * time.Millisecond  // that sound may be behind its picture
	soundWindow  = 5 * time.Second        // to twice of that its lateness is remembered
	soundPackets = 512                    // that wait to be decoded; of more the oldest are dropped
	soundBytes   = 8 << 20                // likewise
)

// decoded is an AudioDecoder and what it is for; the zero value has none. One goroutine.
type decoded struct {
	voice   Voice
	codecs  SoundCodecs
	log     *slog.Logger
	decoder AudioDecoder
	track   media.Track // that decoder was made for, or refused
	tried   bool
}

// prepare makes the decoder ready for a track; an error says why there is no sound, once for each track.
func (d *decoded) prepare(t media.Track) error {
	if d.tried && d.track.Codec == t.Codec && d.track.Rate == t.Rate && d.track.Channels == t.Channels && bytes.Equal(d.track.Private, t.Private) {
		return nil
	}
	d.close()
	d.track, d.tried = t, true
	decoder, err := d.codecs.Audio(t)
	if err != nil {
		return fmt.Errorf("the sound of track %d (%s) cannot be decoded: %w", t.ID, t.Codec, err)
	}
	d.decoder = decoder
	return nil
}

// play decodes a packet into the voice. What fails costs this packet.
func (d *decoded) play(p *media.Packet) {
	if d.decoder == nil {
		return
	}
	err := d.decoder.Send(p)
	for ok := err == nil; ok; {
		var pts time.Duration
		var samples []float32
		if pts, samples, ok, err = d.decoder.Receive(); ok && err == nil {
			d.voice.Play(pts, samples)
		}
	}
	if err != nil {
		d.log.Debug("player: sound could not be decoded", "error", err)
		d.decoder.Flush()
	}
}

func (d *decoded) close() {
	if d.decoder != nil {
		if err := d.decoder.Close(); err != nil {
			d.log.Warn("player: closing the decoder of the sound", "error", err)
		}
		d.decoder = nil
	}
	d.tried = false
}

// hearing is the sound of one instance: its goroutine decodes what the read goroutine puts, at the time of the clock that the
// decode goroutine tells.
type hearing struct {
	decoded
	packets chan heard
	bytes   atomic.Int64 // in packets
	changed chan struct{}
	failed  func(error)

	mu     sync.Mutex
	line   *timeline // of clock; nil: there is none yet
	clock  Clock
	told   time.Time    // when media time zero is, by the clock that the goroutine was woken for last
	zeroes [2]time.Time // when media time zero could be heard, at the latest: of this window and of the one before
	since  time.Time    // of this window
}

// heard is a packet of sound in the queue.
type heard struct {
	packet *media.Packet
	line   *timeline
	track  media.Track
}

// newHearing returns nil when there is nobody who hears or who decodes.
func newHearing(o Options, failed func(error)) *hearing {
	codecs, ok := o.Codecs.(SoundCodecs)
	if !ok || o.Voice == nil {
		return nil
	}
	return &hearing{decoded: decoded{voice: o.Voice, codecs: codecs, log: o.Log}, failed: failed,
		packets: make(chan heard, soundPackets), changed: make(chan struct{}, 1)}
}

// put takes a packet; when too many wait, the oldest is dropped. It never blocks.
func (h *hearing) put(it heard, arrived time.Time) {
	h.measure(it, arrived)
	size := int64(len(it.packet.Data))
	for h.bytes.Load()+size > soundBytes || len(h.packets) == cap(h.packets) {
		select {
		case old := <-h.packets:
			h.bytes.Add(-int64(len(old.packet.Data)))
		default:
			if size > soundBytes {
				return
			}
		}
	}
	h.bytes.Add(size)
	h.packets <- it
}

// measure takes note of how late the sound can be heard.
func (h *hearing) measure(it heard, arrived time.Time) {
	ahead := h.voice.Ahead()
	h.mu.Lock()
	defer h.mu.Unlock()
	if ahead == 0 || h.line != it.line {
		h.zeroes = [2]time.Time{}
		return
	}
	if arrived.Sub(h.since) > soundWindow {
		h.zeroes[1], h.zeroes[0], h.since = h.zeroes[0], time.Time{}, arrived
	}
	if zero := arrived.Add(ahead - it.packet.PTS); zero.After(h.zeroes[0]) {
		h.zeroes[0] = zero
	}
}

// tell says when the media time of a timeline is shown, and returns when its zero can be heard, at the latest; the zero time when
// that is not known, or of no matter. While the clock is unsettled, it is not.
func (h *hearing) tell(line *timeline, c Clock, unsettled bool) (zero time.Time) {
	h.mu.Lock()
	other := h.line != line
	if other || unsettled {
		h.zeroes, h.since = [2]time.Time{}, time.Now()
	}
	h.line, h.clock = line, c
	wake := other || c.Due(0).Sub(h.told).Abs() > soundLead/8
	if wake {
		h.told = c.Due(0)
	}
	zero = h.zeroes[0]
	if h.zeroes[1].After(zero) {
		zero = h.zeroes[1]
	}
	h.mu.Unlock()
	if other {
		h.voice.Hush() // what waits is of another time
	}
	h.voice.Follow(c)
	if wake {
		select {
		case h.changed <- struct{}{}:
		default:
		}
	}
	return zero
}

// run decodes until ctx ends.
func (h *hearing) run(ctx context.Context) {
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	defer h.voice.Hush()
	defer h.close()
	for {
		select {
		case it := <-h.packets:
			h.bytes.Add(-int64(len(it.packet.Data)))
			if !h.await(ctx, timer, it) {
				continue
			}
			if err := h.prepare(it.track); err != nil {
				h.failed(err)
			}
			h.play(it.packet)
		case <-ctx.Done():
			return
		}
	}
}

// await waits until a packet is to be decoded; false: it is history, or ctx has ended.
func (h *hearing) await(ctx context.Context, timer *time.Timer, it heard) bool {
	for {
		h.mu.Lock()
		line, clock := h.line, h.clock
		h.mu.Unlock()
		left := time.Hour
		switch {
		case line == it.line:
			until := clock.Until(it.packet.PTS, time.Now())
			if left = until - soundLead; left <= 0 {
				return until > -soundHistory
			}
		case line != nil && line.serial > it.line.serial:
			return false
		}
		timer.Reset(left)
		select {
		case <-timer.C:
		case <-h.changed:
		case <-ctx.Done():
			return false
		}
	}
}

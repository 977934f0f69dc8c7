package peer

import (
	"errors"
	"io"
	"net"
	"os"
	"sync/atomic"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/webrtc/v4"

	"kinora/media"
)

// inlet receives one track.
type inlet struct {
	pc    *webrtc.PeerConnection
	track *webrtc.TrackRemote
	to    *source
	rtt   *atomic.Int64 // round trip, as a time.Duration

	jitter *jitter
	frames *frames
	asked  time.Time // when a key frame was asked for last
	missed []uint16

	strange int // packets in a row that could not be read
}

const (
	pliEvery    = 300 * time.Millisecond // between two requests for a key frame
	mostStrange = 1000
)

func newInlet(pc *webrtc.PeerConnection, track *webrtc.TrackRemote, to *source, t media.Track, rtt *atomic.Int64) *inlet {
	in := &inlet{pc: pc, track: track, to: to, rtt: rtt, frames: newFrames(t)}
	if t.Kind == media.Video {
		in.jitter = newJitter(true, 0)
		if in.frames.units != nil {
			in.jitter.opens = in.frames.units.opens
		}
	} else {
		in.jitter = newJitter(false, 100*time.Millisecond)
	}
	return in
}

// run receives until the connection ends, and returns why, which is never nil. What is missing is asked for in time also when nothing comes.
func (in *inlet) run() error {
	for {
		now := time.Now()
		in.jitter.rtt = time.Duration(in.rtt.Load())
		due := in.jitter.due()
		if due.IsZero() && in.frames.needed {
			due = in.asked.Add(pliEvery)
		}
		if !due.IsZero() && !due.After(now) {
			in.look(now)
			continue
		}
		if err := in.track.SetReadDeadline(due); err != nil {
			return err
		}
		n, _, err := in.track.Read(in.jitter.buffer())
		var slow net.Error
		switch {
		case err == nil:
			now := time.Now()
			in.to.arrived(in.frames.track.Kind, now)
			in.jitter.put(n, now)
		case errors.Is(err, os.ErrDeadlineExceeded), errors.As(err, &slow) && slow.Timeout():
		case errors.Is(err, io.EOF), errors.Is(err, io.ErrClosedPipe), in.strange == mostStrange:
			return err
		default: // of this packet alone: it has a codec or an extension that nobody knows
			in.strange++
			continue
		}
		in.strange = 0
		in.look(time.Now())
	}
}

// look takes what is in order, asks for what is missing, and for a key frame where nothing else helps.
func (in *inlet) look(now time.Time) {
	for {
		in.jitter.torn = in.frames.needed
		p, gap := in.jitter.take(now)
		if gap {
			in.frames.gap()
		}
		if p == nil {
			break
		}
		data, ts, key, whole := in.frames.add(p)
		if whole {
			in.pass(data, ts, key, p.arrived, now)
		}
	}
	ssrc := uint32(in.track.SSRC())
	if in.missed = in.jitter.requests(in.missed[:0], now); len(in.missed) > 0 {
		in.say(&rtcp.TransportLayerNack{MediaSSRC: ssrc, Nacks: rtcp.NackPairsFromSequenceNumbers(in.missed)})
	}
	video := in.frames.track.Kind == media.Video
	if (in.frames.needed || video && in.jitter.stuck(now)) && now.Sub(in.asked) >= pliEvery {
		in.asked = now
		in.askKeyFrame()
	}
	if video {
		in.to.note(in.jitter)
		in.to.tear(in.frames.needed)
	}
}

func (in *inlet) pass(data []byte, ts uint32, key bool, arrived, now time.Time) {
	track, fresh := in.frames.track, in.frames.fresh
	in.frames.fresh = false
	if track.Kind == media.Video {
		in.to.paced(arrived, now, ts)
	}
	if !in.to.put(track, fresh, data, ts, key, arrived) {
		in.frames.gap()
	}
}

// askKeyFrame may be called from any goroutine.
func (in *inlet) askKeyFrame() {
	in.to.count(func(s *Stats) { s.KeyFramesAsked++ })
	in.say(&rtcp.PictureLossIndication{MediaSSRC: uint32(in.track.SSRC())})
}

func (in *inlet) say(p rtcp.Packet) {
	_ = in.pc.WriteRTCP([]rtcp.Packet{p}) // what is lost is asked for again; a connection that has ended ends run
}

// reports takes the sender's reports, which say what its clock showed at a frame, until the connection ends.
func (in *inlet) reports(receiver *webrtc.RTPReceiver) {
	for {
		all, _, err := receiver.ReadRTCP()
		if err != nil {
			return
		}
		for _, p := range all {
			if sr, ok := p.(*rtcp.SenderReport); ok && sr.SSRC == uint32(in.track.SSRC()) {
				in.to.report(in.frames.track.Kind, ntpTime(sr.NTPTime), sr.RTPTime, time.Now())
			}
		}
	}
}

var ntpEpoch = time.Date(1900, 1, 1, 0, 0, 0, 0, time.UTC)

func ntpTime(ntp uint64) time.Time {
	seconds, fraction := ntp>>32, ntp&0xffffffff
	return time.Unix(ntpEpoch.Unix()+int64(seconds), int64(fraction*1e9>>32))
}

func timeNTP(t time.Time) uint64 {
	return uint64(t.Unix()-ntpEpoch.Unix())<<32 | uint64(t.Nanosecond())<<32/1e9
}

package peer

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/pion/webrtc/v4"

	"kinora/signaling"
)

const (
	disconnected = 2 * time.Second         // of silence until the way counts as lost
	failed       = 60 * time.Second        // likewise, until it is given up
	keepAlive    = 500 * time.Millisecond  // between signs of life
	retry        = 2500 * time.Millisecond // between two restarts of a way that is lost
	waiting      = 64                      // messages to the other side, and candidates from it, that wait
)

// link is a connection with its signaling: what is said goes out in order, and candidates that come before their description wait.
type link struct {
	o    Options
	pc   *webrtc.PeerConnection
	to   string // recipient; empty: the master
	out  chan *signaling.Request
	ways chan webrtc.ICEConnectionState
	sent func(signaling.Type) // is told what was given to the service; nil: nobody is

	mu    sync.Mutex
	early []webrtc.ICECandidateInit
	known bool // the other side's description
}

func newLink(o Options, pc *webrtc.PeerConnection, to string) *link {
	l := &link{o: o, pc: pc, to: to, out: make(chan *signaling.Request, waiting), ways: make(chan webrtc.ICEConnectionState, waiting)}
	pc.OnICECandidate(func(c *webrtc.ICECandidate) {
		if c == nil {
			return
		}
		i := c.ToJSON()
		if err := l.say(signaling.Candidate, signaling.ICECandidate{Candidate: i.Candidate, SDPMid: i.SDPMid, SDPMLineIndex: i.SDPMLineIndex, UsernameFragment: i.UsernameFragment}); err != nil {
			o.Log.Debug("a candidate is left out", "err", err)
		}
	})
	pc.OnICEConnectionStateChange(func(s webrtc.ICEConnectionState) {
		select {
		case l.ways <- s:
		default: // whoever looks sees the newer ones
		}
	})
	return l
}

var errCrowded = errors.New("too many messages wait for signaling")

// say puts a message in line. It does not block.
func (l *link) say(kind signaling.Type, what any) error {
	r := &signaling.Request{Action: kind, Recipient: l.to}
	if err := r.SetPayload(what); err != nil {
		return err
	}
	select {
	case l.out <- r:
		return nil
	default:
		return errCrowded
	}
}

// send sends what is in line, until ctx ends.
func (l *link) send(ctx context.Context) {
	for {
		select {
		case r := <-l.out:
			err := l.o.Signaling.Send(ctx, r)
			if err != nil && ctx.Err() == nil {
				l.o.Log.Debug("a signaling message is lost", "err", err)
			}
			if err == nil && l.sent != nil {
				l.sent(r.Action)
			}
		case <-ctx.Done():
			return
		}
	}
}

// configure takes the TURN servers that the service lends now, for the next way that is looked for, unless one is still being looked for
// by those that there were. The present way stays as it is.
func (l *link) configure(ctx context.Context) {
	if l.pc.ICEGatheringState() == webrtc.ICEGatheringStateGathering {
		return
	}
	c, err := l.o.configuration(ctx)
	if err == nil {
		err = l.pc.SetConfiguration(c)
	}
	if err != nil {
		l.o.Log.Debug("the TURN servers stay as they were", "err", err)
	}
}

// offer makes an offer, with new credentials for a new way when restart is set, and says it.
func (l *link) offer(restart bool) error {
	d, err := l.pc.CreateOffer(&webrtc.OfferOptions{ICERestart: restart})
	if err != nil {
		return err
	}
	return l.describe(signaling.Offer, d)
}

func (l *link) describe(kind signaling.Type, d webrtc.SessionDescription) error {
	if err := l.say(kind, signaling.Description{Type: d.Type.String(), SDP: d.SDP}); err != nil {
		return err
	}
	return l.pc.SetLocalDescription(d)
}

// hear takes the other side's description. Its errors are ErrForeign.
func (l *link) hear(kind webrtc.SDPType, e *signaling.Event) error {
	d, err := e.Description()
	if err == nil {
		err = checkSDP(d.SDP)
	}
	if err == nil {
		err = l.pc.SetRemoteDescription(webrtc.SessionDescription{Type: kind, SDP: d.SDP})
	}
	if err != nil {
		return fmt.Errorf("%w: %w", ErrForeign, err)
	}
	l.mu.Lock()
	early := l.early
	l.early, l.known = nil, true
	l.mu.Unlock()
	for _, c := range early {
		l.add(c)
	}
	return nil
}

// candidate takes an address of the other side. Before its description at most some wait.
func (l *link) candidate(e *signaling.Event) {
	c, err := e.Candidate()
	if err != nil || c.Candidate == "" {
		return
	}
	i := webrtc.ICECandidateInit{Candidate: c.Candidate, SDPMid: c.SDPMid, SDPMLineIndex: c.SDPMLineIndex, UsernameFragment: c.UsernameFragment}
	l.mu.Lock()
	if !l.known {
		if len(l.early) < waiting {
			l.early = append(l.early, i)
		}
		l.mu.Unlock()
		return
	}
	l.mu.Unlock()
	l.add(i)
}

func (l *link) add(c webrtc.ICECandidateInit) {
	if err := l.pc.AddICECandidate(c); err != nil {
		l.o.Log.Debug("a candidate of the other side is passed over", "err", err)
	}
}

// Bounds of a description, far beyond what peers send.
const (
	maxSections = 16
	maxLines    = 1000
)

// checkSDP refuses a description that would cost much to understand.
func checkSDP(sdp string) error {
	lines, sections := 0, 0
	for line := range strings.Lines(sdp) {
		lines++
		if strings.HasPrefix(line, "m=") {
			sections++
		}
	}
	if len(sdp) > signaling.MaxPayload || lines > maxLines || sections > maxSections {
		return fmt.Errorf("the other side's description is refused: it has %d bytes, %d lines and %d media sections; at most %d, %d and %d are allowed",
			len(sdp), lines, sections, signaling.MaxPayload, maxLines, maxSections)
	}
	return nil
}

// sendsSound reports whether a description says that its side sends sound.
func sendsSound(sdp string) bool {
	_, rest, found := strings.Cut(sdp, "m=audio ")
	section, _, _ := strings.Cut(rest, "m=")
	return found && !strings.HasPrefix(section, "0 ") && !strings.Contains(section, "a=recvonly") && !strings.Contains(section, "a=inactive")
}

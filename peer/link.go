package peer

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/pion/webrtc/v4"

	"kinora/signaling"
)

const (
	disconnected = 2 * time.Second        // of silence until the way counts as lost
	failed       = 60 * time.Second       // likewise, until it is given up
	keepAlive    = 500 * time.Millisecond // between signs of life
	waiting      = 64                     // messages to the other side, and candidates of each side, that wait
)

// link is a connection with its signaling: what is said goes out in order, candidates behind the description that they belong to, and
// candidates of the other side that come before their description wait for it.
type link struct {
	o    Options
	pc   *webrtc.PeerConnection
	to   string // recipient; empty: the master
	out  chan *signaling.Request
	ways chan webrtc.ICEConnectionState
	sent func(signaling.Type) // is told what was given to the service; nil: nobody is

	mu    sync.Mutex
	heard string // the other side's description; empty: there is none yet
	early []webrtc.ICECandidateInit
	holds bool // a description is being made
	held  []*signaling.Request
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
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.holds && kind == signaling.Candidate {
		if len(l.held) == waiting {
			return errCrowded
		}
		l.held = append(l.held, r)
		return nil
	}
	return l.queue(r)
}

func (l *link) queue(r *signaling.Request) error {
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

// hold keeps candidates back until release: they are found as soon as a description is begun, and mean nothing before it.
func (l *link) hold() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.holds = true
}

func (l *link) release() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, r := range l.held {
		if err := l.queue(r); err != nil {
			l.o.Log.Debug("a candidate is left out", "err", err)
		}
	}
	l.holds, l.held = false, nil
}

// offer makes an offer, with new credentials for a new way when restart is set, and says it.
func (l *link) offer(restart bool) error {
	l.hold()
	defer l.release()
	unanswered := l.pc.SignalingState() == webrtc.SignalingStateHaveLocalOffer
	d, err := l.pc.CreateOffer(&webrtc.OfferOptions{ICERestart: restart})
	if err != nil {
		return err
	}
	if unanswered { // pion takes one offer at a time: the older one stays, which differs in nothing but the way, and that is new
		return l.say(signaling.Offer, signaling.Description{Type: d.Type.String(), SDP: d.SDP})
	}
	return l.describe(signaling.Offer, d)
}

// answer takes an offer, and says the answer to it.
func (l *link) answer(offer *signaling.Event) error {
	l.hold()
	defer l.release()
	if err := l.hear(webrtc.SDPTypeOffer, offer); err != nil {
		return err
	}
	d, err := l.pc.CreateAnswer(nil)
	if err != nil {
		return err
	}
	return l.describe(signaling.Answer, d)
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
	l.heard = d.SDP
	var now, later []webrtc.ICECandidateInit
	for _, c := range l.early {
		if belongs(c, l.heard) {
			now = append(now, c)
		} else {
			later = append(later, c)
		}
	}
	l.early = later
	l.mu.Unlock()
	for _, c := range now {
		l.add(c)
	}
	return nil
}

// known reports whether a description is the one that was taken last, as far as it can be read.
func (l *link) known(e *signaling.Event) bool {
	d, err := e.Description()
	l.mu.Lock()
	defer l.mu.Unlock()
	return err != nil || slices.Equal(fragments(d.SDP), fragments(l.heard))
}

// same reports whether a description is of the connection that was described before, as far as it can be read: one with another certificate is
// a new one.
func (l *link) same(e *signaling.Event) bool {
	d, err := e.Description()
	l.mu.Lock()
	defer l.mu.Unlock()
	return err != nil || fingerprint(d.SDP) == fingerprint(l.heard)
}

// belongs reports whether a candidate is one of a description, as far as it says so.
func belongs(c webrtc.ICECandidateInit, sdp string) bool {
	of := ""
	if c.UsernameFragment != nil {
		of = *c.UsernameFragment
	} else if _, rest, found := strings.Cut(c.Candidate, " ufrag "); found {
		of, _, _ = strings.Cut(rest, " ")
	}
	return sdp != "" && (of == "" || slices.Contains(fragments(sdp), of))
}

// fragments are by which the ways of a description are told from those of others.
func fragments(sdp string) (all []string) {
	for line := range strings.Lines(sdp) {
		if of, found := strings.CutPrefix(line, "a=ice-ufrag:"); found {
			all = append(all, strings.TrimSpace(of))
		}
	}
	return all
}

// candidate takes an address of the other side. Of those that come before their description the newest wait.
func (l *link) candidate(e *signaling.Event) {
	c, err := e.Candidate()
	if err != nil || c.Candidate == "" {
		return
	}
	i := webrtc.ICECandidateInit{Candidate: c.Candidate, SDPMid: c.SDPMid, SDPMLineIndex: c.SDPMLineIndex, UsernameFragment: c.UsernameFragment}
	l.mu.Lock()
	early := !belongs(i, l.heard)
	if early {
		l.early = append(l.early[max(0, len(l.early)+1-waiting):], i)
	}
	l.mu.Unlock()
	if !early {
		l.add(i)
	}
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

package upload

import (
	"fmt"
	"slices"
	"time"
)

// action is what an ERROR acknowledgement leads to.
type action int

const (
	again   action = iota // the trouble is not the fragment's: try again
	busy                  // likewise, but give the service time
	hold                  // only a person can help; nothing is wrong with the fragment
	skip                  // the service will never take this fragment
	suspect               // likewise, but perhaps it is the company: it is tried once more alone
)

// refusal is what an id means.
type refusal struct {
	action action
	reason string // a sentence without its full stop
}

// refusals are the ids of ERROR acknowledgements.
// See https://docs.aws.amazon.com/kinesisvideostreams/latest/dg/API_dataplane_PutMedia.html.
var refusals = map[int]refusal{
	4000: {again, "The service could not read what was sent"},
	4001: {skip, "The fragment is larger than the 50 MB that the service takes. Record with a lower bitrate or shorter fragments"},
	4002: {skip, "The fragment is longer than the service takes. Record with shorter fragments"},
	4003: {again, "The connection was open for longer than the service allows"},
	4004: {suspect, "The fragment begins before the end of the one before it. The clock of the source stepped back"},
	4005: {skip, "The fragment has more tracks than the service takes"},
	4006: {skip, "The service cannot read the fragment's format"},
	4007: {skip, "The fragment's time is not valid. Look at the clock of the source"},
	4008: {hold, "The stream was deleted or is not active. Create it again, or choose another one"},
	4009: {skip, "The fragment has more tags than the service takes"},
	4010: {skip, "The fragment has frames of a track that its head does not name"},
	4011: {skip, "The fragment has no frame of one of its tracks"},
	4012: {skip, "The fragment has more than the three tracks that the service takes"},
	4500: {hold, "The service may not use the stream's encryption key. Look at the key's policy"},
	4501: {hold, "The stream's encryption key is disabled. Enable it"},
	4502: {hold, "The stream's encryption key is not valid. Look at the stream's settings"},
	4503: {hold, "The stream's encryption key is not available at present"},
	4504: {hold, "The stream's encryption key is not meant for this use. Choose another one"},
	4505: {hold, "The stream's encryption key is in a state in which it cannot be used. Look at the key"},
	4506: {hold, "The stream's encryption key does not exist. Look at the stream's settings"},
	4507: {hold, "The stream was deleted. Create it again, or choose another one"},
	5000: {busy, "The service has trouble inside"},
	5001: {busy, "The service could not store the fragment"},
}

// meaning returns what an id means. New ones of the fragment's family are taken for the fragment's fault, when it was alone;
// the rest may pass.
func meaning(id int) refusal {
	if r, ok := refusals[id]; ok {
		return r
	}
	switch {
	case id > 4000 && id < 4500:
		return refusal{suspect, "The service refuses the fragment for a reason that this version does not know"}
	case id >= 4500 && id < 4600:
		return refusal{hold, "The service refuses the stream's encryption key for a reason that this version does not know"}
	}
	return refusal{busy, "The service has trouble that this version does not know"}
}

// verdict is an ERROR acknowledgement.
type verdict struct {
	refusal
	id   int
	code string
}

func (v *verdict) Error() string { return fmt.Sprintf("%s (%d %s)", v.reason, v.id, v.code) }

// refuse handles an ERROR acknowledgement, which ends the connection. fl is nil when it names no fragment.
func (c *connection) refuse(fl *flight, a Ack) {
	v := &verdict{meaning(a.ErrorID), a.ErrorID, a.ErrorCode}
	c.verdict = v
	c.err = v
	defer c.u.more.Broadcast()
	if v.action != skip && v.action != suspect {
		return
	}
	sure := fl != nil && v.action == skip
	if fl == nil {
		i := slices.IndexFunc(c.flights, func(fl *flight) bool { return !fl.received })
		if i < 0 {
			v.action = busy // nothing that it could be about
			return
		}
		fl = c.flights[i]
		sure = v.action == skip && len(c.flights) == 1
	}
	m := c.u.mark(fl.f)
	if !sure && !m.alone {
		m.alone = true
		c.u.o.Log.Warn("uploading: the service refused a fragment; it is tried again alone", "take", fl.f.Take().ID(), "fragment", fl.f.Number(), "err", v)
		return
	}
	c.reject(fl, v)
}

// reject puts a fragment into quarantine. The mutex is held, and given up while the disk works.
func (c *connection) reject(fl *flight, v *verdict) {
	u := c.u
	if fl.settling {
		return
	}
	fl.settling = true
	if c.at == fl.f {
		c.letGo()
	}
	u.mu.Unlock()
	err := fl.f.Reject(v.Error())
	if u.o.Rejected != nil {
		u.o.Rejected(fl.f.Time(), v.id)
	}
	u.mu.Lock()
	u.complain(fl.f, err)
	u.rejected++
	c.drop(fl)
}

// judge decides what the end of a connection means for the next one.
func (u *Uploader) judge(c *connection, err error) {
	switch v := c.verdict; {
	case v != nil && v.action == busy:
		u.fail(v, Busy)
	case v != nil && v.action == hold:
		u.fail(v, Refused)
	case v != nil && v.action == again && !c.settled:
		u.fail(v, Network)
	case v != nil:
		u.o.Log.Warn("uploading: the service ended the connection", "err", v)
	case u.stopping || err == errPaused || isGone(err) || c.err == errSilent:
	case err == nil && c.ended && c.settled:
	case err == nil && c.ended && c.progress:
		u.fail(errUnstored, Busy)
	case err == nil && c.ended:
		u.fail(errMute, Network)
	case err == nil:
		u.fail(errCutShort, Network)
	case tooMany(err) && u.live.puts+u.backlog.puts > 1:
		u.o.Log.Info("uploading: the service allows one connection at a time", "err", err)
		u.crowded = time.Now().Add(crowdTime)
	default:
		u.fail(err, u.classify(err))
	}
}

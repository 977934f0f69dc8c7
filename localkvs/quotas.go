package localkvs

import (
	"fmt"
	"math"
	"net/http"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// quota is how often something may be asked for one signaling channel or stream.
type quota struct {
	what      string  // is asked too often, for the refusal
	perSecond float64 // for long, and twice as much at once
	most      int     // that one request may ask for, however little that is allowed in a second

	mu    sync.Mutex
	asked map[string]*rate.Limiter // by ARN
}

func newQuota(what string, perSecond float64, most int) *quota {
	return &quota{what: what, perSecond: perSecond, most: most, asked: make(map[string]*rate.Limiter)}
}

// take says whether n may be asked now for the channel or stream, which must exist.
func (q *quota) take(arn string, n int) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	l := q.asked[arn]
	if l == nil {
		l = rate.NewLimiter(rate.Limit(q.perSecond), max(q.most, int(min(2*q.perSecond, math.MaxInt32))))
		q.asked[arn] = l
	}
	if !l.AllowN(time.Now(), n) {
		return &apiError{http.StatusBadRequest, "ClientLimitExceededException",
			fmt.Sprintf("%s more than %g times a second. Wait a second.", q.what, q.perSecond)}
	}
	return nil
}

// forget drops a channel or stream that is deleted.
func (q *quota) forget(arn string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	delete(q.asked, arn)
}

// channelQuotas are those of the calls for a signaling channel that cost more than a look at what is there.
type channelQuotas struct{ iceConfigs, joins, alexaOffers *quota }

func newChannelQuotas() channelQuotas {
	return channelQuotas{newQuota("GetIceServerConfig is called for the channel", 5, 1), newQuota("JoinStorageSession is called for the channel", 2, 1), newQuota("SendAlexaOfferToMaster is called for the channel", 5, 1)}
}

func (q channelQuotas) forget(channelARN string) {
	for _, one := range []*quota{q.iceConfigs, q.joins, q.alexaOffers} {
		one.forget(channelARN)
	}
}

// streamQuotas are those of a stream's archive. Calls for a session's address count as calls; whatever lists fragments counts for as many as it may
// list, whatever sends media for as many as it sends.
type streamQuotas struct{ hls, dash, listed, read *quota }

// newStreamQuotas takes the real service's limits times a factor; a negative one limits nothing.
func newStreamQuotas(factor float64) streamQuotas {
	if factor < 0 {
		factor = math.Inf(1)
	}
	return streamQuotas{
		hls:    newQuota("GetHLSStreamingSessionURL is called for the stream", 25*factor, 1),
		dash:   newQuota("GetDASHStreamingSessionURL is called for the stream", 25*factor, 1),
		listed: newQuota("The stream's fragments are listed", 10_000*factor, maxResults),
		read:   newQuota("The stream's fragments are read", 500*factor, maxFragmentList),
	}
}

// take says whether some fragments may be listed, and some read, of a stream now.
func (q streamQuotas) take(streamARN string, listed, read int) error {
	if err := q.listed.take(streamARN, listed); err != nil {
		return err
	}
	return q.read.take(streamARN, read)
}

func (q streamQuotas) forget(streamARN string) {
	for _, one := range []*quota{q.hls, q.dash, q.listed, q.read} {
		one.forget(streamARN)
	}
}

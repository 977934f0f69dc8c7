package localkvs

import (
	"fmt"
	"net/http"
	"sync"

	"golang.org/x/time/rate"
)

// quota is how often something may be asked for a signaling channel.
type quota struct {
	operation string
	perSecond int // for long, and twice as many at once

	mu       sync.Mutex
	channels map[string]*rate.Limiter // by ARN
}

func newQuota(operation string, perSecond int) *quota {
	return &quota{operation: operation, perSecond: perSecond, channels: make(map[string]*rate.Limiter)}
}

// take says whether the channel, which must exist, may ask now.
func (q *quota) take(channelARN string) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	l := q.channels[channelARN]
	if l == nil {
		l = rate.NewLimiter(rate.Limit(q.perSecond), 2*q.perSecond)
		q.channels[channelARN] = l
	}
	if !l.Allow() {
		return &apiError{http.StatusBadRequest, "ClientLimitExceededException",
			fmt.Sprintf("%s is called more than %d times a second for the channel. Wait a second.", q.operation, q.perSecond)}
	}
	return nil
}

// forget drops a channel that is deleted.
func (q *quota) forget(channelARN string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	delete(q.channels, channelARN)
}

// quotas are those of the calls that cost more than a look at what is there.
type quotas struct{ iceConfigs, joins, alexaOffers *quota }

func newQuotas() quotas {
	return quotas{newQuota("GetIceServerConfig", 5), newQuota("JoinStorageSession", 2), newQuota("SendAlexaOfferToMaster", 5)}
}

func (q quotas) forget(channelARN string) {
	for _, one := range []*quota{q.iceConfigs, q.joins, q.alexaOffers} {
		one.forget(channelARN)
	}
}

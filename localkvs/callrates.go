package localkvs

import (
	"fmt"
	"net/http"

	"golang.org/x/time/rate"
)

// accountRate is how often in a second the real service answers an account's calls of an operation, whichever streams and channels they
// are for. Operations that are not in the table have no limit of that kind.
type accountRate struct {
	operation string
	perSecond int
}

var accountRates = map[string]accountRate{
	"/createStream":        {"CreateStream", 50},
	"/describeStream":      {"DescribeStream", 300},
	"/listStreams":         {"ListStreams", 50},
	"/updateStream":        {"UpdateStream", 50},
	"/updateDataRetention": {"UpdateDataRetention", 50},
	"/deleteStream":        {"DeleteStream", 50},
	"/tagStream":           {"TagStream", 50},
	"/untagStream":         {"UntagStream", 50},
	"/listTagsForStream":   {"ListTagsForStream", 50},
	"/TagResource":         {"TagResource", 50},
	"/UntagResource":       {"UntagResource", 50},
	"/ListTagsForResource": {"ListTagsForResource", 50},
	"/getDataEndpoint":     {"GetDataEndpoint", 300},

	"/createSignalingChannel":              {"CreateSignalingChannel", 50},
	"/describeSignalingChannel":            {"DescribeSignalingChannel", 300},
	"/listSignalingChannels":               {"ListSignalingChannels", 50},
	"/updateSignalingChannel":              {"UpdateSignalingChannel", 50},
	"/deleteSignalingChannel":              {"DeleteSignalingChannel", 50},
	"/getSignalingChannelEndpoint":         {"GetSignalingChannelEndpoint", 300},
	"/v1/get-ice-server-config":            {"GetIceServerConfig", 100},
	"/v1/send-alexa-offer-to-master":       {"SendAlexaOfferToMaster", 100},
	"/updateMediaStorageConfiguration":     {"UpdateMediaStorageConfiguration", 10},
	"/describeMediaStorageConfiguration":   {"DescribeMediaStorageConfiguration", 50},
	"/describeMappedResourceConfiguration": {"DescribeMappedResourceConfiguration", 50},
	"/joinStorageSession":                  {"JoinStorageSession", 50},
}

// callRates counts the calls of the one account, by path. It is nil where nothing is limited.
type callRates map[string]*rate.Limiter

// newCallRates takes the real service's limits times a factor, and twice as many calls at once.
func newCallRates(factor float64) callRates {
	if factor < 0 {
		return nil
	}
	limits := make(callRates, len(accountRates))
	for path, r := range accountRates {
		perSecond := factor * float64(r.perSecond)
		limits[path] = rate.NewLimiter(rate.Limit(perSecond), max(1, int(2*perSecond)))
	}
	return limits
}

// take says whether the account may call an operation now.
func (c callRates) take(path string) error {
	if limit := c[path]; limit != nil && !limit.Allow() {
		return &apiError{http.StatusBadRequest, "ClientLimitExceededException",
			fmt.Sprintf("%s is called more than %g times a second in this account. Wait a second.", accountRates[path].operation, float64(limit.Limit()))}
	}
	return nil
}

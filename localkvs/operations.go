package localkvs

import (
	"encoding/json"
	"errors"
	"net/http"
)

// operations are the control and archive calls: a JSON object in, a JSON object out.
var operations = map[string]operation{
	"/createStream":        answer(createStream),
	"/describeStream":      answer(describeStream),
	"/listStreams":         answer(listStreams),
	"/updateStream":        answer(updateStream),
	"/updateDataRetention": answer(updateDataRetention),
	"/deleteStream":        answer(deleteStream),
	"/tagStream":           answer(tagStream),
	"/untagStream":         answer(untagStream),
	"/listTagsForStream":   answer(listTagsForStream),
	"/TagResource":         answer(tagResource),
	"/UntagResource":       answer(untagResource),
	"/ListTagsForResource": answer(listTagsForResource),
	"/getDataEndpoint":     answer(getDataEndpoint),
	"/listFragments":       answer(listFragments),
	"/getImages":           answer(getImages),
	"/kinora/listSpans":    answer(listSpans),
	"/kinora/listTags":     answer(listTags),

	"/kinora/reconnectIceServer": answer(reconnectIceServer),

	"/createSignalingChannel":              answer(createSignalingChannel),
	"/describeSignalingChannel":            answer(describeSignalingChannel),
	"/listSignalingChannels":               answer(listSignalingChannels),
	"/updateSignalingChannel":              answer(updateSignalingChannel),
	"/deleteSignalingChannel":              answer(deleteSignalingChannel),
	"/getSignalingChannelEndpoint":         answer(getSignalingChannelEndpoint),
	"/v1/get-ice-server-config":            answer(getIceServerConfig),
	"/v1/send-alexa-offer-to-master":       answer(sendAlexaOfferToMaster),
	"/updateMediaStorageConfiguration":     answer(updateMediaStorageConfiguration),
	"/describeMediaStorageConfiguration":   answer(describeMediaStorageConfiguration),
	"/describeMappedResourceConfiguration": answer(describeMappedResourceConfiguration),
	"/joinStorageSession":                  answer(joinStorageSession),

	"/getHLSStreamingSessionURL":  answer(getHLSStreamingSessionURL),
	"/getDASHStreamingSessionURL": answer(getDASHStreamingSessionURL),
}

type operation func(s *Service, r *http.Request, body []byte) (any, error)

// streams are the calls that answer with media. They return an error only while nothing has been answered yet.
var streams = map[string]func(s *Service, w http.ResponseWriter, r *http.Request, body []byte) error{
	"/getMedia":                (*Service).getMedia,
	"/getMediaForFragmentList": (*Service).getMediaForFragmentList,
	"/getClip":                 (*Service).getClip,
}

// answer adapts a function of typed input and output.
func answer[In, Out any](fn func(*Service, *http.Request, In) (Out, error)) operation {
	return func(s *Service, r *http.Request, body []byte) (any, error) {
		in, err := decode[In](body)
		if err != nil {
			return nil, err
		}
		return fn(s, r, in)
	}
}

// decode reads the body of a request. None is an empty object.
func decode[In any](body []byte) (in In, err error) {
	if len(body) == 0 {
		return in, nil
	}
	err = json.Unmarshal(body, &in)
	var api *apiError
	switch {
	case err == nil:
		return in, nil
	case errors.As(err, &api):
		return in, api
	}
	return in, invalidArgument("The request's body is not a JSON object of the documented form: %v.", err)
}

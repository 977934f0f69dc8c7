package kvs

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesisvideo/types"
	archived "github.com/aws/aws-sdk-go-v2/service/kinesisvideoarchivedmedia"
	archivedtypes "github.com/aws/aws-sdk-go-v2/service/kinesisvideoarchivedmedia/types"
)

// Session says what a player that speaks HLS or DASH is to be given. The zero value is a stream's live edge, by HLS.
type Session struct {
	DASH     bool
	Clock    Clock     // that times count by
	From, To time.Time // what is stored between; From zero: live; To zero: from there on into what is live
	Expires  time.Duration
	Most     int // fragments that are listed; 0: as many as is usual
}

// SessionURL begins a session and returns its address, which needs no other key and is therefore a secret. It expires after
// 12 hours when the session says nothing else. A stream that is not live, or has nothing stored there, has none.
func (c *Client) SessionURL(ctx context.Context, stream string, s Session) (url string, err error) {
	if s.Expires == 0 {
		s.Expires = 12 * time.Hour
	}
	expires := aws.Int32(int32(s.Expires / time.Second))
	mode := "LIVE"
	var from, to *time.Time
	if !s.From.IsZero() {
		mode, from = "LIVE_REPLAY", &s.From
		if !s.To.IsZero() {
			mode, to = "ON_DEMAND", &s.To
		}
	}
	var most *int64
	if s.Most > 0 {
		most = aws.Int64(int64(s.Most))
	}
	clock := "SERVER_TIMESTAMP"
	if s.Clock == ProducerTime {
		clock = "PRODUCER_TIMESTAMP"
	}
	if s.DASH {
		in := &archived.GetDASHStreamingSessionURLInput{
			StreamName: &stream, Expires: expires, PlaybackMode: archivedtypes.DASHPlaybackMode(mode),
			DisplayFragmentTimestamp:   archivedtypes.DASHDisplayFragmentTimestampAlways,
			DisplayFragmentNumber:      archivedtypes.DASHDisplayFragmentNumberAlways,
			MaxManifestFragmentResults: most,
			DASHFragmentSelector:       &archivedtypes.DASHFragmentSelector{FragmentSelectorType: archivedtypes.DASHFragmentSelectorType(clock)},
		}
		if from != nil {
			in.DASHFragmentSelector.TimestampRange = &archivedtypes.DASHTimestampRange{StartTimestamp: from, EndTimestamp: to}
		}
		err = c.withEndpoint(ctx, opDASH, endpointKey{stream, types.APINameGetDashStreamingSessionUrl}, func(endpoint string) error {
			out, err := c.archive.GetDASHStreamingSessionURL(ctx, in, func(o *archived.Options) { o.BaseEndpoint = &endpoint })
			if err == nil {
				url = aws.ToString(out.DASHStreamingSessionURL)
			}
			return err
		})
		return url, err
	}
	in := &archived.GetHLSStreamingSessionURLInput{
		StreamName: &stream, Expires: expires, PlaybackMode: archivedtypes.HLSPlaybackMode(mode),
		ContainerFormat:                 archivedtypes.ContainerFormatFragmentedMp4,
		DiscontinuityMode:               archivedtypes.HLSDiscontinuityModeOnDiscontinuity,
		DisplayFragmentTimestamp:        archivedtypes.HLSDisplayFragmentTimestampAlways,
		MaxMediaPlaylistFragmentResults: most,
		HLSFragmentSelector:             &archivedtypes.HLSFragmentSelector{FragmentSelectorType: archivedtypes.HLSFragmentSelectorType(clock)},
	}
	if from != nil {
		in.HLSFragmentSelector.TimestampRange = &archivedtypes.HLSTimestampRange{StartTimestamp: from, EndTimestamp: to}
	}
	err = c.withEndpoint(ctx, opHLS, endpointKey{stream, types.APINameGetHlsStreamingSessionUrl}, func(endpoint string) error {
		out, err := c.archive.GetHLSStreamingSessionURL(ctx, in, func(o *archived.Options) { o.BaseEndpoint = &endpoint })
		if err == nil {
			url = aws.ToString(out.HLSStreamingSessionURL)
		}
		return err
	})
	return url, err
}

// session is a session that was begun.
type session struct {
	Session
	client  *Client
	stream  string
	address string // a secret
	lease   *lease
	until   time.Time        // it is used no longer
	gates   map[string]*gate // by operation; guarded by the mutex of the client's gates
}

// op is what begins such a session.
func (s *Session) op() string {
	if s.DASH {
		return opDASH
	}
	return opHLS
}

// begin begins a session when the stream has a place for it.
func (c *Client) begin(ctx context.Context, stream string, s Session, why purpose) (*session, error) {
	if s.Expires = storedSession; why == forLive {
		s.Expires = liveSession
	}
	lease, err := c.gates.hold(ctx, s.op(), stream, s.Expires, why)
	if err != nil {
		return nil, c.fail(s.op(), stream, err)
	}
	asked := time.Now()
	address, err := c.SessionURL(ctx, stream, s)
	if err != nil {
		c.gates.give(s.op(), stream, lease)
		return nil, err
	}
	c.gates.extend(lease, time.Now().Add(s.Expires))
	return &session{Session: s, client: c, stream: stream, address: address, lease: lease, until: asked.Add(s.Expires - beforeItExpire), gates: make(map[string]*gate)}, nil
}

// over reports whether the session has expired, or is about to.
func (s *session) over() bool { return !time.Now().Before(s.until) }

// closed reports whether err, of something that the session was asked for, means that there is no such session any more, and gives its
// place back then.
func (s *session) closed(err error) bool {
	var answer *sessionError
	if !errors.As(err, &answer) || answer.status != http.StatusForbidden {
		return false
	}
	s.client.gates.give(s.op(), s.stream, s.lease)
	return true
}

// IsForbidden reports whether err means that the account may not make the call, though it is known who asks: another call may be
// allowed.
func IsForbidden(err error) bool {
	var e *Error
	return errors.As(err, &e) && (e.Code == "AccessDeniedException" || e.Code == "AccessDenied" ||
		e.Code == "NotAuthorizedException" && e.Status == http.StatusForbidden)
}

package localkvs

import (
	"errors"
	"net/http"
	"time"

	"kinora/localkvs/archive"
)

type hlsIn struct {
	streamRef
	PlaybackMode                    playMode
	HLSFragmentSelector             *fragmentSelector
	ContainerFormat                 containerName
	DiscontinuityMode               discontinuity
	DisplayFragmentTimestamp        string
	Expires                         *int
	MaxMediaPlaylistFragmentResults *int
}

type hlsOut struct{ HLSStreamingSessionURL string }

func getHLSStreamingSessionURL(s *Service, r *http.Request, in hlsIn) (hlsOut, error) {
	p := playback{Mode: in.PlaybackMode, Container: in.ContainerFormat, Breaks: in.DiscontinuityMode}
	err := p.choose(in.HLSFragmentSelector, in.Expires, "MaxMediaPlaylistFragmentResults", in.MaxMediaPlaylistFragmentResults, time.Now())
	if err != nil {
		return hlsOut{}, err
	}
	if p.Times, err = display("DisplayFragmentTimestamp", in.DisplayFragmentTimestamp); err != nil {
		return hlsOut{}, err
	}
	switch p.Container {
	case "":
		p.Container = fragmentedMP4
	case fragmentedMP4, mpegTS:
	default:
		return hlsOut{}, invalidArgument("ContainerFormat must be FRAGMENTED_MP4 or MPEG_TS.")
	}
	switch p.Breaks {
	case "":
		p.Breaks = map[archive.Clock]discontinuity{archive.ServerTime: breakAlways, archive.ProducerTime: breakNever}[p.Clock]
	case breakAlways, breakNever, breakAtGaps:
	default:
		return hlsOut{}, invalidArgument("DiscontinuityMode must be ALWAYS, NEVER or ON_DISCONTINUITY.")
	}
	url, err := s.beginPlayback(r, in.streamRef, p, "/hls/v1/getHLSMasterPlaylist.m3u8")
	return hlsOut{url}, err
}

type dashIn struct {
	streamRef
	PlaybackMode               playMode
	DASHFragmentSelector       *fragmentSelector
	DisplayFragmentTimestamp   string
	DisplayFragmentNumber      string
	Expires                    *int
	MaxManifestFragmentResults *int
}

type dashOut struct{ DASHStreamingSessionURL string }

func getDASHStreamingSessionURL(s *Service, r *http.Request, in dashIn) (dashOut, error) {
	p := playback{Mode: in.PlaybackMode, Manifest: true, Container: fragmentedMP4, Breaks: breakAtGaps}
	err := p.choose(in.DASHFragmentSelector, in.Expires, "MaxManifestFragmentResults", in.MaxManifestFragmentResults, time.Now())
	if err != nil {
		return dashOut{}, err
	}
	if p.Times, err = display("DisplayFragmentTimestamp", in.DisplayFragmentTimestamp); err != nil {
		return dashOut{}, err
	}
	if p.Numbers, err = display("DisplayFragmentNumber", in.DisplayFragmentNumber); err != nil {
		return dashOut{}, err
	}
	url, err := s.beginPlayback(r, in.streamRef, p, "/dash/v1/getDASHManifest.mpd")
	return dashOut{url}, err
}

// display reads one of the two values that switch something on or off.
func display(name, value string) (bool, error) {
	switch value {
	case "", "NEVER":
		return false, nil
	case "ALWAYS":
		return true, nil
	default:
		return false, invalidArgument("%s must be ALWAYS or NEVER.", name)
	}
}

// beginPlayback makes sure that there is something to play and that players can play it, and returns the session's URL.
func (s *Service) beginPlayback(r *http.Request, ref streamRef, p playback, path string) (string, error) {
	stream, err := s.stream(ref.StreamName, ref.StreamARN)
	if err != nil {
		return "", err
	}
	meta := stream.Meta()
	calls := s.asked.hls
	if p.Manifest {
		calls = s.asked.dash
	}
	if err := calls.take(meta.ARN, 1); err != nil {
		return "", err
	}
	if meta.RetentionHours == 0 {
		return "", noRetention()
	}
	p.ARN = meta.ARN
	if p.Mode == live {
		if err := s.dropAnchor(stream, &p); err != nil {
			return "", err
		}
	}
	if err := aim(stream, &p); err != nil {
		return "", err
	}
	token := s.tokens().seal(&p)
	w, err := s.windowOf(stream, &p, token.id(), time.UnixMilli(p.Began))
	if err != nil {
		return "", err
	}
	if len(w.shown) == 0 {
		return "", noFragments()
	}
	h, err := s.headIn(stream, &w, 0)
	if err != nil {
		return "", asPlaybackError(err)
	}
	if _, err := p.playable(h.tracks); err != nil {
		return "", err
	}
	s.sessions.admit(&p, token.id(), p.Began)
	s.metrics.sessions.WithLabelValues(map[bool]string{false: "HLS", true: "DASH"}[p.Manifest], string(p.Mode)).Inc()
	return s.dataEndpoint(r) + path + "?SessionToken=" + string(token), nil
}

// dropAnchor fixes where a LIVE session begins: so that its first playlist ends with the newest fragment.
func (s *Service) dropAnchor(stream *archive.Stream, p *playback) error {
	newest, err := stream.NewestLive(p.Max + 1)
	if err != nil {
		return err
	}
	if len(newest) == 0 {
		return noFragments()
	}
	feed, err := s.feedOf(stream)
	if err != nil {
		return err
	}
	last := newest[len(newest)-1]
	if _, arriving := feed.newest(); arriving == nil && time.Since(last.Server.Add(last.Length)) > liveTime {
		return noFragments()
	}
	if len(newest) > p.Max {
		p.Anchor = newest[0].Number
	}
	if last.Outline, err = s.outlineOf(stream, &last); err != nil {
		return asPlaybackError(err)
	}
	h, err := s.headOf(stream, &last)
	if err != nil && !errors.Is(err, archive.ErrCorrupt) && !errors.Is(err, archive.ErrNotFound) {
		return err
	}
	p.Part = partTarget(h).Milliseconds()
	return nil
}

func noFragments() error {
	return &apiError{http.StatusNotFound, "ResourceNotFoundException", "No fragments found in the stream for the streaming request."}
}

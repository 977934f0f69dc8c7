package localkvs

import (
	"net/http"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// metrics count what the service does. Their names follow the metrics of the real service in CloudWatch.
type metrics struct {
	registry          *prometheus.Registry
	requests          *prometheus.CounterVec
	latency           *prometheus.HistogramVec
	putMediaOpen      prometheus.Gauge
	getMediaOpen      prometheus.Gauge
	incomingBytes     prometheus.Counter
	incomingFragments prometheus.Counter
	incomingFrames    prometheus.Counter
	outgoingBytes     prometheus.Counter
	outgoingFragments prometheus.Counter
	listBytes         prometheus.Counter
	listFragments     prometheus.Counter
	clipBytes         prometheus.Counter
	repeats           prometheus.Counter
	errorAcks         *prometheus.CounterVec
	persist           prometheus.Histogram
	sessions          *prometheus.CounterVec
	segmentsMade      prometheus.Counter
	segmentHits       prometheus.Counter
	playbackBytes     prometheus.Counter
}

func newMetrics(s *Service) *metrics {
	counter := func(name, help string) prometheus.Counter {
		return prometheus.NewCounter(prometheus.CounterOpts{Name: "kvs_" + name, Help: help})
	}
	gauge := func(name, help string) prometheus.Gauge {
		return prometheus.NewGauge(prometheus.GaugeOpts{Name: "kvs_" + name, Help: help})
	}
	m := &metrics{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "kvs_requests_total", Help: "Requests by operation and outcome (ok, or the exception's name)."},
			[]string{"operation", "outcome"}),
		latency: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "kvs_request_seconds", Help: "Time to answer, by operation; of streaming operations only refusals.",
			Buckets: prometheus.ExponentialBuckets(0.0005, 4, 8)}, []string{"operation"}),
		putMediaOpen:      gauge("put_media_active_connections", "Uploads open now."),
		getMediaOpen:      gauge("get_media_active_connections", "Readers open now."),
		incomingBytes:     counter("put_media_incoming_bytes_total", "Bytes of fragments received."),
		incomingFragments: counter("put_media_incoming_fragments_total", "Whole fragments received."),
		incomingFrames:    counter("put_media_incoming_frames_total", "Frames received in whole fragments."),
		repeats:           counter("put_media_repeats_suppressed_total", "Whole fragments that the stream had already and that were not stored again."),
		outgoingBytes:     counter("get_media_outgoing_bytes_total", "Bytes sent to readers."),
		outgoingFragments: counter("get_media_outgoing_fragments_total", "Whole fragments sent to readers."),
		listBytes:         counter("get_media_for_fragment_list_outgoing_bytes_total", "Bytes of stored fragments sent by their numbers."),
		listFragments:     counter("get_media_for_fragment_list_outgoing_fragments_total", "Stored fragments sent by their numbers."),
		clipBytes:         counter("get_clip_outgoing_bytes_total", "Bytes of clips sent."),
		errorAcks: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "kvs_put_media_error_acks_total", Help: "ERROR acknowledgements by error code."}, []string{"code"}),
		persist: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "kvs_put_media_fragment_persist_seconds", Help: "Time from RECEIVED to PERSISTED.",
			Buckets: prometheus.ExponentialBuckets(0.001, 3, 9)}),
		sessions: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "kvs_streaming_sessions_total", Help: "Streaming sessions given out, by protocol and playback mode."}, []string{"protocol", "mode"}),
		segmentsMade:  counter("segments_made_total", "Fragments of which media segments were made."),
		segmentHits:   counter("segments_kept_hits_total", "Media segments that were still there when a player asked for them."),
		playbackBytes: counter("playback_outgoing_bytes_total", "Bytes of playlists and segments sent to players."),
	}
	remembered := prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "kvs_streaming_sessions_remembered", Help: "Streaming sessions whose place in their stream is remembered."},
		func() float64 { n, _ := s.viewers.size(); return float64(n) })
	kept := prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "kvs_segments_kept_bytes", Help: "Bytes of media segments that are kept for the next player."},
		func() float64 { _, weight := s.segments.kept.size(); return float64(weight) })
	damage := prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "kvs_archive_damage_findings", Help: "What was found damaged in the archive since the service started, at most 1000; its log says where."},
		func() float64 { return float64(len(s.archive.Damage())) })
	held := prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "kvs_archive_retention_held_seconds", Help: "How far the computer's clock is ahead of the time by which retention is measured, until it has been steady for an hour."},
		func() float64 { return s.archive.Held().Seconds() })
	m.registry.MustRegister(signalingMetrics(s)...)
	m.registry.MustRegister(m.requests, m.latency, m.putMediaOpen, m.getMediaOpen, m.incomingBytes, m.incomingFragments,
		m.incomingFrames, m.repeats, m.outgoingBytes, m.outgoingFragments, m.listBytes, m.listFragments, m.clipBytes, m.errorAcks, m.persist,
		m.sessions, m.segmentsMade, m.segmentHits, m.playbackBytes, remembered, kept, damage, held,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

func (m *metrics) request(path string, err error, took time.Duration) {
	name, outcome := strings.TrimPrefix(path, "/"), "ok"
	if op, ok := playOperations[path]; ok {
		name = op.name
	}
	if err != nil {
		outcome = asAPIError(err).name
	}
	m.requests.WithLabelValues(name, outcome).Inc()
	if err != nil || path != "/putMedia" && streams[path] == nil {
		m.latency.WithLabelValues(name).Observe(took.Seconds())
	}
}

// Metrics serves the service's metrics in Prometheus' text form.
func (s *Service) Metrics() http.Handler {
	return promhttp.HandlerFor(s.metrics.registry, promhttp.HandlerOpts{})
}

package localkvs

import (
	"github.com/prometheus/client_golang/prometheus"

	"kinora/localkvs/hub"
	"kinora/localkvs/relay"
)

// signalingMetrics read what the hub and the relay count themselves.
func signalingMetrics(s *Service) []prometheus.Collector {
	relayed := func() relay.Stats {
		if s.relay == nil {
			return relay.Stats{}
		}
		return s.relay.Stats()
	}
	gauge := func(name, help string, read func() int) prometheus.Collector {
		return prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "kvs_" + name, Help: help}, func() float64 { return float64(read()) })
	}
	messages := func(name, help string, read func(hub.Stats) uint64) prometheus.Collector {
		return prometheus.NewCounterFunc(prometheus.CounterOpts{Name: "kvs_signaling_" + name, Help: help}, func() float64 { return float64(read(s.hub.Stats())) })
	}
	turn := func(name, help string, read func(relay.Stats) uint64) prometheus.Collector {
		return prometheus.NewCounterFunc(prometheus.CounterOpts{Name: "kvs_turn_" + name, Help: help}, func() float64 { return float64(read(relayed())) })
	}
	return []prometheus.Collector{
		gauge("signaling_connections", "Signaling connections open now.", func() int { return s.hub.Stats().Connections }),
		messages("messages_delivered_total", "Signaling messages handed to a connection.", func(c hub.Stats) uint64 { return c.Delivered }),
		messages("messages_waited_total", "Signaling messages that had to wait for their recipient.", func(c hub.Stats) uint64 { return c.Waited }),
		messages("messages_expired_total", "Signaling messages that waited in vain.", func(c hub.Stats) uint64 { return c.Expired }),
		messages("messages_refused_total", "Signaling messages that were refused to their sender.", func(c hub.Stats) uint64 { return c.Refused }),
		gauge("storage_sessions", "Storage sessions open now.", s.storageSessions),
		gauge("turn_allocations", "TURN relays open now.", func() int { return relayed().Allocations }),
		turn("bytes_total", "Bytes carried by TURN relays, both ways.", func(c relay.Stats) uint64 { return c.Bytes }),
		turn("barred_packets_total", "Packets that no relay carries: no calls.", func(c relay.Stats) uint64 { return c.Barred }),
		turn("throttled_packets_total", "Packets beyond a relay's bandwidth.", func(c relay.Stats) uint64 { return c.Throttled }),
	}
}

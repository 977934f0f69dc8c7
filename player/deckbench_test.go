package player

import (
	"context"
	"testing"
	"time"
)

// BenchmarkDeck is one picture of an archive from its packet to Take, played at twice its speed so that every one is drawn. A
// fragment costs allocations, a picture none.
func BenchmarkDeck(b *testing.B) {
	a := &fakeArchive{refuse: make(map[string]error)}
	for range 20 {
		a.add(0, 900, 30, func(i int) bool { return i == 0 }, testTrack)
	}
	transport := NewTransport(a.fragments[0].Start)
	decoder := &notify{fakeDecoder: fakeDecoder{codecs: newCodecs()}, drawn: make(chan struct{})}
	d := NewDeck(DeckOptions{Transport: transport, Archive: a, Codecs: decoder})
	ctx, cancel := context.WithCancel(b.Context())
	done := make(chan error)
	go func() { done <- d.Run(ctx) }()
	frame := func() {
		<-decoder.drawn
		d.Frames().Take(time.Now().Add(time.Minute))
	}
	frame()
	transport.SetRate(2)
	transport.Play()
	for range 20 {
		frame()
	}
	b.ReportAllocs()
	for b.Loop() {
		frame()
	}
	cancel()
	for ended := false; !ended; {
		select {
		case <-decoder.drawn:
		case <-done:
			ended = true
		}
	}
}

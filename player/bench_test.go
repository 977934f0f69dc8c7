package player

import (
	"context"
	"image"
	"io"
	"testing"
	"time"

	"kinora/media"
)

// relay is a source that gives one packet whenever it is asked to; the packet is used again and again.
type relay struct {
	packet media.Packet
	next   chan time.Duration // its PTS; closed at the end
}

func (r *relay) Tracks() []media.Track { return []media.Track{testTrack} }
func (r *relay) Epoch() time.Time      { return epoch }
func (r *relay) Close() error          { return nil }

func (r *relay) Read() (*media.Packet, error) {
	pts, ok := <-r.next
	if !ok {
		return nil, io.EOF
	}
	r.packet.PTS = pts
	return &r.packet, nil
}

// notify is a decoder that says when it has drawn, so that a benchmark need not poll.
type notify struct {
	fakeDecoder
	drawn chan struct{}
}

func (d *notify) Video(media.Track) (VideoDecoder, error) { return d, nil }

func (d *notify) Draw(*image.RGBA) error {
	d.drawn <- struct{}{}
	return nil
}

// BenchmarkPipeline is one picture from Read to Take, with a decoder that does nothing. Media time follows the wall
// clock, so nothing is held back or late.
func BenchmarkPipeline(b *testing.B) {
	source := &relay{packet: media.Packet{Track: 1, Key: true, Data: make([]byte, 5000)}, next: make(chan time.Duration)}
	decoder := &notify{fakeDecoder: fakeDecoder{codecs: newCodecs()}, drawn: make(chan struct{})}
	p := New(Options{Codecs: decoder, Once: true, Open: func(context.Context) (media.Source, error) { return source, nil }})
	done := make(chan error)
	go func() { done <- p.Run(b.Context()) }()
	begin := time.Now()
	frame := func() {
		source.next <- time.Since(begin)
		<-decoder.drawn
		p.Frames().Take(time.Now().Add(time.Minute))
		p.State()
	}
	for range 100 {
		frame()
	}
	b.ReportAllocs()
	for b.Loop() {
		frame()
	}
	close(source.next)
	if err := <-done; err != nil {
		b.Fatal(err)
	}
}

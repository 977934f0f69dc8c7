package peer

import (
	"context"
	"testing"

	"kinora/internal/leak"
	"kinora/media"
)

// A master hears each of its viewers, also one that shows pictures alone.
func TestAMasterHearsItsViewers(t *testing.T) {
	for name, tracks := range map[string]int{"with sound of its own": 2, "with pictures alone": 1} {
		t.Run(name, func(t *testing.T) {
			leak.Check(t)
			x := &exchange{}
			type said struct {
				viewer string
				source media.Source
				packet *media.Packet
			}
			heard, ended := make(chan said, 100), make(chan string, 2)
			startMaster(t, x, func(o *MasterOptions) {
				o.Tracks = o.Tracks[:tracks]
				o.Spoken = func(viewer string, src media.Source) {
					for {
						p, err := src.Read()
						if err != nil {
							ended <- viewer
							return
						}
						heard <- said{viewer, src, p}
					}
				}
			})
			v := NewViewer(Options{Signaling: x.join("one"), Loopback: true, Talk: true})
			hangUp := background(t, func(ctx context.Context) { v.Run(ctx) })
			until(t, "the call is up", func() bool { return !v.Steps().Secured.IsZero() })
			if err := v.Talk(t.Context(), newSpeech(20)); err != nil {
				t.Fatal(err)
			}
			for range 15 {
				s := receive(t, heard)
				track, ok := media.AudioTrack(s.source.Tracks())
				if s.viewer != "one" || !ok || track.Codec != media.Opus || s.packet.Track != track.ID || len(s.packet.Data) != 2 {
					t.Fatalf("of %q the master hears %+v of %+v", s.viewer, s.packet, s.source.Tracks())
				}
			}
			hangUp()
			if who := receive(t, ended); who != "one" {
				t.Errorf("the sound of %q has ended", who)
			}
		})
	}
}

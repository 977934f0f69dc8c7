package localkvs_test

import (
	"os"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesisvideoarchivedmedia"
	"github.com/aws/aws-sdk-go-v2/service/kinesisvideoarchivedmedia/types"
)

type (
	hlsInput  = kinesisvideoarchivedmedia.GetHLSStreamingSessionURLInput
	dashInput = kinesisvideoarchivedmedia.GetDASHStreamingSessionURLInput
)

// each judges all players at the same time.
func each(t *testing.T, scenes []scene, judge func(*testing.T, scene)) {
	t.Helper()
	t.Run("players", func(t *testing.T) {
		for _, scene := range scenes {
			t.Run(scene.id, func(t *testing.T) {
				t.Parallel()
				judge(t, scene)
			})
		}
	})
}

// inRealTime leaves a test to make players: it goes by the clock, and what a player makes of a live edge on a busy machine is not
// always the service's doing.
func inRealTime(t *testing.T) {
	t.Helper()
	if os.Getenv("PLAYERS") == "" {
		t.Skip("players of what is live or replayed are tested by make players")
	}
}

// A recording with a gap and, behind it, pictures of another size plays in every player from end to end.
func TestPlayersOnDemand(t *testing.T) {
	s := newStage(t)
	epoch := time.Now().Add(-time.Hour).Truncate(time.Millisecond)
	p := s.produce("h264-aac", epoch)
	p.fragments(4)
	p.stop()
	p = s.produce("smaller", epoch.Add(68*time.Second)) // the producer was away for a minute
	p.fragments(4)
	p.stop()
	ask := func(container types.ContainerFormat, breaks types.HLSDiscontinuityMode) string {
		return s.hls(hlsInput{PlaybackMode: types.HLSPlaybackModeOnDemand, ContainerFormat: container, DiscontinuityMode: breaks,
			HLSFragmentSelector: between(epoch, epoch.Add(2*time.Minute))})
	}
	const mp4, ts = types.ContainerFormatFragmentedMp4, types.ContainerFormatMpegTs
	const always, gaps = types.HLSDiscontinuityModeAlways, types.HLSDiscontinuityModeOnDiscontinuity
	scenes := []scene{
		{"hls.js mp4", "hls", ask(mp4, gaps)},
		{"hls.js mp4 always", "hls", ask(mp4, always)},
		{"hls.js ts", "hls", ask(ts, gaps)},
		{"shaka hls mp4", "shaka", ask(mp4, gaps)},
		{"shaka hls ts", "shaka", ask(ts, gaps)},
		{"native", "native", ask(mp4, gaps)},
	}
	for _, player := range []string{"dash", "shaka"} {
		scenes = append(scenes, scene{player + " dash", player, s.dash(dashInput{PlaybackMode: types.DASHPlaybackModeOnDemand,
			DASHFragmentSelector: betweenDASH(epoch, epoch.Add(2*time.Minute))})})
	}
	b := browse(t, scenes...)
	each(t, scenes, func(t *testing.T, scene scene) {
		b.Plays(t, scene.id, 1)
		b.Seek(t, scene.id, 6)
		b.Until(t, scene.id, "pictures of the other size", func(r report) bool { return r.Width == 256 })
		b.Plays(t, scene.id, 1)
	})
}

// A recording that is replayed as if it were live plays on behind its gap too.
func TestPlayersLiveReplay(t *testing.T) {
	inRealTime(t)
	s := newStage(t)
	epoch := time.Now().Add(-time.Hour).Truncate(time.Millisecond)
	p := s.produce("h264-aac", epoch)
	p.fragments(5)
	p.stop()
	p = s.produce("smaller", epoch.Add(70*time.Second))
	p.fragments(8)
	p.stop()
	hls := func(breaks types.HLSDiscontinuityMode) string {
		return s.hls(hlsInput{PlaybackMode: types.HLSPlaybackModeLiveReplay, DiscontinuityMode: breaks, HLSFragmentSelector: between(epoch, epoch.Add(2*time.Minute))})
	}
	dash := func() string {
		return s.dash(dashInput{PlaybackMode: types.DASHPlaybackModeLiveReplay, DASHFragmentSelector: betweenDASH(epoch, epoch.Add(2*time.Minute))})
	}
	scenes := []scene{
		{"hls.js", "hls", hls(types.HLSDiscontinuityModeOnDiscontinuity)},
		{"shaka hls", "shaka", hls(types.HLSDiscontinuityModeOnDiscontinuity)},
		{"shaka dash", "shaka", dash()},
		{"dash.js", "dash", dash()},
	}
	b := browse(t, scenes...)
	each(t, scenes, func(t *testing.T, scene scene) {
		b.Plays(t, scene.id, 1)
		b.Until(t, scene.id, "pictures of the other size", func(r report) bool { return r.Width == 256 })
		b.Plays(t, scene.id, 1)
	})
}

// A live stream plays on when its producer was away and comes back with pictures of another size.
func TestPlayersLiveHLS(t *testing.T) {
	const byProducer, byServer = types.HLSFragmentSelectorTypeProducerTimestamp, types.HLSFragmentSelectorTypeServerTimestamp
	playLive(t, func(s *stage) []scene {
		hls := func(clock types.HLSFragmentSelectorType, breaks types.HLSDiscontinuityMode, container types.ContainerFormat) string {
			return s.hls(hlsInput{DiscontinuityMode: breaks, ContainerFormat: container, HLSFragmentSelector: &types.HLSFragmentSelector{FragmentSelectorType: clock}})
		}
		return []scene{
			{"hls.js", "hls", hls(byServer, "", "")},
			{"hls.js by producer time", "hls", hls(byProducer, "", "")},
			{"hls.js ts", "hls", hls(byProducer, types.HLSDiscontinuityModeOnDiscontinuity, types.ContainerFormatMpegTs)},
			{"shaka", "shaka", hls(byProducer, types.HLSDiscontinuityModeOnDiscontinuity, "")},
		}
	})
}

func TestPlayersLiveDASH(t *testing.T) {
	playLive(t, func(s *stage) []scene {
		dash := func() string { return s.dash(dashInput{MaxManifestFragmentResults: aws.Int64(10)}) }
		return []scene{{"shaka", "shaka", dash()}, {"dash.js", "dash", dash()}}
	})
}

// playLive has players play while the producer sends, goes away, and comes back with pictures of another size.
func playLive(t *testing.T, ask func(*stage) []scene) {
	inRealTime(t)
	s := newStage(t)
	epoch := time.Now().Truncate(time.Millisecond)
	p := s.produce("h264-aac", epoch)
	p.fragments(5)
	scenes := ask(s)
	b := browse(t, scenes...)
	stop := p.goLive()
	each(t, scenes, func(t *testing.T, scene scene) { b.Plays(t, scene.id, 2) })
	stop()
	select { // the producer is away; by its clock for a minute
	case <-time.After(5 * time.Second):
	case <-t.Context().Done():
	}
	left := make(map[string]report)
	for _, scene := range scenes {
		left[scene.id] = b.Until(t, scene.id, "a report", func(report) bool { return true })
	}
	p = s.produce("smaller", epoch.Add(p.at+time.Minute))
	defer p.goLive()()
	each(t, scenes, func(t *testing.T, scene scene) {
		b.Until(t, scene.id, "pictures after the pause", func(r report) bool {
			return r.Width == 256 && r.Time > left[scene.id].Time+1 && r.Frames > left[scene.id].Frames+10
		})
		b.Plays(t, scene.id, 2)
	})
}

// With parts a player shows what arrives, and plays on when the connection broke off and the producer comes back with pictures of another size.
func TestPlayersLowLatency(t *testing.T) {
	inRealTime(t)
	s := newStage(t)
	epoch := time.Now().Truncate(time.Millisecond)
	p := s.produce("h264-aac", epoch)
	p.fragments(3)
	source := s.hls(hlsInput{DiscontinuityMode: types.HLSDiscontinuityModeOnDiscontinuity,
		HLSFragmentSelector: &types.HLSFragmentSelector{FragmentSelectorType: byProducer}}) + "&LowLatency=YES"
	lose := p.film()
	const id = "hls.js"
	b := browse(t, scene{id, "hls", source})
	b.Until(t, id, "parts", func(r report) bool { return r.Parts > 10 })
	b.Plays(t, id, 3)
	lose()
	left := b.Until(t, id, "a report", func(report) bool { return true })
	p = s.produce("smaller", epoch.Add(p.at))
	defer p.film()()
	b.Until(t, id, "pictures and parts after the break", func(r report) bool {
		return r.Width == 256 && r.Frames > left.Frames+10 && r.Parts > left.Parts+10
	})
	b.Plays(t, id, 2)
}

// film sends frame by frame, each at its time, until lose is called, which breaks the connection off.
func (p *producer) film() (lose func()) {
	done, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		began, from := time.Now(), p.at
		for {
			for c := p.begin(); len(c.rest) > 0; c.packet() {
				due := time.NewTimer(time.Until(began.Add(c.at + c.rest[0].PTS - from)))
				select {
				case <-due.C:
				case <-done:
					due.Stop()
					c.lose()
					return
				}
			}
		}
	}()
	return func() {
		close(done)
		<-ended
	}
}

// goLive sends a fragment every two seconds until stop is called, which ends the connection.
func (p *producer) goLive() (stop func()) {
	done, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		tick := time.NewTicker(2 * time.Second)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				p.fragments(1)
			case <-done:
				return
			}
		}
	}()
	return func() {
		close(done)
		<-ended
		p.stop()
	}
}

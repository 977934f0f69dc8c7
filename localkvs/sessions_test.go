package localkvs_test

import (
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kinesisvideoarchivedmedia/types"

	"kinora/kvs"
	"kinora/localkvs"
)

// Ten thousand open sessions are answered right, the oldest too, and the service's memory does not grow with them.
func TestManySessions(t *testing.T) {
	const sessions, workers, room = 10_000, 8, 100 << 20 // of which the test itself keeps some 40 MB
	before := kept()                                     // by what ran in this process earlier
	s := stageOn(t, localkvs.ServerOptions{Limits: localkvs.Limits{StreamCalls: -1}})
	epoch := time.Now().Add(-time.Hour).Truncate(time.Millisecond)
	p := s.produce("h264-aac", epoch)
	numbers := p.fragments(20)
	p.stop()
	open := func(i int) string {
		if i%2 == 0 {
			master := s.hls(hlsInput{PlaybackMode: types.HLSPlaybackModeOnDemand, HLSFragmentSelector: between(epoch, epoch.Add(time.Minute))})
			return strings.Replace(master, "getHLSMasterPlaylist.m3u8?", "getHLSMediaPlaylist.m3u8?TrackNumber=1&", 1)
		}
		return s.dash(dashInput{PlaybackMode: types.DASHPlaybackModeOnDemand, DisplayFragmentNumber: types.DASHDisplayFragmentNumberAlways,
			DASHFragmentSelector: betweenDASH(epoch, epoch.Add(time.Minute))})
	}
	judge := func(address string) {
		text := s.get(address)
		for _, n := range numbers {
			if !strings.Contains(text, n) {
				t.Errorf("a session does not list fragment %s", n)
				return
			}
		}
	}
	all := make([]string, sessions)
	var group sync.WaitGroup
	for w := range workers {
		group.Go(func() {
			for i := w; i < sessions && !t.Failed(); i += workers {
				all[i] = open(i)
				judge(all[i])
			}
		})
	}
	group.Wait()
	left := kept() - before
	t.Logf("%d sessions leave %d MB in memory", sessions, left>>20)
	if left > room {
		t.Errorf("%d sessions leave %d MB in memory", sessions, left>>20)
	}
	for _, i := range []int{0, 1, sessions / 2, sessions - 1} {
		judge(all[i])
	}
}

// kept is what is in memory for longer.
func kept() int64 {
	var memory runtime.MemStats
	runtime.GC()
	runtime.GC() // what pools hold for reuse goes with the second
	runtime.ReadMemStats(&memory)
	return int64(memory.HeapAlloc)
}

// What came while a stream kept nothing does not hold up players once it keeps what comes.
func TestLiveSessionOfAStreamThatBeginsToKeep(t *testing.T) {
	s := newStage(t)
	s.stream = "yard"
	createStream(t, s.client, s.stream, 0)
	p := s.produce("h264-aac", time.Now())
	for range 2 {
		if err := p.clip.Write(p.w, p.next, p.at); err != nil {
			t.Fatal(err)
		}
		p.at += p.clip.Pieces[p.next].Length
		p.next++
		for a := range p.acks {
			if a.Type == kvs.Received {
				break
			}
		}
	}
	if err := s.client.SetRetention(deadline(t), s.stream, time.Hour); err != nil {
		t.Fatal(err)
	}
	number := p.fragments(1)[0]
	player := s.watcher(types.HLSFragmentSelectorTypeProducerTimestamp, "", 1)
	if list := s.get(player.media); !strings.Contains(list, number) {
		t.Errorf("fragment %s is not in\n%s", number, list)
	}
	next := p.fragments(1)[0]
	if list := player.playlist(2, 0); !strings.Contains(list, next) {
		t.Errorf("fragment %s is not in\n%s", next, list)
	}
	p.stop()
}

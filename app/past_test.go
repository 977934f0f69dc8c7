package app

import (
	"image/color"
	"testing"
	"time"
)

// While a pointer drags over several streams, each of them has its own still of that moment.
func TestEachTileHasItsStillWhileAPointerDrags(t *testing.T) {
	archive := &fakeArchive{start: time.Now().Add(-time.Hour).Truncate(time.Millisecond), n: 20}
	a := running(t, Options{Accounts: []Account{&fakeAccount{name: "a", archive: archive}}})
	a.Watch.Select("gate")
	a.Watch.Add("yard")
	a.Watch.Seek(archive.start)
	at := archive.start.Add(10 * time.Second)
	for i, stream := range []string{"gate", "yard"} {
		img := plain(32, 18, color.RGBA{R: uint8(100 * i), A: 255})
		if err := a.Past.stills.keep("fake-a", stream, at.Add(time.Duration(i)*time.Second), img); err != nil {
			t.Fatal(err)
		}
	}
	for tile := range MostTiles {
		a.Past.Glance(tile, at)
	}
	for tile, want := range []string{"gate", "yard"} {
		within(t, "there is a still of "+want, func() bool {
			got := a.Past.Glances[tile].Now().Get()
			return got.Stream == want && got.Image != nil && got.Of.Equal(at) && got.At.Equal(at.Add(time.Duration(tile)*time.Second))
		})
	}
	if got := a.Past.Glances[MostTiles-1].Now().Get(); got.Image != nil || got.Stream != "" {
		t.Errorf("a tile that is not there has a still of %q", got.Stream)
	}
}

package media

import "testing"

func TestFirstTrackOfAKind(t *testing.T) {
	tracks := []Track{{ID: 3, Kind: Data}, {ID: 1, Kind: Audio}, {ID: 7, Kind: Video}, {ID: 8, Kind: Video}}
	if got, ok := VideoTrack(tracks); !ok || got.ID != 7 {
		t.Errorf("VideoTrack = %d, %v; want track 7", got.ID, ok)
	}
	if got, ok := AudioTrack(tracks); !ok || got.ID != 1 {
		t.Errorf("AudioTrack = %d, %v; want track 1", got.ID, ok)
	}
	if _, ok := VideoTrack(tracks[:2]); ok {
		t.Error("VideoTrack found a picture among data and audio")
	}
}

func TestKindNames(t *testing.T) {
	for kind, want := range map[Kind]string{Data: "data", Video: "video", Audio: "audio"} {
		if got := kind.String(); got != want {
			t.Errorf("Kind(%d) = %q, want %q", kind, got, want)
		}
	}
}

type loud struct{ Source }

func (loud) Level() float64 { return -20 }

type wrapped struct{ Source }

func (w wrapped) Unwrap() Source { return w.Source }

func TestAs(t *testing.T) {
	type leveller interface{ Level() float64 }
	for _, s := range []Source{loud{}, wrapped{loud{}}, wrapped{wrapped{loud{}}}} {
		if l, ok := As[leveller](s); !ok || l.Level() != -20 {
			t.Errorf("the level of %T is not found", s)
		}
	}
	for _, s := range []Source{nil, wrapped{}, struct{ Source }{loud{}}} {
		if _, ok := As[leveller](s); ok {
			t.Errorf("a level of %T is found", s)
		}
	}
}

package peer

import (
	"testing"
	"time"

	"kinora/internal/leak"
	"kinora/media"
)

func TestStepsOfACall(t *testing.T) {
	leak.Check(t)
	x := &exchange{}
	startMaster(t, x, nil)
	began := time.Now()
	v, _ := startViewer(t, x, "one")
	src, err := v.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if sound, ok := media.AudioTrack(src.Tracks()); !ok || sound.Codec != media.Opus {
		t.Errorf("with the first picture the tracks are %+v, want sound among them", src.Tracks())
	}
	src.Close()
	until(t, "all steps are known", func() bool { s := v.Steps(); return !s.Secured.IsZero() && !s.Connected.IsZero() })
	s := v.Steps()
	last, path := began, []time.Time{s.Offered, s.Answered, s.Packet, s.Picture}
	for i, at := range path {
		if at.Before(last) {
			t.Errorf("step %d of %+v came before the one before it", i, s)
		}
		last = at
	}
	if s.Connected.After(s.Secured) || s.Secured.After(last.Add(time.Minute)) || !s.Lost.IsZero() {
		t.Errorf("steps %+v", s)
	}
}

func TestDescriptionsThatSendSound(t *testing.T) {
	for sdp, want := range map[string]bool{
		"v=0\r\nm=video 9 X\r\na=sendrecv\r\nm=audio 9 X\r\na=sendonly\r\n":    true,
		"v=0\r\nm=audio 9 X\r\na=sendrecv\r\nm=video 9 X\r\na=inactive\r\n":    true,
		"v=0\r\nm=audio 9 X\r\na=inactive\r\nm=video 9 X\r\na=sendrecv\r\n":    false,
		"v=0\r\nm=audio 9 X\r\na=recvonly\r\n":                                 false,
		"v=0\r\nm=audio 0 X\r\na=sendrecv\r\n":                                 false,
		"v=0\r\nm=video 9 X\r\na=sendrecv\r\nm=application 9 X\r\na=mid:2\r\n": false,
	} {
		if sendsSound(sdp) != want {
			t.Errorf("%q: %v", sdp, !want)
		}
	}
}

package mkv

import (
	"bytes"
	"errors"
	"io"
	"testing"
	"testing/iotest"

	"pgregory.net/rapid"
)

// seeds are small inputs of every kind, and the beginnings of recordings.
func seeds(t testing.TB) [][]byte {
	s := [][]byte{
		cat(head1, cluster(0, block(1, 0), el(idVoid)), tag("x"), cluster(1), tag(EndOfFragment)),
		cat(head1, tag(FragmentNumber), cluster(0, block(1, 0)), tag(ContinuationToken), docHead, tag(ErrorID)),
		cat(head1, el(idCluster, num(idTimecode, 0), el(idBlockGroup, el(idBlock, []byte{0x81, 0, 0, 0}), num(idReferenceBlock, 1))), el(idCues, []byte{1})),
	}
	for _, name := range []string{"empty-mkv-with-tags.mkv", "test_mixed_tags.mkv", "test_tags_empty_cluster.mkv", "ffmpeg-live.mkv", "upload-kvssink-h264-aac.mkv"} {
		b := recording(t, name)
		s = append(s, b[:min(len(b), 2700)])
	}
	return s
}

// FuzzParser wants of every input what walk wants, within small limits, and the same events however it arrives.
func FuzzParser(f *testing.F) {
	for _, s := range seeds(f) {
		f.Add(s, false)
		f.Add(s, true)
	}
	f.Fuzz(func(t *testing.T, input []byte, documents bool) {
		o := ParserOptions{Limits: Limits{Header: 8 << 10, Element: 4 << 10, Tags: 2 << 10}, Documents: documents}
		sum := func(r io.Reader) (kinds []EventKind, err error) {
			err = walk(t, input, r, o, func(ev Event) {
				if ev.Kind != Filler { // these come in pieces as they arrive
					kinds = append(kinds, ev.Kind)
				}
			})
			return kinds, err
		}
		whole, err1 := sum(bytes.NewReader(input))
		pieces, err2 := sum(iotest.HalfReader(bytes.NewReader(input)))
		if string(asBytes(whole)) != string(asBytes(pieces)) || err1.Error() != err2.Error() {
			t.Fatalf("at once %v, %v; in pieces %v, %v", whole, err1, pieces, err2)
		}
		var syntax *SyntaxError
		if err1 != io.EOF && !errors.Is(err1, io.ErrUnexpectedEOF) && !errors.Is(err1, ErrLimit) && !errors.As(err1, &syntax) {
			t.Fatalf("an error of no kind: %v", err1)
		}
	})
}

func asBytes(kinds []EventKind) []byte {
	b := make([]byte, len(kinds))
	for i, k := range kinds {
		b[i] = byte(k)
	}
	return b
}

// FuzzReader wants that a Reader ends, with an error that stays, and gives no more than there was.
func FuzzReader(f *testing.F) {
	for _, s := range seeds(f) {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, input []byte) {
		r := NewReader(bytes.NewReader(input), Limits{Header: 8 << 10, Element: 4 << 10, Tags: 2 << 10})
		s, err := readAll(r)
		if err == nil || s.bytes > len(input) || s.packets+s.fragments > len(input) || s.complete > s.fragments {
			t.Fatalf("%v of %d bytes: %v", s, len(input), err)
		}
		if _, again := r.Next(); again != err && !errors.As(err, new(*SyntaxError)) {
			t.Fatalf("after %v came %v", err, again)
		}
	})
}

// FuzzUnmarshal hands ebml-go hostile heads by the way that the Parser does. Its coverage guides the fuzzer into
// ebml-go itself.
func FuzzUnmarshal(f *testing.F) {
	f.Add(tracks1)
	f.Add(el(idInfo, num(idTimecodeScale, 1)))
	f.Add(tag("a", "b"))
	f.Add(el(idTracks, el(idTrackEntry, num(idTrackType, 1), str(idCodecID, pcmID))))
	f.Add(recording(f, "upload-kvssink-h264-aac.mkv")[154:341])
	f.Fuzz(func(t *testing.T, b []byte) {
		var root struct {
			EBML   ebmlElement
			Info   infoElement
			Tracks tracksElement
			Tags   tagsElement
		}
		if err := unmarshal(b, 0, &root); err != nil {
			return
		}
		for _, e := range root.Tracks.TrackEntry {
			track := e.track()
			if track.Width < 0 || track.Height < 0 || track.Rate < 0 || track.Channels < 0 {
				t.Fatalf("%+v", track)
			}
			entry(track)
		}
	})
}

// TestAnyElements puts elements together at random, most of them where they may stand.
func TestAnyElements(t *testing.T) {
	pieces := [][]byte{
		head1, docHead, tracks1, tag("x"), tag(EndOfFragment), tag(FragmentNumber), tag(ContinuationToken), tag("a", "b"),
		el(idTags, el(idTag, el(idTargets))), open(idCluster), num(idTimecode, 1), el(idCluster, num(idTimecode, 2), block(1, 3)),
		block(1, 0), el(idBlockGroup, el(idBlock, []byte{0x82, 0, 0, 0})), el(idVoid, make([]byte, 40)), el(idCRC32, make([]byte, 4)),
		num(idPosition, 0), el(idCues, make([]byte, 300)), el(idSeekHead), el(idAttachments), el(0x4FFF, []byte{1}), {0xFF}, {0},
	}
	bodies := [][]byte{pieces[3], pieces[4], cluster(5), cluster(6, block(1, 0)), pieces[12], pieces[14], pieces[17]}
	rapid.Check(t, func(rt *rapid.T) {
		input := cat(rapid.SliceOfN(rapid.SampledFrom(pieces), 0, 3).Draw(rt, "front")...)
		if rapid.Bool().Draw(rt, "sound") {
			input = cat(head1, cat(rapid.SliceOfN(rapid.SampledFrom(bodies), 0, 12).Draw(rt, "body")...), input)
		}
		input = input[:len(input)-min(len(input), rapid.IntRange(0, 3).Draw(rt, "cut"))]
		o := ParserOptions{Limits: Limits{Header: 500, Element: 250, Tags: 200}, Documents: rapid.Bool().Draw(rt, "documents")}
		if err := walk(t, input, iotest.HalfReader(bytes.NewReader(input)), o, nil); err == nil {
			rt.Fatal("no error at the end")
		}
	})
}

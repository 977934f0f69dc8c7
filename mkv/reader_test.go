package mkv

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"kinora/media"
)

func TestReaderGetMedia(t *testing.T) {
	input := cat(recording(t, "getmedia-1.mkv"), recording(t, "getmedia-2.mkv"))
	r := NewReader(bytes.NewReader(input), Limits{})
	first, err := r.Next()
	if err != nil {
		t.Fatal(err)
	}
	if got := first.ServerTime; !got.Equal(time.Date(2018, 2, 5, 0, 8, 16, 298e6, time.UTC)) {
		t.Error("server time", got)
	}
	if got := first.ProducerTime; !got.Equal(time.Date(2018, 2, 2, 0, 8, 25, 907e6, time.UTC)) {
		t.Error("producer time", got)
	}
	if first.Number != "91343852338381293673923423239754896920603583280" || first.Start != 10014*time.Millisecond {
		t.Error(first.Number, first.Start)
	}
	if first.Complete || first.Token != "" || first.Trailer != nil {
		t.Error("the trailer was known before the fragment was read")
	}
	p, err := r.Packet()
	if err != nil || p.PTS != first.Start || !p.Key || p.Track != 1 {
		t.Errorf("%+v, %v", p, err)
	}
	data := bytes.Clone(p.Data)

	second, err := r.Next() // skips 29 packets
	if err != nil {
		t.Fatal(err)
	}
	if !first.Complete || first.Token != first.Number || first.BehindNow != 1483915*time.Millisecond {
		t.Errorf("complete %v, token %q, behind %v", first.Complete, first.Token, first.BehindNow)
	}
	if !bytes.Equal(p.Data, data) {
		t.Error("a packet's data changed after the next one was read")
	}
	if second.Start != 0 || second.Head != first.Head || len(second.Tracks) != 1 {
		t.Errorf("%+v", second)
	}
	if _, err := r.Next(); err != io.EOF {
		t.Error(err)
	}
	if _, err := r.Packet(); err != io.EOF {
		t.Error(err)
	}
}

// TestReaderCompletesAtTheTrailer: the fragment is whole although the connection breaks right after it.
func TestReaderCompletesAtTheTrailer(t *testing.T) {
	broken := errors.New("connection reset")
	r := NewReader(io.MultiReader(bytes.NewReader(recording(t, "getmedia-2.mkv")), readerFunc(func([]byte) (int, error) { return 0, broken })), Limits{})
	f, err := r.Next()
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for {
		if _, err = r.Packet(); err != nil {
			break
		}
		n++
	}
	if err != io.EOF || n != 30 || !f.Complete {
		t.Errorf("%d packets, complete %v, %v", n, f.Complete, err)
	}
	if _, err := r.Next(); !errors.Is(err, broken) {
		t.Error(err)
	}
}

func TestServiceError(t *testing.T) {
	fragment := cat(head1, AppendTags(nil, Tag{FragmentNumber, "42"}), cluster(0, block(1, 0)), tag(ContinuationToken))
	number := Tag{FragmentNumber, "43"}
	for name, c := range map[string]struct {
		tail []byte
		want ServiceError
	}{
		"document":    {cat(docHead, AppendTags(nil, number, Tag{ErrorCode, "not found"}, Tag{ErrorID, "4000"})), ServiceError{4000, "not found", "43"}},
		"tags alone":  {AppendTags(nil, Tag{ErrorCode, "gone"}, Tag{ErrorID, "3002"}), ServiceError{3002, "gone", ""}},
		"no number":   {cat(docHead, AppendTags(nil, Tag{ErrorCode, "broken"})), ServiceError{0, "broken", ""}},
		"with Tracks": {cat(head1, AppendTags(nil, Tag{ErrorID, "5000"})), ServiceError{5000, "", ""}},
	} {
		t.Run(name, func(t *testing.T) {
			r := NewReader(bytes.NewReader(cat(fragment, c.tail)), Limits{})
			if _, err := r.Next(); err != nil {
				t.Fatal(err)
			}
			for range 2 { // it stays
				_, err := r.Next()
				var got *ServiceError
				if !errors.As(err, &got) || *got != c.want {
					t.Fatalf("%v; want %v", err, &c.want)
				}
			}
			if _, err := r.Packet(); err != io.EOF {
				t.Error(err)
			}
		})
	}
	// In place of the trailer of a fragment.
	r := NewReader(bytes.NewReader(cat(head1, AppendTags(nil, Tag{FragmentNumber, "42"}), cluster(0, block(1, 0)), AppendTags(nil, Tag{ErrorID, "5000"}))), Limits{})
	f, err := r.Next()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Next(); !errors.As(err, new(*ServiceError)) || f.Complete {
		t.Errorf("%v, complete %v", err, f.Complete)
	}
	if s := (&ServiceError{4000, "not found", "43"}).Error(); s != "the service ended the stream with error 4000 (not found) at fragment 43" {
		t.Error(s)
	}
}

// A fragment of a list that cannot be sent does not end the list.
func TestListGoesOnBehindAnException(t *testing.T) {
	fragment := func(number string) []byte {
		return cat(head1, AppendTags(nil, Tag{FragmentNumber, number}), cluster(0, block(1, 0)))
	}
	exception := cat(docHead, AppendTags(nil, Tag{FragmentNumber, "43"}, Tag{ExceptionErrorCode, "4500"}, Tag{ExceptionMessage, "KMS"}))
	r := NewReader(bytes.NewReader(cat(fragment("42"), exception, fragment("44"), exception)), Limits{})
	for _, want := range []string{"42", "", "44", ""} {
		f, err := r.Next()
		var got *ServiceError
		switch {
		case want == "" && (!errors.As(err, &got) || *got != ServiceError{4500, "KMS", "43"}):
			t.Errorf("in place of the fragment: %v", err)
		case want != "" && (err != nil || f.Number != want):
			t.Errorf("%+v, %v; want fragment %s", f, err, want)
		}
	}
	if _, err := r.Next(); err != io.EOF {
		t.Errorf("at the end: %v", err)
	}
}

func TestTimestamps(t *testing.T) {
	for _, c := range []struct {
		name, value string
		want        time.Time
		bad         bool
	}{
		{ServerTimestamp, "1511852109.126", time.UnixMilli(1511852109126), false},
		{ServerTimestamp, "1511852109", time.Unix(1511852109, 0), false},
		{serverSideTimestamp, "1511852109.5", time.UnixMilli(1511852109500), false},
		{ServerTimestamp, "0.000", time.Unix(0, 0), false},
		{ServerTimestamp, "1511852109.1234567891", time.Unix(1511852109, 123456789), false},
		{"OTHER", "x", time.Time{}, false},
		{ServerTimestamp, "", time.Time{}, true},
		{ServerTimestamp, "-1.5", time.Time{}, true},
		{ServerTimestamp, "1.-5", time.Time{}, true},
		{ServerTimestamp, "99999999999999999999", time.Time{}, true},
		{ServerTimestamp, "2018-02-05", time.Time{}, true},
	} {
		t.Run(c.name+"="+c.value, func(t *testing.T) {
			input := cat(head1, AppendTags(nil, Tag{FragmentNumber, "42"}, Tag{c.name, c.value}), cluster(0))
			r := NewReader(bytes.NewReader(input), Limits{})
			f, err := r.Next()
			if c.bad {
				if err == nil || !strings.HasPrefix(err.Error(), "fragment 42: ") {
					t.Fatal(err)
				}
				if _, again := r.Next(); again != err {
					t.Fatal(again)
				}
				return
			}
			if err != nil || !f.ServerTime.Equal(c.want) || !f.ProducerTime.IsZero() {
				t.Fatalf("%v, %v", f, err)
			}
		})
	}
}

func TestReaderRefusesEncodedTracks(t *testing.T) {
	head := cat(docHead, el(idTracks, el(idTrackEntry, num(idTrackNumber, 1), el(idContentEncodings, el(0x6240)))))
	r := NewReader(bytes.NewReader(cat(head, cluster(0, block(1, 0)))), Limits{})
	if _, err := r.Next(); err != nil {
		t.Fatal(err)
	}
	if p, err := r.Packet(); err == nil || !strings.Contains(err.Error(), "ContentEncodings: the frames of track 1 are compressed or encrypted") {
		t.Errorf("%v, %v", p, err)
	}
}

// TestReaderRepairsAnnexB: producers that leave out the conversion are readable all the same.
func TestReaderRepairsAnnexB(t *testing.T) {
	avcC := []byte("\x01\x42\xc0\x28\xff\xe1\x00\x1a\x67\x42\xc0\x28\xdb\x02\x80\xf6\xc0\x5a\x80\x80\x80\xa0\x00\x00\x03\x00\x20\x00\x57\xe4\x01\xe3\x06\x5c\x01\x00\x04\x68\xca\x8c\xb2")
	private := cat([]byte{0, 0, 0, 1}, avcC[8:34], []byte{0, 0, 1}, avcC[37:])
	var b bytes.Buffer
	w := NewWriter(&b, []media.Track{
		{ID: 1, Kind: media.Video, Codec: media.H264, Private: private},
		{ID: 2, Kind: media.Video, Codec: media.H264, Private: avcC},
		{ID: 3, Kind: media.Video, Codec: media.H264, Private: private[:20]},
	}, WriterOptions{})
	if err := w.Begin(0); err != nil {
		t.Fatal(err)
	}
	annexB := []byte{0, 0, 0, 1, 0x65, 7}
	for track := range 3 {
		if err := w.Write(&media.Packet{Track: track + 1, Data: annexB}); err != nil {
			t.Fatal(err)
		}
	}
	r := NewReader(&b, Limits{})
	f, err := r.Next()
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(f.Tracks[0].Private, avcC) || !bytes.Equal(f.Tracks[1].Private, avcC) || !bytes.Equal(f.Tracks[2].Private, private[:20]) {
		t.Errorf("%x", f.Tracks)
	}
	for _, want := range [][]byte{{0, 0, 0, 2, 0x65, 7}, annexB, annexB} {
		if p, err := r.Packet(); err != nil || !bytes.Equal(p.Data, want) {
			t.Errorf("%v, %v; want data %x", p, err, want)
		}
	}
}

func TestBehindNowMustBeANumber(t *testing.T) {
	r := NewReader(bytes.NewReader(cat(head1, cluster(0), AppendTags(nil, Tag{MillisBehindNow, "soon"}))), Limits{})
	if _, err := r.Next(); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Next(); err == nil || !strings.Contains(err.Error(), `AWS_KINESISVIDEO_MILLIS_BEHIND_NOW: "soon" is not a number of milliseconds`) {
		t.Error(err)
	}
}

func ExampleReader() {
	// A stream with one fragment, as a producer sends it.
	stream := bytes.NewReader(cat(head1, cluster(40, simpleBlock(1, 0, flagKey, "key frame"), simpleBlock(1, 33, 0, "frame"))))

	r := NewReader(stream, Limits{})
	for {
		f, err := r.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println("fragment at", f.Start)
		for {
			p, err := r.Packet()
			if err == io.EOF {
				break
			}
			if err != nil {
				fmt.Println(err)
				return
			}
			fmt.Println(p.PTS, p.Key, string(p.Data))
		}
	}
	// Output:
	// fragment at 40ms
	// 40ms true key frame
	// 73ms false frame
}

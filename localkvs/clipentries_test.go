package localkvs

import (
	"testing"
	"time"

	"kinora/localkvs/archive"
)

// A recording that was uploaded again with other cuts is in a clip once, as it is in a session; by the server's clock they are two.
func TestAClipOfWhatWasUploadedTwice(t *testing.T) {
	f := newFilled(t)
	from := time.Now().Add(-5 * time.Hour).Truncate(time.Second)
	upload := func(at, uploaded time.Time) (numbers []archive.Number) {
		for i := range 4 {
			at := at.Add(time.Duration(i) * 2 * time.Second)
			one := &archive.Fragment{Number: f.stream.NextNumber(uploaded, i == 0), Server: uploaded.Add(time.Duration(i) * 2 * time.Second), Producer: at, Timecode: uint64(at.UnixMilli()),
				Length: 1900 * time.Millisecond, Frames: 1, Outline: archive.Outline{Config: 1, Duration: 2 * time.Second}, Header: []byte("head"), Cluster: []byte("cluster")}
			if err := f.stream.Append(t.Context(), one); err != nil {
				t.Fatal(err)
			}
			numbers = append(numbers, one.Number)
		}
		return numbers
	}
	first := upload(from, from)
	upload(from.Add(time.Second), from.Add(3*time.Hour))
	got, err := clipEntries(f.stream, archive.ProducerTime, from, from.Add(time.Minute))
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != len(first) {
		t.Fatalf("the clip has %d fragments, want the %d of the first upload", len(got), len(first))
	}
	for i, n := range first {
		if got[i].Number != n {
			t.Errorf("fragment %d of the clip is %s, want %s", i, got[i].Number, n)
		}
	}
	if got, err = clipEntries(f.stream, archive.ServerTime, from, from.Add(4*time.Hour)); err != nil || len(got) != 8 {
		t.Errorf("by the server's clock the clip has %d fragments, %v; want all 8", len(got), err)
	}
}

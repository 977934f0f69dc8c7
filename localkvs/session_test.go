package localkvs

import (
	"bytes"
	"io"
	"testing"
	"time"

	"kinora/internal/leak"
	"kinora/media"
	"kinora/mkv"
)

// A defect in reading an upload costs that upload: no reader waits for the rest of its fragment, and no goroutine stays.
func TestPanicLeavesNothingOfAnUpload(t *testing.T) {
	leak.Check(t)
	f := newFilled(t)
	feed, err := f.feedOf(f.stream)
	if err != nil {
		t.Fatal(err)
	}
	var sent bytes.Buffer
	w := mkv.NewWriter(&sent, []media.Track{{ID: 1, Kind: media.Data, Codec: media.Text}}, mkv.WriterOptions{Epoch: time.Now()})
	if err := w.Begin(0); err != nil {
		t.Fatal(err)
	}
	if err := w.Write(&media.Packet{Track: 1, Key: true, Data: []byte("text")}); err != nil {
		t.Fatal(err)
	}
	began := 0
	body := &uploadBody{interrupt: func(time.Time) {}, r: readerFunc(func(b []byte) (int, error) {
		if n, err := sent.Read(b); err != io.EOF {
			return n, err
		}
		began = len(feed.arrivals)
		panic("a defect")
	})}
	u := newSession(f.Service, putMediaHead{stream: f.stream, absolute: true}, feed, body, nil)
	func() {
		defer func() {
			if p := recover(); p != "a defect" {
				t.Errorf("the panic is %v", p)
			}
		}()
		u.run()
	}()
	if began != 1 || len(feed.arrivals) != 0 {
		t.Errorf("of %d fragments that had begun %d arrive still", began, len(feed.arrivals))
	}
}

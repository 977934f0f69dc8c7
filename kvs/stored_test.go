package kvs_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"testing"
	"time"

	"kinora/internal/leak"
	"kinora/kvs"
	"kinora/media"
	"kinora/mkv"
)

// store keeps n fragments of two seconds in the stream "cam", one beside the other from a time on, each with a tag.
func store(t *testing.T, c *kvs.Client, from time.Time, n int) {
	t.Helper()
	var b bytes.Buffer
	w := mkv.NewWriter(&b, newCamera().Tracks(), mkv.WriterOptions{Epoch: from})
	for i := range 50 * n {
		var err error
		if i%50 == 0 {
			err = w.Begin(pts(i), mkv.Tag{Name: "count", Value: fmt.Sprint(i / 50)})
		}
		if err == nil {
			err = w.Write(&media.Packet{Track: 1, PTS: pts(i), Key: i%50 == 0, Data: frame(i)})
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := c.Put(t.Context(), "cam", &b, func(kvs.Ack) {}); err != nil {
		t.Fatal(err)
	}
}

// What was uploaded to the project's own service is found, loaded whole and surveyed, by both clocks.
func TestStored(t *testing.T) {
	leak.Check(t)
	_, c := startLocal(t)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if _, err := c.Create(ctx, "cam", 24*time.Hour, "video/h264"); err != nil {
		t.Fatal(err)
	}
	from := time.Now().Add(-2 * time.Hour).Truncate(time.Second)
	store(t, c, from, 10)
	store(t, c, from.Add(time.Hour), 5)
	a := c.Archive("cam", kvs.ArchiveOptions{Clock: kvs.ProducerTime})
	defer a.Close()
	f, err := a.Find(ctx, from.Add(5*time.Second), true)
	if err != nil || !f.Start.Equal(from.Add(4*time.Second)) {
		t.Fatalf("%+v, %v", f, err)
	}
	n := 0
	for f, err = a.Find(ctx, from.Add(-time.Hour), true); err == nil; f, err = a.Next(ctx, f, true) {
		r, err := a.Load(ctx, f)
		if err != nil || len(r.Packets) != 50 || r.Packets[49].PTS != pts(49) || !r.Packets[0].Key || r.Packets[1].Key || len(r.Packets[7].Data) != 4000 || r.Tracks[0].Width != 640 {
			t.Fatalf("fragment %d: %+v, %v", n, r, err)
		}
		n++
	}
	if err != io.EOF || n != 15 {
		t.Errorf("%d fragments, then %v", n, err)
	}
	var o media.Overview
	if err := a.Survey(ctx, from.Add(-time.Hour), from.Add(2*time.Hour), time.Second, func(next media.Overview) { o = next }); err != nil {
		t.Fatal(err)
	}
	if !o.Complete || len(o.Spans) != 2 || o.Spans[0].Fragments != 10 || !o.Spans[1].From.Equal(from.Add(time.Hour)) || len(o.Gaps) != 1 || !o.First.Equal(from) {
		t.Errorf("%+v", o)
	}
	marks, known, err := a.Marks(ctx, from, from.Add(time.Hour-time.Second))
	if err != nil || !known || len(marks) != 10 || marks[9].Tag != (media.Tag{Name: "count", Value: "9"}) || !marks[9].At.Equal(from.Add(18*time.Second)) {
		t.Errorf("%d marks %+v, %v, %v", len(marks), marks, known, err)
	}

	server := c.Archive("cam", kvs.ArchiveOptions{Clock: kvs.ServerTime})
	defer server.Close()
	f, err = server.Find(ctx, time.Now().Add(-time.Hour), true)
	if err != nil || !f.Start.Equal(f.Server) || !f.Producer.Equal(from) {
		t.Errorf("by the server's clock %+v, %v", f, err)
	}
}

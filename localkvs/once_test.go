package localkvs_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"kinora/internal/leak"
	"kinora/kvs"
	"kinora/localkvs"
	"kinora/media"
	"kinora/mkv"
)

// sealed makes n fragments, each a document of its own as a recorder keeps it on disk, and of different sizes.
func sealed(t *testing.T, n int, epoch time.Time) (files [][]byte) {
	t.Helper()
	for i := range n {
		var b bytes.Buffer
		w := mkv.NewWriter(&b, textTrack, mkv.WriterOptions{Epoch: epoch})
		at := time.Duration(i) * 2 * time.Second
		if err := w.Begin(at, mkv.Tag{Name: mkv.Take, Value: fmt.Sprintf("a/%06d", i)}); err != nil {
			t.Fatal(err)
		}
		for j := range 3 {
			pts := at + time.Duration(j)*100*time.Millisecond
			data := append(fmt.Appendf(nil, "%d.%d ", i, j), make([]byte, 10_000*(i%4))...)
			if err := w.Write(&media.Packet{Track: 1, PTS: pts, DTS: pts, Key: true, Data: data}); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.End(); err != nil {
			t.Fatal(err)
		}
		files = append(files, b.Bytes())
	}
	return files
}

// Connections that break at any moment, and a recorder that forgets acknowledgements: every frame is there, once.
func TestEveryFrameArrivesOnce(t *testing.T) {
	leak.Check(t)
	server := serve(t, localkvs.ServerOptions{Limits: localkvs.Limits{FragmentsPerSecond: 1000}})
	c := clientOf(t, server)
	for seed := range uint64(5) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			random := rand.New(rand.NewPCG(seed, 1))
			stream := fmt.Sprintf("gate-%d", seed)
			createStream(t, c, stream, 1)
			epoch := time.UnixMilli(1_800_000_000_000)
			files := sealed(t, 24, epoch)
			left := make(map[int64][]byte) // by timecode
			for i, file := range files {
				left[epoch.UnixMilli()+int64(i)*2000] = file
			}
			uploads := 0
			for ; len(left) > 0 && uploads < 200; uploads++ {
				var body bytes.Buffer
				for i := range files {
					if file, ok := left[epoch.UnixMilli()+int64(i)*2000]; ok {
						appendDocument(t, &body, file)
					}
				}
				acks := 1 + random.IntN(20) // until the network breaks
				ctx, cut := context.WithCancel(deadline(t))
				err := c.Put(ctx, stream, &body, func(a kvs.Ack) {
					if acks--; acks == 0 {
						cut()
					}
					if a.Type == kvs.Persisted && random.IntN(4) > 0 { // otherwise the machine died before it noted that
						delete(left, a.Timecode)
					}
				})
				cut()
				if err != nil && kvs.Classify(err) != kvs.Retry {
					t.Fatal(err)
				}
			}
			if len(left) > 0 {
				t.Fatalf("after %d uploads %d fragments are not acknowledged", uploads, len(left))
			}
			list, err := c.List(deadline(t), stream, kvs.ProducerTime, epoch, epoch.Add(time.Hour))
			if err != nil || len(list) != len(files) {
				t.Errorf("%d fragments are listed after %d uploads, want %d: %v", len(list), uploads, len(files), err)
			}
			for i, f := range list {
				if want := epoch.Add(time.Duration(i) * 2 * time.Second); !f.Producer.Equal(want) {
					t.Errorf("fragment %d begins at %s, want %s", i, f.Producer, want)
				}
			}
			seen := make(map[string]int)
			r := read(t, c, stream, kvs.Start{Earliest: true}).r
			for range list {
				if _, err := r.Next(); err != nil {
					t.Fatal(err)
				}
				for {
					p, err := r.Packet()
					if err == io.EOF {
						break
					} else if err != nil {
						t.Fatal(err)
					}
					name, _, _ := strings.Cut(string(p.Data), " ")
					seen[name]++
				}
			}
			if len(seen) != 3*len(files) {
				t.Errorf("%d different frames are stored, want %d", len(seen), 3*len(files))
			}
			for name, n := range seen {
				if n != 1 {
					t.Errorf("frame %s is stored %d times", name, n)
				}
			}
		})
	}
}

// appendDocument appends a sealed fragment to an upload: behind the first one's head come tags and Clusters alone.
func appendDocument(t *testing.T, body *bytes.Buffer, file []byte) {
	t.Helper()
	if body.Len() == 0 {
		body.Write(file)
		return
	}
	p := mkv.NewParser(bytes.NewReader(file), mkv.ParserOptions{})
	for {
		e, err := p.Next()
		if err == io.EOF {
			return
		} else if err != nil {
			t.Fatal(err)
		}
		if e.Kind == mkv.Header {
			continue
		}
		body.Write(e.Lead)
		body.Write(e.Bytes)
	}
}

package localkvs_test

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kinesisvideoarchivedmedia/types"

	"kinora/internal/leak"
	"kinora/kvs"
	"kinora/localkvs"
	"kinora/mkv"
)

// A full disk is a real one: a file system of 4 MiB in memory.
func TestFullDisk(t *testing.T) {
	leak.Check(t)
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=4m"); err != nil {
		t.Skipf("no small file system can be mounted here: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, 0); err != nil {
			t.Error(err)
		}
	})
	t.Run("Service", func(t *testing.T) {
		server := serve(t, localkvs.ServerOptions{Data: dir, Limits: localkvs.Limits{FragmentsPerSecond: 1000}})
		c := clientOf(t, server)
		createStream(t, c, "gate", 1)
		u := startUpload(t, c, "gate", time.Now())
		stored := make(chan int, 1)
		go func() {
			n := 0
			for a := range u.acks {
				if a.Type == kvs.Persisted {
					n++
				}
			}
			stored <- n
		}()
		for i := range 40 {
			u.fragment(time.Duration(i)*time.Second, 200_000)
		}
		u.wantError(5001)
		n := <-stored
		if list := fragments(t, c, "gate"); n == 0 || len(list) != n {
			t.Errorf("%d fragments were acknowledged, %d are listed", n, len(list))
		}
		body, err := c.GetMedia(deadline(t), "gate", kvs.Start{Earliest: true})
		if err != nil {
			t.Fatal(err)
		}
		defer body.Close()
		r := mkv.NewReader(body, mkv.Limits{})
		for range n {
			if _, err := r.Next(); err != nil {
				t.Fatal(err)
			}
			packet, err := r.Packet()
			if err != nil || len(packet.Data) != 200_000 {
				t.Fatalf("a stored frame reads as %v, %v", packet, err)
			}
			if _, err := r.Packet(); !errors.Is(err, io.EOF) {
				t.Fatal(err)
			}
		}
		if err := syscall.Mount("tmpfs", dir, "tmpfs", syscall.MS_REMOUNT, "size=8m"); err != nil {
			t.Fatal(err)
		}
		u = startUpload(t, c, "gate", time.Now())
		u.fragment(time.Hour, 100)
		if err := u.body.Close(); err != nil {
			t.Fatal(err)
		}
		u.wait(kvs.Persisted)
		if got := gapReasons(t, server, "gate"); len(got) == 0 || got[len(got)-1] != "disk" {
			t.Errorf("the gaps are for %q, want the last one for disk", got)
		}
	})
	// What could not be stored is in nobody's way when there is room again: a player sees what comes then at once.
	t.Run("Live", func(t *testing.T) {
		server := serve(t, localkvs.ServerOptions{Data: dir, Limits: localkvs.Limits{FragmentsPerSecond: 1000}})
		s := &stage{T: t, server: server, client: clientOf(t, server), stream: "yard", sdk: archivedOf(server)}
		createStream(t, s.client, s.stream, 1)
		fill := filepath.Join(dir, "fill")
		fillDisk(t, fill)
		u := startUpload(t, s.client, s.stream, time.Now())
		for i := range 3 {
			u.fragment(time.Duration(i)*time.Second, 400_000)
		}
		u.wantError(5001)
		if err := os.Remove(fill); err != nil {
			t.Fatal(err)
		}
		// Its producer hears of it a moment before the service is done with an upload.
		for patience := deadline(t); !strings.Contains(s.get(server.Endpoint()+"/metrics"), `kvs_put_media_error_acks_total{code="ARCHIVAL_ERROR"} 1`); {
			if patience.Err() != nil {
				t.Fatal("the upload that was refused does not end")
			}
			<-time.After(10 * time.Millisecond)
		}
		number := s.produce("h264-aac", time.Now().Add(time.Minute)).fragments(1)[0]
		if list := s.get(s.watcher(types.HLSFragmentSelectorTypeProducerTimestamp, "", 1).media); !strings.Contains(list, number) {
			t.Errorf("fragment %s is not in\n%s", number, list)
		}
	})
	t.Run("Start", func(t *testing.T) {
		fill := filepath.Join(dir, "fill")
		fillDisk(t, fill)
		server := serve(t, localkvs.ServerOptions{Data: dir, Limits: localkvs.Limits{FragmentsPerSecond: 1000}})
		c := clientOf(t, server)
		list := fragments(t, c, "gate")
		body, err := c.Fragments(deadline(t), "gate", []string{list[0].Number})
		if err != nil {
			t.Fatal(err)
		}
		defer body.Close()
		if f, err := mkv.NewReader(body, mkv.Limits{}).Next(); err != nil || f.Number != list[0].Number {
			t.Errorf("of what is stored %v is read, %v", f, err)
		}
		u := startUpload(t, c, "gate", time.Now())
		for i := range 3 {
			u.fragment(time.Duration(i)*time.Second, 400_000)
		}
		u.wantError(5001)
		if err := os.Remove(fill); err != nil {
			t.Fatal(err)
		}
		u = startUpload(t, c, "gate", time.Now())
		u.fragment(time.Hour, 100)
		if err := u.body.Close(); err != nil {
			t.Fatal(err)
		}
		u.wait(kvs.Persisted)
	})
}

// fillDisk makes a file of all room that there is.
func fillDisk(t *testing.T, path string) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	for piece := make([]byte, 4096); err == nil; {
		_, err = f.Write(piece)
	}
	if closed := f.Close(); !errors.Is(err, syscall.ENOSPC) || closed != nil {
		t.Fatalf("the disk is not full: %v", errors.Join(err, closed))
	}
}

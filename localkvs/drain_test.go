package localkvs

import (
	"sync"
	"testing"

	"kinora/internal/leak"
)

// Producers come back at once when a stopping service ends their upload, just while Drain waits for the last one.
func TestUploadsThatComeBackDoNotDisturbDrain(t *testing.T) {
	leak.Check(t)
	for range 200 {
		s := New(Options{})
		var producers sync.WaitGroup
		for range 4 {
			if !s.beginUpload() {
				t.Fatal("an upload is refused although the service does not stop")
			}
			producers.Go(func() {
				for again := true; again; again = s.beginUpload() {
					s.uploads.Done()
				}
			})
		}
		if err := s.Drain(t.Context()); err != nil {
			t.Fatal(err)
		}
		if s.beginUpload() {
			t.Fatal("an upload begins after the service has stopped")
		}
		producers.Wait()
	}
}

package rig

import (
	"testing"
	"time"
)

func TestParseCPU(t *testing.T) {
	for _, name := range []string{"kinora", "a (b) c"} {
		got, err := parseCPU("812 (" + name + ") S 1 812 812 0 -1 4194560 1000 0 0 0 250 50 0 0 20 0 9 0 100 0 0")
		if err != nil || got != 3*time.Second {
			t.Errorf("%s: got %v, %v; want 3s", name, got, err)
		}
	}
	if _, err := parseCPU("812 (kinora"); err == nil {
		t.Error("half a status was read")
	}
}

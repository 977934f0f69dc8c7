package rig

import (
	"context"
	"os"
	"strings"
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

func TestProcessSays(t *testing.T) {
	t.Chdir(t.TempDir()) // for its log
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	p, err := Launch(ctx, "talker", os.Environ(), "sh", "-c", "echo one; echo two; exec sleep 60")
	if err != nil {
		t.Fatal(err)
	}
	defer p.Stop()
	if err := p.Says(ctx, "two"); err != nil {
		t.Error(err)
	}
	p.Stop()
	if err := p.Says(ctx, "three"); err == nil || !strings.Contains(err.Error(), "talker ended by itself") {
		t.Errorf("what has ended is waited for: %v", err)
	}
}

package main

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// installed is the small program in a folder of its own, with a desktop program beside it when there is a script for one.
func installed(t *testing.T, script string) string {
	t.Helper()
	b, err := os.ReadFile(program)
	if err != nil {
		t.Fatal(err)
	}
	own := filepath.Join(t.TempDir(), "kinora")
	if err := os.WriteFile(own, b, 0o755); err != nil {
		t.Fatal(err)
	}
	if script != "" {
		if err := os.WriteFile(own+"-desktop", []byte("#!/bin/sh\n"+script+"\n"), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return own
}

// The whole program takes over in the same process, with what was asked for, and ends as it ends.
func TestSmallProgramBecomesWhole(t *testing.T) {
	own := installed(t, `echo $$ "$@"; exit 3`)
	for _, args := range [][]string{nil, {"--open", "a gate"}, {"record", "--list"}, {"open", "--data", t.TempDir(), "kinora://AWS/gate@2026-11-22T10:00:00.000Z"}} {
		cmd := exec.Command(own, args...)
		var out strings.Builder
		cmd.Stdout = &out
		var ended *exec.ExitError
		if err := cmd.Run(); !errors.As(err, &ended) || ended.ExitCode() != 3 {
			t.Errorf("%q: %v, want the exit code 3 of the whole program", args, err)
		}
		pid, rest, _ := strings.Cut(strings.TrimSpace(out.String()), " ")
		if pid != strconv.Itoa(cmd.Process.Pid) || rest != strings.Join(args, " ") {
			t.Errorf("%q: process %s got %q, want process %d", args, pid, rest, cmd.Process.Pid)
		}
	}
	link := filepath.Join(t.TempDir(), "kinora")
	if err := os.Symlink(own, link); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command(link, "call").Output(); !strings.Contains(string(out), "call") {
		t.Errorf("by a symbolic link: %q, %v", out, err)
	}
}

// A server without a desktop verifies clips, and says what is missing for the rest.
func TestSmallProgramAlone(t *testing.T) {
	own := installed(t, "")
	out, err := exec.Command(own).CombinedOutput()
	if err == nil || !strings.Contains(string(out), own+"-desktop, which has the window and the codecs, is missing") {
		t.Errorf("without the desktop program: %q, %v", out, err)
	}
	missing := filepath.Join(t.TempDir(), "clip.mp4")
	if err := os.WriteFile(missing, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	out, err = exec.Command(own, "verify", missing).CombinedOutput()
	if err == nil || strings.Contains(string(out), "desktop") || !strings.Contains(string(out), "clip.mp4") {
		t.Errorf("a clip without a proof: %q, %v", out, err)
	}
}

package main

import (
	"context"
	"errors"
	"image"
	"os/exec"
	"testing"
	"time"

	"kinora/internal/leak"
	"kinora/internal/rig"
)

func TestShotsHaveNamesOfTheirOwn(t *testing.T) {
	taken := make(map[string]string)
	for _, r := range runs {
		if len(r.shots) == 0 {
			t.Errorf("the run %s takes no picture", r.name)
		}
		for _, s := range r.shots {
			if other, again := taken[s.name]; again && s.name != "" {
				t.Errorf("both %s and %s take %s", other, r.name, s.name)
			}
			taken[s.name] = r.name
		}
	}
}

func TestMovingAndStillPicturesAreTold(t *testing.T) {
	s, ctx := testStage(t, "testsrc2=size=640x480:rate=20")
	if err := s.moving(ctx); err != nil {
		t.Errorf("a moving picture: %v", err)
	}
	for rate := 0.0; rate == 0; { // a machine that is busy may leave no picture alone for two looks in a second
		var err error
		if rate, err = s.rate(ctx, time.Second); err != nil || ctx.Err() != nil {
			t.Fatalf("no pictures were counted: %v", errors.Join(err, ctx.Err()))
		}
	}

	s, ctx = testStage(t, "smptebars=size=640x480:rate=20")
	if err := s.quiet(ctx); err != nil {
		t.Errorf("a still picture: %v", err)
	}
	if rate, err := s.rate(ctx, time.Second); err != nil || rate > 1 { // the first look counts
		t.Errorf("%v pictures a second were counted of a still one, %v", rate, err)
	}
	soon, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	if err := s.moving(soon); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a still picture moved: %v", err)
	}
}

// testStage has a player of FFmpeg's test pictures in the place of Kinora, and waits until it shows them.
func testStage(t *testing.T, picture string) (*stage, context.Context) {
	t.Helper()
	leak.Check(t)
	t.Chdir(t.TempDir()) // for the player's log
	for _, program := range []string{"Xvfb", "xdotool", "ffplay"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skip("make deps-test installs what is missing: ", err)
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	t.Cleanup(cancel)
	s, err := newStage(ctx, image.Pt(640, 480), "dark")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.close(); err != nil {
			t.Error(err)
		}
	})
	if err := s.screen.Move(ctx, 639, 479); err != nil { // the player hides the pointer after a second
		t.Fatal(err)
	}
	s.kinora, err = rig.Launch(ctx, "player", s.screen.Env("SDL_AUDIODRIVER=dummy"), "ffplay", "-loglevel", "error", "-noborder", "-f", "lavfi", "-i", picture)
	if err != nil {
		t.Fatal(err)
	}
	for {
		img, err := s.screen.Image()
		if err := errors.Join(err, s.kinora.Running(), ctx.Err()); err != nil {
			t.Fatalf("the player shows nothing: %v", err)
		}
		if !plain(img) {
			return s, ctx
		}
		if err := moment(ctx); err != nil {
			t.Fatal(err)
		}
	}
}

// Command screens takes pictures of Kinora in every state that it has, by running the real program on a virtual display
// and pressing its keys.
//
//	go run ./internal/screens [-only watch-live,keys] [-theme dark] [-size 1280x800]
//
// writes build/screens/<page>-<state>-<theme>-<width>x<height>.png. A run (runs.go) is one start of the program with
// the shots that can be taken on the way. A shot is taken when the screen has become still, or, where video plays, when
// it is seen to move; a state that does not come fails the run, and the others go on.
//
//	go run ./internal/screens -demo 20s
//
// is for machines without a display: it runs the demo cameras for a while, says how many pictures a second were seen,
// and succeeds only if they moved.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"image"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

var outDir = filepath.Join("build", "screens")

func main() {
	only := flag.String("only", "", "comma-separated `shots`, such as watch-live; all when empty")
	theme := flag.String("theme", "", "dark or light; both when empty")
	size := flag.String("size", "", "`WIDTHxHEIGHT`; 1280x800 and 1920x1080 when empty")
	demo := flag.Duration("demo", 0, "only run the demo cameras, for this long")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	var err error
	if *demo > 0 {
		err = demonstrate(ctx, *demo)
	} else {
		err = shoot(ctx, *only, *theme, *size)
	}
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "screens:", err)
		os.Exit(1)
	}
}

// shoot takes all shots, or those that are asked for, in each theme and size.
func shoot(ctx context.Context, only, theme, size string) error {
	themes, sizes := []string{"dark", "light"}, []image.Point{{1280, 800}, {1920, 1080}}
	if theme != "" {
		themes = []string{theme}
	}
	if size != "" {
		var p image.Point
		if n, err := fmt.Sscanf(size, "%dx%d", &p.X, &p.Y); n != 2 || err != nil {
			return fmt.Errorf("-size %q is not of the form 1280x800", size)
		}
		sizes = []image.Point{p}
	}
	var wanted []string
	if only != "" {
		wanted = strings.Split(only, ",")
	}
	var failed error
	for _, size := range sizes {
		for _, theme := range themes {
			for _, r := range runs {
				if !r.has(wanted) {
					continue
				}
				if err := perform(ctx, r, size, theme); err != nil {
					failed = errors.Join(failed, fmt.Errorf("%s, %s, %v: %w", r.name, theme, size, err))
				}
				if ctx.Err() != nil {
					return ctx.Err()
				}
			}
		}
	}
	return failed
}

// demonstrate runs the demo cameras for a while.
func demonstrate(ctx context.Context, span time.Duration) error {
	const theme = "dark"
	s, err := newStage(ctx, image.Pt(1280, 800), theme)
	if err != nil {
		return err
	}
	err = s.demonstrate(ctx, span)
	return errors.Join(err, s.close())
}

func (s *stage) demonstrate(ctx context.Context, span time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, span+time.Minute)
	defer cancel()
	started := time.Now()
	if err := s.open(ctx, nil, "--demo"); err != nil {
		return err
	}
	if err := s.moving(ctx); err != nil {
		return errors.Join(err, s.save("demo-without-picture"))
	}
	fmt.Printf("The first picture came %.1f s after the start of the program.\n", time.Since(started).Seconds())
	if err := s.save("demo-begin"); err != nil {
		return err
	}
	rate, err := s.rate(ctx, span)
	if err != nil {
		return err
	}
	fmt.Printf("In %v the screen showed %.1f different pictures a second.\n", span, rate)
	if err := errors.Join(s.moving(ctx), s.save("demo-end")); err != nil {
		return err
	}
	if rate < 1 {
		return errors.New("the pictures do not move")
	}
	return nil
}

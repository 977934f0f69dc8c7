package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"kinora/app"
	"kinora/clip"
)

// clipCommand copies a range of what is stored to a file, or all of it to a file for each hour.
type clipCommand struct {
	places
	LogLevel string `help:"How much to log: debug, info, warn or error." enum:"debug,info,warn,error" default:"error" env:"KINORA_LOG_LEVEL"`

	Stream    string `help:"Stream that is copied." placeholder:"NAME" required:""`
	From      string `help:"Where the clip begins: a time such as 2026-11-22T10:00:00Z, or '2026-11-22 10:00:00' of this computer's zone. It begins with the key frame before." placeholder:"TIME"`
	To        string `help:"Where it ends." placeholder:"TIME"`
	Output    string `short:"o" help:"File to write, .mp4 or .mkv; with --hours a folder." placeholder:"PATH" required:"" type:"path"`
	Hours     bool   `help:"Copy all that is stored, or what lies between --from and --to, to a file for each hour." xor:"way"`
	ByService bool   `help:"Have the service make the clip (GetClip), where its limits of 200 fragments and 100 MB allow that and the file is an MP4. The proof then has the sum of the whole file alone." xor:"way"`
	Clock     string `help:"Clock that --from and --to are of: empty for the producer's, or server." enum:",server" default:""`
	Format    string `help:"Of the files of --hours: mp4 or mkv." enum:"mp4,mkv" default:"mp4"`
}

// run copies until it is done or interrupted; the same command then goes on where it stood.
func (c *clipCommand) run(ctx context.Context, log *slog.Logger) (err error) {
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	from, to, err := c.span(time.Now())
	if err != nil {
		return err
	}
	acc, service, err := openAccount(ctx, c.places, log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closeArchives([]app.Account{acc}), service.stop()) }()
	o := clip.Options{
		Archive: acc.Archive(c.Stream, app.Access{Clock: app.Clock(c.Clock)}), Clock: c.Clock, Stream: c.Stream, Account: acc.Kind(), Owner: acc.ID(), Region: acc.Region(),
		From: from, To: to, Path: c.Output, ByService: c.ByService,
		Hopeless:  func(err error) bool { return app.Refused(acc, err) },
		Bookmarks: app.OpenBookmarks(c.Data, log).ForClip(acc, c.Stream, app.Clock(c.Clock)),
	}
	line := newTicker(os.Stderr)
	missing := 0
	o.Progress = func(p clip.Progress) {
		missing = p.Missing
		line.tell(func(time.Time) string { return clipProgress(p) })
	}
	files, err := c.copy(ctx, o)
	if missing > 0 {
		line.line(count(missing, "fragment") + " could not be had and left out; the .json beside the clip names what is missing")
	}
	line.end()
	for _, file := range files {
		fmt.Println(file)
	}
	if errors.Is(err, context.Canceled) {
		return fmt.Errorf("interrupted; the same command goes on where this one stood")
	}
	return err
}

func (c *clipCommand) copy(ctx context.Context, o clip.Options) ([]string, error) {
	if c.Hours {
		return clip.Hours(ctx, o, clip.Format(c.Format))
	}
	return clip.Export(ctx, o)
}

// span is the range that was asked for; all of the past with --hours when nothing was.
func (c *clipCommand) span(now time.Time) (from, to time.Time, err error) {
	if c.Hours && c.From == "" {
		from = time.Unix(0, 0)
	} else if from, err = parseTime("--from", c.From); err != nil {
		return from, to, err
	}
	if c.Hours && c.To == "" {
		return from, now, nil
	}
	to, err = parseTime("--to", c.To)
	return from, to, err
}

// parseTime reads a time with its zone, or one of this computer's.
func parseTime(flag, text string) (time.Time, error) {
	if t, err := time.Parse(time.RFC3339, text); err == nil {
		return t, nil
	}
	for _, layout := range []string{time.DateTime, "2006-01-02T15:04:05", "2006-01-02 15:04", time.DateOnly} {
		if t, err := time.ParseInLocation(layout, text, time.Local); err == nil {
			return t, nil
		}
	}
	return time.Time{}, fmt.Errorf("%s %q is no time; write it as 2026-11-22T10:00:00Z or '2026-11-22 10:00:00'", flag, text)
}

// clipProgress says in one line how far a clip is.
func clipProgress(p clip.Progress) string {
	text := fmt.Sprintf("%d of %s, %s of %s, recorded until %s", p.Fragments, count(p.Total, "fragment"), megabytes(p.Bytes), megabytes(p.Of), p.At.Local().Format(time.DateTime))
	if !p.Since.IsZero() {
		text = fmt.Sprintf("%.0f %%, %s, %s, recorded until %s", 100*p.Share(), count(p.Fragments, "fragment"), megabytes(p.Bytes), p.At.Local().Format(time.DateTime))
	}
	if p.Missing > 0 {
		text += fmt.Sprintf(", %d MISSING", p.Missing)
	}
	return text
}

// verifyCommand compares files with the proofs beside them.
type verifyCommand struct {
	Files []string `arg:"" help:"Clips." type:"existingfile"`
}

func (c *verifyCommand) run() error {
	var errs []error
	for _, file := range c.Files {
		p, err := clip.Verify(file)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		fmt.Printf("%s: unchanged since %s. %s, %s to %s, %s", filepath.Base(file), p.Made.Local().Format(time.DateTime), p.Stream,
			p.From.Format(time.RFC3339Nano), p.To.Format(time.RFC3339Nano), count(len(p.Pieces), "fragment"))
		if p.Listed {
			fmt.Printf(" listed when the service made it, which does not say whether all of them are in it")
		}
		if n := len(p.Missing); n > 0 {
			fmt.Printf("; %d more could not be had", n)
		}
		fmt.Println()
	}
	return errors.Join(errs...)
}

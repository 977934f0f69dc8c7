// Command kinora is the desktop viewer and recorder for Kinesis Video Streams. It starts the local service inside itself,
// unless it is pointed at another one.
//
// main.go says what can be asked for and in which order things start and stop. wire.go is the only place that knows
// every room: it gives app the accounts (accounts.go), the cameras (cameras.go) and the decoders.
package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"runtime/debug"
	"syscall"

	"github.com/alecthomas/kong"
)

type flags struct {
	Open       string `help:"Show this stream's picture and nothing else." placeholder:"STREAM"`
	Fullscreen bool   `help:"Fill the screen."`
	Account    string `help:"Choose the account of this name, such as 'AWS default'." placeholder:"NAME"`
	Data       string `help:"Directory of everything that Kinora stores." default:"${data}" env:"KINORA_DATA" type:"path"`
	Endpoint   string `help:"Use the service at this address instead of the embedded one, with the keys of the environment (AWS_ACCESS_KEY_ID and so on)." placeholder:"URL"`
	Region     string `help:"Region of --endpoint and of the embedded service." default:"us-east-1" env:"AWS_REGION"`
	Demo       bool   `help:"Start two demo cameras and watch the first."`
	DemoFile   string `help:"Play this media file as a camera, again and again, and watch it." placeholder:"PATH" type:"existingfile"`
	Theme      string `help:"Begin dark, light, in high contrast or as the system: ${enum}." placeholder:"NAME" enum:"${themes}" default:""`
	Size       string `help:"Size of the window." placeholder:"WIDTHxHEIGHT"`
	LogLevel   string `help:"How much to log: debug, info, warn or error." enum:"debug,info,warn,error" default:"warn" env:"KINORA_LOG_LEVEL"`
}

// defaultData follows the desktop's convention for data that belongs to a user.
func defaultData() string {
	if dir := os.Getenv("XDG_DATA_HOME"); filepath.IsAbs(dir) {
		return filepath.Join(dir, "kinora")
	}
	if dir, err := os.UserHomeDir(); err == nil {
		return filepath.Join(dir, ".local", "share", "kinora")
	}
	return "kinora-data"
}

func main() {
	var f flags
	kong.Parse(&f, kong.Name("kinora"), kong.UsageOnError(),
		kong.Description("View and record Kinesis Video Streams. Without flags: a window on the streams of this computer."),
		kong.Vars{"data": defaultData(), "themes": ",dark,light,contrast,system"})
	var level slog.Level
	if err := level.UnmarshalText([]byte(f.LogLevel)); err != nil {
		fail(err)
	}
	if os.Getenv("GOGC") == "" {
		// Frames and fragments are recycled, so little is allocated: collecting twice as often costs nothing that can be
		// measured, and saves the memory that would wait for it.
		debug.SetGCPercent(50)
	}
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: level}))
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, f, log); err != nil {
		fail(err)
	}
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, "kinora:", err)
	os.Exit(1)
}

// errNoDisplay is found before Fyne is asked, which would end the program with a stack trace.
var errNoDisplay = errors.New("there is no display: neither DISPLAY nor WAYLAND_DISPLAY is set; start Kinora from a desktop session, or under Xvfb with: xvfb-run kinora")

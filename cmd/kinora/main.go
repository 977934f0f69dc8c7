// Command kinora is the desktop viewer and recorder for Kinesis Video Streams. It starts the local service inside itself,
// unless it is pointed at another one.
//
// It is built twice. With a C compiler it is the whole program: desktop.go says what can be asked for, run.go in which order things
// start and stop. Without one it is small and starts at once (front.go), does what needs neither window nor codec, and becomes the
// whole program for the rest. wire.go is the only place that knows every room: it gives app the decoders; accounts.go gives it the
// accounts and cameras.go the cameras.
package main

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"runtime/debug"

	"kinora/app"
)

// places say where the program's streams and files are.
type places struct {
	Account  string `help:"Choose the account of this name, such as 'AWS default'." placeholder:"NAME"`
	Data     string `help:"Directory of everything that Kinora stores." default:"${data}" env:"KINORA_DATA" type:"path"`
	Endpoint string `help:"Use the service at this address instead of the embedded one, with the keys of the environment (AWS_ACCESS_KEY_ID and so on)." placeholder:"URL"`
	Region   string `help:"Region of --endpoint and of the embedded service." default:"us-east-1" env:"AWS_REGION"`
}

type flags struct {
	places
	LogLevel   string `help:"How much to log: debug, info, warn or error." enum:"debug,info,warn,error" default:"warn" env:"KINORA_LOG_LEVEL"`
	Open       string `help:"Show this stream's picture and nothing else." placeholder:"STREAM"`
	Fullscreen bool   `help:"Fill the screen."`
	Demo       bool   `help:"Start two demo cameras and watch the first."`
	DemoFile   string `help:"Play this media file as a camera, again and again, and watch it." placeholder:"PATH" type:"existingfile"`
	Theme      string `help:"Begin dark, light, in high contrast or as the system: ${enum}." placeholder:"NAME" enum:"${themes}" default:""`
	Size       string `help:"Size of the window." placeholder:"WIDTHxHEIGHT"`
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

// collect sets how often memory is collected, unless a person has said it.
func collect(command string) {
	switch {
	case os.Getenv("GOGC") != "":
	case command == "clip": // over in a moment, and what it holds is recycled but for an index
		debug.SetGCPercent(400)
	default:
		// Frames and fragments are recycled, so little is allocated: collecting twice as often costs nothing that can be
		// measured, and saves the memory that would wait for it.
		debug.SetGCPercent(50)
	}
}

// newLog logs to the standard error what is at least of a level.
func newLog(level string) *slog.Logger {
	var least slog.Level
	if err := least.UnmarshalText([]byte(level)); err != nil {
		fail(err)
	}
	return slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: least}))
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, "kinora:", err)
	os.Exit(exitCode(err))
}

// The program's exit codes, besides 0 for all well and kong's 80 for wrong flags.
const (
	exitFailed = 1
	exitOnDisk = 3 // all well, but a part of the recordings waits on this disk for the next start
)

// exitCode is that of an error. What waits is only then the outcome when nothing else went wrong beside it.
func exitCode(err error) int {
	var left *app.OnDiskError
	if errors.As(err, &left) && err.Error() == left.Error() {
		return exitOnDisk
	}
	return exitFailed
}

// errNoDisplay is found before Fyne is asked, which would end the program with a stack trace.
var errNoDisplay = errors.New("there is no display: neither DISPLAY nor WAYLAND_DISPLAY is set; start Kinora from a desktop session, or under Xvfb with: xvfb-run kinora")

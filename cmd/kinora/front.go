//go:build !cgo

package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"syscall"

	"github.com/alecthomas/kong"

	"kinora/app"
	"kinora/localkvs"
)

// This is the program as it is built without a C compiler: small, so that it starts in a fraction of the time that the libraries of
// the window and the codecs take. It does itself what needs neither, and is the whole program for everything else.

// quick is what it does itself. Opening a link is among it where a window is open already.
type quick struct {
	Open   openCommand   `cmd:"" help:"Show what a link names, such as kinora://This%20computer/gate@2026-11-22T10:00:00.000Z, in the window that is open, or in a new one."`
	Clip   clipCommand   `cmd:"" help:"Copy a range of what is stored to a file, without encoding it again, and without a window."`
	Verify verifyCommand `cmd:"" help:"Tell whether clips are as they were made, by the proofs beside them."`
}

func main() {
	var err error
	if len(os.Args) > 1 && slices.Contains([]string{"open", "clip", "verify"}, os.Args[1]) {
		err = beQuick()
	} else {
		err = beWhole()
	}
	if err != nil {
		fail(err)
	}
}

func beQuick() error {
	var c quick
	called := kong.Parse(&c, kong.Name("kinora"), kong.Vars{"data": defaultData()})
	collect(called.Command())
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	switch called.Command() {
	case "clip":
		return c.Clip.run(ctx, newLog(c.Clip.LogLevel))
	case "verify <files>":
		return c.Verify.run()
	}
	return c.Open.run(ctx)
}

// desktop is the file name of the whole program, which lies beside this one.
const desktop = "kinora-desktop"

// beWhole goes on as the whole program, with the same arguments. It returns only when that cannot be started.
func beWhole() error {
	own, err := os.Executable()
	if err == nil {
		own, err = filepath.EvalSymlinks(own)
	}
	if err != nil {
		return fmt.Errorf("kinora does not find its own folder: %w", err)
	}
	path := filepath.Join(filepath.Dir(own), desktop+filepath.Ext(own))
	if err = become(path); errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s, which has the window and the codecs, is missing; install Kinora again (make install)", path)
	}
	return fmt.Errorf("%s cannot be started: %w", path, err)
}

// run opens a window, which takes the whole program.
func run(context.Context, flags, *app.Link, *slog.Logger) error { return beWhole() }

// decoder makes the embedded service's images: by the program ffmpeg, where there is one.
func decoder() localkvs.Decoder {
	if program, err := localkvs.FindProgram(); err == nil {
		return program
	}
	return nil
}

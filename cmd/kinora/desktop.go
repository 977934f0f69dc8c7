//go:build cgo

package main

import (
	"context"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"
)

// commands are what the program can be told to do. A window is what it does when it is told nothing.
type commands struct {
	View   flags         `cmd:"" default:"withargs" help:"Open the window (this is the default)."`
	Open   openCommand   `cmd:"" help:"Show what a link names, such as kinora://This%20computer/gate@2026-11-22T10:00:00.000Z, in the window that is open, or in a new one."`
	Clip   clipCommand   `cmd:"" help:"Copy a range of what is stored to a file, without encoding it again, and without a window."`
	Verify verifyCommand `cmd:"" help:"Tell whether clips are as they were made, by the proofs beside them."`
	Record recordCommand `cmd:"" help:"Record without a window, for unattended machines. It ends cleanly on SIGINT and SIGTERM."`
	Call   callCommand   `cmd:"" help:"Call the master of a signaling channel without a window, and tell how the call does."`
	Offer  offerCommand  `cmd:"" help:"Be the master of a signaling channel without a window: show a camera, a screen, a file or a stream to its viewers."`
}

func main() {
	var c commands
	called := kong.Parse(&c, kong.Name("kinora"),
		kong.Description("View and record Kinesis Video Streams. Without a command: a window on the streams of this computer."),
		kong.Vars{"data": defaultData(), "themes": ",dark,light,contrast,system"})
	collect(called.Command())
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	var err error
	switch called.Command() {
	case "record":
		err = c.Record.run(ctx, newLog(c.Record.LogLevel))
	case "clip":
		err = c.Clip.run(ctx, newLog(c.Clip.LogLevel))
	case "call <channel>":
		err = c.Call.run(ctx, newLog(c.Call.LogLevel))
	case "offer <channel>":
		err = c.Offer.run(ctx, newLog(c.Offer.LogLevel))
	case "verify <files>":
		err = c.Verify.run()
	case "open", "open <link>":
		err = c.Open.run(ctx)
	default:
		err = show(ctx, c.View, newLog(c.View.LogLevel))
	}
	if err != nil {
		fail(err)
	}
}

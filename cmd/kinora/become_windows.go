//go:build !cgo

package main

import (
	"errors"
	"os"
	"os/exec"
	"os/signal"
)

// become runs another program and ends as it ends. It returns only when that one cannot be started. An interrupt at the keyboard
// reaches both, and is the other's to answer.
func become(path string) error {
	signal.Ignore(os.Interrupt)
	cmd := exec.Command(path, os.Args[1:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	err := cmd.Run()
	var ended *exec.ExitError
	if err == nil || errors.As(err, &ended) {
		os.Exit(cmd.ProcessState.ExitCode())
	}
	return err
}

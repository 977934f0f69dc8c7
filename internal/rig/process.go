package rig

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// A Process is a program that runs until it is stopped; its output is kept in [Dir].
type Process struct {
	name   string
	log    string
	cmd    *exec.Cmd
	exited chan struct{}
}

// Launch starts a program. The end of ctx kills it; the caller stops it.
func Launch(ctx context.Context, name string, env []string, program string, args ...string) (*Process, error) {
	p := &Process{name: name, log: filepath.Join(Dir, name+".log"), exited: make(chan struct{})}
	if err := os.MkdirAll(Dir, 0o755); err != nil {
		return nil, err
	}
	log, err := os.Create(p.log)
	if err != nil {
		return nil, err
	}
	defer log.Close()
	p.cmd = exec.CommandContext(ctx, program, args...)
	p.cmd.Env, p.cmd.Stdout, p.cmd.Stderr = env, log, log
	if err := p.cmd.Start(); err != nil {
		return nil, fmt.Errorf("starting %s: %w", name, err)
	}
	go func() {
		defer close(p.exited)
		var exit *exec.ExitError
		if err := p.cmd.Wait(); err != nil && !errors.As(err, &exit) {
			fmt.Fprintf(os.Stderr, "waiting for %s: %v\n", name, err)
		}
	}()
	return p, nil
}

// Running returns an error with the end of the program's output when it is not running any more.
func (p *Process) Running() error {
	select {
	case <-p.exited:
		output, err := os.ReadFile(p.log)
		return errors.Join(fmt.Errorf("%s ended by itself (%v): %s", p.name, p.cmd.ProcessState, LastLine(output)), err)
	default:
		return nil
	}
}

// Says waits until a text is in the program's output.
func (p *Process) Says(ctx context.Context, text string) error {
	for tick := time.Tick(100 * time.Millisecond); ; {
		output, err := os.ReadFile(p.log)
		if err != nil || bytes.Contains(output, []byte(text)) {
			return err
		}
		if err := p.Running(); err != nil {
			return err
		}
		select {
		case <-tick:
		case <-ctx.Done():
			return fmt.Errorf("%s did not say %q: %w", p.name, text, context.Cause(ctx))
		}
	}
}

// Signal sends the program a signal.
func (p *Process) Signal(signal os.Signal) error { return p.cmd.Process.Signal(signal) }

// Stop asks the program to end. When it has not after 10 seconds, it is asked where it hangs, which its output then says (NAME-hung.log in
// [Dir]), and killed.
func (p *Process) Stop() {
	if p == nil {
		return
	}
	for _, signal := range []os.Signal{os.Interrupt, syscall.SIGQUIT, os.Kill} {
		if err := p.cmd.Process.Signal(signal); err != nil && !errors.Is(err, os.ErrProcessDone) {
			fmt.Fprintf(os.Stderr, "stopping %s: %v\n", p.name, err)
		}
		select {
		case <-p.exited:
			if signal == os.Interrupt {
				return
			}
			if err := os.Rename(p.log, filepath.Join(Dir, p.name+"-hung.log")); err != nil {
				fmt.Fprintln(os.Stderr, err)
			}
			return
		case <-time.After(10 * time.Second):
			fmt.Fprintf(os.Stderr, "%s did not end within 10 s of %v\n", p.name, signal)
		}
	}
}

// CPU returns the processor time that the program has used, in user and kernel mode, all threads (proc_pid_stat(5)).
func (p *Process) CPU() (time.Duration, error) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.cmd.Process.Pid))
	if err != nil {
		return 0, errors.Join(p.Running(), err)
	}
	return parseCPU(string(stat))
}

func parseCPU(stat string) (time.Duration, error) {
	const utime, stime, tick = 11, 12, 10 * time.Millisecond // fields after the name; USER_HZ is 100
	fields := strings.Fields(stat[strings.LastIndexByte(stat, ')')+1:])
	if len(fields) <= stime || !strings.Contains(stat, ")") {
		return 0, fmt.Errorf("%q is no process status", stat)
	}
	user, err1 := strconv.ParseInt(fields[utime], 10, 64)
	kernel, err2 := strconv.ParseInt(fields[stime], 10, 64)
	return time.Duration(user+kernel) * tick, errors.Join(err1, err2)
}

// Memory returns the program's resident memory in bytes.
func (p *Process) Memory() (int64, error) {
	statm, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", p.cmd.Process.Pid))
	if err != nil {
		return 0, errors.Join(p.Running(), err)
	}
	fields := strings.Fields(string(statm))
	if len(fields) < 2 {
		return 0, fmt.Errorf("%q is no memory status", statm)
	}
	pages, err := strconv.ParseInt(fields[1], 10, 64)
	return pages * int64(os.Getpagesize()), err
}

// LastLine returns the last line of a program's output that is not empty, where errors stand.
func LastLine(output []byte) []byte {
	output = bytes.TrimSpace(output)
	return output[bytes.LastIndexByte(output, '\n')+1:]
}

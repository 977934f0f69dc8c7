package caller

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"time"
)

// Job says what a caller does.
type Job struct {
	Endpoint, Key, Secret string // of the service
	CA                    string // file with the certificate of its authority
	Channel               string
	Viewers               int // 0: it is the master
	FirstViewer           int // number of the first: their client IDs are made of these
	Calls                 int // of each viewer, one after the other, which end with their first picture; 0: one, which goes on

	Relay    bool   // only by TURN
	Protocol string // of TURN: udp, tcp or tls; empty: all
	TURN     string // host:port in place of the service's, for UDP; empty: the service's

	Bits   int  // a second, of the master's camera
	Health bool // is said
}

// To is a job at a channel of the service that an environment for AWS tools names.
func To(env []string, channel string) Job {
	j := Job{Channel: channel}
	for _, variable := range env {
		name, value, _ := strings.Cut(variable, "=")
		switch name {
		case "AWS_ENDPOINT_URL":
			j.Endpoint = value
		case "AWS_ACCESS_KEY_ID":
			j.Key = value
		case "AWS_SECRET_ACCESS_KEY":
			j.Secret = value
		case "AWS_CA_BUNDLE":
			j.CA = value
		}
	}
	return j
}

// Picture is what a viewer says when it has got one.
type Picture struct {
	Viewer   int
	Captured time.Time
	Got      time.Time
	Relayed  bool
	Restarts int
	Setup    Setup
}

// Setup is how long the call took to come so far, from the viewer's first step on.
type Setup struct{ Signaled, Answered, Connected, Secured, Pictured time.Duration }

// Health is what a process has, said once a second.
type Health struct {
	Goroutines int
	Heap       uint64 // bytes that are in use after a collection
	CPU        time.Duration
	At         time.Time
}

// line is what a process says at a time.
type line struct {
	Picture *Picture `json:",omitempty"`
	Health  *Health  `json:",omitempty"`
}

// asCaller in the environment makes a program a caller.
const asCaller = "KINORA_CALLER"

// Main does not return in a program that was started as a caller.
func Main() {
	if os.Getenv(asCaller) == "" {
		return
	}
	if err := run(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "caller:", err)
		os.Exit(1)
	}
	os.Exit(0)
}

// Caller is a process that calls until it is stopped.
type Caller struct {
	cmd      *exec.Cmd
	in       io.WriteCloser
	said     bytes.Buffer // what went wrong
	pictures chan Picture
	health   chan Health // the newest
	work     sync.WaitGroup
	stop     func() error
}

// Start starts a caller, which the end of ctx kills. The caller stops it, and takes its pictures, if it is a viewer.
func Start(ctx context.Context, job Job) (*Caller, error) {
	program, err := os.Executable()
	if err != nil {
		return nil, err
	}
	c := &Caller{cmd: exec.CommandContext(ctx, program), pictures: make(chan Picture, 1000), health: make(chan Health, 1)}
	c.cmd.Env = append(os.Environ(), asCaller+"=1")
	c.cmd.Stderr = &c.said
	if c.in, err = c.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := c.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := c.cmd.Start(); err != nil {
		return nil, err
	}
	c.stop = sync.OnceValue(c.end)
	c.work.Go(func() { // ends with the process
		defer close(c.pictures)
		for lines := bufio.NewScanner(out); lines.Scan(); {
			var l line
			switch err := json.Unmarshal(lines.Bytes(), &l); {
			case err != nil:
			case l.Picture != nil:
				c.pictures <- *l.Picture
			case l.Health != nil:
				select {
				case <-c.health:
				default:
				}
				c.health <- *l.Health
			}
		}
	})
	if err := json.NewEncoder(c.in).Encode(job); err != nil {
		return nil, fmt.Errorf("a caller cannot be told what to do: %w", err)
	}
	return c, nil
}

// Pictures are those that the viewers get. It is closed when the process ends.
func (c *Caller) Pictures() <-chan Picture { return c.pictures }

// Health is how the process is at its next word.
func (c *Caller) Health() <-chan Health { return c.health }

// PID is the process.
func (c *Caller) PID() int { return c.cmd.Process.Pid }

// Stop ends the caller in order.
func (c *Caller) Stop() error { return c.stop() }

func (c *Caller) end() error {
	_ = c.in.Close() // ends it, if it has not ended
	c.work.Go(func() {
		for range c.pictures {
		}
	})
	c.work.Wait()
	if err := c.cmd.Wait(); err != nil {
		return fmt.Errorf("a caller ended with %w\n%s", err, c.said.Bytes())
	}
	return nil
}

package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/credentials"

	"kinora/kvs"
)

// streamName is the stream of every run.
const streamName = "field"

// service is kinorad.
type service struct {
	program, data string
	log           *os.File
	address       string // another one after each start: nobody else can have taken it
	cmd           *exec.Cmd
	reading       sync.WaitGroup // its log
	key, secret   string
}

// start runs kinorad and returns when it serves.
func (s *service) start() error {
	s.cmd = exec.Command(s.program, "serve", "--data", s.data, "--listen", "127.0.0.1:0", "--log-level", "info")
	out, err := s.cmd.StderrPipe()
	if err != nil {
		return err
	}
	if err := s.cmd.Start(); err != nil {
		return err
	}
	serving := make(chan string, 1)
	s.reading.Go(func() { // ends with the process
		defer close(serving)
		lines := bufio.NewScanner(out)
		for lines.Scan() {
			fmt.Fprintln(s.log, lines.Text())
			if _, rest, found := strings.Cut(lines.Text(), "msg=serving endpoint=http://"); found {
				address, _, _ := strings.Cut(rest, " ")
				serving <- address
			}
		}
	})
	if s.address = <-serving; s.address == "" {
		return fmt.Errorf("kinorad did not start: %v; see %s", s.wait(), s.log.Name())
	}
	return s.readKeys()
}

// readKeys asks kinorad for the keys of its data directory.
func (s *service) readKeys() error {
	if s.key != "" {
		return nil
	}
	out, err := exec.Command(s.program, "env", "--data", s.data).Output()
	if err != nil {
		return fmt.Errorf("kinorad env: %w", err)
	}
	for field := range strings.FieldsSeq(strings.TrimPrefix(string(out), "export ")) {
		name, value, _ := strings.Cut(field, "=")
		switch value = strings.Trim(value, `'"`); name {
		case "AWS_ACCESS_KEY_ID":
			s.key = value
		case "AWS_SECRET_ACCESS_KEY":
			s.secret = value
		}
	}
	if s.key == "" || s.secret == "" {
		return errors.New("kinorad env printed no keys")
	}
	return nil
}

// kill ends kinorad as a power cut would, but for what the kernel holds.
func (s *service) kill() error {
	if err := s.cmd.Process.Kill(); err != nil {
		return err
	}
	_ = s.wait() // says that it was killed
	return nil
}

// wait returns when the process has ended and all of its log was read.
func (s *service) wait() error {
	s.reading.Wait()
	return s.cmd.Wait()
}

// stop ends it in order.
func (s *service) stop() error {
	if err := s.cmd.Process.Signal(os.Interrupt); err != nil {
		return err
	}
	if err := s.wait(); err != nil {
		return fmt.Errorf("kinorad ended with %w; see %s", err, s.log.Name())
	}
	return nil
}

// client reaches it directly.
func (s *service) client() *kvs.Client {
	return kvs.New(kvs.Config{Endpoint: "http://" + s.address, Region: "us-east-1",
		Credentials: credentials.NewStaticCredentialsProvider(s.key, s.secret, "")})
}

// suppressed asks the present process how many repeats it has recognised.
func (s *service) suppressed(ctx context.Context) (int, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+s.address+"/metrics", nil)
	if err != nil {
		return 0, err
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	for lines := bufio.NewScanner(resp.Body); lines.Scan(); {
		if value, ok := strings.CutPrefix(lines.Text(), repeatsMetric+" "); ok {
			n, err := strconv.ParseFloat(value, 64)
			return int(n), err
		}
	}
	return 0, fmt.Errorf("the metrics of kinorad have no %s", repeatsMetric)
}

const repeatsMetric = "kvs_put_media_repeats_suppressed_total"

// build makes kinorad in dir as it is shipped.
func build(dir string) (program string, err error) {
	program = filepath.Join(dir, "kinorad")
	cmd := exec.Command("go", "build", "-o", program, "kinora/cmd/kinorad")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("kinorad cannot be built: %w\n%s", err, out)
	}
	return program, nil
}

// createStream makes the stream once the service answers.
func (s *service) createStream(ctx context.Context) error {
	client := s.client()
	defer client.Close()
	_, err := client.Create(ctx, streamName, 24*365*10*time.Hour, "video/h264")
	return err
}

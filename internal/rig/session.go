package rig

import (
	"context"
	"errors"
	"fmt"
	"image"
	"os"
	"path/filepath"
	"time"

	"kinora/internal/xscreen"
)

// stream is the name of a session's stream.
const stream = "gate"

// A Session is Kinora on a virtual display, showing a tape that a sender uploads to a service.
type Session struct {
	Screen  *xscreen.Display
	Kinora  *Process
	Service *Process // nil when it is embedded
	Sender  *Sender

	stopSender context.CancelFunc
	sent       chan error
}

// SessionOptions says what a session shows and how.
type SessionOptions struct {
	Tape     *Tape
	Size     image.Point // of the screen and the window
	Embedded bool        // with Kinora's own service, rather than kinorad
	Args     []string    // for Kinora, more
}

// Live starts everything that shows a tape live. What is stored goes to dir.
func Live(ctx context.Context, dir string, o SessionOptions) (*Session, error) {
	s := &Session{}
	if err := s.start(ctx, dir, o); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

func (s *Session) start(ctx context.Context, dir string, o SessionOptions) (err error) {
	if s.Screen, err = xscreen.Start(ctx, o.Size); err != nil {
		return err
	}
	data := filepath.Join(dir, "kinora", "service") // where Kinora's own service looks
	var account *Account
	if s.Service, account, err = Serve(ctx, data, stream); err != nil {
		return err
	}
	args := append([]string{"--open", stream}, o.Args...)
	if o.Embedded { // the stream is there; Kinora's own service takes over
		s.Service.Stop()
		s.Service = nil
		if s.Kinora, err = Window(ctx, dir, s.Screen, nil, args...); err != nil {
			return err
		}
		account, err = Connect(ctx, s.Kinora, data)
	} else {
		s.Kinora, err = Window(ctx, dir, s.Screen, account.Env, append(args, "--endpoint", account.Endpoint)...)
	}
	if err != nil {
		return err
	}
	s.Sender = &Sender{Tape: o.Tape, Client: account.Client, Stream: stream}
	ctx, s.stopSender = context.WithCancel(ctx)
	s.sent = make(chan error, 1)
	go func() { s.sent <- s.Sender.Run(ctx) }()
	return nil
}

// Close ends the sender, the window, the service and the display, in this order. The error is the sender's or the
// display's.
func (s *Session) Close() error {
	var err error
	if s.sent != nil {
		s.stopSender()
		err = <-s.sent
	}
	s.Kinora.Stop()
	s.Service.Stop()
	if s.Screen != nil {
		err = errors.Join(err, s.Screen.Close())
	}
	return err
}

// Window starts Kinora with a window that fills the screen. Its data and settings live in dir.
func Window(ctx context.Context, dir string, screen *xscreen.Display, env []string, args ...string) (*Process, error) {
	if err := os.MkdirAll(filepath.Join(dir, ".cache"), 0o755); err != nil { // Fyne expects it
		return nil, err
	}
	size := fmt.Sprintf("%dx%d", screen.Size.X, screen.Size.Y)
	args = append([]string{"--data", filepath.Join(dir, "kinora"), "--size", size}, args...)
	env = append([]string{"HOME=" + dir, "XDG_CONFIG_HOME=" + dir, "XDG_CACHE_HOME=" + filepath.Join(dir, ".cache"), "XDG_RUNTIME_DIR=", "FYNE_SCALE=1"}, env...)
	return Launch(ctx, "kinora", screen.Env(env...), filepath.Join("build", "kinora"), args...)
}

// Picture waits for the first picture with a number that a program shows, at most half a minute. When there is none it
// keeps a screenshot in [Dir].
func Picture(ctx context.Context, screen *xscreen.Display, program *Process) (Strip, error) {
	waiting, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	found, _, err := NewWatcher(screen).Locate(waiting)
	if err != nil {
		path := filepath.Join(Dir, program.name+"-without-picture.png")
		err = errors.Join(fmt.Errorf("%w; the screen is in %s", err, path), program.Running(), screen.Save(path))
	}
	return found, err
}

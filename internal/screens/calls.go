package main

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"kinora/internal/rig"
)

// door is the channel of the services here.
const door = "door"

// withChannel runs Kinora on a service with a channel, which nobody serves yet.
func withChannel(ctx context.Context, s *stage) error {
	account, err := s.serve(ctx)
	if err != nil {
		return err
	}
	if _, err := account.Client.CreateChannel(ctx, door, 0); err != nil {
		return err
	}
	return s.open(ctx, account.Env, "--endpoint", account.Endpoint)
}

// withMaster runs Kinora on a service with a channel that another Kinora serves.
func withMaster(ctx context.Context, s *stage) error {
	if err := withChannel(ctx, s); err != nil {
		return err
	}
	return s.serveDoor(ctx, "demo-1")
}

// withRelayed is withMaster with a stream, to which a tape is sent.
func withRelayed(ctx context.Context, s *stage) error {
	if err := withChannel(ctx, s); err != nil {
		return err
	}
	if err := s.send(ctx, s.account); err != nil {
		return err
	}
	return s.serveDoor(ctx, "stream:"+live)
}

// serveDoor lets another Kinora serve the channel, and waits until it does.
func (s *stage) serveDoor(ctx context.Context, source string) (err error) {
	if s.master, err = s.other(ctx, "offer", door, "--source", source, "--echo"); err != nil {
		return err
	}
	return s.master.Says(ctx, "is offered on the channel")
}

// pauseCamera ends what is sent to the stream that the master shows, so that it has nothing to show, and lets that last for a while.
func pauseCamera(ctx context.Context, s *stage) error {
	if err := s.stop(); err != nil {
		return err
	}
	return after(6*time.Second, nothing)(ctx, s)
}

// stopMaster lets the master hang up.
func stopMaster(_ context.Context, s *stage) error {
	s.master.Stop()
	return nil
}

// mostViewers is how many viewers a channel has at most.
const mostViewers = 10

// withCrowd is withChannel with as many viewers as there may be, each of which waits for an answer.
func withCrowd(ctx context.Context, s *stage) error {
	if err := withChannel(ctx, s); err != nil {
		return err
	}
	for range mostViewers {
		if _, err := s.other(ctx, "call", door); err != nil {
			return err
		}
	}
	return nil
}

// withoutPermission is withChannel for an account that may list channels and not call them.
func withoutPermission(ctx context.Context, s *stage) error {
	account, err := s.serve(ctx)
	if err != nil {
		return err
	}
	if _, err := account.Client.CreateChannel(ctx, door, 0); err != nil {
		return err
	}
	target, err := url.Parse(account.Endpoint)
	if err != nil {
		return err
	}
	forward := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(target)
		r.Out.Host = r.In.Host // it is signed
	}}
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.EqualFold(r.URL.Path, "/getSignalingChannelEndpoint") {
			w.Header().Set("X-Amzn-ErrorType", "AccessDeniedException")
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(http.StatusForbidden)
			fmt.Fprint(w, `{"Message":"the user is not authorized to perform this action"}`)
			return
		}
		forward.ServeHTTP(w, r)
	}))
	s.ends = append(s.ends, func() error {
		proxy.Close()
		return nil
	})
	return s.open(ctx, account.Env, "--endpoint", proxy.URL)
}

// other starts another Kinora without a window, which ends with the stage.
func (s *stage) other(ctx context.Context, command string, args ...string) (*rig.Process, error) {
	name := fmt.Sprintf("kinora-%s-%d", command, len(s.ends))
	args = append([]string{command, "--data", filepath.Join(s.dir, name), "--endpoint", s.account.Endpoint}, args...)
	p, err := rig.Launch(ctx, name, append(os.Environ(), s.account.Env...), filepath.Join("build", "kinora"), args...)
	if err != nil {
		return nil, err
	}
	s.ends = append(s.ends, func() error {
		p.Stop()
		return nil
	})
	return p, nil
}

// call reaches a state of the call to the channel, so long after it was made.
func call(d time.Duration) func(context.Context, *stage) error {
	return func(ctx context.Context, s *stage) error {
		if err := after(3*time.Second, press("ctrl+3", "Down"))(ctx, s); err != nil {
			return err
		}
		if err := after(time.Second, press("d"))(ctx, s); err != nil {
			return err
		}
		return after(d, nothing)(ctx, s)
	}
}

// freeze stops the master in its tracks, so that no packet comes any more.
func freeze(_ context.Context, s *stage) error {
	if err := s.master.Signal(syscall.SIGSTOP); err != nil {
		return err
	}
	s.ends = append(s.ends, func() error { return s.master.Signal(syscall.SIGCONT) }) // or it could not end
	return nil
}

// offerDemo offers the first demo camera on the channel: the devices come after the demo cameras.
func offerDemo(ctx context.Context, s *stage) error {
	if err := press("o")(ctx, s); err != nil {
		return err
	}
	return after(4*time.Second, nothing)(ctx, s)
}

// callIn lets another Kinora watch what is offered.
func callIn(ctx context.Context, s *stage) error {
	viewer, err := s.other(ctx, "call", door)
	if err != nil {
		return err
	}
	if err := viewer.Says(ctx, "first packet"); err != nil {
		return err
	}
	return after(3*time.Second, nothing)(ctx, s) // its figures come once a second
}

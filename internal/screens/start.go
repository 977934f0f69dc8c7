package main

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"kinora/internal/rig"
)

// withArgs starts Kinora with its own service.
func withArgs(args ...string) func(context.Context, *stage) error {
	return func(ctx context.Context, s *stage) error { return s.open(ctx, nil, args...) }
}

// withAddress starts Kinora with the service at an address.
func withAddress(endpoint string, env ...string) func(context.Context, *stage) error {
	return func(ctx context.Context, s *stage) error { return s.open(ctx, env, "--endpoint", endpoint) }
}

// withService starts Kinora with a kinorad that has both streams; when sending, the live one is sent a tape.
func withService(sending bool, args ...string) func(context.Context, *stage) error {
	return func(ctx context.Context, s *stage) error {
		account, err := s.serve(ctx)
		if err != nil {
			return err
		}
		if sending {
			if err := s.send(ctx, account); err != nil {
				return err
			}
		}
		return s.open(ctx, account.Env, append(args, "--endpoint", account.Endpoint)...)
	}
}

// withStalledService puts a proxy between Kinora and kinorad that never answers a request for media.
func withStalledService(ctx context.Context, s *stage) error {
	account, err := s.serve(ctx)
	if err != nil {
		return err
	}
	if err := s.send(ctx, account); err != nil {
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
	stalled, stop := context.WithCancel(ctx)
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.EqualFold(r.URL.Path, "/getMedia") {
			<-stalled.Done()
			return
		}
		forward.ServeHTTP(w, r)
	}))
	s.ends = append(s.ends, func() error {
		stop()
		proxy.Close()
		return nil
	})
	return s.open(ctx, account.Env, "--endpoint", proxy.URL)
}

// withLine puts a line of so many bytes a second between Kinora and kinorad.
func withLine(narrow int) func(context.Context, *stage) error {
	return func(ctx context.Context, s *stage) error {
		account, err := s.serve(ctx)
		if err != nil {
			return err
		}
		return s.openBy(ctx, account, narrow, 0)
	}
}

// openBy starts Kinora with a line to the service that carries so many bytes a second to it and back; 0: as many as there are.
func (s *stage) openBy(ctx context.Context, account *rig.Account, narrow, back int) error {
	target, err := url.Parse(account.Endpoint)
	if err != nil {
		return err
	}
	if s.line, err = newLine(ctx, target.Host, narrow, back); err != nil {
		return err
	}
	s.ends = append(s.ends, s.line.close)
	return s.open(ctx, account.Env, "--endpoint", "http://"+s.line.listener.Addr().String())
}

// cutLine breaks the way to the service off.
func cutLine(_ context.Context, s *stage) error {
	s.line.sever(true)
	return nil
}

// mendLine lets it work again.
func mendLine(_ context.Context, s *stage) error {
	s.line.sever(false)
	return nil
}

// deleteStream removes a stream behind Kinora's back.
func deleteStream(name string) func(context.Context, *stage) error {
	return func(ctx context.Context, s *stage) error { return s.account.Client.Delete(ctx, name) }
}

// withWrongKeys starts Kinora with a service that does not know its secret.
func withWrongKeys(ctx context.Context, s *stage) error {
	account, err := s.serve(ctx)
	if err != nil {
		return err
	}
	env := append(slices.Clone(account.Env), "AWS_SECRET_ACCESS_KEY=this-is-not-the-secret")
	return s.open(ctx, env, "--endpoint", account.Endpoint)
}

// serve runs kinorad with both streams until the stage is closed.
func (s *stage) serve(ctx context.Context) (*rig.Account, error) {
	return s.serveStreams(ctx, silent, live)
}

// serviceDir is where kinorad keeps its data.
func (s *stage) serviceDir() string { return filepath.Join(s.dir, "service") }

// serveStreams starts kinorad and makes streams, beside those that its directory has.
func (s *stage) serveStreams(ctx context.Context, streams ...string) (*rig.Account, error) {
	service, account, err := rig.Serve(ctx, s.serviceDir(), streams...)
	if err != nil {
		return nil, err
	}
	s.service, s.account = service, account
	s.ends = append(s.ends, func() error {
		service.Stop()
		return nil
	})
	return account, nil
}

// stopService ends kinorad while Kinora watches.
func stopService(_ context.Context, s *stage) error {
	if s.service == nil {
		return errors.New("there is no service to stop")
	}
	s.service.Stop()
	return nil
}

// stopSender ends the upload while Kinora watches.
func stopSender(_ context.Context, s *stage) error {
	if s.stop == nil {
		return errors.New("there is no sender to stop")
	}
	return s.stop()
}

// send uploads a tape to the live stream until the stage is closed or the service ends.
func (s *stage) send(ctx context.Context, account *rig.Account) error {
	tape, err := rig.Tape720.Load(ctx, rig.Dir)
	if err != nil {
		return err
	}
	sender := &rig.Sender{Tape: tape, Client: account.Client, Stream: live}
	ctx, stop := context.WithCancel(ctx)
	sent := make(chan error, 1)
	go func() { sent <- sender.Run(ctx) }()
	s.stop = sync.OnceValue(func() error {
		stop()
		if err := <-sent; s.service.Running() == nil {
			return err
		}
		return nil // the upload ended with the service
	})
	s.ends = append(s.ends, s.stop)
	return nil
}

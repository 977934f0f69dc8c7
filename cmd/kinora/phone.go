package main

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"kinora/app"
	"kinora/kvs"
	"kinora/peer"
	"kinora/signaling"
)

var _ app.Phone = (*account)(nil)

func (a *account) Channels(ctx context.Context) ([]app.Channel, error) {
	channels, err := a.client.Channels(ctx)
	if err != nil {
		return nil, err
	}
	list := make([]app.Channel, 0, len(channels))
	for _, c := range channels {
		list = append(list, app.Channel{Name: c.Name, ARN: c.ARN, Created: c.Created})
	}
	return list, nil
}

func (a *account) CreateChannel(ctx context.Context, name string) error {
	_, err := a.client.CreateChannel(ctx, name, 0)
	return err
}

func (a *account) DeleteChannel(ctx context.Context, name string) error {
	return a.client.DeleteChannel(ctx, name)
}

// place is a seat of a channel, and what peer needs to take it.
type place struct {
	signal    *signaling.Channel
	servers   *signaling.Servers
	connected atomic.Pointer[time.Time] // for the first time
}

// run keeps the connection until ctx ends. It gives up only what was never connected: a call goes on without signaling.
func (p *place) run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	var watching sync.WaitGroup
	defer watching.Wait()
	defer cancel()
	watching.Go(func() {
		for {
			changed := p.signal.Changed()
			if s := p.signal.State(); s.Connected {
				p.connected.Store(&s.Since)
				return
			}
			select {
			case <-changed:
			case <-ctx.Done():
				return
			}
		}
	})
	return p.signal.Run(ctx)
}

// place makes the connection of a seat, which Run of its signal opens. known takes the calls that it costs.
func (a *account) place(s kvs.Seat, known func(kvs.Call)) *place {
	p := &place{servers: signaling.NewServers(func(ctx context.Context) ([]signaling.ICEServer, error) {
		lent, err := a.client.ICEServers(kvs.WithTrace(ctx, known), s)
		servers := make([]signaling.ICEServer, 0, len(lent))
		for _, one := range lent {
			servers = append(servers, signaling.ICEServer{URIs: one.URIs, Username: one.Username, Password: one.Password, TTL: int(one.TTL / time.Second)})
		}
		return servers, err
	})}
	p.signal = signaling.New(signaling.Options{
		Address: func(ctx context.Context, again bool) (string, error) {
			return a.client.SignalingURL(kvs.WithTrace(ctx, known), s, again)
		},
		Client:  a.client.Sockets(),
		Servers: p.servers,
		Retry:   func(err error) bool { return p.connected.Load() != nil || retried(err) },
		Log:     a.log.With("channel", s.Channel),
	})
	return p
}

// retried reports whether connecting again may mend an error before a person does something.
func retried(err error) bool {
	var refused *signaling.ConnectError
	if errors.As(err, &refused) && !kvs.IsUntrusted(err) {
		return refused.Status < http.StatusBadRequest || refused.Status >= http.StatusInternalServerError || refused.Status == http.StatusTooManyRequests
	}
	return kvs.Classify(err) == kvs.Retry
}

// peers are the options of a seat. A call is tried without TURN servers when none can be had: the way may be direct.
func (a *account) peers(p *place) peer.Options {
	return peer.Options{
		Signaling: p.signal,
		Servers: func(ctx context.Context) ([]signaling.ICEServer, error) {
			servers, err := p.servers.Get(ctx)
			if err != nil && ctx.Err() == nil {
				a.log.Warn("there are no TURN servers", "err", err)
				return nil, nil
			}
			return servers, err
		},
		CA:       a.client.Authorities(),
		STUN:     a.stun,
		Loopback: a.near,
		Log:      a.log,
	}
}

// Fault says what the end of a call means.
func (a *account) Fault(err error) app.Fault {
	var e *kvs.Error
	var refused *signaling.ConnectError
	f := app.Fault{Skew: a.client.KnownSkew()}
	code := ""
	if errors.As(err, &e) {
		f.Action, code = e.Op, e.Code
	}
	if errors.As(err, &refused) {
		f.Action, code = "ConnectAsViewer", refused.Code
	}
	switch {
	case kvs.IsSkewed(err) || refused != nil && kvs.SaysSkewed(refused.Message):
		f.Kind = app.FaultClock
	case code == "AccessDeniedException" || code == "AccessDenied":
		f.Kind = app.FaultForbidden
	case code == "ResourceNotFoundException":
		f.Kind = app.FaultNoChannel
	case code == "ClientLimitExceededException" && refused != nil:
		f.Kind = app.FaultViewerLimit
	case code == "ClientLimitExceededException" || code == "ThrottlingException" || refused != nil && refused.Status == http.StatusTooManyRequests:
		f.Kind = app.FaultThrottled
	case kvs.IsUntrusted(err):
		f.Kind = app.FaultUntrusted
	case kvs.Classify(err) == kvs.Reauthenticate, refused != nil && (refused.Status == http.StatusForbidden || refused.Status == http.StatusUnauthorized):
		f.Kind = app.FaultSignedOut
	case errors.Is(err, peer.ErrNoAnswer):
		f.Kind = app.FaultNoMaster
	case errors.Is(err, peer.ErrNoWay):
		f.Kind = app.FaultNoWay
	case errors.Is(err, peer.ErrLost):
		f.Kind = app.FaultLost
	case errors.Is(err, peer.ErrHungUp):
		f.Kind = app.FaultHungUp
	case errors.Is(err, peer.ErrForeign):
		f.Kind = app.FaultForeign
	case kvs.IsNetwork(err), refused != nil && refused.Status == 0:
		f.Kind = app.FaultNetwork
	}
	return f
}

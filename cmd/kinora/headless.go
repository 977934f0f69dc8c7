//go:build cgo

package main

import (
	"context"
	"errors"
	"log/slog"

	"kinora/app"
)

// open runs the app without a window on the account that was chosen; with spooled it can record. end closes all in the order in
// which the window does.
func (p places) open(ctx context.Context, o app.Options, spooled bool, log *slog.Logger) (a *app.App, end func() error, err error) {
	acc, service, err := openAccount(ctx, p, log)
	if err != nil {
		return nil, nil, err
	}
	closing := func() error { return errors.Join(closeArchives([]app.Account{acc}), service.stop()) }
	o.Accounts, o.Codecs, o.Log, o.Patient = []app.Account{acc}, decoders{}, log, true
	if spooled {
		kept, err := openSpool(p.Data, log)
		if err != nil {
			return nil, nil, errors.Join(err, closing())
		}
		o.Spool = kept
		before := closing
		closing = func() error { return errors.Join(kept.Close(), before()) }
	}
	a = app.New(o)
	running, stop := context.WithCancel(context.WithoutCancel(ctx))
	ran := make(chan error, 1)
	go func() { ran <- a.Run(running) }()
	return a, func() error {
		err := a.Close()
		stop()
		return errors.Join(err, <-ran, closing())
	}, nil
}

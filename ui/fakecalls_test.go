package ui

import (
	"context"
	"errors"

	"kinora/app"
	"kinora/media"
)

func (a *fakeAccount) Channels(context.Context) ([]app.Channel, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return append([]app.Channel(nil), a.channels...), nil
}

func (a *fakeAccount) CreateChannel(_ context.Context, name string) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.channels = append(a.channels, app.Channel{Name: name})
	return a.err
}

func (a *fakeAccount) DeleteChannel(context.Context, string) error { return errRefused }

func (a *fakeAccount) Dial(string, bool) app.Line            { return silentLine{} }
func (a *fakeAccount) Host(string, app.HostOptions) app.Host { return emptyHost{} }
func (a *fakeAccount) Carries(media.Codec) bool              { return true }
func (a *fakeAccount) Fault(error) app.Fault                 { return app.Fault{} }

// silentLine is a call that nobody answers.
type silentLine struct{}

func (silentLine) Run(ctx context.Context) error {
	<-ctx.Done()
	return ctx.Err()
}

func (silentLine) Open(ctx context.Context) (media.Source, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}
func (silentLine) Talk(ctx context.Context, src media.Source) error {
	<-ctx.Done()
	return src.Close()
}
func (silentLine) Spoken() media.Codec    { return "" }
func (silentLine) Say(string) error       { return errors.New("there is no data channel") }
func (silentLine) Texts() <-chan string   { return nil }
func (silentLine) Progress() app.Progress { return app.Progress{} }
func (silentLine) Figures() app.Figures   { return app.Figures{} }

// emptyHost is a master without viewers.
type emptyHost struct{}

func (emptyHost) Run(ctx context.Context) error {
	<-ctx.Done()
	return ctx.Err()
}

func (emptyHost) Feed(ctx context.Context, src media.Source) error {
	<-ctx.Done()
	return src.Close()
}
func (emptyHost) Viewers() []app.Viewer { return nil }
func (emptyHost) Kick(string)           {}
func (emptyHost) Say(string)            {}
func (emptyHost) State() app.HostState  { return app.HostState{Connected: true} }

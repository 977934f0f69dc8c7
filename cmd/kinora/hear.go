//go:build cgo

package main

import (
	"errors"
	"log/slog"
	"strings"

	"kinora/app"
	"kinora/ui"
)

// hear takes the requests of other starts until the instance is closed. A kiosk hears none, nor does a Kinora that has to share its
// data with another.
func hear(f flags, shared error, u *ui.UI, log *slog.Logger) *instance {
	if f.Open != "" || shared != nil {
		return nil
	}
	others, err := listen(socketPath(f.Data), func(request string) error { return obey(u, request) })
	if err != nil {
		log.Warn("links cannot be opened in this window", "err", err)
		return nil
	}
	return others
}

// follower is the window.
type follower interface {
	Follow(app.Link) error
	Raise()
}

// obey does what another start asks for.
func obey(u follower, request string) error {
	if request == requestShow {
		u.Raise()
		return nil
	}
	text, ok := strings.CutPrefix(request, requestOpen)
	if !ok {
		return errors.New("the running Kinora does not know what this start wants; perhaps they are of different versions")
	}
	link, err := app.ParseLink(text)
	if err != nil {
		return err
	}
	return u.Follow(link)
}

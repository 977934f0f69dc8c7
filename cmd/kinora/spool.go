package main

import (
	"log/slog"
	"path/filepath"

	"kinora/app"
	"kinora/host"
	"kinora/recorder/spool"
)

// openSpool opens the directory of recordings with the budgets that a person chose. An error keeps nobody from watching: it
// is what a recording says.
func openSpool(data string, log *slog.Logger) (*spool.Spool, error) {
	s, err := app.LoadRecordingSettings(data)
	if err != nil {
		log.Warn("the recordings on this disk have no budget", "err", err)
	}
	return spool.Open(filepath.Join(data, "spool"), spool.Options{MaxBytes: s.MaxBytes, MaxAge: s.MaxAge, Log: log})
}

func battery() (app.Battery, error) {
	b, err := host.BatteryNow()
	return app.Battery{Present: b.Present, Charging: b.Charging, Percent: b.Percent, Left: b.Left}, err
}

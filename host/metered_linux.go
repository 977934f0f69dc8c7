package host

import (
	"context"
	"fmt"
	"time"

	"github.com/godbus/dbus/v5"
)

// Metered reports whether the network costs by volume, as NetworkManager says or guesses. Without NetworkManager it does not.
// Source: the property Metered of org.freedesktop.NetworkManager, whose values are NMMetered.
func Metered() (bool, error) {
	ctx, cancel := context.WithTimeout(context.Background(), answerLimit)
	defer cancel()
	bus, err := dbus.ConnectSystemBus(dbus.WithContext(ctx))
	if err != nil {
		return false, nil // no bus, nobody to ask
	}
	defer bus.Close()
	return metered(ctx, bus)
}

// answerLimit is how long the bus and NetworkManager may take to answer.
const answerLimit = 3 * time.Second

func metered(ctx context.Context, bus *dbus.Conn) (bool, error) {
	const yes, guessYes = 1, 3
	const service = "org.freedesktop.NetworkManager"
	var running bool
	if err := bus.BusObject().CallWithContext(ctx, "org.freedesktop.DBus.NameHasOwner", 0, service).Store(&running); err != nil {
		return false, fmt.Errorf("the system's bus does not answer: %w", err)
	}
	if !running {
		return false, nil
	}
	var v dbus.Variant
	if err := bus.Object(service, "/org/freedesktop/NetworkManager").CallWithContext(ctx, "org.freedesktop.DBus.Properties.Get", 0, service, "Metered").Store(&v); err != nil {
		return false, fmt.Errorf("NetworkManager does not say whether the network is metered: %w", err)
	}
	n, ok := v.Value().(uint32)
	if !ok {
		return false, fmt.Errorf("NetworkManager says of the network's cost %s, which has no known meaning", v)
	}
	return n == yes || n == guessYes, nil
}

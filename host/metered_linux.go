package host

import (
	"fmt"

	"github.com/godbus/dbus/v5"
)

// Metered reports whether the network costs by volume, as NetworkManager says or guesses. Without NetworkManager it does not.
// Source: the property Metered of org.freedesktop.NetworkManager, whose values are NMMetered.
func Metered() (bool, error) {
	bus, err := dbus.ConnectSystemBus()
	if err != nil {
		return false, nil // no bus, nobody to ask
	}
	defer bus.Close()
	return metered(bus)
}

func metered(bus *dbus.Conn) (bool, error) {
	const yes, guessYes = 1, 3
	const service = "org.freedesktop.NetworkManager"
	var running bool
	if err := bus.BusObject().Call("org.freedesktop.DBus.NameHasOwner", 0, service).Store(&running); err != nil {
		return false, fmt.Errorf("the system's bus does not answer: %w", err)
	}
	if !running {
		return false, nil
	}
	v, err := bus.Object(service, "/org/freedesktop/NetworkManager").GetProperty(service + ".Metered")
	if err != nil {
		return false, fmt.Errorf("NetworkManager does not say whether the network is metered: %w", err)
	}
	n, ok := v.Value().(uint32)
	if !ok {
		return false, fmt.Errorf("NetworkManager says of the network's cost %s, which has no known meaning", v)
	}
	return n == yes || n == guessYes, nil
}

package host

import (
	"bufio"
	"context"
	"os/exec"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/godbus/dbus/v5"
)

// bus starts a message bus of the test's own and connects to it.
func bus(t *testing.T) func() *dbus.Conn {
	path, err := exec.LookPath("dbus-daemon")
	if err != nil {
		t.Skip("dbus-daemon is not installed (Debian: apt-get install dbus-daemon)")
	}
	daemon := exec.Command(path, "--session", "--nofork", "--print-address")
	out, err := daemon.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := daemon.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := daemon.Process.Kill(); err != nil {
			t.Error(err)
		}
		_ = daemon.Wait() // says that it was killed
	})
	address, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	return func() *dbus.Conn {
		c, err := dbus.Connect(strings.TrimSpace(address))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
		return c
	}
}

func TestMetered(t *testing.T) {
	connect := bus(t)
	if on, err := metered(t.Context(), connect()); on || err != nil {
		t.Errorf("without NetworkManager: %v, %v", on, err)
	}
	const service = "org.freedesktop.NetworkManager"
	manager := connect()
	var said atomic.Value
	if err := manager.Export(properties(func() any { return said.Load().(answer).value }), "/org/freedesktop/NetworkManager", "org.freedesktop.DBus.Properties"); err != nil {
		t.Fatal(err)
	}
	if _, err := manager.RequestName(service, dbus.NameFlagDoNotQueue); err != nil {
		t.Fatal(err)
	}
	for n, want := range []bool{false, true, false, true, false} { // unknown, yes, no, guessed yes, guessed no
		said.Store(answer{uint32(n)})
		if on, err := metered(t.Context(), connect()); on != want || err != nil {
			t.Errorf("NMMetered %d: %v, %v, want %v", n, on, err, want)
		}
	}
	said.Store(answer{"much"})
	if _, err := metered(t.Context(), connect()); err == nil {
		t.Error("an answer without meaning was taken")
	}
}

// A NetworkManager that hangs must not hold up whoever asks, or the program would never end.
func TestMeteredOfAServiceThatDoesNotAnswer(t *testing.T) {
	connect := bus(t)
	manager := connect()
	asked, release := make(chan struct{}), make(chan struct{})
	defer close(release)
	if err := manager.Export(properties(func() any { close(asked); <-release; return uint32(1) }), "/org/freedesktop/NetworkManager", "org.freedesktop.DBus.Properties"); err != nil {
		t.Fatal(err)
	}
	if _, err := manager.RequestName("org.freedesktop.NetworkManager", dbus.NameFlagDoNotQueue); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-asked
		cancel()
	}()
	if on, err := metered(ctx, connect()); on || err == nil {
		t.Errorf("without an answer: %v, %v", on, err)
	}
}

// answer wraps values of different types for an atomic.Value.
type answer struct{ value any }

// properties answers Get of org.freedesktop.DBus.Properties.
type properties func() any

func (p properties) Get(iface, name string) (dbus.Variant, *dbus.Error) {
	return dbus.MakeVariant(p()), nil
}

package peer

import (
	"bytes"
	"context"
	"net"
	"os/exec"
	"strconv"
	"testing"
	"time"

	"kinora/internal/leak"
	"kinora/signaling"
)

// coturn runs an independent TURN server on this computer and returns its address, by UDP and by TCP.
func coturn(t *testing.T) string {
	t.Helper()
	program, err := exec.LookPath("turnserver")
	if err != nil {
		t.Skip("coturn is not installed (Debian: apt-get install coturn)")
	}
	free, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := free.Addr().String()
	_, port, _ := net.SplitHostPort(address)
	_ = free.Close() // the server takes it
	dir := t.TempDir()
	cmd := exec.Command(program, "-n", "--listening-ip", "127.0.0.1", "--relay-ip", "127.0.0.1", "--listening-port", port, "--allow-loopback-peers",
		"--no-tls", "--no-dtls", "--no-cli", "--lt-cred-mech", "--user", "viewer:secret", "--realm", "kinora", "--fingerprint",
		"--userdb", dir+"/users", "--pidfile", dir+"/pid", "--log-file", "stdout", "--simple-log")
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill() // it may have ended
		_ = cmd.Wait()         // killed
		if t.Failed() {
			t.Logf("turnserver %s says:\n%.4000s", strconv.Quote(port), said.String())
		}
	})
	until(t, "coturn answers", func() bool {
		conn, err := net.DialTimeout("tcp4", address, time.Second)
		if err != nil {
			return false
		}
		_ = conn.Close() // it was only a look
		return true
	})
	return address
}

// Calls go through coturn, which shares no code with the peers.
func TestCallByCoturn(t *testing.T) {
	for _, protocol := range []string{"udp", "tcp"} {
		t.Run(protocol, func(t *testing.T) {
			leak.Check(t)
			address := coturn(t)
			servers := func(context.Context) ([]signaling.ICEServer, error) {
				return []signaling.ICEServer{{URIs: []string{"turn:" + address + "?transport=" + protocol}, Username: "viewer", Password: "secret"}}, nil
			}
			x := &exchange{}
			m := startMaster(t, x, nil)
			v := NewViewer(Options{Signaling: x.join("one"), Servers: servers, Relay: true})
			background(t, func(ctx context.Context) { v.Run(ctx) })
			watch(t, v, 50)
			until(t, "the way is said to be relayed", func() bool { return v.Stats().Relayed && m.Seats()[0].Relayed })
		})
	}
}

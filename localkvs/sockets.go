package localkvs

import (
	"errors"
	"net"
	"net/netip"
	"syscall"
)

// listenBoth opens one port for TCP and UDP. When any port will do it takes one that is free for both; of a certain one another program may
// have the UDP side: then there are no packets.
func listenBoth(address string) (net.Listener, net.PacketConn, error) {
	const tries = 20
	for try := 1; ; try++ {
		listener, err := net.Listen("tcp", address)
		if err != nil {
			return nil, nil, err
		}
		packets, err := net.ListenPacket("udp", listener.Addr().String())
		if err == nil {
			return listener, packets, nil
		}
		_, port, _ := net.SplitHostPort(address) // it was listened on
		if port != "0" && errors.Is(err, syscall.EADDRINUSE) {
			return listener, nil, nil
		}
		err = errors.Join(err, listener.Close())
		if try == tries || !errors.Is(err, syscall.EADDRINUSE) {
			return nil, nil, err
		}
	}
}

// relayAddress is the address at which peers reach relays: the one that was chosen, else the one that is listened on, else that of the
// way out of this machine.
func relayAddress(chosen netip.Addr, listener net.Listener) netip.Addr {
	if chosen.IsValid() {
		return chosen.Unmap()
	}
	if tcp, ok := listener.Addr().(*net.TCPAddr); ok && !tcp.IP.IsUnspecified() {
		return tcp.AddrPort().Addr().Unmap().WithZone("")
	}
	out, err := net.Dial("udp4", "192.0.2.1:9") // sends nothing
	if err != nil {
		return netip.Addr{} // there is no network: loopback
	}
	defer out.Close()
	return out.LocalAddr().(*net.UDPAddr).AddrPort().Addr().Unmap()
}

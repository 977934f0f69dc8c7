package telemetry

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/url"
	"os"
	"strconv"
	"strings"
)

// parse reads the name of an origin.
func parse(spec string) (origin, error) {
	kind, rest, _ := strings.Cut(spec, ":")
	switch {
	case spec == "stdin" || spec == "-":
		return origin{name: "standard input", open: openStdin, once: true}, nil
	case kind == "file" && rest != "":
		first := true
		return origin{name: rest, open: func() (io.ReadCloser, error) {
			f, err := openTail(rest, first)
			first = first && err != nil
			return f, err
		}}, nil
	case kind == "udp":
		addr, err := net.ResolveUDPAddr("udp", rest)
		if err != nil || addr.Port == 0 {
			return origin{}, fmt.Errorf("telemetry: %q names no UDP port: write udp::5555 or udp:HOST:PORT", spec)
		}
		return origin{name: "UDP port " + rest, whole: true, open: func() (io.ReadCloser, error) { return openUDP(addr) }}, nil
	case kind == "serial" && rest != "":
		device, query, _ := strings.Cut(rest, "?")
		baud, err := baudOf(query)
		if err != nil {
			return origin{}, fmt.Errorf("telemetry: %q: %w", spec, err)
		}
		return origin{name: device, open: func() (io.ReadCloser, error) { return openSerial(device, baud) }}, nil
	}
	return origin{}, fmt.Errorf("telemetry: %q is no source of data: write stdin, file:PATH, udp::PORT or serial:DEVICE?baud=4800", spec)
}

// baudOf reads the query of a serial line.
func baudOf(query string) (int, error) {
	values, err := url.ParseQuery(query)
	if err != nil {
		return 0, errors.New("what follows the question mark is not understood: write ?baud=4800")
	}
	baud := 4800 // of NMEA 0183
	for key, v := range values {
		if key != "baud" {
			return 0, fmt.Errorf("a serial line has no option %q: write ?baud=4800", key)
		}
		if baud, err = strconv.Atoi(v[0]); err != nil || baud <= 0 {
			return 0, fmt.Errorf("%q is no number of bits a second", v[0])
		}
	}
	return baud, nil
}

func openUDP(addr *net.UDPAddr) (io.ReadCloser, error) {
	listen := net.ListenUDP
	if addr.IP.IsMulticast() {
		listen = func(network string, a *net.UDPAddr) (*net.UDPConn, error) {
			return net.ListenMulticastUDP(network, nil, a)
		}
	}
	c, err := listen("udp", addr)
	if err != nil {
		return nil, fmt.Errorf("UDP port %d cannot be listened to; another program may use it: %w", addr.Port, err)
	}
	return c, nil
}

// sentenceOf says what to do about a file or device that cannot be opened.
func sentenceOf(path string, err error) error {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("there is no %s: check the path, and that the device is plugged in: %w", path, err)
	case errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("%s may not be read: ask for access to it (for a serial line often the group dialout): %w", path, err)
	case errors.Is(err, os.ErrDeadlineExceeded):
		return fmt.Errorf("%s does not answer: %w", path, err)
	}
	return fmt.Errorf("%s cannot be opened: %w", path, err)
}

//go:build !unix

package telemetry

import (
	"errors"
	"io"
)

func openStdin() (io.ReadCloser, error) {
	return nil, errors.New("standard input cannot be followed on this system: write the lines to a file and use file:PATH, or send them to udp::PORT")
}

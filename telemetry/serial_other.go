//go:build !linux

package telemetry

import (
	"fmt"
	"io"
)

func openSerial(device string, baud int) (io.ReadCloser, error) {
	return nil, fmt.Errorf("serial lines are read on Linux only: let another program read %s and send its lines to udp::PORT", device)
}

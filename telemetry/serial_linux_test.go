package telemetry

import (
	"errors"
	"fmt"
	"os"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"kinora/internal/leak"
)

// terminal returns a pseudo-terminal: what is written to it can be read from the device of that path.
func terminal(t *testing.T) (*os.File, string) {
	t.Helper()
	m, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Skipf("there are no pseudo-terminals here: %v", err)
	}
	t.Cleanup(func() { m.Close() })
	if err := unix.IoctlSetPointerInt(int(m.Fd()), unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	n, err := unix.IoctlGetInt(int(m.Fd()), unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	return m, fmt.Sprintf("/dev/pts/%d", n)
}

func TestSerial(t *testing.T) {
	leak.Check(t)
	m, path := terminal(t)
	s, err := Open(t.Context(), "serial:"+path+"?baud=9600")
	if err != nil {
		t.Fatal(err)
	}
	tty, err := os.OpenFile(path, os.O_RDONLY|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer tty.Close()
	// A raw line passes everything on: no echo, no interrupt by ^C, no carriage return made a line feed.
	mode, err := unix.IoctlGetTermios(int(tty.Fd()), unix.TCGETS)
	if err != nil || mode.Cflag&unix.CBAUD != unix.B9600 || mode.Lflag&(unix.ECHO|unix.ICANON|unix.ISIG) != 0 || mode.Iflag&unix.ICRNL != 0 {
		t.Errorf("mode %+v, %v", mode, err)
	}
	line := nmea("GPGGA,123519,,,,,0,00,,,M,,M,,")
	send(t, m, "half\r\n"+line+"\r\na\x03b\r\n")
	want(t, s, "half", line, "a\x03b")
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

// A device that is unplugged is waited for.
func TestSerialIsUnplugged(t *testing.T) {
	leak.Check(t)
	m, path := terminal(t)
	s, err := Open(t.Context(), "serial:"+path)
	if err != nil {
		t.Fatal(err)
	}
	send(t, m, "here\n")
	want(t, s, "here")
	m.Close()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for s.(*source).Trouble() == nil {
		select {
		case <-tick.C:
		case <-t.Context().Done():
			t.Fatal("nothing says that it is unplugged")
		}
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

// Standard input can be left while it gives nothing, and stays as it is.
func TestStandardInput(t *testing.T) {
	leak.Check(t)
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	in, err := openPolled(r)
	if err != nil {
		t.Fatal(err)
	}
	s := start(t.Context(), origin{once: true}, in)
	send(t, w, "one\n")
	want(t, s, "one")
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if in, err = openPolled(r); err != nil {
		t.Fatal(err)
	}
	s = start(t.Context(), origin{once: true}, in)
	send(t, w, "two\n")
	w.Close()
	want(t, s, "two")
	if _, err := s.Read(); err == nil {
		t.Error("it goes on after its end")
	}
	if err := in.(*polled).wake.Close(); !errors.Is(err, os.ErrClosed) {
		t.Errorf("the pipe behind it stays open: %v", err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

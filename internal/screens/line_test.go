package main

import (
	"bytes"
	"io"
	"net"
	"testing"

	"kinora/internal/leak"
)

// echo is a service that sends back what it gets.
func echo(t *testing.T) (address string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			_, _ = io.Copy(conn, conn) // until the line breaks
			_ = conn.Close()
		}
	}()
	t.Cleanup(func() {
		if err := listener.Close(); err != nil {
			t.Error(err)
		}
		<-done
	})
	return listener.Addr().String()
}

// ask sends something over a new connection and reports whether it comes back.
func ask(t *testing.T, address string) (conn net.Conn, answered bool) {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		return nil, false
	}
	t.Cleanup(func() { _ = conn.Close() }) // the line may have done so
	if _, err := conn.Write([]byte("here?")); err != nil {
		return conn, false
	}
	got := make([]byte, 5)
	_, err = io.ReadFull(conn, got)
	return conn, err == nil && string(got) == "here?"
}

func TestALineIsCutAndMended(t *testing.T) {
	leak.Check(t)
	l, err := newLine(t.Context(), echo(t), 1_000_000, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.close(); err != nil {
			t.Error(err)
		}
	})
	address := l.listener.Addr().String()
	conn, answered := ask(t, address)
	if !answered {
		t.Fatal("a whole line carries nothing")
	}
	l.sever(true)
	if _, err := conn.Read(make([]byte, 1)); err == nil {
		t.Error("a connection outlives the line")
	}
	if _, answered := ask(t, address); answered {
		t.Error("a cut line carries something")
	}
	l.sever(false)
	if _, answered := ask(t, address); !answered {
		t.Error("a mended line carries nothing")
	}
}

func TestANarrowLineTakesLittleAtOnce(t *testing.T) {
	n := &narrowed{bytes.NewReader(make([]byte, 1000)), 2000}
	if got, err := n.Read(make([]byte, 500)); got != 100 || err != nil {
		t.Errorf("a twentieth of a second carries %d bytes, %v, want 100", got, err)
	}
}

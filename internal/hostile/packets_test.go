package hostile

import (
	"encoding/binary"
	"net"
	"testing"
	"time"

	"kinora/internal/leak"
)

// mirror is a server that answers each packet with itself.
func mirror(t *testing.T) string {
	t.Helper()
	conn, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		b := make([]byte, 2000)
		for {
			n, from, err := conn.ReadFrom(b)
			if err != nil {
				return
			}
			_, _ = conn.WriteTo(b[:n], from) // the client may be gone
		}
	}()
	t.Cleanup(func() {
		_ = conn.Close() // ends the server
		<-done
	})
	return conn.LocalAddr().String()
}

func TestPackets(t *testing.T) {
	leak.Check(t)
	p, err := ListenPackets(mirror(t), 1)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	}()
	conn, err := net.Dial("udp4", p.Addr())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	// ask sends numbered packets and returns the answers, in their order, and how long the first took.
	ask := func(n int, until func(got int) bool) (answers []uint32, first time.Duration) {
		t.Helper()
		began := time.Now()
		for i := range n {
			if _, err := conn.Write(binary.BigEndian.AppendUint32(nil, uint32(i))); err != nil {
				t.Fatal(err)
			}
		}
		b := make([]byte, 4)
		for !until(len(answers)) {
			if err := conn.SetReadDeadline(time.Now().Add(20 * time.Second)); err != nil {
				t.Fatal(err)
			}
			if _, err := conn.Read(b); err != nil {
				t.Fatal(err)
			}
			if len(answers) == 0 {
				first = time.Since(began)
			}
			answers = append(answers, binary.BigEndian.Uint32(b))
		}
		return answers, first
	}
	all := func(got int) bool {
		lost, passed := p.Counts()
		return passed+lost >= 200 && got >= passed/2
	}
	if got, _ := ask(100, all); len(got) != 100 {
		t.Errorf("%d of 100 came back in good weather", len(got))
	}
	p.Set(Weather{Delay: 50 * time.Millisecond, Jitter: 20 * time.Millisecond})
	got, first := ask(100, func(got int) bool { return got == 100 })
	if first < 60*time.Millisecond {
		t.Errorf("the first packet came back after %v, want twice 30 ms at least", first)
	}
	overtaken := false
	for i, n := range got {
		overtaken = overtaken || int(n) != i
	}
	if !overtaken {
		t.Error("no packet overtook another")
	}
	before, _ := p.Counts()
	p.Set(Weather{Cut: true})
	for range 10 {
		if _, err := conn.Write([]byte("cut")); err != nil {
			t.Fatal(err)
		}
	}
	for lost := before; lost < before+10; lost, _ = p.Counts() {
		<-time.After(time.Millisecond)
	}
	p.Set(Weather{Loss: 0.5})
	if _, err := conn.Write([]byte("0000")); err != nil {
		t.Fatal(err)
	}
	for passed, lost := 0, 0; passed == 0 || lost < before+30; lost, passed = p.Counts() {
		if _, err := conn.Write([]byte("0000")); err != nil {
			t.Fatal(err)
		}
	}
}

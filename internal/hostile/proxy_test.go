package hostile

import (
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"syscall"
	"testing"
	"time"

	"kinora/internal/leak"
)

// echo answers what it gets until the test ends.
func echo(t *testing.T) (address string) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				_, _ = io.Copy(c, c) // ends with the connection, however that ends
			}()
		}
	}()
	return l.Addr().String()
}

func proxied(t *testing.T) (*Proxy, func() net.Conn) {
	leak.Check(t)
	p, err := Listen(echo(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
	return p, func() net.Conn {
		c, err := net.Dial("tcp", p.Addr())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
		return c
	}
}

// ask sends a word and returns the answer, or what went wrong within a while.
func ask(c net.Conn, word string, within time.Duration) (string, error) {
	if err := c.SetDeadline(time.Now().Add(within)); err != nil {
		return "", err
	}
	if _, err := c.Write([]byte(word)); err != nil {
		return "", err
	}
	b := make([]byte, len(word))
	_, err := io.ReadFull(c, b)
	return string(b), err
}

const (
	long  = 10 * time.Second
	short = 200 * time.Millisecond
)

func TestPassesOn(t *testing.T) {
	_, dial := proxied(t)
	if got, err := ask(dial(), "hello", long); got != "hello" || err != nil {
		t.Errorf("%q, %v", got, err)
	}
}

// A service that begins again elsewhere is found there.
func TestRedirect(t *testing.T) {
	p, err := Listen("127.0.0.1:1")
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	p.Redirect(echo(t))
	c, err := net.Dial("tcp", p.Addr())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if got, err := ask(c, "hello", long); got != "hello" || err != nil {
		t.Errorf("%q, %v", got, err)
	}
}

func TestCutAndRestore(t *testing.T) {
	p, dial := proxied(t)
	c := dial()
	p.Cut()
	if got, err := ask(c, "hello", long); err == nil {
		t.Errorf("an open connection answered %q", got)
	}
	if c, err := net.Dial("tcp", p.Addr()); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("a new connection: %v, %v", c, err)
	}
	if err := p.Restore(); err != nil {
		t.Fatal(err)
	}
	if got, err := ask(dial(), "hello", long); got != "hello" || err != nil {
		t.Errorf("afterwards %q, %v", got, err)
	}
}

func TestReset(t *testing.T) {
	p, dial := proxied(t)
	c := dial()
	if _, err := ask(c, "before", long); err != nil {
		t.Fatal(err)
	}
	failed := make(chan error, 1)
	go func() {
		for {
			if _, err := ask(c, "hello", long); err != nil {
				failed <- err
				return
			}
		}
	}()
	p.Reset()
	if err := <-failed; errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("%v, want the end of the connection", err)
	}
	if got, err := ask(dial(), "hello", long); got != "hello" || err != nil {
		t.Errorf("afterwards %q, %v", got, err)
	}
}

// A frozen connection gives no sign, and goes on afterwards with all that was sent.
func TestHalfOpen(t *testing.T) {
	p, dial := proxied(t)
	c := dial()
	p.HalfOpen()
	if got, err := ask(c, "hello", short); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("frozen: %q, %v", got, err)
	}
	if got, err := ask(dial(), "hello", short); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("new and frozen: %q, %v", got, err)
	}
	if err := p.Restore(); err != nil {
		t.Fatal(err)
	}
	if got, err := ask(c, "again", long); got != "hello" || err != nil {
		t.Errorf("afterwards %q, %v", got, err)
	}
}

func TestCorrupt(t *testing.T) {
	p, dial := proxied(t)
	p.Corrupt(1)
	if got, err := ask(dial(), "hello", long); got == "hello" || err != nil {
		t.Errorf("%q, %v, want another word", got, err)
	}
}

// Both directions and faults that follow each other leave the bytes as they are.
func TestThrottleAndDelayLoseNothing(t *testing.T) {
	p, dial := proxied(t)
	c := dial()
	p.Throttle(1 << 20)
	p.Delay(5*time.Millisecond, 5*time.Millisecond)
	sent := make([]byte, 300<<10)
	for i := range sent {
		sent[i] = byte(i * i >> 8)
	}
	go func() {
		if _, err := c.Write(sent); err != nil {
			t.Error(err)
		}
	}()
	if err := c.SetReadDeadline(time.Now().Add(long)); err != nil {
		t.Fatal(err)
	}
	got := make([]byte, len(sent))
	if _, err := io.ReadFull(c, got[:100<<10]); err != nil {
		t.Fatal(err)
	}
	if err := p.Restore(); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(c, got[100<<10:]); err != nil {
		t.Fatal(err)
	}
	if string(got) != string(sent) {
		t.Error("the bytes have changed on the way")
	}
}

// A service that breaks while much is on its way, under faults that change, holds nobody up and leaves nothing behind.
func TestBrokenSidesUnderLoad(t *testing.T) {
	leak.Check(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			_, _ = io.CopyN(io.Discard, c, 100<<10) // what follows is refused
			c.Close()
		}
	}()
	p, err := Listen(l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	var senders sync.WaitGroup
	stop := make(chan struct{})
	for range 4 {
		senders.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				c, err := net.Dial("tcp", p.Addr())
				if err != nil {
					continue
				}
				for err == nil {
					_, err = c.Write(make([]byte, 32<<10))
				}
				c.Close()
			}
		})
	}
	for i := range 60 {
		switch i % 6 {
		case 0:
			p.Throttle(4 << 20)
		case 1:
			p.Delay(time.Millisecond, time.Millisecond)
		case 2:
			p.HalfOpen()
		case 3:
			p.Reset()
		case 4:
			p.Cut()
		case 5:
			if err := p.Restore(); err != nil {
				t.Error(err)
			}
		}
	}
	p.Throttle(100)
	p.HalfOpen()
	close(stop)
	if err := p.Close(); err != nil {
		t.Error(err)
	}
	senders.Wait()
}

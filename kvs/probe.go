package kvs

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"math/rand/v2"
	"net"
	"net/http"
	"sync"
	"time"

	"kinora/media"
	"kinora/mkv"
)

const (
	// probeMost is what a probe sends at most; the service takes fragments of up to 50 MB.
	probeMost = 24 << 20
	// probeBuffer bounds what the kernel takes without having sent it. What fills it is not counted.
	probeBuffer = 128 << 10
	probePiece  = 16 << 10
)

// Probe measures how fast the stream's service takes data, in bits a second: it uploads a fragment of nothing but filler by
// PutMedia for as long as limit, or up to 24 MB, and breaks off before the fragment is complete, so that nothing is stored. report
// may be nil; it is called a few times a second from another goroutine with what was measured so far. A stream that somebody is
// watching or recording into should not be probed: its viewers would see a fragment begin. The error is as of [Client.Put].
func (c *Client) Probe(ctx context.Context, stream string, limit time.Duration, report func(bps float64)) (bps float64, err error) {
	transport := c.http.Transport.(*http.Transport).Clone()
	dial := transport.DialContext
	transport.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := dial(ctx, network, address)
		if tcp, ok := conn.(*net.TCPConn); ok && err == nil {
			err = tcp.SetWriteBuffer(probeBuffer)
		}
		return conn, err
	}
	defer transport.CloseIdleConnections()
	f := &filler{report: report, limit: limit}
	f.pending = f.begin()
	ctx, cancel := context.WithTimeout(ctx, limit+staleness)
	defer cancel()
	err = c.upload(ctx, &http.Client{Transport: transport, CheckRedirect: c.http.CheckRedirect}, stream, f, func(Ack) {})
	f.mu.Lock()
	defer f.mu.Unlock()
	if errors.Is(err, errProbed) || f.over && errors.Is(context.Cause(ctx), context.DeadlineExceeded) {
		return f.rate(time.Now()), nil
	}
	return 0, err
}

// errProbed ends a probe that went well.
var errProbed = errors.New("the probe has sent enough")

// filler is the body of a probe: a head, a Cluster, and Void elements of noise that no network can compress.
type filler struct {
	report func(bps float64)
	limit  time.Duration

	mu      sync.Mutex
	pending []byte
	void    []byte
	sent    int64     // bytes read so far
	began   time.Time // when the kernel's buffer was full
	first   time.Time // when the first byte was read
	said    time.Time
	over    bool
}

// begin is all in front of the filler.
func (f *filler) begin() []byte {
	var b bytes.Buffer
	w := mkv.NewWriter(&b, []media.Track{{ID: 1, Kind: media.Data, Codec: media.Text, Name: "probe"}}, mkv.WriterOptions{Epoch: time.Now()})
	if err := w.Begin(0); err != nil {
		panic("kvs: a probe's head: " + err.Error()) // a bytes.Buffer takes all, and the track is fixed
	}
	const idVoid = 0xEC
	f.void = binary.BigEndian.AppendUint64([]byte{idVoid}, 1<<56|probePiece)
	for len(f.void) < 9+probePiece {
		f.void = binary.LittleEndian.AppendUint64(f.void, rand.Uint64())
	}
	return b.Bytes()
}

func (f *filler) Read(p []byte) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	now := time.Now()
	switch {
	case f.first.IsZero():
		f.first = now
	case f.began.IsZero() && f.sent >= 2*probeBuffer:
		f.began = now
	}
	if f.over = f.sent >= probeMost || now.Sub(f.first) >= f.limit; f.over {
		return 0, errProbed
	}
	if f.report != nil && now.Sub(f.said) >= 200*time.Millisecond && f.rate(now) > 0 {
		f.said = now
		f.report(f.rate(now))
	}
	if len(f.pending) == 0 {
		f.pending = f.void
	}
	n := copy(p, f.pending)
	f.pending = f.pending[n:]
	f.sent += int64(n)
	return n, nil
}

// rate is what was measured until now; 0 before anything was.
func (f *filler) rate(now time.Time) float64 {
	since, sent := f.began, f.sent-2*probeBuffer
	if since.IsZero() { // so slow that the buffer was never full
		since, sent = f.first, f.sent-probeBuffer
	}
	if sent <= 0 || since.IsZero() || !now.After(since) {
		return 0
	}
	return 8 * float64(sent) / now.Sub(since).Seconds()
}

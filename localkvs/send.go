package localkvs

import (
	"errors"
	"io"
	"net/http"
	"slices"
	"strconv"
	"time"
)

// send writes the answer. A player that takes nothing for the stall time is cut off. Of what may be kept a player can have ranges.
func (s *Service) send(w http.ResponseWriter, r *http.Request, out answered) {
	size := 0
	for _, part := range out.parts {
		size += len(part)
	}
	h := w.Header()
	h.Set("Content-Type", out.kind)
	h.Set("Cache-Control", map[bool]string{false: "no-store", true: "private, max-age=300"}[out.static])
	to := &patient{w, s}
	if out.static {
		h.Set("Accept-Ranges", "bytes")
		if r.Header.Get("Range") != "" {
			http.ServeContent(to, r, "", time.Time{}, &content{parts: out.parts, size: int64(size)})
			_ = to.extend() // for what is buffered; the connection may be gone
			return
		}
	}
	h.Set("Content-Length", strconv.Itoa(size))
	w.WriteHeader(http.StatusOK)
	if r.Method == http.MethodHead {
		return
	}
	for _, part := range out.parts {
		if _, err := to.Write(part); err != nil {
			return // the player has left
		}
	}
	_ = to.extend() // likewise
}

// patient writes to a player as long as it takes something.
type patient struct {
	http.ResponseWriter
	service *Service
}

func (p *patient) Write(b []byte) (n int, err error) {
	for piece := range slices.Chunk(b, maxWrite) {
		if err := p.extend(); err != nil {
			return n, err
		}
		m, err := p.ResponseWriter.Write(piece)
		if n += m; err != nil {
			return n, err
		}
		p.service.metrics.playbackBytes.Add(float64(m))
	}
	return n, nil
}

// extend gives what is written now, and what is buffered, the stall time.
func (p *patient) extend() error {
	return http.NewResponseController(p.ResponseWriter).SetWriteDeadline(time.Now().Add(p.service.limits.WriteStall))
}

// content reads the parts of an answer as one.
type content struct {
	parts [][]byte
	size  int64
	at    int64
}

func (c *content) Read(b []byte) (int, error) {
	at := c.at
	for _, part := range c.parts {
		if at < int64(len(part)) {
			n := copy(b, part[at:])
			c.at += int64(n)
			return n, nil
		}
		at -= int64(len(part))
	}
	return 0, io.EOF
}

func (c *content) Seek(offset int64, whence int) (int64, error) {
	at := offset + map[int]int64{io.SeekStart: 0, io.SeekCurrent: c.at, io.SeekEnd: c.size}[whence]
	if at < 0 {
		return 0, errors.New("nothing stands in front of the answer's beginning")
	}
	c.at = at
	return at, nil
}

package kvs

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

const (
	mostList  = 4 << 20  // bytes of a playlist or a manifest
	mostStart = 64 << 10 // of a segment, up to where its time stands
)

var errTimeless = errors.New("the session does not say when it was recorded")

// SessionZero returns the wall time of media time zero of a session: what a segment says of both its times. HLS has them in the
// playlist (EXT-X-PROGRAM-DATE-TIME) and in the segment, DASH both in the manifest. Its errors do not hold the address.
func (c *Client) SessionZero(ctx context.Context, address string, s Session) (time.Time, error) {
	zero := c.hlsZero
	if s.DASH {
		zero = c.dashZero
	}
	at, err := zero(ctx, address)
	var sent *url.Error
	if errors.As(err, &sent) {
		err = sent.Err
	}
	if err != nil {
		return time.Time{}, fmt.Errorf("when a session was recorded is not known: %w", err)
	}
	return at, nil
}

func (c *Client) hlsZero(ctx context.Context, address string) (time.Time, error) {
	master, err := c.playlist(ctx, address)
	if err != nil {
		return time.Time{}, err
	}
	list, err := c.playlist(ctx, master.last().address)
	if err != nil {
		return time.Time{}, err
	}
	segment := list.last()
	if segment.at.IsZero() || segment.head == "" {
		return time.Time{}, errTimeless
	}
	head, err := c.get(ctx, segment.head, mostStart)
	if err != nil {
		return time.Time{}, err
	}
	start, err := c.get(ctx, segment.address, mostStart)
	if err != nil {
		return time.Time{}, err
	}
	scale, ok := timescale(head)
	ticks, ok2 := decodeTime(start)
	if !ok || !ok2 {
		return time.Time{}, errTimeless
	}
	return segment.at.Add(-ticksOf(ticks, scale)), nil
}

func (c *Client) dashZero(ctx context.Context, address string) (time.Time, error) {
	b, err := c.get(ctx, address, mostList)
	if err != nil {
		return time.Time{}, err
	}
	scale := uint32(1)
	for d := xml.NewDecoder(bytes.NewReader(b)); ; {
		token, err := d.Token()
		if err != nil {
			return time.Time{}, errTimeless
		}
		e, ok := token.(xml.StartElement)
		switch {
		case !ok:
		case e.Name.Local == "SegmentTemplate":
			if n, err := strconv.ParseUint(attribute(e, "timescale"), 10, 32); err == nil && n > 0 {
				scale = uint32(n)
			}
		case e.Name.Local == "S" && attribute(e, "ts") != "":
			at, err := strconv.ParseFloat(attribute(e, "ts"), 64)
			ticks, err2 := strconv.ParseUint(attribute(e, "t"), 10, 63)
			if err != nil || err2 != nil || at < 0 || at > math.MaxInt32*100 {
				return time.Time{}, errTimeless
			}
			return time.UnixMilli(int64(math.Round(at * 1000))).Add(-ticksOf(ticks, scale)), nil
		}
	}
}

func attribute(e xml.StartElement, name string) string {
	for _, a := range e.Attr {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

func ticksOf(ticks uint64, scale uint32) time.Duration {
	n := uint64(scale)
	return time.Duration(ticks/n)*time.Second + time.Duration(ticks%n*uint64(time.Second)/n)
}

// get reads up to most bytes of what a session has. It is not signed: the address is the key.
func (c *Client) get(ctx context.Context, address string, most int64) ([]byte, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, errTimeless
	}
	resp, err := c.http.Do(r)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return nil, &sessionError{resp.StatusCode}
	}
	return io.ReadAll(io.LimitReader(resp.Body, most))
}

// sessionError is a session's answer that is no content.
type sessionError struct{ status int }

func (e *sessionError) Error() string {
	return fmt.Sprintf("the session answered with HTTP status %d", e.status)
}

// timescale is how many ticks a second an init segment's first track counts.
func timescale(head []byte) (uint32, bool) {
	mdhd := box(box(box(box(head, "moov"), "trak"), "mdia"), "mdhd")
	at := 12 // version and flags, creation and modification time
	if len(mdhd) > 0 && mdhd[0] == 1 {
		at = 20
	}
	if len(mdhd) < at+4 {
		return 0, false
	}
	scale := binary.BigEndian.Uint32(mdhd[at:])
	return scale, scale > 0
}

// decodeTime is when a media segment's first track begins, in ticks.
func decodeTime(segment []byte) (uint64, bool) {
	tfdt := box(box(box(segment, "moof"), "traf"), "tfdt")
	switch {
	case len(tfdt) >= 12 && tfdt[0] == 1:
		return binary.BigEndian.Uint64(tfdt[4:]), true
	case len(tfdt) >= 8 && tfdt[0] == 0:
		return uint64(binary.BigEndian.Uint32(tfdt[4:])), true
	}
	return 0, false
}

// box returns the content of the first box of a kind, as far as it is there.
func box(b []byte, kind string) []byte {
	for len(b) >= 8 {
		size, from := uint64(binary.BigEndian.Uint32(b)), 8
		if size == 1 && len(b) >= 16 {
			size, from = binary.BigEndian.Uint64(b[8:]), 16
		}
		if size == 0 || size > uint64(len(b)) {
			size = uint64(len(b))
		}
		if size < uint64(from) {
			return nil
		}
		if string(b[4:8]) == kind {
			return b[from:size]
		}
		b = b[size:]
	}
	return nil
}

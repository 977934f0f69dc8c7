package caller

import (
	"encoding/binary"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"kinora/media"
	"kinora/media/nal"
)

// Parameter sets of x264: 1280x720, main profile.
var sets = []byte{0, 0, 0, 1, 0x67, 0x4d, 0x40, 0x1f, 0xe8, 0x80, 0x28, 0x02, 0xdd, 0x80, 0xb5, 0x01, 0x01, 0x01, 0x40, 0x00, 0x00, 0x03, 0x00, 0x40, 0x00, 0x00, 0x0f, 0x03, 0xc6, 0x0c, 0x44, 0x80,
	0, 0, 0, 1, 0x68, 0xeb, 0xef, 0x20}

const (
	rate     = 30  // pictures a second
	keyEvery = 60  // pictures
	keySize  = 5   // pictures
	header   = 9   // bytes of a frame that mean something
	leastBig = 100 // bytes of a frame
)

// camera makes frames that know when they were captured. A key frame comes when it is asked for, too.
type camera struct {
	track  media.Track
	size   int
	epoch  time.Time
	n      int
	asked  atomic.Bool
	closed chan struct{}
	close  func()
}

func newCamera(bits int) (*camera, error) {
	private, err := nal.AVCConfig(sets)
	if err != nil {
		return nil, err
	}
	c := &camera{
		track: media.Track{ID: 1, Kind: media.Video, Codec: media.H264, Private: private, Width: 1280, Height: 720},
		size:  max(leastBig, bits/8/rate*keyEvery/(keyEvery+keySize-1)), epoch: time.Now(), closed: make(chan struct{}),
	}
	c.close = sync.OnceFunc(func() { close(c.closed) })
	return c, nil
}

func (c *camera) Tracks() []media.Track { return []media.Track{c.track} }
func (c *camera) Epoch() time.Time      { return c.epoch }
func (c *camera) Close() error          { c.close(); return nil }

func (c *camera) Read() (*media.Packet, error) {
	pts := time.Duration(c.n) * time.Second / rate
	select {
	case <-c.closed:
		return nil, io.EOF
	case <-time.After(time.Until(c.epoch.Add(pts))):
	}
	key := c.asked.Swap(false) || c.n%keyEvery == 0
	size := c.size
	if key {
		size *= keySize
	}
	c.n++
	return &media.Packet{Track: c.track.ID, PTS: pts, DTS: pts, Key: key, Data: frame(size, key, time.Now())}, nil
}

// frame is one NAL unit behind its length.
func frame(size int, key bool, captured time.Time) []byte {
	b := make([]byte, 4+size)
	binary.BigEndian.PutUint32(b, uint32(size))
	b[4] = 0x41
	if key {
		b[4] = 0x65
	}
	binary.BigEndian.PutUint64(b[5:], uint64(captured.UnixNano()))
	return b
}

// captured reads when a frame was. A key frame has its parameter sets in front, or not.
func captured(data []byte) (time.Time, bool) {
	for len(data) >= 4+header {
		size := int(binary.BigEndian.Uint32(data))
		if kind := data[4] & 31; kind == 1 || kind == 5 {
			return time.Unix(0, int64(binary.BigEndian.Uint64(data[5:]))), true
		}
		if size < 0 || size > len(data)-4 {
			break
		}
		data = data[4+size:]
	}
	return time.Time{}, false
}

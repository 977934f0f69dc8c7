package ffmpeg

import (
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/asticode/go-astiav"
)

// Address is a camera on the network as something to capture: H.264, H.265, AAC and G.711 are passed on as they are
// coded, and a camera that breaks off is reached again. The address may begin with rtsp, rtsps, http, https (MPEG-TS,
// HLS, FLV, MJPEG), rtmp, rtmps, srt, tcp or udp; RTSP is carried over TCP. The input is named by host and path. An error
// says what is wrong with the address, and not its password. Nothing is opened yet.
func Address(address string) (CaptureOptions, error) {
	address = strings.TrimSpace(address)
	u, err := url.Parse(address)
	if err != nil {
		return CaptureOptions{}, errors.New("this is no address of a camera; write it like rtsp://192.168.1.20/stream1, with special characters of a password as %-codes")
	}
	if strings.Contains(u.Path, "@") && u.User != nil {
		return CaptureOptions{}, errors.New("the password has a character that ends it in an address (/, ? or #); write it as a %-code, such as %2F for /")
	}
	in := Input{URL: address, Name: u.Host}
	if !strings.Contains(u.Path, "=") { // some cameras want their password there
		in.Name += u.Path
	}
	switch scheme := strings.ToLower(u.Scheme); scheme {
	case "rtsp", "rtsps":
		in.Options = map[string]string{"rtsp_transport": "tcp"}
	case "http", "https", "rtmp", "rtmps", "srt", "tcp", "udp":
		// A playlist must not name files of this computer.
		in.Options = map[string]string{"protocol_whitelist": "http,https,httpproxy,tcp,tls,crypto,rtmp,rtmps,ffrtmpcrypt,ffrtmphttp,srt,udp"}
	default:
		return CaptureOptions{}, fmt.Errorf("%s: a camera's address begins with rtsp://, http:// or https:// (or rtsps, rtmp, srt, tcp, udp)", mask(address))
	}
	if u.Host == "" {
		return CaptureOptions{}, fmt.Errorf("%s: the address does not say which computer; write it like rtsp://192.168.1.20/stream1", mask(address))
	}
	return CaptureOptions{Copy: true, Reconnect: true, Inputs: []Input{in}}, nil
}

// File is a video or sound file as something to capture: in a loop it is a camera, played in real time again and again;
// otherwise an archive, read as fast as it is taken, that keeps the time at which it was made and what it has coded.
func File(path string, loop bool) CaptureOptions {
	if loop {
		return DemoFile(path)
	}
	return CaptureOptions{Archive: true, Copy: true, Inputs: []Input{{URL: path}}}
}

// recorded is the wall time of a file's beginning: as it says itself, or else as the file system's time, which is that of
// its end, lets assume. Where both are not known it is the given one.
func (in *input) recorded(otherwise time.Time) time.Time {
	if said, ok := creation(in.format.Metadata()); ok {
		return said
	}
	info, err := os.Stat(in.URL)
	if err != nil {
		return otherwise
	}
	length := time.Duration(0)
	if d := in.format.Duration(); d != astiav.NoPtsValue && d > 0 {
		length = duration(d, astiav.TimeBaseQ)
	}
	return info.ModTime().Add(-length).Truncate(time.Millisecond)
}

// creation is the time in a file's metadata, which is nil where it has none.
func creation(metadata *astiav.Dictionary) (at time.Time, ok bool) {
	if metadata == nil {
		return time.Time{}, false
	}
	for _, name := range []string{"creation_time", "com.apple.quicktime.creationdate", "date"} {
		e := metadata.Get(name, nil, astiav.NewDictionaryFlags())
		if e == nil {
			continue
		}
		for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05-0700", "2006-01-02 15:04:05"} {
			if at, err := time.Parse(layout, e.Value()); err == nil && at.Year() > 1970 { // without a clock a camera says 1904 or 1970
				return at.Truncate(time.Millisecond), true
			}
		}
	}
	return time.Time{}, false
}

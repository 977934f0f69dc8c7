package kvs

import (
	"bufio"
	"bytes"
	"context"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// listed is one thing of a playlist: another playlist, or a segment.
type listed struct {
	address string
	head    string // address of a segment's init segment; empty: it has none
	at      time.Time
	length  time.Duration
	number  string // of the fragment; empty: it is not said
}

// playlist is what a playlist of HLS lists.
type playlist struct {
	list   []listed
	sounds []string // addresses of the playlists of sound beside the picture
}

// last is the last thing that is listed.
func (p *playlist) last() listed {
	if len(p.list) == 0 {
		return listed{}
	}
	return p.list[len(p.list)-1]
}

// playlist reads a playlist at an address. One that lists nothing is an error.
func (s *session) playlist(ctx context.Context, op, address string) (*playlist, error) {
	base, err := url.Parse(address)
	if err != nil {
		return nil, errTimeless
	}
	b, err := s.get(ctx, op, address, mostList)
	if err != nil {
		return nil, err
	}
	p := parsePlaylist(base, b)
	if len(p.list) == 0 {
		return nil, errTimeless
	}
	return p, nil
}

func parsePlaylist(base *url.URL, b []byte) *playlist {
	p := &playlist{}
	var next listed
	for lines := bufio.NewScanner(bytes.NewReader(b)); lines.Scan(); {
		line := strings.TrimSpace(lines.Text())
		tag, value, _ := strings.Cut(line, ":")
		switch {
		case tag == "#EXT-X-MAP":
			next.head = resolve(base, quoted(value, "URI"))
		case tag == "#EXT-X-MEDIA" && strings.Contains(value, "TYPE=AUDIO"):
			if uri := quoted(value, "URI"); uri != "" {
				p.sounds = append(p.sounds, resolve(base, uri))
			}
		case tag == "#EXT-X-PROGRAM-DATE-TIME":
			next.at, _ = time.Parse(time.RFC3339Nano, value) // the zero time is told from others later
		case tag == "#EXTINF":
			seconds, _, _ := strings.Cut(value, ",")
			if s, err := strconv.ParseFloat(seconds, 64); err == nil && s >= 0 && s < longest.Seconds() {
				next.length = time.Duration(s * float64(time.Second))
			}
		case line != "" && line[0] != '#':
			next.address = resolve(base, line)
			next.number = fragmentOf(next.address)
			p.list = append(p.list, next)
			next = listed{head: next.head}
		}
	}
	return p
}

// quoted is the value of an attribute that stands in quotation marks.
func quoted(attributes, name string) string {
	_, value, _ := strings.Cut(attributes, name+`="`)
	value, _, _ = strings.Cut(value, `"`)
	return value
}

// resolve is an address that stands in a document; empty when it is none.
func resolve(base *url.URL, ref string) string {
	u, err := base.Parse(ref)
	if err != nil {
		return ""
	}
	return u.String()
}

// fragmentDigits is how long a fragment's number is.
const fragmentDigits = 47

// fragmentOf is the fragment's number in a segment's address, if it is one.
func fragmentOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	number := u.Query().Get("FragmentNumber")
	if len(number) != fragmentDigits || strings.Trim(number, "0123456789") != "" {
		return ""
	}
	return number
}

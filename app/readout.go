package app

import (
	"slices"
	"strings"
	"sync/atomic"

	"kinora/media"
)

// readout is a source whose newest line of data is kept for people to read.
type readout struct {
	media.Source
	newest *atomic.Pointer[string]
}

// readable is how many bytes of a line are kept.
const readable = 160

func (r readout) Read() (*media.Packet, error) {
	p, err := r.Source.Read()
	if err == nil && slices.ContainsFunc(r.Tracks(), func(t media.Track) bool { return t.ID == p.Track && t.Kind == media.Data }) {
		line := printable(p.Data)
		r.newest.Store(&line)
	}
	return p, err
}

// printable is the beginning of a line without what cannot be printed.
func printable(data []byte) string {
	line := strings.ToValidUTF8(string(data[:min(len(data), readable)]), "")
	return strings.TrimSpace(strings.Map(func(c rune) rune {
		if c < ' ' || c == 0x7f {
			return ' '
		}
		return c
	}, line))
}

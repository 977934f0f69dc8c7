package clip

import (
	"bufio"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"

	"kinora/media"
	"kinora/mp4"
)

// entry is a line of the journal: a fragment that is in the file, or one that never will be.
type entry struct {
	Piece
	Missing string        `json:",omitempty"` // why it is not in the file
	Start   time.Time     // of the fragment
	Tracks  []media.Track `json:",omitempty"` // when they are not those of the line before
	Tags    []media.Tag   `json:",omitempty"`
	Packets []byte        `json:",omitempty"` // see shape
}

// journal says what is in a file that is not whole yet. It grows by a line when a fragment's bytes have been handed to the
// system; what it says is checked before it is believed.
type journal struct {
	file   *os.File
	room   int     // for the index of the file
	ends   []int64 // of the first line, and of those of fragments
	tracks []media.Track
}

// request names what a journal belongs to.
type request struct {
	Stream, Account string
	Owner           string `json:",omitempty"`
	From, To        time.Time
	Format          Format
	Part            int
	Inside          bool

	Room int `json:",omitempty"` // that the file keeps for its index; it is not asked for
}

func createJournal(path string, r request) (*journal, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return nil, err
	}
	j := &journal{file: f, room: r.Room}
	return j, j.put(r)
}

func (j *journal) put(v any) error {
	line, err := json.Marshal(v)
	if err != nil {
		return err
	}
	_, err = j.file.Write(append(line, '\n'))
	return err
}

// close closes the file; nil has none.
func (j *journal) close() error {
	if j == nil {
		return nil
	}
	return j.file.Close()
}

// add writes a line for a fragment that is in the file.
func (j *journal) add(p Piece, f *media.Recorded) error {
	e := entry{Piece: p, Start: f.Start, Tags: f.Tags, Packets: shape(f)}
	if !sameTracks(j.tracks, f.Tracks) || j.tracks == nil {
		e.Tracks, j.tracks = f.Tracks, f.Tracks
	}
	return j.put(e)
}

// miss writes a line for a fragment that will not come.
func (j *journal) miss(m Missing) error {
	return j.put(entry{Piece: Piece{Number: m.Number}, Missing: m.Reason})
}

// resumeJournal reads the lines of a journal that belongs to the request, as far as they are whole. It is nil when there
// is none. Before more is written the journal is cut behind what is used of it.
func resumeJournal(path string, r request) (j *journal, lines []entry, err error) {
	f, err := os.OpenFile(path, os.O_RDWR, 0o600)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil, nil
	}
	if err != nil {
		return nil, nil, err
	}
	was, lines, ends, err := scanJournal(f)
	if err != nil || was.key() != r.key() {
		return nil, nil, f.Close()
	}
	return &journal{file: f, room: was.Room, ends: ends}, lines, nil
}

// readLines reads the lines of a journal, whatever it belongs to. The error means that there is none.
func readLines(path string) (lines []entry, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close() // it was only read
	_, lines, _, err = scanJournal(f)
	return lines, err
}

var errNoJournal = errors.New("it is no journal of a clip")

// scanJournal reads what a journal belongs to, and its lines as far as they are whole, with where the first and each of these end.
func scanJournal(f io.Reader) (was request, lines []entry, ends []int64, err error) {
	in := bufio.NewReaderSize(f, 1<<20)
	line, err := in.ReadBytes('\n')
	if err != nil || json.Unmarshal(line, &was) != nil {
		return was, nil, nil, errNoJournal
	}
	for ends = []int64{int64(len(line))}; ; {
		line, err := in.ReadBytes('\n')
		var e entry
		if err != nil || json.Unmarshal(line, &e) != nil {
			return was, lines, ends, nil
		}
		lines = append(lines, e)
		ends = append(ends, ends[len(ends)-1]+int64(len(line)))
	}
}

// cut keeps the lines of the first n fragments, of which the last has some tracks. What is written next follows them.
func (j *journal) cut(n int, tracks []media.Track) error {
	j.tracks = tracks
	if err := j.file.Truncate(j.ends[n]); err != nil {
		return err
	}
	_, err := j.file.Seek(j.ends[n], io.SeekStart)
	return err
}

// key compares requests; times compare by the instant.
func (r request) key() string {
	return fmt.Sprintf("%q %q %q %d %d %s %d %t", r.Stream, r.Account, r.Owner, r.From.UnixNano(), r.To.UnixNano(), r.Format, r.Part, r.Inside)
}

// A packet of a shape is a number each for the track, the time, the length, and 2 for a key frame plus 1 for one that is
// in its codec's form, plus 4 for Opus: then its first two bytes follow, or the one that it has, which say how long it lasts.

// tocMost is how many bytes those are.
const tocMost = 2

// shape says what packets a fragment has, without their data.
func shape(f *media.Recorded) []byte {
	codecs := make(map[int]media.Codec, len(f.Tracks))
	for _, t := range f.Tracks {
		codecs[t.ID] = t.Codec
	}
	var b []byte
	for _, p := range f.Packets {
		flags := uint64(0)
		if mp4.Starts(codecs[p.Track], p) {
			flags |= 2
		}
		if mp4.Sound(codecs[p.Track], p.Data) {
			flags |= 1
		}
		b = binary.AppendUvarint(b, uint64(p.Track))
		b = binary.AppendVarint(b, int64(p.PTS))
		b = binary.AppendUvarint(b, uint64(len(p.Data)))
		if codecs[p.Track] == media.Opus {
			flags |= 4
		}
		b = binary.AppendUvarint(b, flags)
		if flags&4 != 0 {
			b = append(b, p.Data[:min(tocMost, len(p.Data))]...)
		}
	}
	return b
}

var errShape = errors.New("the journal's packets cannot be read")

// recorded is a fragment with packets of the shape of its own, which hold nothing: the file has their data.
func (e *entry) recorded(tracks []media.Track) (*media.Recorded, error) {
	f := &media.Recorded{Fragment: media.Fragment{Number: e.Number, Start: e.Start, Producer: e.Producer, Server: e.Server}, Tracks: tracks, Tags: e.Tags}
	for b := e.Packets; len(b) > 0; {
		var v [4]int64
		for i := range v {
			n := 0
			if i == 1 {
				v[i], n = binary.Varint(b)
			} else {
				var u uint64
				u, n = binary.Uvarint(b)
				v[i] = int64(u)
			}
			if n <= 0 {
				return nil, errShape
			}
			b = b[n:]
		}
		if v[2] < 0 || v[2] > 100<<20 {
			return nil, errShape
		}
		data := make([]byte, v[2])
		if len(data) > 4 && v[3]&1 != 0 {
			binary.BigEndian.PutUint32(data, uint32(len(data)-4)) // one NAL unit
		}
		if v[3]&4 != 0 {
			if len(b) < min(tocMost, len(data)) {
				return nil, errShape
			}
			b = b[copy(data[:min(tocMost, len(data))], b):]
		}
		f.Packets = append(f.Packets, &media.Packet{Track: int(v[0]), PTS: time.Duration(v[1]), DTS: time.Duration(v[1]), Key: v[3]&2 != 0, Data: data})
	}
	return f, nil
}

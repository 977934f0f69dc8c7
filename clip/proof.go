package clip

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"kinora/internal/atomicfile"
)

// Proof is what stands beside a file: where it is from and how to tell that it was not changed.
type Proof struct {
	Kinora  string // "clip 1"
	File    string // its name
	Bytes   int64
	SHA256  string // of the whole file
	Stream  string
	Account string    // the kind of account, such as AWS
	Region  string    `json:",omitempty"`
	From    time.Time // what was asked for
	To      time.Time
	Clock   string `json:",omitempty"` // of From and To, when it is not the producer's
	Made    time.Time
	MadeBy  string `json:",omitempty"` // the service's call that made the file: its Pieces have numbers and times alone then
	Listed  bool   `json:",omitempty"` // Pieces is what was listed when the service was asked: which of these the file has it does not say
	Ticket  string `json:",omitempty"` // of the export
	Pieces  []Piece
	Missing []Missing `json:",omitempty"` // fragments of the range that could not be had
	LeftOut []string  `json:",omitempty"` // tracks that the format cannot hold

	Bookmarks []Bookmark `json:",omitempty"` // that a person has set between From and To
}

// Bookmark is a moment that a person has noted, and what they call it; the name may be empty.
type Bookmark struct {
	At   time.Time
	Name string `json:",omitempty"`
}

// Piece is a fragment in a file.
type Piece struct {
	Number   string
	Producer time.Time // when it was recorded
	Server   time.Time
	Offset   int64 // where its media stands in the file
	Bytes    int64
	CRC32C   string // of these bytes, in hexadecimal: it tells where a file was damaged; that it was, its SHA256 tells
}

// Missing is a fragment that is not in a file though it belongs there.
type Missing struct{ Number, Reason string }

const proofKind = "clip 1"

// ProofPath is where the proof of a file stands.
func ProofPath(file string) string { return file + ".json" }

// ReadProof reads the proof that stands beside a file.
func ReadProof(file string) (*Proof, error) {
	text, err := os.ReadFile(ProofPath(file))
	if err != nil {
		return nil, fmt.Errorf("%s has no proof beside it: %w; a clip keeps its .json file", file, err)
	}
	var p Proof
	if err := json.Unmarshal(text, &p); err != nil || p.Kinora != proofKind {
		return nil, fmt.Errorf("%s is not the proof of a clip", ProofPath(file))
	}
	return &p, nil
}

// proof is that of a file which has nothing in it yet.
func (o *Options) proof(path string) Proof {
	p := Proof{Kinora: proofKind, File: filepath.Base(path), Stream: o.Stream, Account: o.Account, Region: o.Region, From: o.From.UTC(), To: o.To.UTC(), Clock: o.Clock, Ticket: o.Ticket}
	for _, b := range o.Bookmarks {
		if !b.At.Before(o.From) && b.At.Before(o.To) {
			p.Bookmarks = append(p.Bookmarks, Bookmark{b.At.UTC(), b.Name})
		}
	}
	return p
}

func (p *Proof) write(file string) error {
	text, err := json.MarshalIndent(p, "", "\t")
	if err != nil {
		return err
	}
	return atomicfile.Write(ProofPath(file), append(text, '\n'), 0o644)
}

// ChangedError says that a file is not what was copied.
type ChangedError struct {
	File   string
	Pieces []Piece // whose media does not fit its checksum, or is missing; none: something else was changed, or nobody knows
	MadeBy string  // as the proof says: a file of the service's has no sums of its pieces
}

func (e *ChangedError) Error() string {
	if e.MadeBy != "" {
		return fmt.Sprintf("%s was changed after it was made; where, only a clip that is copied from fragments can tell", e.File)
	}
	if len(e.Pieces) == 0 {
		return fmt.Sprintf("%s was changed after it was made; the checksums of its fragments do not tell where", e.File)
	}
	numbers := make([]string, 0, len(e.Pieces))
	for _, p := range e.Pieces {
		numbers = append(numbers, fmt.Sprintf("%s (%s)", p.Number, stamp(p.Producer)))
	}
	return fmt.Sprintf("%s was changed after it was made, in the fragments %s", e.File, strings.Join(numbers, ", "))
}

// Verify compares a file with its proof. A file that was changed is a *ChangedError.
func Verify(path string) (*Proof, error) {
	p, err := ReadProof(path)
	if err != nil {
		return nil, err
	}
	file, err := os.Open(path)
	if err != nil {
		return p, err
	}
	defer file.Close() // it was only read
	sum, size, err := digest(context.Background(), file)
	if err != nil {
		return p, fmt.Errorf("%s cannot be read: %w", path, err)
	}
	if sum == p.SHA256 && size == p.Bytes {
		return p, nil
	}
	changed := &ChangedError{File: filepath.Base(path), MadeBy: p.MadeBy}
	for _, piece := range p.Pieces {
		if piece.CRC32C != "" && !piece.in(file) {
			changed.Pieces = append(changed.Pieces, piece)
		}
	}
	return p, changed
}

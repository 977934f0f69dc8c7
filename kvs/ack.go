package kvs

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// AckType is the kind of an acknowledgement.
type AckType int

// The kinds of acknowledgement, in the order in which a fragment gets them.
const (
	Buffering AckType = iota // the service began to receive the fragment
	Received                 // it has all of it in memory
	Persisted                // it has stored it; never sent by a stream that keeps nothing
	Failed                   // it did not take it; ErrorID and ErrorCode say why
	Idle                     // it is waiting for data; concerns no fragment
)

var ackTypes = map[string]AckType{"BUFFERING": Buffering, "RECEIVED": Received, "PERSISTED": Persisted, "ERROR": Failed, "IDLE": Idle}

// Ack is an acknowledgement of PutMedia.
type Ack struct {
	Type      AckType
	Timecode  int64  // the fragment's cluster timecode as sent, here milliseconds since 1970; -1 or 0 when it concerns no one fragment
	Number    string // the fragment's number; empty when there is none
	ErrorID   int    // Failed only
	ErrorCode string // Failed only
}

// AckError is an ERROR acknowledgement. It ended the upload.
// See https://docs.aws.amazon.com/kinesisvideostreams/latest/dg/API_dataplane_PutMedia.html.
type AckError struct {
	Stream string
	Ack    Ack
}

func (e *AckError) Error() string {
	where := ""
	if e.Ack.Number != "" {
		where = fmt.Sprintf(", fragment %s (timecode %d)", e.Ack.Number, e.Ack.Timecode)
	}
	return fmt.Sprintf("upload to stream %q was refused%s: error %d %s: %s", e.Stream, where, e.Ack.ErrorID, e.Ack.ErrorCode, e.advice())
}

func (e *AckError) advice() string {
	switch id := e.Ack.ErrorID; {
	case id == 4001:
		return "the fragment is larger than 50 MB; shorten fragments or lower the bit rate"
	case id == 4002:
		return "the fragment is too long; let the camera send key frames more often"
	case id == 4003:
		return "the connection reached its greatest age; it is made anew"
	case id == 4004:
		return "it does not begin after the one before; two producers may be using the stream, or the clock was set back"
	case id == 4008, id == 4507:
		return "the stream was deleted or is not active"
	case isKMS(id):
		return "the stream's encryption key cannot be used; check the key and its policy"
	case id >= 5000:
		return "the service has a problem of its own; it is tried again"
	}
	return "the service does not take this media"
}

func (e *AckError) class() Class {
	if id := e.Ack.ErrorID; isKMS(id) || id == 4008 || id == 4507 {
		return GiveUp
	}
	return Retry
}

// maxAck bounds one acknowledgement in bytes; the service keeps below 1024.
const maxAck = 64 << 10

// readAcks calls ack for each acknowledgement in the service's answer until that ends. Kinds that it does not know are
// passed over. An error of ack ends it and is returned.
func readAcks(r io.Reader, ack func(Ack) error) error {
	in := &budget{r: r}
	d := json.NewDecoder(in)
	for {
		in.left = maxAck
		var a struct {
			EventType        string
			FragmentTimecode int64
			FragmentNumber   string
			ErrorID          int `json:"ErrorId"`
			ErrorCode        string
		}
		if err := d.Decode(&a); err == io.EOF {
			return nil
		} else if err != nil {
			return fmt.Errorf("acknowledgement at byte %d of the service's answer: %w", d.InputOffset(), err)
		}
		kind, ok := ackTypes[a.EventType]
		if !ok {
			continue
		}
		if err := ack(Ack{kind, a.FragmentTimecode, a.FragmentNumber, a.ErrorID, a.ErrorCode}); err != nil {
			return err
		}
	}
}

// budget fails once more than left bytes were asked of r.
type budget struct {
	r    io.Reader
	left int
}

var errTooLong = errors.New("it is longer than 64 KiB")

func (b *budget) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, errTooLong
	}
	n, err := b.r.Read(p[:min(len(p), b.left)])
	b.left -= n
	return n, err
}

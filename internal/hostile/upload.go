package hostile

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"time"

	"kinora/mkv"
)

// Act is what a Service does with a fragment. Values from 4000 on are error ids of PutMedia, such as Act(4006): the fragment
// is refused with an ERROR and the answer ends, below 5000 at its first frame, from there on once it was RECEIVED.
type Act int

const (
	Store          Act = iota // BUFFERING, RECEIVED, PERSISTED: as it should be
	Twice                     // each acknowledgement is sent twice
	Backwards                 // PERSISTED comes first, BUFFERING last
	Late                      // its acknowledgements come after those of the next fragment, or at the end of the upload
	Stall                     // nothing is acknowledged from here on; the body is read on, the answer does not end
	DieInside                 // the connection breaks at its first frame
	DieUnpersisted            // the connection breaks after RECEIVED; the fragment is not kept
	DieUntold                 // the same, but the fragment is kept: only the client does not know
)

// errorCodes are the names of PutMedia's error ids. See its API page.
var errorCodes = map[Act]string{
	4000: "STREAM_READ_ERROR", 4001: "MAX_FRAGMENT_SIZE_REACHED", 4002: "MAX_FRAGMENT_DURATION_REACHED",
	4003: "MAX_CONNECTION_DURATION_REACHED", 4004: "FRAGMENT_TIMECODE_LESSER_THAN_PREVIOUS", 4005: "MORE_THAN_ONE_TRACK_FOUND",
	4006: "INVALID_MKV_DATA", 4007: "INVALID_PRODUCER_TIMESTAMP", 4008: "STREAM_NOT_ACTIVE", 4009: "FRAGMENT_METADATA_LIMIT_REACHED",
	4010: "TRACK_NUMBER_MISMATCH", 4011: "FRAMES_MISSING_FOR_TRACK", 4012: "MORE_THAN_ALLOWED_TRACKS_FOUND",
	4500: "KMS_KEY_ACCESS_DENIED", 4501: "KMS_KEY_DISABLED", 4502: "KMS_KEY_VALIDATION_ERROR", 4503: "KMS_KEY_UNAVAILABLE",
	4504: "KMS_KEY_INVALID_USAGE", 4505: "KMS_KEY_INVALID_STATE", 4506: "KMS_KEY_NOT_FOUND",
	5000: "INTERNAL_ERROR", 5001: "ARCHIVAL_ERROR",
}

// Fragment is what a Service got of one fragment.
type Fragment struct {
	Upload   int    // the connection, from 1
	Number   string // that was given out for it
	Timecode uint64 // of its Cluster, as sent
	Tags     []mkv.Tag
	Frames   []Frame
	Whole    bool // its end arrived
	Kept     bool // the service has it, whether or not the client was told
}

// Frame is one frame of a Fragment.
type Frame struct {
	Track int
	At    int64 // in units of the timecode
	Key   bool
	Data  []byte
}

// Errors that end an upload.
var (
	errRefused = errors.New("an ERROR was sent")
	errDie     = errors.New("the connection is to break")
)

// upload is one PutMedia call. It is used from its handler's goroutine, but for the fragments, which s.mu guards.
type upload struct {
	service *Service
	id      int
	w       http.ResponseWriter
	rc      *http.ResponseController

	count   int // of fragments that began
	act     Act
	current *Fragment
	held    []byte // acknowledgements that come later
	stalled bool
}

// linger is how long the body of a refused upload is read on, so that the client sees the ERROR before the connection closes.
const linger = 200 * time.Millisecond

func (s *Service) putMedia(w http.ResponseWriter, r *http.Request, id int) {
	u := &upload{service: s, id: id, w: w, rc: http.NewResponseController(w)}
	if err := u.rc.EnableFullDuplex(); err != nil {
		(&Refusal{http.StatusBadRequest, "InvalidArgumentException", "PutMedia needs HTTP/1.1."}).write(w)
		return
	}
	w.Header().Set("Connection", "close")
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusOK)
	err := u.rc.Flush()
	if err == nil {
		err = u.receive(r.Body)
	}
	switch {
	case u.stalled:
		_, _ = io.Copy(io.Discard, r.Body) // ends with the body or the connection
		<-r.Context().Done()
	case errors.Is(err, errDie):
		panic(http.ErrAbortHandler)
	case errors.Is(err, errRefused):
		_ = u.rc.SetReadDeadline(time.Now().Add(linger)) // fails when the client has left
		_, _ = io.Copy(io.Discard, r.Body)               // ends by the deadline at the latest, which is no failure
	}
}

// receive takes the body to its end; what is wrong with it ends it like a connection that broke.
func (u *upload) receive(body io.Reader) error {
	parser := mkv.NewParser(body, mkv.ParserOptions{})
	for {
		e, err := parser.Next()
		switch {
		case err == io.EOF:
			return u.release()
		case err != nil:
			return err
		case e.Kind == mkv.Start:
			err = u.begin(e)
		case e.Kind == mkv.Frame:
			err = u.frame(e)
		case e.Kind == mkv.End:
			err = u.end(e)
		}
		if err != nil {
			return err
		}
	}
}

func (u *upload) begin(e mkv.Event) error {
	u.count++
	u.act = Store
	if script := u.service.options.Script; script != nil {
		u.act = script(u.id, u.count)
	}
	s := u.service
	s.mu.Lock()
	u.current = &Fragment{
		Upload: u.id, Number: fmt.Sprintf("91343852333181432%030d", len(s.fragments)+1), Timecode: e.Timecode, Tags: slices.Clone(e.Tags),
	}
	s.fragments = append(s.fragments, u.current)
	s.mu.Unlock()
	switch u.act {
	case Stall:
		u.stalled = true
	case Backwards, Late:
		return nil
	}
	return u.say("BUFFERING")
}

func (u *upload) frame(e mkv.Event) error {
	u.service.mu.Lock()
	u.current.Frames = append(u.current.Frames, Frame{e.Track, int64(u.current.Timecode) + int64(e.Relative), e.Key, bytes.Clone(e.Data)})
	u.service.mu.Unlock()
	switch {
	case u.act == DieInside:
		return errDie
	case u.act >= 4000 && u.act < 5000:
		return u.refuse()
	}
	return nil
}

func (u *upload) end(e mkv.Event) error {
	kept := u.act < 4000 && u.act != DieUnpersisted && !u.stalled
	u.service.mu.Lock()
	u.current.Whole, u.current.Kept = true, kept
	u.current.Tags = append(u.current.Tags, e.Tags...)
	u.service.mu.Unlock()
	switch {
	case u.act == Backwards:
		return u.say("PERSISTED", "RECEIVED", "BUFFERING")
	case u.act == Late && !u.stalled:
		u.held = append(u.held, u.lines("BUFFERING", "RECEIVED", "PERSISTED")...)
		return nil
	case u.act == DieUnpersisted || u.act == DieUntold:
		if err := u.say("RECEIVED"); err != nil {
			return err
		}
		return errDie
	case u.act >= 5000:
		if err := u.say("RECEIVED"); err != nil {
			return err
		}
		return u.refuse()
	}
	if err := u.say("RECEIVED", "PERSISTED"); err != nil {
		return err
	}
	return u.release()
}

func (u *upload) refuse() error {
	line := fmt.Appendf(nil, `{"EventType":"ERROR","FragmentTimecode":%d,"FragmentNumber":%q,"ErrorId":%d,"ErrorCode":%q}`+"\n",
		u.current.Timecode, u.current.Number, int(u.act), errorCodes[u.act])
	if err := u.send(line); err != nil {
		return err
	}
	return errRefused
}

// say acknowledges the fragment.
func (u *upload) say(events ...string) error { return u.send(u.lines(events...)) }

// release sends what was held back.
func (u *upload) release() error {
	late := u.held
	u.held = nil
	return u.send(late)
}

func (u *upload) lines(events ...string) (lines []byte) {
	times := 1
	if u.act == Twice {
		times = 2
	}
	for _, event := range events {
		for range times {
			lines = fmt.Appendf(lines, `{"EventType":%q,"FragmentTimecode":%d,"FragmentNumber":%q}`+"\n", event, u.current.Timecode, u.current.Number)
		}
	}
	return lines
}

func (u *upload) send(lines []byte) error {
	if u.stalled || len(lines) == 0 {
		return nil
	}
	if _, err := u.w.Write(lines); err != nil {
		return err
	}
	return u.rc.Flush()
}

package localkvs

import (
	"errors"
	"net/http"
	"strconv"
	"sync"
	"time"

	"kinora/localkvs/archive"
)

// ackError is an error id of PutMedia's ERROR acknowledgement. See the API page of PutMedia.
type ackError struct {
	id   int
	code string
}

var (
	streamReadError     = ackError{4000, "STREAM_READ_ERROR"}
	maxFragmentSize     = ackError{4001, "MAX_FRAGMENT_SIZE_REACHED"}
	maxFragmentDuration = ackError{4002, "MAX_FRAGMENT_DURATION_REACHED"}
	maxConnectionTime   = ackError{4003, "MAX_CONNECTION_DURATION_REACHED"}
	timecodeNotAfter    = ackError{4004, "FRAGMENT_TIMECODE_LESSER_THAN_PREVIOUS"}
	invalidMKV          = ackError{4006, "INVALID_MKV_DATA"}
	invalidProducerTime = ackError{4007, "INVALID_PRODUCER_TIMESTAMP"}
	streamNotActive     = ackError{4008, "STREAM_NOT_ACTIVE"}
	metadataLimit       = ackError{4009, "FRAGMENT_METADATA_LIMIT_REACHED"}
	trackMismatch       = ackError{4010, "TRACK_NUMBER_MISMATCH"}
	framesMissing       = ackError{4011, "FRAMES_MISSING_FOR_TRACK"}
	tooManyTracks       = ackError{4012, "MORE_THAN_ALLOWED_TRACKS_FOUND"}
	archivalError       = ackError{5001, "ARCHIVAL_ERROR"}
)

// ackWriteTime bounds how long a producer that does not read its acknowledgements can hold the service up.
const ackWriteTime = 10 * time.Second

// ackWriter sends acknowledgements, each as one line in one HTTP chunk, flushed: embedded clients parse the chunk
// itself. It may be used from several goroutines. After a failed write it is silent: the producer is gone. A nil one tells nobody.
type ackWriter struct {
	mu     sync.Mutex
	w      http.ResponseWriter
	quiet  bool // the producer wants no acknowledgements; it gets errors all the same
	rc     *http.ResponseController
	buf    []byte
	failed error
}

// fragment sends BUFFERING, RECEIVED or PERSISTED.
func (a *ackWriter) fragment(event string, timecode uint64, number archive.Number) {
	if a == nil || a.quiet {
		return
	}
	a.send(func(b []byte) []byte { return append(appendEvent(b, event, timecode, number), "}\n"...) })
}

// error sends an ERROR; a zero number stands for an error of the whole stream.
func (a *ackWriter) error(e ackError, timecode uint64, number archive.Number) {
	if a == nil {
		return
	}
	a.send(func(b []byte) []byte {
		b = appendEvent(b, "ERROR", timecode, number)
		b = append(b, `,"ErrorId":`...)
		b = strconv.AppendInt(b, int64(e.id), 10)
		b = append(b, `,"ErrorCode":"`...)
		b = append(b, e.code...)
		return append(b, "\"}\n"...)
	})
}

func (a *ackWriter) idle() {
	if a == nil || a.quiet {
		return
	}
	a.send(func(b []byte) []byte { return append(b, "{\"EventType\":\"IDLE\"}\n"...) })
}

// appendEvent writes an acknowledgement but for its closing brace.
func appendEvent(b []byte, event string, timecode uint64, number archive.Number) []byte {
	b = append(b, `{"EventType":"`...)
	b = append(b, event...)
	if number == (archive.Number{}) {
		return append(b, `","FragmentTimecode":-1,"FragmentNumber":""`...)
	}
	b = append(b, `","FragmentTimecode":`...)
	b = strconv.AppendUint(b, timecode, 10)
	b = append(b, `,"FragmentNumber":"`...)
	b = append(b, number.String()...)
	return append(b, '"')
}

func (a *ackWriter) send(build func([]byte) []byte) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.failed != nil {
		return
	}
	a.buf = build(a.buf[:0])
	err := a.rc.SetWriteDeadline(time.Now().Add(ackWriteTime))
	if err == nil {
		_, err = a.w.Write(a.buf)
	}
	if err == nil {
		err = a.rc.Flush()
	}
	a.failed = err
}

// errOf maps a failure to store a fragment to what the producer is told.
func errOf(err error) ackError {
	if errors.Is(err, archive.ErrDeleted) {
		return streamNotActive
	}
	return archivalError
}

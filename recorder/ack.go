package recorder

// AckType is the kind of an acknowledgement.
type AckType int

// The kinds of acknowledgement of PutMedia.
const (
	Buffering AckType = iota // the service began to receive the fragment
	Received                 // it has all of it in memory
	Persisted                // it has stored it
	Error                    // it did not take it; ErrorID and ErrorCode say why
	Waiting                  // it is waiting for data; concerns no fragment
)

// Ack is an acknowledgement of PutMedia.
// See https://docs.aws.amazon.com/kinesisvideostreams/latest/dg/API_dataplane_PutMedia.html.
type Ack struct {
	Type      AckType
	Timecode  int64  // of the fragment: milliseconds since 1970, as it was sent
	Number    string // that the service gave the fragment
	ErrorID   int
	ErrorCode string
}

// refused reports whether an error id means that this fragment will never be taken, so that it has to be skipped. The
// others (reading the body, age of the connection, trouble inside the service) may pass.
func refused(id int) bool {
	switch id {
	case 4000, 4003:
		return false
	}
	return id > 4000 && id < 5000
}

// acknowledged is called by Put.
func (r *Recorder) acknowledged(c *connection, a Ack) {
	switch a.Type {
	case Buffering, Received, Persisted:
		r.alive()
		r.backlog.acknowledged(c, a)
	case Error:
		if refused(a.ErrorID) && r.backlog.refused(c, a.Timecode) {
			r.o.Log.Warn("recording: the service refused a fragment; it is left out", "timecode", a.Timecode, "number", a.Number, "id", a.ErrorID, "code", a.ErrorCode)
		}
	}
}

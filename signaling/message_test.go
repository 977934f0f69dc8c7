package signaling

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Every message is read as it arrives and written as this package writes it; what it wrote it reads as the same again.
func TestGolden(t *testing.T) {
	files, err := filepath.Glob("testdata/*.json")
	if err != nil || len(files) == 0 {
		t.Fatalf("no messages: %v", err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".json")
		t.Run(name, func(t *testing.T) {
			in := read(t, file)
			want := strings.TrimSpace(string(read(t, strings.TrimSuffix(file, ".json")+".golden")))
			for range 2 {
				got := rewrite(t, name, in)
				if string(got) != want {
					t.Errorf("written\n%s\nwant\n%s", got, want)
				}
				in = got
			}
		})
	}
}

func read(t *testing.T, file string) []byte {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func rewrite(t *testing.T, name string, in []byte) []byte {
	t.Helper()
	var m any
	var err error
	if strings.HasPrefix(name, "request-") {
		m, err = ParseRequest(in)
	} else {
		m, err = ParseEvent(in)
	}
	if err != nil {
		t.Fatal(err)
	}
	out, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestPayloads(t *testing.T) {
	r := Request{Action: Offer}
	want := Description{Type: "offer", SDP: "v=0\r\ns=<&>\r\n"}
	if err := r.SetPayload(want); err != nil {
		t.Fatal(err)
	}
	e := Event{Type: r.Action, Payload: r.Payload}
	if got, err := e.Description(); err != nil || got != want {
		t.Errorf("Description = %+v, %v; want %+v", got, err, want)
	}
	mid, line := "0", uint16(0)
	if err := r.SetPayload(ICECandidate{Candidate: "candidate:1", SDPMid: &mid, SDPMLineIndex: &line}); err != nil {
		t.Fatal(err)
	}
	if b, _ := base64.StdEncoding.DecodeString(r.Payload); string(b) != `{"candidate":"candidate:1","sdpMid":"0","sdpMLineIndex":0}` {
		t.Errorf("payload %s", b)
	}
	e = Event{Type: Candidate, Payload: r.Payload}
	if got, err := e.Candidate(); err != nil || got.Candidate != "candidate:1" || *got.SDPMLineIndex != 0 || got.UsernameFragment != nil {
		t.Errorf("Candidate = %+v, %v", got, err)
	}
	for _, bad := range []string{"*", base64.StdEncoding.EncodeToString([]byte("[]"))} {
		e := Event{Type: Offer, Payload: bad}
		if _, err := e.Description(); err == nil || !strings.Contains(err.Error(), "payload of SDP_OFFER") {
			t.Errorf("payload %q: error %v", bad, err)
		}
	}
	if err := r.SetPayload(Description{SDP: strings.Repeat("x", MaxPayload)}); !errors.Is(err, ErrTooLong) {
		t.Errorf("error %v, want ErrTooLong", err)
	}
}

func TestRefused(t *testing.T) {
	request := func(b []byte) error { _, err := ParseRequest(b); return err }
	event := func(b []byte) error { _, err := ParseEvent(b); return err }
	long := strings.Repeat("A", MaxPayload*2)
	for _, tt := range []struct {
		name  string
		parse func([]byte) error
		in    string
		want  string
	}{
		{"empty", request, ``, "not understood"},
		{"no object", request, `[]`, "not understood"},
		{"no action", request, `{}`, `"" is not an action`},
		{"service's type", request, `{"action":"GO_AWAY"}`, `"GO_AWAY" is not an action`},
		{"bad recipient", request, `{"action":"SDP_OFFER","recipientClientId":"a b"}`, `"a b" is not an ID`},
		{"long correlation", request, `{"action":"SDP_OFFER","correlationId":"` + strings.Repeat("a", 257) + `"}`, "is not an ID"},
		{"long payload", request, `{"action":"SDP_OFFER","messagePayload":"` + long + `"}`, "too long"},
		{"long message", request, `{"action":"` + strings.Repeat(long, 4) + `"}`, "too long"},
		{"no type", event, `{}`, "no type"},
		{"no status", event, `{"messageType":"STATUS_RESPONSE"}`, "no status"},
		{"event's long payload", event, `{"messageType":"SDP_OFFER","messagePayload":"` + long + `"}`, "too long"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if err := tt.parse([]byte(tt.in)); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want %q", err, tt.want)
			}
		})
	}
	if e, err := ParseEvent([]byte(`{"messageType":"LATER"}`)); err != nil || e.Type != "LATER" {
		t.Errorf("an unknown type gives %+v, %v; want it as it is", e, err)
	}
}

func TestStatusIsAnError(t *testing.T) {
	var err error = &Status{Correlate: "abc", ErrorType: "InvalidArgumentException", Code: "400", Description: "no such client"}
	if want := `the signaling service did not deliver message "abc": 400 InvalidArgumentException: no such client`; err.Error() != want {
		t.Errorf("error %q, want %q", err, want)
	}
}

// FuzzParse checks that a message which is accepted survives being written and read again.
func FuzzParse(f *testing.F) {
	files, err := filepath.Glob("testdata/*.json")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		if r, err := ParseRequest(in); err == nil {
			again, err := ParseRequest(marshal(t, r))
			if err != nil || string(marshal(t, again)) != string(marshal(t, r)) {
				t.Errorf("%+v became %+v, %v", r, again, err)
			}
		}
		if e, err := ParseEvent(in); err == nil {
			again, err := ParseEvent(marshal(t, e))
			if err != nil || string(marshal(t, again)) != string(marshal(t, e)) {
				t.Errorf("%+v became %+v, %v", e, again, err)
			}
		}
	})
}

func marshal(t *testing.T, v any) []byte {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

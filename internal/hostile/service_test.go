package hostile

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/credentials"

	"kinora/internal/leak"
	"kinora/kvs"
	"kinora/media"
	"kinora/mkv"
)

// start runs a service and a client of it until the test ends.
func start(t *testing.T, o ServiceOptions) (*Service, *kvs.Client) {
	t.Helper()
	leak.Check(t)
	s, err := Serve(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	c := kvs.New(kvs.Config{Endpoint: s.URL(), Region: Region, Credentials: credentials.NewStaticCredentialsProvider(AccessKey, SecretKey, "")})
	t.Cleanup(c.Close)
	return s, c
}

var epoch = time.UnixMilli(1_800_000_000_000)

// recording is n fragments of two frames each.
func recording(t *testing.T, n int) []byte {
	t.Helper()
	var b bytes.Buffer
	w := mkv.NewWriter(&b, []media.Track{{ID: 1, Kind: media.Data, Codec: media.Text}}, mkv.WriterOptions{Epoch: epoch})
	for i := range n {
		at := time.Duration(i) * 2 * time.Second
		err := w.Begin(at, mkv.Tag{Name: mkv.Take, Value: fmt.Sprintf("a/%06d", i+1)})
		for j := range 2 {
			pts := at + time.Duration(j)*time.Second
			err = errors.Join(err, w.Write(&media.Packet{Track: 1, PTS: pts, DTS: pts, Key: j == 0, Data: fmt.Appendf(nil, "frame %d of %d", j, i)}))
		}
		if err := errors.Join(err, w.End()); err != nil {
			t.Fatal(err)
		}
	}
	return b.Bytes()
}

// put uploads n fragments and returns the acknowledgements as letters and fragment, such as "B0 R0 P0".
func put(t *testing.T, c *kvs.Client, n int) (acks string, err error) {
	t.Helper()
	var all []string
	err = c.Put(t.Context(), "door", bytes.NewReader(recording(t, n)), func(a kvs.Ack) {
		all = append(all, fmt.Sprintf("%c%d", "BRPFI"[a.Type], (a.Timecode-epoch.UnixMilli())/2000))
	})
	return strings.Join(all, " "), err
}

// second has the script act on the second fragment of the first upload.
func second(act Act) ServiceOptions {
	return ServiceOptions{Script: func(upload, fragment int) Act {
		if upload == 1 && fragment == 2 {
			return act
		}
		return Store
	}}
}

func TestServiceKeepsWhatItGot(t *testing.T) {
	s, c := start(t, ServiceOptions{})
	if d, err := c.Describe(t.Context(), "door"); err != nil || d.Status != "ACTIVE" || d.Name != "door" {
		t.Errorf("the stream is %+v, %v", d, err)
	}
	acks, err := put(t, c, 3)
	if want := "B0 R0 P0 B1 R1 P1 B2 R2 P2"; err != nil || acks != want {
		t.Errorf("acknowledged is %s, %v; want %s", acks, err, want)
	}
	got := s.Fragments()
	if len(got) != 3 || s.Calls("putMedia") != 1 {
		t.Fatalf("%d fragments in %d uploads", len(got), s.Calls("putMedia"))
	}
	for i, f := range got {
		at := uint64(epoch.UnixMilli()) + 2000*uint64(i)
		if !f.Whole || !f.Kept || f.Upload != 1 || len(f.Number) != 47 || f.Timecode != at || len(f.Frames) != 2 {
			t.Errorf("fragment %d is %+v", i, f)
			continue
		}
		if tag := (mkv.Tag{Name: mkv.Take, Value: fmt.Sprintf("a/%06d", i+1)}); !slices.Contains(f.Tags, tag) {
			t.Errorf("fragment %d has the tags %v", i, f.Tags)
		}
		if r := f.Frames[1]; r.Track != 1 || r.At != int64(at)+1000 || r.Key || string(r.Data) != fmt.Sprintf("frame 1 of %d", i) {
			t.Errorf("the second frame of fragment %d is %+v", i, r)
		}
	}
}

func TestActs(t *testing.T) {
	for _, c := range []struct {
		name string
		act  Act
		acks string
		kept []bool // of the fragments that came
		ends string // in the error; empty: there is none
	}{
		{"store", Store, "B0 R0 P0 B1 R1 P1 B2 R2 P2", []bool{true, true, true}, ""},
		{"twice", Twice, "B0 R0 P0 B1 B1 R1 R1 P1 P1 B2 R2 P2", []bool{true, true, true}, ""},
		{"backwards", Backwards, "B0 R0 P0 P1 R1 B1 B2 R2 P2", []bool{true, true, true}, ""},
		{"late", Late, "B0 R0 P0 B2 R2 P2 B1 R1 P1", []bool{true, true, true}, ""},
		{"die inside", DieInside, "B0 R0 P0 B1", []bool{true, false}, "cut"},
		{"die unpersisted", DieUnpersisted, "B0 R0 P0 B1 R1", []bool{true, false}, "cut"},
		{"die untold", DieUntold, "B0 R0 P0 B1 R1", []bool{true, true}, "cut"},
	} {
		t.Run(strings.ReplaceAll(c.name, " ", "-"), func(t *testing.T) {
			s, client := start(t, second(c.act))
			acks, err := put(t, client, 3)
			if acks != c.acks {
				t.Errorf("acknowledged is %s, want %s", acks, c.acks)
			}
			if (err != nil) != (c.ends != "") || err != nil && !strings.Contains(err.Error(), c.ends) {
				t.Errorf("the upload ended with %v, want %q", err, c.ends)
			}
			var kept []bool
			for _, f := range s.Fragments() {
				kept = append(kept, f.Kept)
			}
			if !slices.Equal(kept, c.kept) {
				t.Errorf("kept are %v, want %v", kept, c.kept)
			}
			if acks, err := put(t, client, 1); err != nil || acks != "B0 R0 P0" { // the next upload is another one
				t.Errorf("the next upload: %s, %v", acks, err)
			}
		})
	}
}

func TestEveryError(t *testing.T) {
	ids := []Act{4500, 4501, 4502, 4503, 4504, 4505, 4506, 5000, 5001}
	for id := Act(4000); id <= 4012; id++ {
		ids = append(ids, id)
	}
	for _, id := range ids {
		t.Run(fmt.Sprint(int(id)), func(t *testing.T) {
			s, c := start(t, second(id))
			acks, err := put(t, c, 3)
			want := "B0 R0 P0 B1 F1"
			if id >= 5000 {
				want = "B0 R0 P0 B1 R1 F1"
			}
			var refused *kvs.AckError
			if !errors.As(err, &refused) || refused.Ack.ErrorID != int(id) || refused.Ack.ErrorCode == "" || acks != want {
				t.Errorf("%s, %v; want %s and error %d", acks, err, want, id)
			}
			if f := s.Fragments(); len(f) != 2 || f[1].Kept {
				t.Errorf("it has %+v", f)
			}
		})
	}
}

// A service that says nothing any more keeps the connection, and Close ends even that.
func TestStall(t *testing.T) {
	s, c := start(t, second(Stall))
	var acks []kvs.AckType
	first := make(chan struct{})
	done := make(chan error, 1)
	go func() {
		done <- c.Put(t.Context(), "door", bytes.NewReader(recording(t, 3)), func(a kvs.Ack) {
			if acks = append(acks, a.Type); a.Type == kvs.Persisted {
				close(first)
			}
		})
	}()
	<-first
	for whole := 0; whole < 3; { // the body is read on
		whole = 0
		for _, f := range s.Fragments() {
			if f.Whole {
				whole++
			}
		}
		select {
		case err := <-done:
			t.Fatalf("the upload ended with %v", err)
		default:
		}
	}
	if err := s.server.Close(); err != nil {
		t.Error(err)
	}
	if err := <-done; err == nil || len(acks) != 3 {
		t.Errorf("the upload ended with %v after %v", err, acks)
	}
}

func TestRefusals(t *testing.T) {
	for _, c := range []struct {
		refusal Refusal
		class   kvs.Class
	}{
		{Forbidden, kvs.GiveUp}, {Expired, kvs.Reauthenticate}, {Unauthorized, kvs.Reauthenticate}, {NotFound, kvs.GiveUp},
		{Throttled, kvs.Retry}, {Limited, kvs.Retry}, {Failing, kvs.Retry},
	} {
		t.Run(c.refusal.Code, func(t *testing.T) {
			s, client := start(t, ServiceOptions{Refuse: func(operation string, call int) *Refusal {
				if operation == "putMedia" && call == 1 {
					return &c.refusal
				}
				return nil
			}})
			_, err := put(t, client, 1)
			var e *kvs.Error
			if !errors.As(err, &e) || e.Status != c.refusal.Status || e.Code != c.refusal.Code || kvs.Classify(err) != c.class {
				t.Errorf("the upload ended with %v (%v), want class %v", err, kvs.Classify(err), c.class)
			}
			if acks, err := put(t, client, 1); err != nil || acks != "B0 R0 P0" || s.Calls("putMedia") != 2 {
				t.Errorf("the second call: %s, %v", acks, err)
			}
		})
	}
}

// A client whose clock is wrong is refused in the real service's words, and gets in once it has learned the time.
func TestClock(t *testing.T) {
	for ahead, word := range map[time.Duration]string{time.Hour: "behind the service's", -time.Hour: "ahead of the service's"} {
		_, c := start(t, ServiceOptions{Clock: ahead})
		if _, err := put(t, c, 1); err == nil || !strings.Contains(err.Error(), word) {
			t.Errorf("a clock that is %v ahead: %v", ahead, err)
		}
		if acks, err := put(t, c, 1); err != nil || acks != "B0 R0 P0" {
			t.Errorf("with the right time: %s, %v", acks, err)
		}
	}
}

func TestUnsignedCallsAreRefused(t *testing.T) {
	s, _ := start(t, ServiceOptions{})
	c := kvs.New(kvs.Config{Endpoint: s.URL(), Region: Region, Credentials: credentials.NewStaticCredentialsProvider(AccessKey, "another", "")})
	defer c.Close()
	if _, err := put(t, c, 1); kvs.Classify(err) != kvs.Reauthenticate {
		t.Errorf("a wrong signature: %v", err)
	}
	if len(s.Fragments()) != 0 {
		t.Error("its fragments are taken")
	}
}

package kvs

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"kinora/media"
	"kinora/mkv"
)

// shelfEpoch lies in the past, on whatever day the tests run.
var shelfEpoch = time.Date(2020, 2, 28, 11, 0, 0, 0, time.UTC)

// shelf is a stored stream behind a service of a test. It answers as badly as the protocol allows: in no order, in small pages.
type shelf struct {
	t     *testing.T
	pages int // fragments in a page at most

	mu        sync.Mutex
	fragments []Fragment
	hidden    map[string]bool   // stored, and not listed yet
	faults    map[string]string // by number: "gone", "absent", "damaged", "error", "cut", "end"
	listed    []string          // time ranges asked for, "from-to" in seconds after shelfEpoch
	loaded    [][]string        // numbers asked for, by call
	hold      chan struct{}     // when not nil, media is sent after it is closed
}

func newShelf(t *testing.T, s *service) *shelf {
	h := &shelf{t: t, pages: 1000, hidden: map[string]bool{}, faults: map[string]string{}}
	s.serve("/describeStream", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, `{"StreamInfo": {"StreamName": "cam", "StreamARN": "arn:aws:kinesisvideo:eu-west-1:123456789012:stream/cam/1", "DataRetentionInHours": 24}}`)
	})
	s.serve("/listFragments", h.list)
	s.serve("/getMediaForFragmentList", h.media)
	return h
}

// add stores fragments that begin at the given times after shelfEpoch, by both clocks, and last 1.5 s.
func (h *shelf) add(starts ...time.Duration) {
	for _, at := range starts {
		h.store(Fragment{Server: shelfEpoch.Add(at), Producer: shelfEpoch.Add(at), Length: 1500 * time.Millisecond, Size: 1000})
	}
}

func (h *shelf) store(f Fragment) Fragment {
	h.mu.Lock()
	defer h.mu.Unlock()
	f.Number = fmt.Sprintf("%047d", len(h.fragments)+1)
	h.fragments = append(h.fragments, f)
	return f
}

// steady stores n fragments, one every two seconds.
func (h *shelf) steady(from time.Duration, n int) {
	for i := range n {
		h.add(from + time.Duration(i)*2*time.Second)
	}
}

func (h *shelf) list(w http.ResponseWriter, r *http.Request) {
	var in struct {
		NextToken        string
		MaxResults       int
		FragmentSelector struct {
			FragmentSelectorType string
			TimestampRange       struct{ StartTimestamp, EndTimestamp float64 }
		}
	}
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
		h.t.Error(err)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	sel, skip := in.FragmentSelector, 0
	if in.NextToken != "" {
		if err := json.Unmarshal([]byte(in.NextToken), &struct {
			Selector any
			Skip     *int
		}{&sel, &skip}); err != nil {
			h.t.Error(err)
		}
	}
	from, to := ms(sel.TimestampRange.StartTimestamp), ms(sel.TimestampRange.EndTimestamp)
	if skip == 0 {
		h.listed = append(h.listed, fmt.Sprintf("%v-%v", from.Sub(shelfEpoch), to.Sub(shelfEpoch)))
	}
	var found []Fragment
	for _, f := range h.fragments {
		at := f.Server
		if sel.FragmentSelectorType == "PRODUCER_TIMESTAMP" {
			at = f.Producer
		}
		if !at.Before(from) && !at.After(to) && !h.hidden[f.Number] {
			found = append(found, f)
		}
	}
	rand.New(rand.NewPCG(1, 2)).Shuffle(len(found), func(i, j int) { found[i], found[j] = found[j], found[i] })
	out := map[string]any{}
	if end := skip + min(h.pages, in.MaxResults); end < len(found) {
		token, err := json.Marshal(map[string]any{"Selector": sel, "Skip": end})
		if err != nil {
			h.t.Error(err)
		}
		out["NextToken"] = string(token)
		found = found[:end]
	}
	rows := []map[string]any{}
	for _, f := range found[min(skip, len(found)):] {
		rows = append(rows, map[string]any{
			"FragmentNumber": f.Number, "FragmentSizeInBytes": f.Size, "FragmentLengthInMilliseconds": f.Length.Milliseconds(),
			"ProducerTimestamp": float64(f.Producer.UnixMilli()) / 1000, "ServerTimestamp": float64(f.Server.UnixMilli()) / 1000,
		})
	}
	out["Fragments"] = rows
	if err := json.NewEncoder(w).Encode(out); err != nil {
		h.t.Error(err)
	}
}

func ms(seconds float64) time.Time { return time.UnixMilli(int64(seconds*1000 + 0.5)) }

func (h *shelf) media(w http.ResponseWriter, r *http.Request) {
	var in struct{ Fragments []string }
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
		h.t.Error(err)
	}
	h.mu.Lock()
	h.loaded = append(h.loaded, in.Fragments)
	hold := h.hold
	h.mu.Unlock()
	if hold != nil {
		http.NewResponseController(w).Flush()
		select {
		case <-hold:
		case <-r.Context().Done():
			return
		}
	}
	for _, number := range in.Fragments {
		h.mu.Lock()
		n, err := strconv.Atoi(number)
		if err != nil {
			h.t.Error(err)
		}
		f, fault := h.fragments[n-1], h.faults[number]
		h.mu.Unlock()
		b := f.bytes(h.t)
		switch fault {
		case "absent":
			continue
		case "end": // once
			h.mu.Lock()
			delete(h.faults, number)
			h.mu.Unlock()
			return
		case "gone", "error", "kms":
			id := map[string]string{"gone": "4000", "error": "5000", "kms": "4500"}[fault]
			b = (&record{number, id}).bytes(h.t)
		case "damaged":
			b = slices.Concat(b[:len(b)-20], []byte{0, 0, 0, 0, 0, 0})
		case "cut":
			w.Write(b[:len(b)/2])
			http.NewResponseController(w).Flush()
			panic(http.ErrAbortHandler)
		}
		if _, err := w.Write(b); err != nil || fault == "gone" || fault == "error" || fault == "damaged" || fault == "kms" {
			return
		}
	}
}

// bytes is a fragment as GetMediaForFragmentList sends it: four frames in the length of f, and a reading.
func (f Fragment) bytes(t *testing.T) []byte {
	t.Helper()
	tracks := append(slices.Clone(testTracks), media.Track{ID: 2, Kind: media.Data, Codec: media.Text, Name: "sensor"})
	var b bytes.Buffer
	w := mkv.NewWriter(&b, tracks, mkv.WriterOptions{Epoch: f.Producer})
	stamp := func(at time.Time) string { return fmt.Sprintf("%d.%03d", at.Unix(), at.Nanosecond()/1e6) }
	check(t, w.Begin(0,
		mkv.Tag{Name: mkv.FragmentNumber, Value: f.Number},
		mkv.Tag{Name: mkv.ServerTimestamp, Value: stamp(f.Server)},
		mkv.Tag{Name: mkv.ProducerTimestamp, Value: stamp(f.Producer)},
		mkv.Tag{Name: "door", Value: "open"}))
	for i := range 4 {
		check(t, w.Write(&media.Packet{Track: 1, PTS: time.Duration(i) * f.Length / 3, Key: i == 0, Data: fmt.Appendf(nil, "frame %d of %s", i, f.Number)}))
	}
	check(t, w.Write(&media.Packet{Track: 2, PTS: f.Length, Key: true, Data: []byte("21 °C")}))
	return b.Bytes()
}

// record is what ends an answer early.
type record struct{ number, id string }

func (r *record) bytes(t *testing.T) []byte {
	t.Helper()
	var b bytes.Buffer
	check(t, mkv.NewWriter(&b, testTracks, mkv.WriterOptions{}).Begin(0))
	head := b.Bytes()[:bytes.Index(b.Bytes(), []byte{0x1F, 0x43, 0xB6, 0x75})] // in front of the Cluster
	return mkv.AppendTags(head, mkv.Tag{Name: mkv.FragmentNumber, Value: r.number},
		mkv.Tag{Name: mkv.ExceptionErrorCode, Value: r.id}, mkv.Tag{Name: mkv.ExceptionMessage, Value: "because"})
}

func (h *shelf) calls() (lists, loads int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.listed), len(h.loaded)
}

package spool

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// recorded fills a spool with a take of n fragments and closes it.
func (r *rig) recorded(n int) ([]*sample, *Take) {
	r.t.Helper()
	r.open()
	k := r.begin()
	list := samples(r.t, n, 500)
	for _, s := range list {
		write(r.t, k, s)
	}
	must(r.t, k.End())
	r.shut()
	return list, k
}

func change(t *testing.T, path string, edit func([]byte) []byte) {
	t.Helper()
	b, err := os.ReadFile(path)
	must(t, err)
	must(t, os.WriteFile(path, edit(b), 0o600))
}

func TestADamagedFragmentIsPutAsideAlone(t *testing.T) {
	for name, edit := range map[string]func([]byte) []byte{
		"a flipped bit":   func(b []byte) []byte { b[len(b)/2] ^= 1; return b },
		"a damaged head":  func(b []byte) []byte { b[40] ^= 1; return b },
		"a missing piece": func(b []byte) []byte { return b[:len(b)-100] },
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t)
			list, k := r.recorded(3)
			change(t, k.path("000002.mkv"), edit)
			r.open()
			for i, f := range r.line() {
				err := list[i].check(f)
				if bad := i == 1; bad != errors.Is(err, ErrGone) || !bad && err != nil {
					t.Errorf("fragment %d: %v", i+1, err)
				}
			}
			if n := len(r.line()); n != 2 {
				t.Errorf("%d fragments wait", n)
			}
			got := r.take().Rejections()
			if len(got) != 1 || got[0].Number != 2 || !strings.Contains(got[0].Reason, "damaged") {
				t.Errorf("put aside are %v", got)
			}
			if _, err := os.Stat(k.path(rejectedName, "000002.mkv")); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestWhatAWholePartHoldsIsKept(t *testing.T) {
	whole := func(b []byte) []byte { return b }
	unsealed := func(b []byte) []byte { // as when the crash came before the record's second slot
		r, _ := findRecord(b)
		clear(b[r.head+voidHead+slot1 : r.head+recordSize])
		return b
	}
	for name, edit := range map[string]func([]byte) []byte{"sealed but not renamed": whole, "complete but not sealed": unsealed} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t)
			list, k := r.recorded(2)
			before, err := os.ReadFile(k.path("000002.mkv"))
			must(t, err)
			change(t, k.path("000002.mkv"), edit)
			must(t, os.Rename(k.path("000002.mkv"), k.path("000002.mkv.part")))
			r.open()
			must(t, list[1].check(r.Newest(door)))
			after, err := os.ReadFile(k.path("000002.mkv"))
			must(t, err)
			if !bytes.Equal(before, after) {
				t.Error("the file is not what it was")
			}
		})
	}
}

// Whatever is cut off or overwritten with noise from some byte on, what comes before stays.
func TestRecoveryKeepsWholeFrames(t *testing.T) {
	for name, tear := range map[string]func(b []byte, at int) []byte{
		"cut": func(b []byte, at int) []byte { return b[:at] },
		"noise": func(b []byte, at int) []byte {
			for i := at; i < len(b); i++ {
				b[i] = 0xFF
			}
			return b
		},
		"zeros": func(b []byte, at int) []byte { clear(b[at:]); return b },
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t)
			list, k := r.recorded(1)
			s := list[0]
			sealed := k.path("000001.mkv")
			original, err := os.ReadFile(sealed)
			must(t, err)
			rec, _ := findRecord(original)
			clear(original[rec.head+voidHead+slot1 : rec.head+recordSize])
			for at := len(original); at > int(rec.body()); at -= 97 {
				if err := os.Remove(sealed); err != nil && !errors.Is(err, os.ErrNotExist) {
					t.Fatal(err)
				}
				must(t, os.MkdirAll(k.dir, 0o700)) // a take that holds nothing is forgotten with its description
				must(t, os.WriteFile(k.path("000001.mkv.part"), tear(bytes.Clone(original), at), 0o600))
				must(t, os.WriteFile(k.path(takeName), []byte("{"), 0o600))
				r.open()
				kept := len(s.pieces[0])
				for _, p := range s.pieces[1 : len(s.pieces)-1] {
					if kept+len(p) > at-int(rec.body()) {
						break
					}
					kept += len(p)
				}
				if kept == len(s.pieces[0]) { // no frame is whole
					if n := len(r.line()); n != 0 && name == "cut" { // noise in the first frame cannot be told from a frame
						t.Fatalf("torn at %d: %d fragments", at, n)
					}
				} else {
					f := r.Oldest(door)
					if f == nil {
						t.Fatalf("torn at %d: nothing is left\n%s", at, r.logs)
					}
					_, body, err := content(f)
					must(t, err)
					if !bytes.HasPrefix(body, s.body()[:kept]) || len(body) > len(s.body()) {
						t.Fatalf("torn at %d: %d bytes are left, want %d", at, len(body), kept)
					}
					if f.take.to != door || !f.Sealed() || f.start != 0 || f.Length() > s.length {
						t.Fatalf("torn at %d: %+v", at, f)
					}
				}
				r.shut()
			}
		})
	}
}

func TestATakeWithoutDescriptionKeepsItsFragments(t *testing.T) {
	for name, spoil := range map[string]func(path string) error{
		"missing": os.Remove,
		"torn":    func(path string) error { return os.Truncate(path, 20) },
		"empty":   func(path string) error { return os.Truncate(path, 0) },
		"strange": func(path string) error { return os.WriteFile(path, []byte(`{"Version":99}`), 0o600) },
		"absurd": func(path string) error {
			return os.WriteFile(path, []byte(`{"Version":1,"Gone":[{"First":5,"Last":2,"From":3,"To":9,"Stage":"lost"}]}`), 0o600)
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t)
			list, k := r.recorded(3)
			must(t, spoil(k.path(takeName)))
			for range 2 {
				r.open()
				line := r.line()
				if len(line) != 3 {
					t.Fatalf("%d fragments are left\n%s", len(line), r.logs)
				}
				for i, f := range line {
					must(t, list[i].check(f))
				}
				got := r.take()
				if got.ID() != k.ID() || got.Target() != door || got.Began().IsZero() || got.Figures().Captured != 6*time.Second {
					t.Errorf("the take came back as %s for %v: %+v", got.ID(), got.Target(), got.Figures())
				}
				r.shut()
			}
		})
	}
}

func TestStrangeFilesAreLeftAlone(t *testing.T) {
	r := newRig(t)
	_, k := r.recorded(2)
	good, err := os.ReadFile(k.path("000001.mkv"))
	must(t, err)
	stream := filepath.Dir(k.dir)
	strange := map[string][]byte{
		filepath.Join(r.dir, "notes.txt"):           []byte("x"),
		filepath.Join(stream, "notes.txt"):          []byte("x"),
		filepath.Join(stream, "holiday", "sea.mkv"): []byte("x"),
		k.path("000003.mkv"):                        []byte("not Matroska"),
		k.path("000004.mkv.part"):                   bytes.Repeat([]byte{0}, 10_000),
		k.path("000005.mkv"):                        good,
		k.path("7.mkv"):                             good,
		k.path("000001.mkv.part"):                   good,
		k.path("holiday.mkv"):                       good,
		k.path(rejectedName, "notes"):               []byte("x"),
	}
	for path, b := range strange {
		must(t, os.MkdirAll(filepath.Dir(path), 0o700))
		must(t, os.WriteFile(path, b, 0o600))
	}
	r.open()
	if n := len(r.line()); n != 2 {
		t.Errorf("%d fragments wait", n)
	}
	for path, b := range strange {
		if got, err := os.ReadFile(path); err != nil || !bytes.Equal(got, b) {
			t.Errorf("%s was touched: %v", path, err)
		}
		if !strings.Contains(r.logs.String(), filepath.Base(path)) && filepath.Base(path) != "sea.mkv" {
			t.Errorf("nobody hears of %s", path)
		}
	}
}

func TestTakesAreForgottenAfterAMonth(t *testing.T) {
	r := newRig(t)
	_, k := r.recorded(1)
	r.open()
	must(t, r.line()[0].Advance(Persisted))
	old := r.take()
	r.mu.Lock()
	old.ended = time.Now().Add(-31 * 24 * time.Hour)
	r.mu.Unlock()
	must(t, old.save())
	if n := len(r.Takes()); n != 0 {
		t.Errorf("%d takes are listed", n)
	}
	r.reopen()
	if _, err := os.Stat(k.dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the directory is there: %v", err)
	}
}

func TestNamesAreSafeAndComeBack(t *testing.T) {
	seen := map[string]string{}
	for _, name := range []string{"door", "Door 1", "a/b", "a\\b", "..", ".", "", "con", "CON.x", "aux", "x.", ".x", "é", "a%2Fb", "a:b*c?", strings.Repeat("x", 256), strings.Repeat("x", 257), "lock", "account.json", "\x00"} {
		s := escape(name)
		if strings.ContainsAny(s, "/\\:*?\x00 ") || s == "" || s == "." || s == ".." || len(s) > 200 {
			t.Errorf("%q is written as %q", name, s)
		}
		if other, ok := seen[s]; ok {
			t.Errorf("%q and %q are both written as %q", name, other, s)
		}
		seen[s] = name
		if back, ok := unescape(s); len(name) < 200 && (!ok || back != name) {
			t.Errorf("%q comes back as %q, %v", name, back, ok)
		}
	}
}

package archive

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// besieged is an archive of two streams, each with six segments of two fragments, that was closed.
type besieged struct {
	*rig
	all map[string][]*Fragment
}

func besiege(t *testing.T) *besieged {
	b := &besieged{rig: newRig(t), all: make(map[string][]*Fragment)}
	b.options.SegmentSize = 2 * 720
	b.run()
	for range 12 {
		for _, name := range []string{"door", "yard"} {
			s := b.stream(name)
			b.all[name] = append(b.all[name], b.append(s, b.fragment(s, 500)))
		}
	}
	return b
}

// logs is the paths of the segments of a stream.
func (b *besieged) logs(name string) (paths []string) {
	b.t.Helper()
	s := b.stream(name)
	files, err := s.segmentFiles()
	if err != nil || len(files) != 6 {
		b.t.Fatalf("the segments are %v, %v", files, err)
	}
	for _, id := range files {
		paths = append(paths, s.path(id))
	}
	return paths
}

// survivors opens the archive and returns what can be read of a stream: each fragment as it was stored, or not at all.
func (b *besieged) survivors(name string) (found []int) {
	b.t.Helper()
	s, ok := b.Lookup(name)
	if !ok {
		return nil
	}
	for i, f := range b.all[name] {
		e, ok, err := s.Find(f.Number)
		if err != nil {
			b.t.Fatal(err)
		}
		if !ok {
			continue
		}
		switch got, err := s.Read(e); {
		case errors.Is(err, ErrCorrupt) || errors.Is(err, ErrNotFound):
		case err != nil:
			b.t.Errorf("%s, fragment %d: %v", name, i, err)
		case !same(got, f):
			b.t.Errorf("%s, fragment %d is not what was stored", name, i)
		default:
			found = append(found, i)
		}
	}
	return found
}

// rewrite changes a file.
func rewrite(t *testing.T, path string, change func([]byte) []byte) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err == nil {
		err = os.WriteFile(path, change(text), 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// Bits that are flipped anywhere in the logs cost the fragments that they hit, whether or not the index is there.
func TestFlippedBitsAnywhereInTheLogs(t *testing.T) {
	for seed := range uint64(10) {
		random := rand.New(rand.NewPCG(seed, 1))
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			b := besiege(t)
			logs := b.logs("door")
			b.stop()
			hit := make(map[int]bool)
			for range 3 {
				segment := random.IntN(len(logs))
				rewrite(t, logs[segment], func(text []byte) []byte {
					at := random.IntN(len(text))
					text[at] ^= 1 << random.IntN(8)
					hit[2*segment+at*2/len(text)] = true
					return text
				})
			}
			if seed%2 == 1 {
				if err := os.Remove(filepath.Join(b.dir, "index.db")); err != nil {
					t.Fatal(err)
				}
			}
			b.run()
			door := b.survivors("door")
			for i := range b.all["door"] {
				if !hit[i] && !slices.Contains(door, i) {
					t.Errorf("fragment %d is lost, where %v were hit", i, hit)
				}
			}
			if len(b.survivors("yard")) != 12 {
				t.Error("another stream has lost something")
			}
			if len(door)+len(b.Damage()) < 12 {
				t.Errorf("%d fragments are left, and %d findings say why", len(door), len(b.Damage()))
			}
		})
	}
}

// Files that have changed places, or that are another stream's, show nothing as what it is not.
func TestLogsInTheWrongPlace(t *testing.T) {
	swap := func(a, b string) error {
		return errors.Join(os.Rename(a, a+".x"), os.Rename(b, a), os.Rename(a+".x", b))
	}
	for _, rebuilt := range []bool{false, true} {
		for name, change := range map[string]func(door, yard []string) error{
			"two of a stream":          func(door, _ []string) error { return swap(door[1], door[3]) },
			"two streams'":             func(door, yard []string) error { return swap(door[1], yard[1]) },
			"the last two of a stream": func(door, _ []string) error { return swap(door[4], door[5]) },
			"a directory in the place": func(door, _ []string) error { return errors.Join(os.Remove(door[2]), os.Mkdir(door[2], 0o700)) },
			"a copy behind the last": func(door, _ []string) error {
				return os.Link(door[2], filepath.Join(filepath.Dir(door[0]), "00000099.log"))
			},
			"emptied, all of a stream's": func(door, _ []string) (err error) {
				for _, path := range door {
					err = errors.Join(err, os.Truncate(path, 0))
				}
				return err
			},
		} {
			t.Run(fmt.Sprintf("%s/rebuilt=%t", name, rebuilt), func(t *testing.T) {
				b := besiege(t)
				door, yard := b.logs("door"), b.logs("yard")
				b.stop()
				if err := change(door, yard); err != nil {
					t.Fatal(err)
				}
				if rebuilt {
					if err := os.Remove(filepath.Join(b.dir, "index.db")); err != nil {
						t.Fatal(err)
					}
				}
				b.run()
				for name, all := range b.all {
					found := b.survivors(name)
					if !rebuilt && len(found) < len(all) && len(b.Damage()) == 0 {
						t.Errorf("of %s there is %v, and nothing says why", name, found)
					}
					s := b.stream(name)
					if err := s.Append(t.Context(), b.fragment(s, 100)); err != nil {
						t.Errorf("%s stores nothing any more: %v", name, err)
					}
				}
			})
		}
	}
}

// Whatever happens to the index, nothing is shown as what it is not, and nothing is lost for good: what a start does not notice a later one
// mends, and at the latest one without the index.
func TestFlippedBitsAnywhereInTheIndex(t *testing.T) {
	for seed := range uint64(30) {
		random := rand.New(rand.NewPCG(seed, 2))
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			b := besiege(t)
			b.stop()
			path := filepath.Join(b.dir, "index.db")
			rewrite(t, path, func(text []byte) []byte {
				switch seed % 3 {
				case 0:
					text[random.IntN(len(text))] ^= 1 << random.IntN(8)
				case 1:
					return text[:random.IntN(len(text))]
				case 2:
					at := random.IntN(len(text) - 512)
					for i := range 512 {
						text[at+i] = byte(random.Uint32())
					}
				}
				return text
			})
			b.run()
			for name, all := range b.all {
				s := b.stream(name)
				for i, f := range all {
					e, ok, err := s.Find(f.Number)
					if err != nil && !errors.Is(err, errIndexDamaged) {
						t.Errorf("%s, fragment %d: %v", name, i, err)
					}
					if err != nil || !ok {
						continue
					}
					got, err := s.Read(e)
					if err == nil && (!same(got, f) || !e.Server.Equal(f.Server) || !e.Producer.Equal(f.Producer)) {
						t.Errorf("%s, fragment %d is shown as %+v", name, i, e)
					}
				}
			}
			b.stop()
			if err := os.Remove(path); err != nil {
				t.Fatal(err)
			}
			b.run()
			for name, all := range b.all {
				holds(t, b.stream(name), all...)
			}
		})
	}
}

// An index that leads to sound records of other fragments, or has other times for them, is built again by the next start.
func TestAnIndexThatIsWrongIsBuiltAgain(t *testing.T) {
	for name, wrong := range map[string]string{
		"other times":  "UPDATE fragments SET producer_ms = producer_ms + 1000",
		"other places": "UPDATE fragments SET offset = (offset + size) % (2 * size)",
	} {
		t.Run(name, func(t *testing.T) {
			b := besiege(t)
			if err := b.index.transaction(func() error {
				_, err := b.index.conn.ExecContext(t.Context(), wrong)
				return err
			}); err != nil {
				t.Fatal(err)
			}
			if found := b.survivors("door"); len(found) > 0 {
				t.Errorf("the fragments %v are shown for what they are not", found)
			}
			b.reopen()
			for name, all := range b.all {
				holds(t, b.stream(name), all...)
			}
		})
	}
}

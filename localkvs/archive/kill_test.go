package archive

import (
	"bufio"
	"context"
	"fmt"
	"hash/fnv"
	"log/slog"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

const killEnv = "KINORA_ARCHIVE_KILL_DIR"

func TestMain(m *testing.M) {
	if dir := os.Getenv(killEnv); dir != "" {
		fmt.Println("error", appendUntilKilled(dir))
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// appendUntilKilled is the child: three producers that print each number once it is stored.
func appendUntilKilled(dir string) error {
	a, err := Open(dir, Options{SegmentSize: 64 << 10, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		return err
	}
	failed := make(chan error, 4)
	go func() { failed <- a.Run(context.Background()) }()
	<-a.Ready()
	var out sync.Mutex
	for i := range 3 {
		name := fmt.Sprintf("camera-%d", i)
		s, ok := a.Lookup(name)
		if !ok {
			if s, err = a.Create(Meta{Name: name, RetentionHours: 24}); err != nil {
				return err
			}
		}
		go func() {
			for first := true; ; first = false {
				now := time.Now()
				f := fromNumber(s.NextNumber(now, first))
				if err := s.Append(context.Background(), f); err != nil {
					failed <- err
					return
				}
				out.Lock()
				fmt.Println(name, f.Number)
				out.Unlock()
			}
		}()
	}
	return <-failed
}

// fromNumber makes a fragment all of whose content follows from its number.
func fromNumber(n Number) *Fragment {
	h := fnv.New64a()
	h.Write(n.b[:])
	r := rand.New(rand.NewPCG(h.Sum64(), 1))
	cluster := make([]byte, r.IntN(20_000))
	for i := range cluster {
		cluster[i] = byte(r.Uint32())
	}
	return &Fragment{
		Number: n, Server: n.Time(), Producer: n.Time().Add(-time.Minute), Length: time.Second, Frames: 30,
		Header: []byte(n.String()), Cluster: cluster,
	}
}

func TestKilledProcessLosesNothingItReported(t *testing.T) {
	r := newRig(t)
	r.options.Now = time.Now
	reported := map[string][]Number{}
	for round := range 25 {
		after := rand.IntN(120)
		numbers := runAndKill(t, r.dir, after)
		for name, list := range numbers {
			reported[name] = append(reported[name], list...)
		}
		if round%8 == 7 { // the logs alone must do
			if err := os.Remove(filepath.Join(r.dir, "index.db")); err != nil {
				t.Fatal(err)
			}
		}
		r.run()
		if damage := r.Damage(); len(damage) > 0 {
			t.Errorf("round %d: damage: %v", round, damage[0])
		}
		for name, list := range reported {
			s, ok := r.Lookup(name)
			if !ok {
				t.Fatalf("round %d: stream %s is lost with %d fragments", round, name, len(list))
			}
			for i, n := range list {
				if i > 0 && n.Compare(list[i-1]) <= 0 {
					t.Errorf("round %d: %s has number %s after %s", round, name, n, list[i-1])
				}
				e, ok, err := s.Find(n)
				if err != nil || !ok {
					t.Fatalf("round %d: %s: reported fragment %s is lost: %v", round, name, n, err)
				}
				if f, err := s.Read(e); err != nil {
					t.Fatalf("round %d: %v", round, err)
				} else if !same(f, fromNumber(n)) {
					t.Fatalf("round %d: %s: fragment %s differs", round, name, n)
				}
			}
		}
		r.stop()
	}
	total := 0
	for _, list := range reported {
		total += len(list)
	}
	t.Logf("%d fragments were reported and found", total)
	if total == 0 {
		t.Error("no fragment was stored before a kill")
	}
}

// runAndKill starts a child and kills it when it has reported so many fragments; those on their way are reported or not.
func runAndKill(t *testing.T, dir string, after int) map[string][]Number {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	child := exec.CommandContext(ctx, os.Args[0])
	child.Env = append(os.Environ(), killEnv+"="+dir)
	child.Stderr = os.Stderr
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	numbers := map[string][]Number{}
	lines := bufio.NewReader(out)
	for count := 0; ; count++ {
		if count == after {
			if err := child.Process.Kill(); err != nil {
				t.Fatal(err)
			}
		}
		line, err := lines.ReadString('\n')
		if err != nil {
			break // a line that was cut by the kill was not reported
		}
		name, text, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
		n, err := ParseNumber(text)
		if err != nil {
			t.Errorf("the child says: %s", line)
			break
		}
		numbers[name] = append(numbers[name], n)
	}
	if err := child.Wait(); err == nil {
		t.Error("the child ended by itself")
	}
	return numbers
}

package spool

import (
	"bufio"
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

const killEnv = "KINORA_SPOOL_KILL_DIR"

func TestMain(m *testing.M) {
	if dir := os.Getenv(killEnv); dir != "" {
		fmt.Println("error", recordUntilKilled(dir))
		os.Exit(1)
	}
	os.Exit(m.Run())
}

const killSamples = 80

// recordUntilKilled is the child: it records, has every third fragment persisted, and prints each once it is sealed and once it is
// persisted.
func recordUntilKilled(dir string) error {
	s, err := Open(dir, Options{Floor: -1})
	if err != nil {
		return err
	}
	k, err := s.Begin(door, About{})
	if err != nil {
		return err
	}
	changed, _ := s.Watch(door)
	fragments := make(chan *Fragment, killSamples)
	failed := make(chan error, 2)
	go func() {
		for f := range fragments {
			for !f.Sealed() {
				<-changed
			}
			fmt.Println("sealed", k.ID(), f.Number())
			if f.Number()%3 == 0 {
				fmt.Println("leaving", k.ID(), f.Number())
				if err := f.Advance(Persisted); err != nil {
					failed <- err
				}
			}
		}
	}()
	go func() {
		for _, m := range samples(&testing.T{}, killSamples, 5_000) {
			f, err := m.write(k)
			if err != nil {
				failed <- err
				return
			}
			fragments <- f
		}
	}()
	return <-failed
}

func TestKill(t *testing.T) {
	if testing.Short() {
		t.Skip("starts processes")
	}
	exe, err := os.Executable()
	must(t, err)
	list := samples(t, killSamples, 5_000)
	r := newRig(t)
	r.dir = memory(t)
	sealed, leaving := map[string]bool{}, map[string]bool{}
	for range 5 {
		cmd := exec.CommandContext(t.Context(), exe)
		cmd.Env = append(os.Environ(), killEnv+"="+r.dir)
		cmd.Stderr = os.Stderr
		out, err := cmd.StdoutPipe()
		must(t, err)
		must(t, cmd.Start())
		lines := bufio.NewScanner(out)
		for n := 1 + rand.IntN(25); lines.Scan(); n-- {
			what, id, _ := strings.Cut(lines.Text(), " ")
			switch what {
			case "sealed":
				sealed[id] = true
			case "leaving":
				leaving[id] = true
			default:
				t.Fatal(lines.Text())
			}
			if n == 0 {
				must(t, cmd.Process.Kill())
			}
		}
		if err := cmd.Wait(); err == nil {
			t.Fatal("the child ended by itself")
		}
		r.open()
		found := map[string]bool{}
		for f := r.Oldest(door); f != nil; f = r.After(f) {
			id := fmt.Sprint(f.Take().ID(), " ", f.Number())
			found[id] = true
			m := list[f.Number()-1]
			_, body, err := content(f)
			must(t, err)
			if sealed[id] && !bytes.Equal(body, m.body()) || !wholeFrames(m, body) {
				t.Errorf("%s has %d bytes of %d", id, len(body), len(m.body()))
			}
			if f.Length() > m.length || f.Length() < m.length/2 && sealed[id] {
				t.Errorf("%s is %v long", id, f.Length())
			}
		}
		for id := range sealed {
			if !found[id] && !leaving[id] {
				t.Errorf("%s is lost", id)
			}
		}
		for _, k := range r.Takes() {
			if k.Open() {
				t.Errorf("take %s is open", k.ID())
			}
			var sum time.Duration
			for _, s := range k.Spans() {
				sum += s.To - s.From
			}
			if f := k.Figures(); sum != f.Captured || f.Lost != 0 {
				t.Errorf("the spans sum up to %v, and the figures are %+v", sum, f)
			}
		}
		if strings.Contains(r.logs.String(), "left alone") {
			t.Error(r.logs)
		}
		r.shut()
	}
}

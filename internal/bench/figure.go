package main

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"runtime"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"kinora/internal/atomicfile"
)

// A figure is one measured value with what it is held against. Values are rounded when they are shown only.
type figure struct {
	Part  string  `json:"part"`
	Name  string  `json:"name"`
	Value float64 `json:"value"`
	Unit  string  `json:"unit"`

	Peer      string  `json:"peer,omitempty"` // who was measured alike, in the same run
	PeerValue float64 `json:"peerValue,omitempty"`
	Ratio     float64 `json:"ratio,omitempty"` // Value by PeerValue

	Bar   string `json:"bar,omitempty"` // "<= 120", of the ratio where there is a peer
	Holds *bool  `json:"holds,omitempty"`
}

// measured is a figure without a bar.
func measured(name string, value float64, unit string) figure {
	return figure{Name: name, Value: value, Unit: unit}
}

// against adds a peer's value.
func (f figure) against(peer string, value float64) figure {
	f.Peer, f.PeerValue = peer, value
	if value != 0 {
		f.Ratio = f.Value / value
	}
	return f
}

func (f figure) atMost(bar float64) figure  { return f.held("<=", bar, f.compared() <= bar) }
func (f figure) atLeast(bar float64) figure { return f.held(">=", bar, f.compared() >= bar) }

func (f figure) held(sign string, bar float64, holds bool) figure {
	f.Bar, f.Holds = fmt.Sprintf("%s %g", sign, bar), &holds
	return f
}

func (f figure) compared() float64 {
	if f.Peer != "" {
		return f.Ratio
	}
	return f.Value
}

// A report is what a run of the benchmark found.
type report struct {
	Started  time.Time `json:"started"`
	System   string    `json:"system"`
	CPUs     int       `json:"cpus"`
	CPU      string    `json:"cpu"`
	Figures  []figure  `json:"figures"`
	Failures []string  `json:"failures"` // parts that could not be measured, and why

	Others map[string]float64 `json:"others"` // cores that other programs used during a part
}

func newReport() *report {
	return &report{Started: time.Now().Round(time.Second), System: runtime.GOOS + "/" + runtime.GOARCH, CPUs: runtime.NumCPU(),
		CPU: processor(), Figures: []figure{}, Failures: []string{}, Others: map[string]float64{}}
}

// processor returns the processor's model, or "unknown".
func processor() string {
	info, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return "unknown"
	}
	for line := range strings.Lines(string(info)) {
		if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return "unknown"
}

// disturbing is how many cores other programs may use before figures are to be doubted.
const disturbing = 0.1

func (r *report) save(path string) error {
	text, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	return atomicfile.Write(path, append(text, '\n'), 0o644)
}

func (r *report) print(w io.Writer) error {
	table := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	fmt.Fprintln(table, "part\tfigure\tvalue\t\tpeer\t\tratio\tbar\tholds")
	for _, f := range r.Figures {
		peer, ratio, holds := "", "", ""
		if f.Peer != "" {
			peer, ratio = short(f.PeerValue), fmt.Sprintf("%.2f", f.Ratio)
		}
		if f.Holds != nil {
			holds = map[bool]string{true: "yes", false: "NO"}[*f.Holds]
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", f.Part, f.Name, short(f.Value), f.Unit, peer, f.Peer, ratio, f.Bar, holds)
	}
	if err := table.Flush(); err != nil {
		return err
	}
	for _, part := range slices.Sorted(maps.Keys(r.Others)) {
		if r.Others[part] > disturbing {
			fmt.Fprintf(w, "disturbed: during %s other programs used %.1f cores\n", part, r.Others[part])
		}
	}
	for _, failure := range r.Failures {
		fmt.Fprintln(w, "not measured:", failure)
	}
	return nil
}

// short shows three digits or so.
func short(v float64) string {
	switch {
	case v == float64(int(v)) || v >= 100:
		return fmt.Sprintf("%.0f", v)
	case v >= 10:
		return fmt.Sprintf("%.1f", v)
	default:
		return fmt.Sprintf("%.2f", v)
	}
}

// Package rules holds the house rules that a compiler cannot check, as tests: which room may import which, one package
// comment for each package, files of a readable length, no reminders left in the code, no test that sleeps.
//
// Imports are checked against the table in imports_test.go. Each room lists all it may import directly, beyond the
// standard library; what must not be reached at all, however indirectly, is listed apart with the reason. A room that
// is not in the table, or an edge that is, fails the test; to allow one, change the table and say why in the commit.
package rules

import (
	"fmt"
	"slices"
	"strings"
)

const module = "kinora"

// A room is a package of this module with all packages below it that have no entry of their own.
type room struct {
	path string   // relative to the module
	may  []string // what its packages may import directly: rooms of this module, and import path prefixes of others
	why  string   // what the room is there for, as the reason when an import is refused
}

// A wall keeps packages from reaching others through any chain of imports.
type wall struct {
	from []string // rooms
	to   []string // import path prefixes
	why  string
}

// pkg is what the rules need of `go list -json`.
type pkg struct {
	ImportPath   string
	Dir          string
	Standard     bool
	GoFiles      []string
	CgoFiles     []string
	IgnoredFiles []string `json:"IgnoredGoFiles"`
	TestGoFiles  []string
	XTestGoFiles []string
	Imports      []string
	Deps         []string
	Error        *struct{ Err string }
}

// inModule returns the package's path relative to the module.
func (p pkg) inModule() (string, bool) { return strings.CutPrefix(p.ImportPath, module+"/") }

// forbidden returns a sentence for every direct import that the table does not allow.
func forbidden(packages []pkg, standard func(string) bool, table []room) []string {
	var found []string
	for _, p := range packages {
		path, ok := p.inModule()
		if !ok {
			continue
		}
		home, ok := roomOf(path, table)
		if !ok {
			found = append(found, fmt.Sprintf("%s is in no room: add it to the table, with what it may import", p.ImportPath))
			continue
		}
		for _, imported := range p.Imports {
			if !standard(imported) && !allowed(imported, home) {
				found = append(found, fmt.Sprintf("%s must not import %s: %s", p.ImportPath, imported, home.why))
			}
		}
	}
	return found
}

// reached returns a sentence for every package that reaches what stands behind a wall, with the chain that leads there.
func reached(packages []pkg, walls []wall) []string {
	byPath := make(map[string]pkg, len(packages))
	for _, p := range packages {
		byPath[p.ImportPath] = p
	}
	var found []string
	for _, p := range packages {
		path, ok := p.inModule()
		if !ok {
			continue
		}
		for _, w := range walls {
			if !slices.ContainsFunc(w.from, func(room string) bool { return within(path, room) }) {
				continue
			}
			if chain := chainTo(p.ImportPath, w.to, byPath); chain != nil {
				found = append(found, fmt.Sprintf("%s: %s", strings.Join(chain, " -> "), w.why))
			}
		}
	}
	return found
}

// chainTo returns the shortest chain of imports from one package to any under the given prefixes, or nil.
func chainTo(from string, prefixes []string, byPath map[string]pkg) []string {
	cameFrom := map[string]string{from: ""}
	for queue := []string{from}; len(queue) > 0; queue = queue[1:] {
		at := queue[0]
		if at != from && slices.ContainsFunc(prefixes, func(prefix string) bool { return within(at, prefix) }) {
			var chain []string
			for ; at != ""; at = cameFrom[at] {
				chain = append(chain, at)
			}
			slices.Reverse(chain)
			return chain
		}
		for _, next := range byPath[at].Imports {
			if _, seen := cameFrom[next]; !seen {
				cameFrom[next] = at
				queue = append(queue, next)
			}
		}
	}
	return nil
}

// roomOf returns the entry with the longest path that holds the package.
func roomOf(path string, table []room) (room, bool) {
	var home room
	for _, r := range table {
		if within(path, r.path) && len(r.path) > len(home.path) {
			home = r
		}
	}
	return home, home.path != ""
}

func allowed(imported string, home room) bool {
	path, own := strings.CutPrefix(imported, module+"/")
	if !own {
		path = imported
	}
	if own && within(path, home.path) {
		return true
	}
	return slices.ContainsFunc(home.may, func(prefix string) bool { return within(path, prefix) })
}

// within tells whether path is root or lies below it.
func within(path, root string) bool {
	return path == root || strings.HasPrefix(path, root+"/") || root == everything
}

// everything as a prefix allows any import.
const everything = "*"

package rules

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"testing"
)

// listed returns the module's packages with all they depend on, as the go command sees them with CGO_ENABLED=cgo, and
// what belongs to the standard library.
func listed(t *testing.T, cgo string) (packages []pkg, standard func(string) bool) {
	t.Helper()
	cmd := exec.Command("go", "list", "-e", "-deps", "-tags", "migrated_fynedo",
		"-json=ImportPath,Dir,Standard,GoFiles,CgoFiles,IgnoredGoFiles,TestGoFiles,XTestGoFiles,Imports,Deps,Error", module+"/...")
	cmd.Env = append(os.Environ(), "CGO_ENABLED="+cgo)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	known := make(map[string]bool)
	for decoder := json.NewDecoder(bytes.NewReader(out)); ; {
		var p pkg
		if err := decoder.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatalf("reading go list's answer: %v", err)
		}
		packages = append(packages, p)
		if p.Standard {
			known[p.ImportPath] = true
		}
	}
	return packages, func(path string) bool { return known[path] || path == "C" || path == "unsafe" }
}

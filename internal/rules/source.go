package rules

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"regexp"
	"strings"
)

// maxLines is what one file may hold before it has more than one idea in it. Tests may be longer.
const maxLines = 450

// reminders are the marks of work put off; the pattern is written so that it does not match itself.
var reminders = regexp.MustCompile(`TO[D]O|FIX[M]E|\bXX[X]\b`)

// A source is one Go file.
type source struct {
	name string // for people
	text []byte
}

func (s source) test() bool { return strings.HasSuffix(s.name, "_test.go") }

// generated follows the go command's convention for generated files.
func (s source) generated() bool {
	return regexp.MustCompile(`(?m)^// Code generated .* DO NOT EDIT\.$`).Match(s.text)
}

// tooLong complains about a file that should be several.
func tooLong(s source) []string {
	lines := strings.Count(string(s.text), "\n")
	if s.test() || s.generated() || lines <= maxLines {
		return nil
	}
	return []string{fmt.Sprintf("%s has %d lines, more than %d: it holds more than one idea", s.name, lines, maxLines)}
}

// remindersIn complains about work put off.
func remindersIn(s source) []string {
	var found []string
	for i, line := range strings.Split(string(s.text), "\n") {
		if mark := reminders.FindString(line); mark != "" {
			found = append(found, fmt.Sprintf("%s:%d: %s: do it now, or write it down where plans are kept", s.name, i+1, mark))
		}
	}
	return found
}

// packageComments returns how many of the files carry a package comment. Files that do not parse are an error.
func packageComments(files []source) (int, error) {
	n := 0
	for _, s := range files {
		f, err := parser.ParseFile(token.NewFileSet(), s.name, s.text, parser.PackageClauseOnly|parser.ParseComments)
		if err != nil {
			return 0, err
		}
		if f.Doc != nil && strings.TrimSpace(f.Doc.Text()) != "" {
			n++
		}
	}
	return n, nil
}

// A bubble is a function that runs the function it is given in simulated time: synctest.Test, and what wraps it.
type bubbles map[string]bool

// bubblesOf returns the functions of a package's files that call synctest.Test, by name, and synctest.Test itself; nil
// when the package does not simulate time.
func bubblesOf(files []source) (bubbles, error) {
	var found bubbles
	for _, s := range files {
		f, err := parser.ParseFile(token.NewFileSet(), s.name, s.text, parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		for _, decl := range f.Decls {
			fn, ok := decl.(*ast.FuncDecl)
			if !ok {
				continue
			}
			ast.Inspect(fn, func(n ast.Node) bool {
				if call, ok := n.(*ast.CallExpr); ok && called(call) == "synctest.Test" {
					if found == nil {
						found = bubbles{"synctest.Test": true}
					}
					found[fn.Name.Name] = true
				}
				return true
			})
		}
	}
	return found, nil
}

// sleeps complains about calls of time.Sleep in a test file that are not inside a bubble. In a package that simulates
// time, fakes and helpers may sleep too, for they can be called from a bubble; tests themselves may not.
func sleeps(s source, simulated bubbles) ([]string, error) {
	set := token.NewFileSet()
	f, err := parser.ParseFile(set, s.name, s.text, parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	var found []string
	for _, decl := range f.Decls {
		if fn, ok := decl.(*ast.FuncDecl); ok && simulated != nil && !strings.HasPrefix(fn.Name.Name, "Test") {
			continue
		}
		ast.Inspect(decl, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			name := called(call)
			if name == "time.Sleep" {
				found = append(found, fmt.Sprintf("%s: a test that sleeps is slow or flaky: wait for a condition, or use testing/synctest", set.Position(call.Pos())))
			}
			return !simulated[name]
		})
	}
	return found, nil
}

// called returns the name of the function that is called, with its package's where there is one.
func called(call *ast.CallExpr) string {
	switch fn := call.Fun.(type) {
	case *ast.Ident:
		return fn.Name
	case *ast.SelectorExpr:
		if p, ok := fn.X.(*ast.Ident); ok {
			return p.Name + "." + fn.Sel.Name
		}
	}
	return ""
}

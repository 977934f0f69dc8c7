package ui

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"kinora/assets"
)

// source calls f for every Go file of the package that is not a test.
func source(t *testing.T, f func(*token.FileSet, *ast.File)) {
	t.Helper()
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	set := token.NewFileSet()
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(set, name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		f(set, file)
	}
}

// translated returns the text of a call of lang.L or lang.N, and which of the two it is.
func translated(n ast.Node) (text *ast.BasicLit, fn string) {
	call, ok := n.(*ast.CallExpr)
	if !ok {
		return nil, ""
	}
	sel, ok := call.Fun.(*ast.SelectorExpr)
	if !ok {
		return nil, ""
	}
	if pkg, ok := sel.X.(*ast.Ident); !ok || pkg.Name != "lang" || (sel.Sel.Name != "L" && sel.Sel.Name != "N") {
		return nil, ""
	}
	text, _ = call.Args[0].(*ast.BasicLit)
	return text, sel.Sel.Name
}

func TestTranslationsAreComplete(t *testing.T) {
	data, err := assets.Translations.ReadFile("translations/en.json")
	if err != nil {
		t.Fatal(err)
	}
	var file map[string]any
	if err := json.Unmarshal(data, &file); err != nil {
		t.Fatal(err)
	}
	reserved := "id description hash leftdelim rightdelim zero one two few many other translation"
	for key := range file {
		for _, word := range strings.Fields(reserved) {
			if strings.EqualFold(key, word) {
				t.Errorf("the text %q is a reserved word of translation files", key)
			}
		}
	}
	used := map[string]bool{}
	source(t, func(set *token.FileSet, f *ast.File) {
		ast.Inspect(f, func(n ast.Node) bool {
			lit, fn := translated(n)
			if fn == "" {
				return true
			}
			if lit == nil {
				t.Errorf("%v: the text of lang.%s is not a literal", set.Position(n.Pos()), fn)
				return true
			}
			key, err := strconv.Unquote(lit.Value)
			if err != nil {
				t.Fatal(err)
			}
			used[key] = true
			switch entry := file[key].(type) {
			case nil:
				t.Errorf("%v: en.json lacks %q", set.Position(n.Pos()), key)
			case string:
				if fn == "N" {
					t.Errorf("en.json: %q has no plural", key)
				} else if entry != key {
					t.Errorf("en.json: %q is translated to %q", key, entry)
				}
			case map[string]any:
				if fn != "N" || entry["one"] == nil || entry["other"] != key {
					t.Errorf("en.json: %q is %v", key, entry)
				}
			}
			return true
		})
	})
	for key := range file {
		if !used[key] {
			t.Errorf("en.json has %q, which nothing uses", key)
		}
	}
}

// TestNoTextBypassesTranslation finds literals that read like text for people and are no argument of lang.
func TestNoTextBypassesTranslation(t *testing.T) {
	prose := regexp.MustCompile(`[A-Za-z]{2,}[,.:;]? [A-Za-z]{2,}|^[A-Z][a-z]{2,}$`)
	exempt := map[string]bool{ // names of accounts' kinds, of keys, and of the program; the form of an error
		"This computer": true, "Endpoint": true, "Ctrl": true, "Alt": true, "Enter": true, "Esc": true, "Del": true,
		"Shift": true, "Tab": true, "Space": true, "Home": true, "End": true, "Kinora": true,
		"Pictures": true, // the folder of that name

		calls.String(): true,
	}
	source(t, func(set *token.FileSet, f *ast.File) {
		passed := map[*ast.BasicLit]bool{}
		ast.Inspect(f, func(n ast.Node) bool {
			if lit, fn := translated(n); fn != "" && lit != nil {
				passed[lit] = true
			}
			if call, ok := n.(*ast.CallExpr); ok {
				if sel, ok := call.Fun.(*ast.SelectorExpr); ok && (sel.Sel.Name == "LogError" || sel.Sel.Name == "Format") {
					for _, a := range call.Args {
						if lit, ok := a.(*ast.BasicLit); ok {
							passed[lit] = true
						}
					}
				}
			}
			switch n := n.(type) {
			case *ast.ImportSpec:
				passed[n.Path] = true
			case *ast.KeyValueExpr: // the names in values{…}
				if lit, ok := n.Key.(*ast.BasicLit); ok {
					passed[lit] = true
				}
			}
			return true
		})
		ast.Inspect(f, func(n ast.Node) bool {
			lit, ok := n.(*ast.BasicLit)
			if !ok || lit.Kind != token.STRING || passed[lit] {
				return true
			}
			s, err := strconv.Unquote(lit.Value)
			if err == nil && prose.MatchString(s) && !exempt[s] {
				t.Errorf("%v: %q is not translated", set.Position(lit.Pos()), s)
			}
			return true
		})
	})
}

func TestSymbolsExist(t *testing.T) {
	for _, kind := range []string{"This computer", "AWS", "Endpoint"} {
		assets.Symbol(accountSymbol(kind)) // panics when there is none
	}
	files, err := filepath.Glob("../assets/symbols/*.svg")
	if err != nil || len(files) == 0 {
		t.Fatalf("no symbols: %v", err)
	}
	used := map[string]bool{}
	source(t, func(_ *token.FileSet, f *ast.File) {
		ast.Inspect(f, func(n ast.Node) bool {
			if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING {
				used[strings.Trim(lit.Value, `"`)] = true
			}
			return true
		})
	})
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".svg")
		assets.Symbol(name)
		if !used[name] {
			t.Errorf("nothing uses the symbol %s", name)
		}
	}
}

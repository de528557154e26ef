package vakt_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// module is the import path of the project.
const module = "vakt"

// house is the tree as the laws look at it.
type house struct {
	fsys  fs.FS
	fset  *token.FileSet
	paths []string // every file that the project ships, in order
	units []*unit
}

// unit is one package of one folder: the package with its own tests, or the
// external test package beside it.
type unit struct {
	dir, name string
	files     []*source
	info      *types.Info
	scope     *types.Scope
}

// source is one Go file.
type source struct {
	path string
	test bool
	tree *ast.File
}

// external tells whether the unit is a test package of its own (x_test).
func (u *unit) external() bool { return strings.HasSuffix(u.name, "_test") }

// openHouse parses every Go file of the tree and resolves its identifiers.
// Nothing is compiled, and imported packages are not read.
func openHouse(fsys fs.FS) (*house, error) {
	h := &house{fsys: fsys, fset: token.NewFileSet()}
	if err := fs.WalkDir(fsys, ".", h.visit); err != nil {
		return nil, fmt.Errorf("walk the tree: %w", err)
	}
	for _, p := range h.paths {
		if strings.HasSuffix(p, ".go") && !aside(p) {
			if err := h.addSource(p); err != nil {
				return nil, err
			}
		}
	}
	for _, u := range h.units {
		h.resolve(u)
	}
	return h, nil
}

// visit collects the files that belong to the project: not git's, not what
// the Makefile leaves behind.
func (h *house) visit(p string, d fs.DirEntry, err error) error {
	switch {
	case err != nil:
		return err
	case p == "bin", p == "tmp", d.Name() == ".git":
		if d.IsDir() {
			return fs.SkipDir
		}
	case d.Type().IsRegular():
		h.paths = append(h.paths, p)
	}
	return nil
}

// aside tells whether the go command passes over the file.
func aside(p string) bool {
	return slices.ContainsFunc(strings.Split(p, "/"), func(part string) bool {
		return part == "testdata" || strings.HasPrefix(part, ".") || strings.HasPrefix(part, "_")
	})
}

func (h *house) addSource(p string) error {
	data, err := fs.ReadFile(h.fsys, p)
	if err != nil {
		return fmt.Errorf("read a source: %w", err)
	}
	tree, err := parser.ParseFile(h.fset, p, data, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return fmt.Errorf("parse a source: %w", err)
	}
	u := h.unit(path.Dir(p), tree.Name.Name)
	u.files = append(u.files, &source{path: p, test: strings.HasSuffix(p, "_test.go"), tree: tree})
	return nil
}

// unit finds or begins the unit of a folder and package name.
func (h *house) unit(dir, name string) *unit {
	for _, u := range h.units {
		if u.dir == dir && u.name == name {
			return u
		}
	}
	u := &unit{dir: dir, name: name}
	h.units = append(h.units, u)
	return u
}

// resolve finds out what each identifier of the unit stands for. Imported
// packages are taken as empty, so errors are expected and of no interest:
// only scopes and the names of imports are needed.
func (h *house) resolve(u *unit) {
	u.info = &types.Info{Defs: map[*ast.Ident]types.Object{}, Uses: map[*ast.Ident]types.Object{}}
	config := types.Config{Importer: blank{}, Error: func(error) {}}
	trees := make([]*ast.File, 0, len(u.files))
	for _, f := range u.files {
		trees = append(trees, f.tree)
	}
	pkg, _ := config.Check(u.dir, h.fset, trees, u.info)
	u.scope = pkg.Scope()
}

// blank imports every package as an empty one.
type blank struct{}

var majorVersion = regexp.MustCompile(`^v[0-9]+$`)

// Import implements types.Importer.
func (blank) Import(importPath string) (*types.Package, error) {
	name := path.Base(importPath)
	if majorVersion.MatchString(name) {
		name = path.Base(path.Dir(importPath))
	}
	pkg := types.NewPackage(importPath, name)
	pkg.MarkComplete()
	return pkg, nil
}

// eachSource calls f for every Go file.
func (h *house) eachSource(f func(*unit, *source)) {
	for _, u := range h.units {
		for _, s := range u.files {
			f(u, s)
		}
	}
}

// eachImport calls f for every import of every Go file.
func (h *house) eachImport(f func(u *unit, s *source, target string, at breach)) {
	h.eachSource(func(u *unit, s *source) {
		for _, spec := range s.tree.Imports {
			target, err := strconv.Unquote(spec.Path.Value)
			if err == nil {
				f(u, s, target, breach{h.at(spec), fmt.Sprintf("imports %q", target)})
			}
		}
	})
}

// at gives the place of a node as file:line.
func (h *house) at(n ast.Node) string {
	p := h.fset.Position(n.Pos())
	return place(p.Filename, p.Line)
}

// place writes file:line.
func place(file string, line int) string { return fmt.Sprintf("%s:%d", file, line) }

// exists tells whether the folder is there.
func (h *house) exists(dir string) bool {
	info, err := fs.Stat(h.fsys, dir)
	return err == nil && info.IsDir()
}

// declares tells whether the folder's package declares the name.
func (h *house) declares(dir, name string) bool {
	return slices.ContainsFunc(h.units, func(u *unit) bool {
		return u.dir == dir && !u.external() && u.scope.Lookup(name) != nil
	})
}

// imports tells whether a file of the folder imports the module or one of
// its packages.
func (h *house) imports(dir, modulePath string) bool {
	found := false
	h.eachImport(func(u *unit, _ *source, target string, _ breach) {
		found = found || u.dir == dir && within(target, modulePath)
	})
	return found
}

// within tells whether an import path is the root or lies below it.
func within(target, root string) bool {
	return target == root || strings.HasPrefix(target, root+"/")
}

// room gives the folder of an import path of the project; false for others.
func room(target string) (string, bool) {
	if target == module {
		return ".", true
	}
	return strings.CutPrefix(target, module+"/")
}

// rank gives the place of a folder in the corridor, -1 if it has none.
func rank(dir string) int { return slices.Index(corridor, dir) }

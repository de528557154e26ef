package vakt_test

import (
	"fmt"
	"io/fs"
	"path"
	"reflect"
	"runtime"
	"slices"
	"strings"
)

func checkCorridor(h *house) []breach {
	var out []breach
	for _, u := range h.units {
		at := h.at(u.files[0].tree.Name)
		switch {
		case u.dir != "." && !isApart(u.dir) && rank(u.dir) < 0:
			out = append(out, breach{at, fmt.Sprintf("folder %q has no place in the corridor: add it to the list in house_test.go and to HOUSE.md", u.dir)})
		case strings.TrimSuffix(u.name, "_test") != properName(u.dir):
			out = append(out, breach{at, fmt.Sprintf("package %q should be called %q", u.name, properName(u.dir))})
		}
	}
	return append(out, unplacedFolders(h)...)
}

// properName is the package name that a folder must have.
func properName(dir string) string {
	switch {
	case dir == ".":
		return module
	case strings.HasPrefix(dir, "cmd/"):
		return "main"
	}
	return path.Base(dir)
}

// unplacedFolders finds folders that hold no Go file (yet) and are not listed.
func unplacedFolders(h *house) []breach {
	var out []breach
	for _, parent := range []string{"internal", "cmd"} {
		entries, err := fs.ReadDir(h.fsys, parent)
		if err != nil {
			continue // a tree without the folder has nothing unplaced in it
		}
		for _, e := range entries {
			dir := path.Join(parent, e.Name())
			known := isApart(dir) || rank(dir) >= 0 || slices.ContainsFunc(h.units, func(u *unit) bool { return u.dir == dir })
			if e.IsDir() && !known {
				out = append(out, breach{dir, "folder has no place in the corridor"})
			}
		}
	}
	return out
}

func checkImports(h *house) []breach {
	var out []breach
	h.eachImport(func(u *unit, _ *source, target string, at breach) {
		to, ours := room(target)
		switch {
		case !ours, to == ".", isApart(to), isApart(u.dir): // the laws "content" and "apart" look at these
		case u.external() && (u.dir == "." || u.dir == to): // the root's tests see the whole house
		case rank(to) < 0 || u.dir == "." || rank(u.dir) <= rank(to):
			out = append(out, at)
		}
	})
	return out
}

func checkApart(h *house) []breach {
	var out []breach
	h.eachImport(func(u *unit, _ *source, target string, at breach) {
		to, ours := room(target)
		meets := ours && (isApart(to) || isApart(u.dir))
		if meets && !u.external() && !mayMeet(u.dir, to) {
			out = append(out, at)
		}
	})
	return out
}

func isApart(dir string) bool { return slices.Contains(apart, dir) }

// mayMeet is true where a command uses a room apart, or a room apart uses one
// that stands before it.
func mayMeet(dir, to string) bool {
	if !isApart(to) {
		return false
	}
	return strings.HasPrefix(dir, "cmd/") || slices.Index(apart, to) < slices.Index(apart, dir)
}

func checkContent(h *house) []breach {
	var out []breach
	h.eachImport(func(u *unit, _ *source, target string, at breach) {
		if target == module && !u.external() && !slices.Contains(roof, u.dir) {
			out = append(out, at)
		}
	})
	return out
}

func checkDrivers(h *house) []breach {
	var out []breach
	h.eachImport(func(u *unit, _ *source, target string, at breach) {
		for _, driver := range sqlDrivers {
			if within(target, driver) && u.dir != "internal/db" {
				out = append(out, at)
			}
		}
	})
	return out
}

// checkStores spares external test packages: they open the store that they
// test a room with.
func checkStores(h *house) []breach {
	var out []breach
	h.eachImport(func(u *unit, s *source, target string, at breach) {
		if target != module+"/internal/db" || u.dir == "internal/db" || u.external() || slices.Contains(roof, u.dir) {
			return
		}
		if !strings.HasPrefix(path.Base(s.path), "store") {
			out = append(out, at)
		}
	})
	return out
}

// checkHTTP spares external test packages: they reach the simulator that way.
func checkHTTP(h *house) []breach {
	var out []breach
	forbidden, _ := named(guarded.http)
	h.eachImport(func(u *unit, _ *source, target string, at breach) {
		if within(target, forbidden) && !u.external() && !slices.Contains(speaksHTTP, u.dir) {
			out = append(out, at)
		}
	})
	return out
}

func checkNames(h *house) []breach {
	var out []breach
	for _, u := range h.units {
		name := strings.TrimSuffix(u.name, "_test")
		if slices.Contains(emptyNames, name) || slices.Contains(emptyNames, strings.TrimSuffix(name, "s")) {
			out = append(out, breach{h.at(u.files[0].tree.Name), fmt.Sprintf("package is called %q", u.name)})
		}
	}
	return out
}

// named gives the import path and the name of a function.
func named(function any) (importPath, name string) {
	full := runtime.FuncForPC(reflect.ValueOf(function).Pointer()).Name()
	dot := strings.LastIndexByte(full, '/') + 1
	dot += strings.IndexByte(full[dot:], '.')
	return full[:dot], full[dot+1:]
}

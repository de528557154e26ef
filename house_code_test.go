package vakt_test

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"path"
	"slices"
	"strings"
)

func checkInit(h *house) []breach {
	var out []breach
	h.eachSource(func(_ *unit, s *source) {
		for _, d := range s.tree.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && f.Recv == nil && f.Name.Name == "init" {
				out = append(out, breach{h.at(f), "declares init"})
			}
		}
	})
	return out
}

// checkGlobals finds writes to package variables: assignments to the variable,
// a field or an element of it, deletions from it, and the address of a plain
// string, number or flag, which nobody takes in order to read. It cannot see
// a write through a second name or inside a method. A test may write variables
// that a test file declares.
func checkGlobals(h *house) []breach {
	var out []breach
	h.eachSource(func(u *unit, s *source) {
		ast.Inspect(s.tree, func(n ast.Node) bool {
			for _, e := range written(n, u.info) {
				if name := h.global(u, s, e); name != "" {
					out = append(out, breach{h.at(e), fmt.Sprintf("writes package variable %s", name)})
				}
			}
			return true
		})
	})
	return out
}

// written lists the expressions that a node writes to.
func written(n ast.Node, info *types.Info) []ast.Expr {
	switch n := n.(type) {
	case *ast.AssignStmt:
		if n.Tok != token.DEFINE {
			return n.Lhs
		}
	case *ast.IncDecStmt:
		return []ast.Expr{n.X}
	case *ast.RangeStmt:
		if n.Tok == token.ASSIGN {
			return []ast.Expr{n.Key, n.Value}
		}
	case *ast.UnaryExpr:
		if n.Op == token.AND && isPlain(n.X, info) {
			return []ast.Expr{n.X}
		}
	case *ast.CallExpr:
		return writtenByBuiltin(n, info)
	}
	return nil
}

// isPlain tells whether the expression is a variable of a basic type.
func isPlain(e ast.Expr, info *types.Info) bool {
	id, ok := e.(*ast.Ident)
	if !ok || info.Uses[id] == nil {
		return false
	}
	basic, ok := info.Uses[id].Type().Underlying().(*types.Basic)
	return ok && basic.Kind() != types.Invalid
}

// writtenByBuiltin gives the first argument of clear, copy and delete.
func writtenByBuiltin(call *ast.CallExpr, info *types.Info) []ast.Expr {
	id, ok := call.Fun.(*ast.Ident)
	if !ok || len(call.Args) == 0 {
		return nil
	}
	builtin, ok := info.Uses[id].(*types.Builtin)
	if !ok || !slices.Contains([]string{"clear", "copy", "delete"}, builtin.Name()) {
		return nil
	}
	return call.Args[:1]
}

// global names the package variable that an expression leads to, if there is
// one that the file may not write.
func (h *house) global(u *unit, s *source, e ast.Expr) string {
	switch root := rootOf(e, u.info).(type) {
	case *ast.Ident:
		v, ok := u.info.Uses[root].(*types.Var)
		if ok && v.Parent() == u.scope && !(s.test && h.inTest(v)) {
			return root.Name
		}
	case *ast.SelectorExpr:
		target := imported(root, u.info)
		if _, ours := room(target); ours || !s.test {
			return target + "." + root.Sel.Name
		}
	}
	return ""
}

// inTest tells whether a test file declares the object.
func (h *house) inTest(o types.Object) bool {
	return strings.HasSuffix(h.fset.Position(o.Pos()).Filename, "_test.go")
}

// rootOf follows fields, elements and pointers to the variable in front: an
// identifier, or package.Name. It gives nil where there is none.
func rootOf(e ast.Expr, info *types.Info) ast.Expr {
	for {
		switch x := e.(type) {
		case *ast.Ident:
			return x
		case *ast.SelectorExpr:
			if imported(x, info) != "" {
				return x
			}
			e = x.X
		case *ast.IndexExpr:
			e = x.X
		case *ast.SliceExpr:
			e = x.X
		case *ast.StarExpr:
			e = x.X
		case *ast.ParenExpr:
			e = x.X
		default:
			return nil
		}
	}
}

// imported gives the import path in front of package.Name, or "".
func imported(s *ast.SelectorExpr, info *types.Info) string {
	id, ok := s.X.(*ast.Ident)
	if !ok {
		return ""
	}
	if pkg, ok := info.Uses[id].(*types.PkgName); ok {
		return pkg.Imported().Path()
	}
	return ""
}

// checkOutside looks at uses, not only at calls: a clock handed on as a value
// is still the machine's clock. Tests may use all of these.
func checkOutside(h *house) []breach {
	var out []breach
	h.eachSource(func(u *unit, s *source) {
		if s.test || slices.Contains(roof, u.dir) {
			return
		}
		out = append(out, h.outsideImports(s)...)
		for _, f := range outside {
			importPath, name := named(f)
			out = append(out, h.uses(u, s, importPath, name)...)
		}
	})
	return out
}

// outsideImports finds imports of a random generator, and dot imports that
// would hide the use of a guarded function.
func (h *house) outsideImports(s *source) []breach {
	var out []breach
	random, _ := named(guarded.rand)
	randomV2, _ := named(guarded.randV2)
	for _, spec := range s.tree.Imports {
		target := strings.Trim(spec.Path.Value, "`\"")
		hides := slices.ContainsFunc(outside, func(f any) bool {
			importPath, _ := named(f)
			return importPath == target && spec.Name != nil && spec.Name.Name == "."
		})
		if target == random || target == randomV2 || hides {
			out = append(out, breach{h.at(spec), fmt.Sprintf("imports %q", target)})
		}
	}
	return out
}

// uses finds package.name in a file.
func (h *house) uses(u *unit, s *source, importPath, name string) []breach {
	var out []breach
	ast.Inspect(s.tree, func(n ast.Node) bool {
		if sel, ok := n.(*ast.SelectorExpr); ok && sel.Sel.Name == name && imported(sel, u.info) == importPath {
			out = append(out, breach{h.at(sel), fmt.Sprintf("uses %s.%s", importPath, name)})
		}
		return true
	})
	return out
}

func checkGates(h *house) []breach {
	var out []breach
	h.eachSource(func(u *unit, s *source) {
		for _, g := range gates {
			open := slices.ContainsFunc(g.callers, func(pattern string) bool {
				ok, err := path.Match(pattern, s.path)
				return err == nil && ok
			})
			if !open && !s.test {
				out = append(out, h.uses(u, s, module+"/"+g.room, g.function)...)
			}
		}
	})
	return out
}

func checkDocumented(h *house) []breach {
	var out []breach
	for _, u := range h.units {
		if u.external() {
			continue
		}
		out = append(out, h.packageComment(u)...)
		for _, s := range u.files {
			for _, d := range s.tree.Decls {
				if !s.test {
					out = append(out, h.undocumented(d)...)
				}
			}
		}
	}
	return out
}

// packageComment wants the comment in one file, beginning as godoc expects.
func (h *house) packageComment(u *unit) []breach {
	opening := "Package " + u.name + " "
	if u.name == "main" {
		opening = "Command " + path.Base(u.dir) + " "
	}
	var with []*source
	production := slices.DeleteFunc(slices.Clone(u.files), func(s *source) bool { return s.test })
	for _, s := range production {
		if s.tree.Doc.Text() != "" {
			with = append(with, s)
		}
	}
	switch {
	case len(production) == 0:
		return nil
	case len(with) == 0:
		return []breach{{h.at(production[0].tree.Name), "no file has the package comment"}}
	case len(with) > 1:
		return []breach{{h.at(with[1].tree.Name), "a second package comment; the first is in " + with[0].path}}
	case !strings.HasPrefix(with[0].tree.Doc.Text(), opening):
		return []breach{{h.at(with[0].tree.Name), fmt.Sprintf("package comment does not begin with %q", opening)}}
	}
	return nil
}

// undocumented lists the exported names of a declaration that no comment
// explains. A comment over a group explains all of it, and for constants and
// variables one behind the line will do.
func (h *house) undocumented(d ast.Decl) []breach {
	switch d := d.(type) {
	case *ast.FuncDecl:
		if d.Name.IsExported() && receiverExported(d) && d.Doc.Text() == "" {
			return []breach{{h.at(d), fmt.Sprintf("exported %s has no comment", d.Name.Name)}}
		}
	case *ast.GenDecl:
		if d.Doc.Text() == "" {
			return h.undocumentedSpecs(d.Specs)
		}
	}
	return nil
}

func (h *house) undocumentedSpecs(specs []ast.Spec) []breach {
	var out []breach
	for _, spec := range specs {
		var names []*ast.Ident
		var comment string
		switch spec := spec.(type) {
		case *ast.TypeSpec:
			names, comment = []*ast.Ident{spec.Name}, spec.Doc.Text()
		case *ast.ValueSpec:
			names, comment = spec.Names, spec.Doc.Text()+spec.Comment.Text()
		}
		for _, name := range names {
			if name.IsExported() && comment == "" {
				out = append(out, breach{h.at(name), fmt.Sprintf("exported %s has no comment", name.Name)})
			}
		}
	}
	return out
}

// receiverExported tells whether godoc shows the function: it has no
// receiver, or one of an exported type.
func receiverExported(f *ast.FuncDecl) bool {
	if f.Recv == nil {
		return true
	}
	t := f.Recv.List[0].Type
	for {
		switch x := t.(type) {
		case *ast.StarExpr:
			t = x.X
		case *ast.IndexExpr:
			t = x.X
		case *ast.IndexListExpr:
			t = x.X
		case *ast.ParenExpr:
			t = x.X
		case *ast.Ident:
			return x.IsExported()
		default:
			return false
		}
	}
}

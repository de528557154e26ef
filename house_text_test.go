package vakt_test

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/token"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// elsewhere matches what only makes sense on some machine: absolute paths of
// its folders, and folders beside the checkout.
var elsewhere = regexp.MustCompile(`(?:^|[^\w./-])/(?:root|tmp|home/\w+|Users/\w+)(?:/|[^\w-]|$)|\.\./shared\b`)

// checkItself reads every text file but tests and their data. In .gitignore a
// leading slash is the root of the checkout.
func checkItself(h *house) []breach {
	var out []breach
	for _, p := range h.paths {
		if strings.HasSuffix(p, "_test.go") || strings.Contains("/"+p, "/testdata/") || path.Base(p) == ".gitignore" {
			continue
		}
		data, err := fs.ReadFile(h.fsys, p)
		if err != nil {
			out = append(out, breach{p, err.Error()})
			continue
		}
		out = append(out, elsewhereIn(p, data)...)
	}
	return out
}

func elsewhereIn(p string, data []byte) []breach {
	if bytes.IndexByte(data, 0) >= 0 {
		return nil
	}
	var out []breach
	line := 0
	for text := range bytes.Lines(data) {
		line++
		if found := elsewhere.Find(bytes.TrimRight(text, "\r\n")); found != nil {
			out = append(out, breach{place(p, line), fmt.Sprintf("names %q", bytes.TrimSpace(found))})
		}
	}
	return out
}

// checkDependencies reads module paths as the decisions quote them: `path`.
func checkDependencies(h *house) []breach {
	explained := explainedModules(h)
	var out []breach
	h.eachImport(func(_ *unit, _ *source, target string, at breach) {
		first, _, _ := strings.Cut(target, "/")
		known := slices.ContainsFunc(explained, func(m string) bool { return within(target, m) })
		if strings.Contains(first, ".") && !known {
			out = append(out, at)
		}
	})
	return out
}

var quotedModule = regexp.MustCompile("`([a-z0-9.-]+\\.[a-z]+/[^` ]+)`")

func explainedModules(h *house) []string {
	var out []string
	for _, p := range h.paths {
		if path.Dir(p) != "docs/decisions" {
			continue
		}
		data, err := fs.ReadFile(h.fsys, p)
		if err != nil {
			continue // then its modules count as unexplained, and that is reported
		}
		for _, m := range quotedModule.FindAllStringSubmatch(string(data), -1) {
			out = append(out, m[1])
		}
	}
	return out
}

// planLine is a room in HOUSE.md: a mark, the folder, and what it is for.
var planLine = regexp.MustCompile(`^ {4}([ *]) (\w+)/ `)

// checkPlan compares the drawing in HOUSE.md with the corridor and the disk.
func checkPlan(h *house) []breach {
	data, err := fs.ReadFile(h.fsys, "HOUSE.md")
	if err != nil {
		return []breach{{"HOUSE.md", err.Error()}}
	}
	var out []breach
	var drawn []string
	for i, line := range strings.Split(string(data), "\n") {
		m := planLine.FindStringSubmatch(line)
		if m == nil {
			continue
		}
		dir := "internal/" + m[2]
		drawn = append(drawn, dir)
		if exists := h.exists(dir); exists != (m[1] == "*") {
			out = append(out, breach{place("HOUSE.md", i+1), fmt.Sprintf("marks %q wrongly: the room exists: %t", dir, exists)})
		}
	}
	if want := plannedRooms(); !slices.Equal(drawn, want) {
		out = append(out, breach{"HOUSE.md", fmt.Sprintf("draws the rooms %v, the corridor has %v", drawn, want)})
	}
	return out
}

// plannedRooms is the corridor without the commands, with the rooms apart at
// its end.
func plannedRooms() []string {
	rooms := slices.DeleteFunc(slices.Clone(corridor), func(dir string) bool { return strings.HasPrefix(dir, "cmd/") })
	return append(rooms, apart...)
}

// What the law of tables reads of SQL. It is no parser: it finds the word
// after each keyword that a table or view follows.
var (
	sqlText    = regexp.MustCompile(`(?is)^\s*(?:select\b.*\bfrom\b|insert\s.*\binto\b|update\s+\w+\s+set\b|delete\s+from\b|with\b.*\bas\b|(?:create|alter|drop)\s)`)
	sqlComment = regexp.MustCompile(`--[^\n]*`)
	sqlTrigger = regexp.MustCompile(`(?i)\b(?:update|delete|insert)(?:\s+of\s+[\w, ]+)?\s+on\b`) // when a trigger acts
	sqlTable   = regexp.MustCompile(`(?i)\b(?:(?:from|join)\s+([a-z_]\w*)(\s*\()?|(?:into|update|references|table|view)\s+(?:if\s+(?:not\s+)?exists\s+)?([a-z_]\w*))`)
	sqlWith    = regexp.MustCompile(`(?i)\b([a-z_]\w*)\s+as\s+(?:not\s+materialized\s+|materialized\s+)?\(`)
	sqlView    = regexp.MustCompile(`^[a-z]+_v_`)
)

func checkTables(h *house) []breach {
	var out []breach
	h.eachSource(func(u *unit, s *source) {
		if !strings.HasPrefix(path.Base(s.path), "store") || s.test {
			return
		}
		ast.Inspect(s.tree, func(n ast.Node) bool {
			if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING {
				text, err := strconv.Unquote(lit.Value)
				if err == nil && sqlText.MatchString(text) {
					out = append(out, foreignTables(u.dir, h.at(lit), text)...)
				}
			}
			return true
		})
	})
	for _, p := range h.paths {
		if ok, err := path.Match("internal/*/schema/*.sql", p); err == nil && ok {
			data, err := fs.ReadFile(h.fsys, p)
			if err != nil {
				out = append(out, breach{p, err.Error()})
			}
			out = append(out, foreignTables(path.Dir(path.Dir(p)), p, string(data))...)
		}
	}
	return out
}

// foreignTables lists the tables in a piece of SQL that the room does not own.
func foreignTables(dir, at, text string) []breach {
	own := path.Base(dir)
	text = sqlComment.ReplaceAllString(text, "")
	allowed := []string{own, "set", "select"}
	for _, m := range sqlWith.FindAllStringSubmatch(text, -1) {
		allowed = append(allowed, m[1])
	}
	var out []breach
	for _, m := range sqlTable.FindAllStringSubmatch(sqlTrigger.ReplaceAllString(text, "on"), -1) {
		table, function := m[1]+m[3], m[2] != ""
		switch {
		case function, slices.Contains(allowed, strings.ToLower(table)), strings.HasPrefix(table, own+"_"):
		case own == "console" && sqlView.MatchString(table), own == "db":
		default:
			out = append(out, breach{at, fmt.Sprintf("SQL names %q", table)})
		}
	}
	return out
}

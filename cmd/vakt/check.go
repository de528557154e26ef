package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"

	"vakt"
	"vakt/internal/baseline"
	"vakt/internal/daemon"
	"vakt/internal/event"
	"vakt/internal/rule"
	"vakt/internal/text"
)

// checked is what `rules check` says of a file.
type checked struct {
	File     string      `json:"file"`
	ID       string      `json:"id"`
	OK       bool        `json:"ok"`
	Errors   []checkLine `json:"errors"`
	Warnings []checkLine `json:"warnings"`
	Notes    []checkLine `json:"notes"` // what is read otherwise than written
	State    rule.State  `json:"state"`
}

type checkLine struct {
	Line    int    `json:"line"`
	Message string `json:"message"`
}

// judged are the rules of some paths, compiled beside our own, and what was
// found out about each of their files.
type judged struct {
	rules    []*rule.Rule
	verdicts []rule.Verdict
	problems []rule.Problem
}

func judge(paths []string, b *baseline.Baseline) (*judged, error) {
	for _, p := range paths {
		if _, err := os.Stat(p); err != nil {
			return nil, failed(fmt.Errorf("rules %q: %w: check the path", p, errors.Unwrap(err)))
		}
	}
	rules, problems := daemon.LoadRules(nil, paths)
	own := besides(rules)
	set, more := rule.Compile(slices.Concat(rules, own), event.NewSchema(), b)
	j := &judged{rules: rules, problems: append(problems, more...)}
	for _, v := range rule.Judge(set, j.problems) {
		if !slices.ContainsFunc(own, func(r *rule.Rule) bool { return r.File == v.File }) {
			j.verdicts = append(j.verdicts, v)
		}
	}
	if len(j.verdicts) == 0 {
		return nil, failed(fmt.Errorf("no rule file (*.yml, *.yaml) in %s", strings.Join(paths, ", ")))
	}
	return j, nil
}

// besides are our own rules that are not among the given ones: a filter or a
// correlation may name them.
func besides(given []*rule.Rule) []*rule.Rule {
	all, _ := daemon.LoadRules(vakt.Rules, nil)
	taken := map[string]bool{}
	for _, r := range given {
		taken[r.Key()], taken[r.ID] = true, true
	}
	return slices.DeleteFunc(all, func(r *rule.Rule) bool { return taken[r.Key()] || taken[r.ID] && r.ID != "" })
}

// checkRules loads the rules of the paths and tells of each file
// whether it is good.
func (a *app) checkRules(paths []string) error {
	j, err := judge(paths, baseline.Default())
	if err != nil {
		return err
	}
	files := map[string]*checked{}
	for _, v := range j.verdicts {
		files[v.File] = &checked{File: v.File, OK: true, State: v.State, Errors: []checkLine{}, Warnings: []checkLine{}, Notes: []checkLine{}}
	}
	for _, r := range j.rules {
		if c := files[r.File]; c != nil && c.ID == "" {
			c.ID = r.ID
		}
	}
	for _, p := range j.problems {
		if c := files[p.File]; c != nil {
			c.add(p)
		}
	}
	return a.printChecked(files)
}

func (c *checked) add(p rule.Problem) {
	line := checkLine{p.Line, p.Message}
	switch {
	case p.Note:
		c.Notes = append(c.Notes, line)
	case p.Warning:
		c.Warnings = append(c.Warnings, line)
	default:
		c.OK, c.Errors = false, append(c.Errors, line)
	}
}

// text writes what is to be said of the file, one line a message.
func (c *checked) text(w io.Writer) {
	for _, part := range []struct {
		kind  string
		lines []checkLine
	}{{"", c.Errors}, {"warning: ", c.Warnings}, {"note: ", c.Notes}} {
		for _, l := range part.lines {
			place := text.Terminal(c.File)
			if l.Line > 0 {
				place += ":" + strconv.Itoa(l.Line)
			}
			_, _ = fmt.Fprintf(w, "%s: %s%s\n", place, part.kind, text.Terminal(l.Message))
		}
	}
}

func (a *app) printChecked(files map[string]*checked) error {
	var all []checked
	bad, dead := 0, 0
	for _, name := range sortedKeys(files) {
		c := *files[name]
		all = append(all, c)
		switch {
		case c.State == rule.Dead:
			dead++
		case !c.OK:
			bad++
		}
	}
	table := func(w io.Writer) error {
		for i := range all {
			all[i].text(w)
		}
		return nil
	}
	row := func(c checked) []string {
		return []string{c.File, c.ID, fmt.Sprint(c.OK), string(c.State), fmt.Sprint(len(c.Errors)), fmt.Sprint(len(c.Warnings)), fmt.Sprint(len(c.Notes))}
	}
	head := []string{"file", "id", "ok", "state", "errors", "warnings", "notes"}
	if err := show(a, view[checked]{items: all, table: table, head: head, row: row}); err != nil {
		return failed(err)
	}
	also := ""
	if dead > 0 {
		also = fmt.Sprintf(", %s can never match", thousands(dead))
	}
	a.say("%s checked, %s refused%s.", plural(len(all), "file", "files"), thousands(bad), also)
	if bad+dead > 0 {
		return &exit{code: exitFailed}
	}
	return nil
}

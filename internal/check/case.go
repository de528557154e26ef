package check

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"strconv"
	"strings"

	"vakt/internal/baseline"
	"vakt/internal/event"
	"vakt/internal/rule"
)

// Case is one test of a check: the facts of one subject, and what the check
// must say about it.
type Case struct {
	File string
	Line int // from 1
	Name string
	// Status is what the check must say: finding in a hit file; ok or
	// could_not_look in a miss file, where ok is the default.
	Status Status
	// Severity is that of the finding; empty: any.
	Severity string
	// Baseline holds the parameters that the case declares.
	Baseline map[string]any

	facts map[string]value // a fact that is not there is unknown
}

// ParseCases reads a .hit.jsonl or .miss.jsonl file of a check: one case a
// line, such as
//
//	{"case":"a room","status":"ok","facts":{"kind":"room","enabled":null}}
//
// A fact that is null is known and empty, one that is not there is unknown.
func ParseCases(file string, data []byte) ([]Case, error) {
	hit := strings.HasSuffix(file, ".hit.jsonl")
	if !hit && !strings.HasSuffix(file, ".miss.jsonl") {
		return nil, fmt.Errorf("%s: a file of cases is called NAME.hit.jsonl or NAME.miss.jsonl", file)
	}
	var cases []Case
	for i, line := range bytes.Split(data, []byte("\n")) {
		if line = bytes.TrimSpace(line); len(line) == 0 {
			continue
		}
		c, err := parseCase(line, hit)
		if err != nil {
			return nil, fmt.Errorf("%s:%d: %w", file, i+1, err)
		}
		c.File, c.Line = file, i+1
		cases = append(cases, c)
	}
	if len(cases) == 0 {
		return nil, fmt.Errorf("%s: holds no case", file)
	}
	return cases, nil
}

func parseCase(line []byte, hit bool) (Case, error) {
	var in struct {
		Case     string                     `json:"case"`
		Status   Status                     `json:"status"`
		Severity string                     `json:"severity"`
		Baseline map[string]any             `json:"baseline"`
		Facts    map[string]json.RawMessage `json:"facts"`
	}
	d := json.NewDecoder(bytes.NewReader(line))
	d.DisallowUnknownFields()
	if err := d.Decode(&in); err != nil {
		return Case{}, fmt.Errorf("not a case: %w", err)
	}
	c := Case{Name: in.Case, Status: in.Status, Severity: in.Severity, Baseline: in.Baseline, facts: map[string]value{}}
	switch {
	case c.Name == "":
		return c, errors.New("the case has no name")
	case hit && c.Status == "":
		c.Status = Found
	case c.Status == "":
		c.Status = OK
	}
	if hit != (c.Status == Found) || !hit && c.Status != OK && c.Status != CouldNotLook {
		return c, fmt.Errorf("the status %q does not belong into this file", c.Status)
	}
	for name, raw := range in.Facts {
		v, err := factValue(raw)
		if err != nil {
			return c, fmt.Errorf("fact %q: %w", name, err)
		}
		c.facts[strings.ToLower(name)] = v
	}
	return c, nil
}

// factValue reads null, a scalar or a list of scalars.
func factValue(raw json.RawMessage) (value, error) {
	var in any
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	if err := d.Decode(&in); err != nil {
		return value{}, err
	}
	list, many := in.([]any)
	if !many {
		list = []any{in}
	}
	var v value
	for _, x := range list {
		switch x := x.(type) {
		case nil:
		case string:
			v.list = append(v.list, event.Value{Text: []byte(x), Type: event.String})
		case bool:
			v.list = append(v.list, event.Value{Text: strconv.AppendBool(nil, x), Type: event.Bool})
		case json.Number:
			v.list = append(v.list, event.Value{Text: []byte(x.String()), Type: event.Number})
		default:
			return value{}, errors.New("want null, a text, a number, a boolean or a list of them")
		}
	}
	return v, nil
}

// LoadCases reads the hit and the miss file beside a check's document.
func LoadCases(fsys fs.FS, document string) ([]Case, error) {
	var all []Case
	for _, end := range []string{".hit.jsonl", ".miss.jsonl"} {
		file := strings.TrimSuffix(document, ".yml") + end
		data, err := fs.ReadFile(fsys, file)
		if err != nil {
			return nil, fmt.Errorf("read cases: %w", err)
		}
		cases, err := ParseCases(file, data)
		if err != nil {
			return nil, err
		}
		all = append(all, cases...)
	}
	return all, nil
}

// Try runs one check over a case and says what it found. The population has
// no part: a case is about a subject that is in it.
func (c *Checks) Try(name string, t *Case) (Status, rule.Severity, error) {
	base, err := baseline.FromValues(t.Baseline)
	if err != nil {
		return "", 0, fmt.Errorf("%s:%d: baseline of the case: %w", t.File, t.Line, err)
	}
	for known := range t.facts {
		if err := c.asks(name, known); err != nil {
			return "", 0, fmt.Errorf("%s:%d: %w", t.File, t.Line, err)
		}
	}
	compiled, err := c.compile(name, base)
	if err != nil {
		return "", 0, err
	}
	status, severity := try(compiled, t.facts)
	return status, severity, nil
}

// asks refuses a fact that no subject of the check has.
func (c *Checks) asks(name, fact string) error {
	for _, r := range c.rules {
		if r.Key() != name {
			continue
		}
		log := schema{}.Source(r.LogSource)
		if _, ok := (schema{}).Lookup(log, fact); !ok {
			return fmt.Errorf("there is no fact %q: %s", fact, meant(fact, factNames(factsOf(log))))
		}
	}
	return nil
}

// compile makes a set of one check.
func (c *Checks) compile(name string, lists rule.Lists) (*rule.Set, error) {
	for _, r := range c.rules {
		if r.Key() != name {
			continue
		}
		set, problems := rule.Compile([]*rule.Rule{r}, schema{}, lists)
		return set, refused(problems)
	}
	return nil, fmt.Errorf("there is no check %q: %s", name, meant(name, c.Names()))
}

func try(set *rule.Set, facts map[string]value) (Status, rule.Severity) {
	if len(set.Asleep()) > 0 || len(set.Rules()) == 0 {
		return CouldNotLook, 0
	}
	c := set.Rules()[0]
	rec := &record{get: func(f *fact) value {
		if v, ok := facts[f.name]; ok {
			return v
		}
		return unknown("not in the case")
	}}
	out := set.NewMatcher().Match(rec, c.Log, nil)
	switch {
	case len(out) == 0:
		return OK, 0
	case out[0].Result == rule.Unknown:
		return CouldNotLook, 0
	}
	return Found, raised(&tallyOf{rule: c, Tally: Tally{Severity: levelOf(c.Rule)}}, &out[0])
}

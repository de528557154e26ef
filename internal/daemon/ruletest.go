package daemon

import (
	"archive/zip"
	"bytes"
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"vakt/internal/alert"
	"vakt/internal/baseline"
	"vakt/internal/rule"
	"vakt/internal/source"
)

// Render turns the records of a case into inputs of a shape: one, or several
// where exports of the shape keep the logs in files of their own. ok is false
// when the shape does not carry all of them.
type Render func(shape string, records [][]byte) (inputs [][]byte, ok bool, err error)

// Trial is one case of one rule file in one shape.
type Trial struct {
	Case  *Case
	Shape string
	Got   int
	// Severity is that of the most severe alert; empty without alerts.
	Severity string
	// Declared says that the ledger named one of the rules as blind or weak
	// on this input, so that the number may differ.
	Declared bool
	Err      error
}

// Passed says whether the number is right, or its difference was declared.
func (t *Trial) Passed() bool {
	return t.Err == nil && (t.Exact() || t.Declared)
}

// Exact says whether number and severity are what the case expects.
func (t *Trial) Exact() bool {
	return t.Got == t.Case.Alerts && (t.Case.Severity == "" || t.Severity == t.Case.Severity)
}

// String tells what is wrong, for a person.
func (t *Trial) String() string {
	at := fmt.Sprintf("%s:%d: case %q as %s: ", t.Case.File, t.Case.Line, t.Case.Name, t.Shape)
	switch {
	case t.Err != nil:
		return at + t.Err.Error()
	case t.Passed():
		return at + "ok"
	}
	if t.Got == t.Case.Alerts {
		return fmt.Sprintf("%sseverity %s, expected %s, and no rule was reported blind or weak", at, t.Severity, t.Case.Severity)
	}
	return fmt.Sprintf("%s%d alerts, expected %d, and no rule was reported blind or weak", at, t.Got, t.Case.Alerts)
}

// TestRules runs the cases of one rule file in every shape that carries their
// records. The rules are all rules of the file, so that a correlation has its
// base rules.
func TestRules(ctx context.Context, rules []*rule.Rule, cases []Case, shapes []string, render Render) ([]Trial, error) {
	var trials []Trial
	for i := range cases {
		ran := 0
		batch, batchErr := caseBatch(rules, &cases[i])
		for _, shape := range shapes {
			inputs, ok, err := render(shape, cases[i].Records)
			if err != nil {
				return trials, fmt.Errorf("%s:%d: render as %s: %w", cases[i].File, cases[i].Line, shape, err)
			}
			if !ok {
				continue
			}
			ran++
			t := Trial{Case: &cases[i], Shape: shape, Err: batchErr}
			if t.Err == nil {
				t.try(ctx, batch, inputs)
			}
			trials = append(trials, t)
		}
		if ran == 0 {
			return trials, fmt.Errorf("%s:%d: no shape carries the records of case %q", cases[i].File, cases[i].Line, cases[i].Name)
		}
	}
	return trials, nil
}

// caseBatch is a run of the rules under the case's baseline and directory.
func caseBatch(rules []*rule.Rule, c *Case) (*Batch, error) {
	b, err := baseline.FromValues(c.Baseline)
	if err != nil {
		return nil, fmt.Errorf("baseline of the case: %w", err)
	}
	if c.Directory != nil {
		b = b.WithDirectory(c.Directory)
	}
	return &Batch{Rules: rules, Baseline: b}, nil
}

// try runs the case once.
func (t *Trial) try(ctx context.Context, batch *Batch, inputs [][]byte) {
	data, err := together(inputs)
	if err != nil {
		t.Err = err
		return
	}
	batch.Files = source.Files{Stdin: bytes.NewReader(data)}
	report, err := batch.Run(ctx, []string{"-"})
	if err != nil {
		t.Err = err
		return
	}
	total := report.Ledger.Total()
	if missing := report.Ledger.Incomplete(); missing != "" || total.Evaluated+total.Duplicate != len(t.Case.Records) {
		t.Err = fmt.Errorf("%d of %d records were evaluated: %s", total.Evaluated+total.Duplicate, len(t.Case.Records), why(report.Ledger, missing))
		return
	}
	if t.Got = len(report.Alerts); t.Got > 0 {
		t.Severity = slices.MaxFunc(report.Alerts, func(a, b alert.Alert) int { return cmp.Compare(a.Severity, b.Severity) }).Severity.String()
	}
	t.Declared = declared(report.Ledger, batch.Rules)
}

// together returns inputs as one: several as the members of an archive.
func together(inputs [][]byte) ([]byte, error) {
	if len(inputs) == 1 {
		return inputs[0], nil
	}
	var b bytes.Buffer
	archive := zip.NewWriter(&b)
	for i, data := range inputs {
		member, err := archive.Create(fmt.Sprintf("%d", i+1))
		if err != nil {
			return nil, err
		}
		if _, err := member.Write(data); err != nil {
			return nil, err
		}
	}
	if err := archive.Close(); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

func why(l *source.Ledger, missing string) string {
	for _, e := range l.Inputs {
		if e.Problem != "" {
			return e.Problem
		}
		for _, q := range e.Quarantine {
			return fmt.Sprintf("record %d: %s", q.Index, q.Reason)
		}
		if kinds := e.Kinds(); len(kinds) > 0 {
			return "out of scope: " + strings.Join(kinds, ", ")
		}
	}
	return missing
}

// declared says whether the ledger names one of the rules as blind or weak, so
// that their number of alerts may differ. How attempts are counted bears on
// that number only where attempts are what a correlation counts.
func declared(l *source.Ledger, rules []*rule.Rule) bool {
	attempts := slices.ContainsFunc(rules, func(r *rule.Rule) bool {
		return r.Correlation != nil && r.Correlation.Type == "event_count"
	})
	about := func(b source.Blind) bool {
		return slices.ContainsFunc(rules, func(r *rule.Rule) bool { return r.Key() == b.Rule })
	}
	weaker := func(b source.Blind) bool {
		return about(b) && (attempts || !slices.Equal(b.Fields, []string{"vakt.attempt"}))
	}
	return slices.ContainsFunc(l.Blind, about) || slices.ContainsFunc(l.Weak, weaker)
}

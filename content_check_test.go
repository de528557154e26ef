package vakt_test

import (
	"cmp"
	"fmt"
	"os"
	"path"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"vakt"
	"vakt/internal/baseline"
	"vakt/internal/check"
)

// ownChecks loads our checks; nothing may be wrong with them.
func ownChecks(t *testing.T) (*check.Checks, []check.About) {
	t.Helper()
	checks, problems := check.Load(vakt.Checks, "checks")
	for _, p := range problems {
		t.Errorf("%v", p)
	}
	about := checks.About(baseline.Default())
	if len(about) == 0 || len(about) != len(checks.Names()) {
		t.Fatalf("%d of %d checks are compiled", len(about), len(checks.Names()))
	}
	return checks, about
}

// Every check says of each of its cases what the case says, and has one for
// each of its three answers.
func TestChecksHitAndMiss(t *testing.T) {
	checks, about := ownChecks(t)
	for _, a := range about {
		cases, err := check.LoadCases(vakt.Checks, a.File)
		if err != nil {
			t.Error(err)
		}
		seen := map[check.Status]int{}
		for i := range cases {
			c := &cases[i]
			seen[c.Status]++
			status, severity, err := checks.Try(a.Name, c)
			switch {
			case err != nil:
				t.Error(err)
			case status != c.Status:
				t.Errorf("%s:%d: case %q: %s, want %s", c.File, c.Line, c.Name, status, c.Status)
			case c.Severity != "" && severity.String() != c.Severity:
				t.Errorf("%s:%d: case %q: severity %s, want %s", c.File, c.Line, c.Name, severity, c.Severity)
			}
		}
		unread := a.Population != "verdict" // a verdict is always known
		if seen[check.Found] == 0 || seen[check.OK] == 0 || unread && seen[check.CouldNotLook] == 0 {
			t.Errorf("%s: cases for %v: one of finding, ok and could_not_look is missing", a.File, seen)
		}
	}
}

// A check file is named for its check, says what it needs and what to do,
// names rows that exist, and has a name and id that no rule has.
func TestChecksAreComplete(t *testing.T) {
	rows := map[string]bool{}
	for _, r := range guideRows(t) {
		rows[r[0]] = true
	}
	taken := map[string]string{}
	for _, r := range ownRules(t) {
		taken[r.Name], taken[r.ID] = r.File, r.File
	}
	_, about := ownChecks(t)
	for _, a := range about {
		if stem := strings.TrimSuffix(path.Base(a.File), ".yml"); a.Name != stem {
			t.Errorf("%s: the check is called %q, not like the file", a.File, a.Name)
		}
		if a.ID == "" || a.Description == "" || a.Level == "" || len(a.FalsePositives) == 0 || len(a.MITRE()) == 0 || len(a.References) == 0 ||
			len(a.Vakt.Needs) == 0 || len(a.Vakt.Next) == 0 {
			t.Errorf("%s: lacks one of id, description, level, falsepositives, references, an ATT&CK tag, needs, next", a.File)
		}
		for _, row := range a.Vakt.Rows {
			if !rows[row] {
				t.Errorf("%s: row %s is not in rules/rows.csv", a.File, row)
			}
		}
		for _, key := range []string{a.Name, a.ID} {
			if other := taken[key]; other != "" {
				t.Errorf("%s: %s is taken by %s", a.File, key, other)
			}
			taken[key] = a.File
		}
	}
}

// docs/checks.md is what the files say.
func TestCheckGuideIsFresh(t *testing.T) {
	const file = "docs/checks.md"
	_, about := ownChecks(t)
	want := checkGuide(about)
	if *record {
		if err := os.WriteFile(file, []byte(want), 0o644); err != nil { //nolint:gosec // a page of the guide
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if d := gocmp.Diff(want, string(got)); d != "" {
		t.Errorf("%s (-record rewrites it):\n%s", file, d)
	}
}

// checkGuide renders the page about all checks.
func checkGuide(about []check.About) string {
	var b strings.Builder
	b.WriteString(`# The checks: what Vakt looks for in a tenant as it stands

Each check is a Sigma document in ` + "`checks/`" + ` over the facts of an account or of the tenant. It finds something, finds that
all is well, or could not look; what could not be looked at is never well. This page is made from the files: change them,
and run ` + "`go test . -run TestCheckGuideIsFresh -record`" + `. How to write one: [adding-a-check.md](adding-a-check.md).

| check | severity | looks at | rows |
|---|---|---|---|
`)
	for _, a := range about {
		fmt.Fprintf(&b, "| [%s](#%s) | %s | %s | %s |\n", a.Name, a.Name, a.Level, a.Words, cmp.Or(strings.Join(a.Vakt.Rows, ", "), "–"))
	}
	for _, a := range about {
		section(&b, a)
	}
	return b.String()
}

func section(b *strings.Builder, a check.About) {
	fmt.Fprintf(b, "\n## %s\n\n**%s.** %s\n\n", a.Name, a.Title, a.Description)
	row := func(name string, texts []string, join string) {
		if len(texts) > 0 {
			fmt.Fprintf(b, "- **%s**: %s\n", name, strings.Join(texts, join))
		}
	}
	levels := []string{a.Level}
	for _, up := range a.Vakt.Severity {
		levels = append(levels, fmt.Sprintf("%s where `%s` is so", up.Level, up.Matched))
	}
	row("Severity", levels, ", ")
	row("Looks at", []string{a.Words}, "")
	var facts []string
	for _, f := range a.Facts {
		facts = append(facts, "`"+f+"`")
	}
	slices.Sort(facts)
	row("Facts", facts, ", ")
	row("Needs", a.Vakt.Needs, "; ")
	row("Next", a.Vakt.Next, "; ")
	row("May be fine", a.FalsePositives, "; ")
	row("Rows of the guide", a.Vakt.Rows, ", ")
	row("ATT&CK", a.MITRE(), ", ")
	row("Controls", check.Controls(a.Rule), ", ")
}

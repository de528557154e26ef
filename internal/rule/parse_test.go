package rule

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"vakt/internal/event"
)

const full = `# a comment
title: Full
id: 11111111-2222-3333-4444-55555555AAAA
name: full
related:
  - {id: 11111111-2222-3333-4444-555555555556, type: derived}
taxonomy: sigma
status: test
description: |
  Two
  lines
license: Apache-2.0
references: [https://learn.microsoft.com/x]
author: A, B
date: 2026-01-02
modified: 2026-02-03
logsource:
  product: azure
  service: signinlogs
  definition: needs P1
detection:
  s: {result: 1}
  condition: s
fields: [ip, app]
falsepositives: [none]
level: high
tags: [attack.initial-access, attack.t1110.003, attack.g0016, attack.t1078, attack.technique, cve.2026-1]
scope: [cloud]
vakt:
  rows: [G11, P01]
  group: [account, ip]
  settle: 90s
  needs: [Entra ID P2]
  next: [Ask the person, Reset the password]
  pivots: {kql: SigninLogs, powershell: Get-MgUser}
  folds_into: stronger
  level_from: risk
`

func TestParseFull(t *testing.T) {
	rules := mustParse(t, full)
	want := []*Rule{{
		File: "r.yml", Line: 2, Title: "Full", ID: "11111111-2222-3333-4444-55555555aaaa", Name: "full",
		Related:  []Related{{ID: "11111111-2222-3333-4444-555555555556", Type: "derived"}},
		Taxonomy: "sigma", Status: "test", Description: "Two\nlines\n", License: "Apache-2.0",
		References: []string{"https://learn.microsoft.com/x"}, Author: "A, B", Date: "2026-01-02", Modified: "2026-02-03",
		FalsePositives: []string{"none"}, Level: "high", Scope: []string{"cloud"}, Show: []string{"ip", "app"},
		Tags:      []string{"attack.initial-access", "attack.t1110.003", "attack.g0016", "attack.t1078", "attack.technique", "cve.2026-1"},
		LogSource: LogSource{Product: "azure", Service: "signinlogs", Definition: "needs P1"},
		Vakt: Vakt{
			Rows: []string{"G11", "P01"}, Group: []string{"account", "ip"}, Settle: 90 * time.Second,
			Needs: []string{"Entra ID P2"}, Next: []string{"Ask the person", "Reset the password"},
			Pivots: Pivots{KQL: "SigninLogs", PowerShell: "Get-MgUser"}, FoldsInto: "stronger", LevelFrom: "risk",
		},
	}}
	if diff := cmp.Diff(want, rules, cmpopts.IgnoreUnexported(Rule{}, Vakt{})); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"T1110.003", "T1078"}, rules[0].MITRE()); diff != "" {
		t.Error(diff)
	}
}

func TestParseDocuments(t *testing.T) {
	rules, problems := Parse("r.yml", []byte("---\n"+good+"---\n# nothing\n---\ntitle: bad\n---\n"+counting+"...\n"))
	if len(rules) != 2 || rules[0].Line != 2 || rules[1].Line != 13 || rules[1].Correlation == nil {
		t.Errorf("%d rules: %v", len(rules), problems)
	}
	if len(problems) != 2 || problems[0].Line != 11 {
		t.Errorf("problems %v", problems)
	}
}

func TestKey(t *testing.T) {
	f := func(r Rule, want string) {
		t.Helper()
		if got := r.Key(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	f(Rule{Name: "n", ID: "i", Title: "t"}, "n")
	f(Rule{ID: "i", Title: "t"}, "i")
	f(Rule{Title: "t"}, "t")
}

func TestWarnings(t *testing.T) {
	f := func(detection string, want ...string) {
		t.Helper()
		rules, problems := Parse("r.yml", []byte(head+indent(detection)))
		if diff := cmp.Diff(want, messages(problems)); diff != "" || len(rules) != 1 || Refused(problems) {
			t.Errorf("%s: %d rules, %s", detection, len(rules), diff)
		}
	}
	f("s: {a: 1}\nu: {a: 2}\ncondition: s\n", `warning: r.yml:5: search "u" is not used in the condition`)
	f("s:\n  a: '%admins%'\ncondition: s\n", `warning: r.yml:5: search "s": "a": %admins% is compared as it stands: did you mean the modifier "expand"?`)
}

func TestAliases(t *testing.T) {
	rules := mustParse(t, head+"  s: &s\n    result: 1\n  u: *s\n  condition: s and u\n")
	if n := len(rules[0].detection.searches); n != 2 {
		t.Errorf("%d searches, want 2", n)
	}
}

// bomb expands to 10^9 nodes.
func bomb() string {
	var b strings.Builder
	b.WriteString("title: t\nreferences:\n  - &a0 [x, x, x, x, x, x, x, x, x, x]\n")
	for i := 1; i < 9; i++ {
		ref := fmt.Sprintf("*a%d", i-1)
		fmt.Fprintf(&b, "  - &a%d [%s]\n", i, strings.Join([]string{ref, ref, ref, ref, ref, ref, ref, ref, ref, ref}, ", "))
	}
	return b.String()
}

func TestLimits(t *testing.T) {
	f := func(name, text, want string) {
		t.Helper()
		rules, problems := Parse("r.yml", []byte(text))
		if len(rules) != 0 || len(problems) != 1 || !strings.Contains(problems[0].Message, want) {
			t.Errorf("%s: %d rules, %v", name, len(rules), problems)
		}
	}
	f("bomb", bomb(), "more than 20000 YAML nodes")
	f("many nodes", "title: t\nreferences:\n"+strings.Repeat("  - x\n", maxNodes), "more than 20000 YAML nodes")
	f("deep", "title: "+strings.Repeat("[", 100)+strings.Repeat("]", 100), "nested deeper than 32 levels")
	f("very deep", "title: "+strings.Repeat("[", 200_000), "not readable as YAML")
	f("large", "# "+strings.Repeat("x", maxFile), "larger than 1 MiB")
	if _, problems := Parse("r.yml", []byte(good+"# "+strings.Repeat("x", maxFile-len(good)-2))); len(problems) != 0 {
		t.Errorf("exactly 1 MiB: %v", problems)
	}
}

func FuzzParse(f *testing.F) {
	f.Add(full)
	f.Add(good + "---\n" + counting)
	f.Add(bomb())
	f.Add(searching("a", "s", "result|windash|wide|base64offset|contains: ' -x'") + leaving("f", "[a]", "app|expand: 'x%a%'", "not x"))
	for _, tt := range broken {
		f.Add(tt.text)
	}
	for _, tt := range modifierTests {
		f.Add(one(tt.item))
	}
	folder := filepath.Join("..", "..", "..", "shared", "fixtures", "sigmahq", "rules-placeholder", "cloud", "azure")
	files, _ := filepath.Glob(filepath.Join(folder, "*", "*.yml")) // without them the seeds above remain
	for _, name := range files {
		if data, err := os.ReadFile(name); err == nil {
			f.Add(string(data))
		}
	}
	f.Fuzz(func(t *testing.T, text string) {
		rules, problems := Parse("r.yml", []byte(text))
		if len(rules) == 0 && len(problems) == 0 {
			t.Fatal("neither a rule nor a problem")
		}
		lines := strings.Count(text, "\n") + strings.Count(text, "\r") + strings.Count(text, "\u2028") +
			strings.Count(text, "\u2029") + strings.Count(text, "\u0085") + 2
		for _, p := range problems {
			if p.Line < 0 || p.Line > lines || p.Message == "" {
				t.Fatalf("a problem at no place: %+v", p)
			}
		}
		set, _ := Compile(rules, anyName{}, anyList{})
		for _, c := range set.Correlations() {
			_ = c.Explain()
		}
		for _, c := range set.Rules() {
			_ = c.Explain()
			c.CanMatch(func(f event.Field) bool { return f%2 == 0 })
		}
		r := rec(t, "result=abc", "ip=192.0.2.7", "text=needle")
		set.NewMatcher().Match(r, event.SignIn|event.Audit|event.Risk|event.Unified, nil)
	})
}

func TestLineEndsAndByteOrderMark(t *testing.T) {
	for _, text := range []string{"\ufeff" + good, strings.ReplaceAll(good, "\n", "\r\n")} {
		if rules, problems := Parse("r.yml", []byte(text)); len(rules) != 1 || len(problems) != 0 {
			t.Errorf("%q: %v", text, problems)
		}
	}
	_, problems := Parse("r.yml", []byte(strings.ReplaceAll(good, "\n", "\r\n")+"lvl: x\r\n"))
	if len(problems) != 1 || problems[0].Line != 7 {
		t.Errorf("with CRLF: %v", problems)
	}
}

func TestBooleansOfOldYAMLAreText(t *testing.T) {
	f := func(value string, kind literalKind) {
		t.Helper()
		d := mustParse(t, one("result: "+value))[0].detection
		if got := d.searches[0].branches[0][0].values[0].kind; got != kind {
			t.Errorf("%s is of kind %d, want %d", value, got, kind)
		}
	}
	f("true", boolLiteral)
	f("FALSE", boolLiteral)
	f("yes", textLiteral)
	f("!!bool on", textLiteral)
	f("'true'", textLiteral)
	f("7", numberLiteral)
	f("0x7", textLiteral)
	f("0777", textLiteral)
	f("1_000", textLiteral)
	f("2024-01-02", textLiteral)
	f("!!str 7", textLiteral)
}

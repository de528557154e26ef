package rule

import (
	"os"
	"slices"
	"strings"
	"testing"

	"vakt/internal/event"
)

// anyName is a resolver that knows every name.
type anyName struct{}

func (anyName) Lookup(_ event.Log, name string) (event.Field, bool) {
	var sum event.Field
	for _, c := range strings.ToLower(name) {
		sum = sum*31 + event.Field(c)
	}
	return sum | 1, true
}
func (anyName) Suggest(event.Log, string) string { return "" }

// anyList has an entry on every list.
type anyList struct{}

func (anyList) Expand(string) (Expansion, bool) { return list("x"), true }

// Every public Sigma rule for the logs that we read parses, compiles and is
// explained.
func TestSigmaHQ(t *testing.T) {
	rules, problems := LoadFS(os.DirFS(fixtures(t, "sigmahq")), ".")
	for _, p := range problems {
		t.Errorf("parse: %s", p)
	}
	if len(rules) != 152 {
		t.Errorf("%d rules, want 152", len(rules))
	}
	set, problems := Compile(rules, anyName{}, anyList{})
	for _, p := range problems {
		if p.Stops() {
			t.Errorf("compile: %s", p)
		}
	}
	logs := map[event.Log]int{}
	for _, c := range slices.Concat(set.Rules(), set.Dead()) {
		logs[c.Log]++
		if c.Explain() == "" {
			t.Errorf("%s: no explanation", c.File)
		}
	}
	want := map[event.Log]int{event.NoLog: 7, event.Activity: 35, event.Audit: 46, event.SignIn: 24, event.Risk: 19, event.Unified: 21}
	for log, n := range want {
		if logs[log] != n {
			t.Errorf("%d rules over %q, want %d", logs[log], log, n)
		}
	}
	if len(set.Hash()) != 64 {
		t.Errorf("hash %q", set.Hash())
	}
}

package daemon_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"vakt/internal/daemon"
)

func TestParseCases(t *testing.T) {
	cases, err := daemon.ParseCases("a.hit.jsonl", []byte("{\"case\":\"one\",\"alerts\":1}\r\n{\"n\":1}\n\n{\"n\":2}\n"+
		`{"case":"two","alerts":2,"baseline":{"x":1},"directory":{"guests":["g"]}}`+"\n{\"n\":3}"))
	if err != nil {
		t.Fatal(err)
	}
	want := []daemon.Case{
		{File: "a.hit.jsonl", Line: 1, Name: "one", Alerts: 1, Records: [][]byte{[]byte(`{"n":1}`), []byte(`{"n":2}`)}},
		{File: "a.hit.jsonl", Line: 5, Name: "two", Alerts: 2, Baseline: map[string]any{"x": 1.0}, Directory: map[string][]string{"guests": {"g"}}, Records: [][]byte{[]byte(`{"n":3}`)}},
	}
	if diff := cmp.Diff(want, cases); diff != "" {
		t.Error(diff)
	}
}

func TestBrokenCases(t *testing.T) {
	const needs = `a case needs a name and a number of alerts: {"case":"…","alerts":1}`
	for _, tt := range []struct{ file, text, want string }{
		{"a.hit.jsonl", "", "a.hit.jsonl: holds no case"},
		{"a.hit.jsonl", "\n \n", "a.hit.jsonl: holds no case"},
		{"a.jsonl", `{"case":"x","alerts":1}`, "a.jsonl: a file of cases is called NAME.hit.jsonl or NAME.miss.jsonl"},
		{"a.hit.jsonl", "\n{", "a.hit.jsonl:2: not a JSON object on one line"},
		{"a.hit.jsonl", `{"case":"x","alerts":1}{"n":1}`, "a.hit.jsonl:1: not a JSON object on one line"},
		{"a.hit.jsonl", "{\"case\":\"x\",\"alerts\":1}\n[1]", "a.hit.jsonl:2: not a JSON object: json: cannot unmarshal array into Go value of type map[string]json.RawMessage"},
		{"a.hit.jsonl", "{\"case\":\"x\",\"alerts\":1}\nnull", "a.hit.jsonl:2: not a JSON object: null"},
		{"a.hit.jsonl", `{"n":1}`, `a.hit.jsonl:1: a record before the first {"case":"…","alerts":1}`},
		{"a.hit.jsonl", `{"case":"x"}`, "a.hit.jsonl:1: " + needs},
		{"a.hit.jsonl", `{"case":"","alerts":1}`, "a.hit.jsonl:1: " + needs},
		{"a.hit.jsonl", `{"case":null,"alerts":1}`, "a.hit.jsonl:1: " + needs},
		{"a.hit.jsonl", `{"case":"x","alert":1}`, `a.hit.jsonl:1: read the case: json: unknown field "alert"`},
		{"a.hit.jsonl", `{"case":"x","alerts":"1"}`, "a.hit.jsonl:1: read the case: json: cannot unmarshal string into Go struct field caseLine.alerts of type int"},
		{"a.hit.jsonl", "{\"case\":\"x\",\"alerts\":1}\n{\"case\":\"y\",\"alerts\":1}\n{\"n\":1}", `a.hit.jsonl:1: case "x" has no record`},
		{"a.hit.jsonl", "\n{\"case\":\"x\",\"alerts\":0}\n{\"n\":1}", `a.hit.jsonl:2: case "x" of a hit file expects no alert`},
		{"a.miss.jsonl", "{\"case\":\"x\",\"alerts\":2}\n{\"n\":1}", `a.miss.jsonl:1: case "x" of a miss file expects an alert`},
		{"a.miss.jsonl", "{\"case\":\"x\",\"alerts\":-1}\n{\"n\":1}", `a.miss.jsonl:1: case "x" expects -1 alerts`},
		{"a.hit.jsonl", "{\"case\":\"x\",\"alerts\":1,\"severity\":\"huge\"}\n{\"n\":1}", `a.hit.jsonl:1: case "x" expects the severity "huge", which is none`},
	} {
		_, err := daemon.ParseCases(tt.file, []byte(tt.text))
		if err == nil || err.Error() != tt.want {
			t.Errorf("%q:\ngot  %v\nwant %s", tt.text, err, tt.want)
		}
	}
}

func FuzzParseCases(f *testing.F) {
	f.Add([]byte("{\"case\":\"x\",\"alerts\":1}\n{\"n\":1}\n"))
	f.Add([]byte("{\"case\":\"x\",\"alerts\":1,\"baseline\":{},\"directory\":{\"a\":null}}\nnull"))
	f.Fuzz(func(t *testing.T, data []byte) {
		cases, err := daemon.ParseCases("a.hit.jsonl", data)
		if err != nil {
			return
		}
		lines := strings.Split(string(data), "\n")
		for _, c := range cases {
			if c.Name == "" || c.Alerts < 1 || len(c.Records) == 0 || !strings.Contains(lines[c.Line-1], "case") {
				t.Fatalf("accepted %+v", c)
			}
		}
	})
}

func TestLoadCases(t *testing.T) {
	const hit, miss = "{\"case\":\"h\",\"alerts\":1}\n{}", "{\"case\":\"m\",\"alerts\":0}\n{}"
	files := fstest.MapFS{
		"r/both.hit.jsonl": {Data: []byte(hit)}, "r/both.miss.jsonl": {Data: []byte(miss)},
		"r/one.hit.jsonl": {Data: []byte(hit)},
	}
	cases, err := daemon.LoadCases(files, "r/both.yml")
	if err != nil || len(cases) != 2 || cases[0].Name != "h" || cases[1].File != "r/both.miss.jsonl" {
		t.Errorf("%+v, %v", cases, err)
	}
	if _, err := daemon.LoadCases(files, "r/one.yml"); err == nil || err.Error() != `rule file "r/one.yml": its cases: open r/one.miss.jsonl: file does not exist` {
		t.Errorf("error %v", err)
	}
}

// plainly renders a case's records as they stand, and has no other shape.
func plainly(shape string, records [][]byte) ([][]byte, bool, error) {
	var text []string
	for _, r := range records {
		text = append(text, string(r))
	}
	return [][]byte{[]byte(strings.Join(text, "\n"))}, shape != "none", nil
}

// apart renders each record as an input of its own.
func apart(_ string, records [][]byte) ([][]byte, bool, error) { return records, true, nil }

// v1Only renders what Graph v1.0 has of a sign-in of these tests.
func v1Only(_ string, records [][]byte) ([][]byte, bool, error) {
	var text []string
	for _, r := range records {
		s := string(r)
		for _, beta := range []string{`"authenticationRequirement":"singleFactorAuthentication",`, `,"originalRequestId":"first"`} {
			s = strings.Replace(s, beta, "", 1)
		}
		text = append(text, s)
	}
	return [][]byte{[]byte(strings.Join(text, "\n"))}, true, nil
}

const disabledRule = `title: Disabled account
name: disabled
logsource: {product: azure, service: signinlogs}
detection:
  selection: {status.errorCode: 50057}
  condition: selection
`

const singleFactorRule = `title: One factor
name: single
logsource: {product: azure, service: signinlogs}
detection:
  selection: {authenticationRequirement: singleFactorAuthentication}
  condition: selection
`

const countingRule = `title: Failed
name: failed
logsource: {product: azure, service: signinlogs}
detection:
  selection: {status.errorCode: 50057}
  condition: selection
---
title: Twice
name: twice
correlation: {type: event_count, rules: [failed], group-by: [account], timespan: 1h, condition: {gte: 2}}
`

// TestRuleCases: a case that expects something else than the rule finds is
// told, and only what the ledger declares is an excuse.
func TestRuleCases(t *testing.T) {
	step := func(n int) string {
		return strings.Replace(signInText(n, "2026-03-02T10:00:00Z", 50057, `"ipAddress":"192.0.2.1","originalRequestId":"first"`), "0000000F-0000-0000-0000-000000000002", "0000000F-0000-0000-0000-000000000001", 1)
	}
	const at = `a.hit.jsonl:3: case "c" as s: `
	for _, tt := range []struct {
		name, rules string
		alerts      int
		render      daemon.Render
		records     []string
		want        string
	}{
		{"right", disabledRule, 1, plainly, []string{good(1)}, at + "ok"},
		{"several inputs", disabledRule, 2, apart, []string{good(1), good(2)}, at + "ok"},
		{"wrong", disabledRule, 2, plainly, []string{good(1)}, at + "1 alerts, expected 2, and no rule was reported blind or weak"},
		{"none", disabledRule, 1, plainly, []string{strings.Replace(good(1), "50057", "0", 1)}, at + "0 alerts, expected 1, and no rule was reported blind or weak"},
		{"wrong, and attempts are no excuse", disabledRule, 2, v1Only, []string{good(1)}, at + "1 alerts, expected 2, and no rule was reported blind or weak"},
		{"blind is declared", singleFactorRule, 1, v1Only, []string{good(1)}, at + "ok"},
		{"attempts, where they are told", countingRule, 0, plainly, []string{step(1), step(2)}, at + "ok"},
		{"attempts, declared weak", countingRule, 0, v1Only, []string{step(1), step(2)}, at + "ok"},
		{"quarantined", disabledRule, 1, plainly, []string{`{"id":"x","userId":"y","appId":"z","isInteractive":true}`}, at + "0 of 1 records were evaluated: record 0: no readable event time: createdDateTime is missing"},
		{"foreign", disabledRule, 1, plainly, []string{`{"businessPhones":[]}`}, at + "0 of 1 records were evaluated: out of scope: user"},
		{"no JSON", disabledRule, 1, plainly, []string{""}, at + "0 of 1 records were evaluated: empty: there is no record in it"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := daemon.Case{File: "a.hit.jsonl", Line: 3, Name: "c", Alerts: tt.alerts}
			for _, r := range tt.records {
				c.Records = append(c.Records, []byte(r))
			}
			trials, err := daemon.TestRules(context.Background(), parsed(t, tt.rules), []daemon.Case{c}, []string{"s", "none"}, tt.render)
			if err != nil {
				t.Fatal(err)
			}
			trial := trials[0]
			if got := trial.String(); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
			if trial.Passed() != strings.HasSuffix(tt.want, ": ok") {
				t.Errorf("passed %t", trial.Passed())
			}
		})
	}
}

// A case may also say how severe the alerts are.
func TestRuleCaseSeverity(t *testing.T) {
	f := func(severity, want string) {
		t.Helper()
		c := daemon.Case{File: "a.hit.jsonl", Line: 3, Name: "c", Alerts: 1, Severity: severity, Records: [][]byte{[]byte(good(1))}}
		trials, err := daemon.TestRules(context.Background(), parsed(t, disabledRule), []daemon.Case{c}, []string{"s"}, plainly)
		if err != nil {
			t.Fatal(err)
		}
		if got := trials[0].String(); got != `a.hit.jsonl:3: case "c" as s: `+want {
			t.Errorf("got %s", got)
		}
	}
	f("", "ok")
	f("medium", "ok")
	f("high", "severity medium, expected high, and no rule was reported blind or weak")
}

// TestRuleCasesThatCannotRun: a shape that fails to render, and a case that no
// shape carries, end the test.
func TestRuleCasesThatCannotRun(t *testing.T) {
	c := []daemon.Case{{File: "a.hit.jsonl", Line: 3, Name: "c", Alerts: 1, Records: [][]byte{[]byte(good(1))}}}
	if _, err := daemon.TestRules(context.Background(), parsed(t, disabledRule), c, []string{"none"}, plainly); err == nil || err.Error() != `a.hit.jsonl:3: no shape carries the records of case "c"` {
		t.Errorf("error %v", err)
	}
	fails := func(string, [][]byte) ([][]byte, bool, error) { return nil, false, errors.New("no ink") }
	if _, err := daemon.TestRules(context.Background(), parsed(t, disabledRule), c, []string{"s"}, fails); err == nil || err.Error() != "a.hit.jsonl:3: render as s: no ink" {
		t.Errorf("error %v", err)
	}
	c[0].Baseline = map[string]any{"no_such_parameter": 1}
	trials, err := daemon.TestRules(context.Background(), parsed(t, disabledRule), c, []string{"s"}, plainly)
	if err != nil || trials[0].Err == nil || !strings.Contains(trials[0].Err.Error(), "baseline of the case: ") {
		t.Errorf("%v, %v", trials, err)
	}
}

func TestByFile(t *testing.T) {
	rules := parsed(t, smallSet)
	for i, r := range rules {
		r.File = []string{"a.yml", "b.yml", "b.yml"}[i%3]
	}
	var got []string
	for _, file := range daemon.ByFile(rules[:5]) {
		got = append(got, fmt.Sprint(file[0].File, len(file)))
	}
	if diff := cmp.Diff([]string{"a.yml1", "b.yml2", "a.yml1", "b.yml1"}, got); diff != "" {
		t.Error(diff)
	}
}

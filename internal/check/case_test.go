package check_test

import (
	"strings"
	"testing"

	"vakt/internal/check"
)

func TestParseCasesRefuses(t *testing.T) {
	f := func(file, text, want string) {
		t.Helper()
		if _, err := check.ParseCases(file, []byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s %q: %v, want %q", file, text, err, want)
		}
	}
	f("x.jsonl", `{}`, "NAME.hit.jsonl")
	f("x.hit.jsonl", "\n", "holds no case")
	f("x.hit.jsonl", `{"facts":{}}`, "x.hit.jsonl:1: the case has no name")
	f("x.hit.jsonl", `{"case":"a","fact":{}}`, "unknown field")
	f("x.hit.jsonl", "\n"+`{"case":"a","status":"ok"}`, `x.hit.jsonl:2: the status "ok" does not belong`)
	f("x.miss.jsonl", `{"case":"a","status":"finding"}`, `the status "finding" does not belong`)
	f("x.miss.jsonl", `{"case":"a","facts":{"kind":{"a":1}}}`, `fact "kind": want null, a text`)
	f("x.miss.jsonl", `[]`, "not a case")
}

// A case that asks for a fact that does not exist proves nothing.
func TestTryRefusesUnknownFact(t *testing.T) {
	cases, err := check.ParseCases("x.miss.jsonl", []byte(`{"case":"a","facts":{"ca.bond":false}}`))
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := checks(t).Try("room-not-bound", &cases[0]); err == nil || !strings.Contains(err.Error(), `did you mean "ca.bound"?`) {
		t.Errorf("%v", err)
	}
	if _, _, err := checks(t).Try("room-not-bond", &check.Case{}); err == nil || !strings.Contains(err.Error(), `did you mean "room-not-bound"?`) {
		t.Errorf("%v", err)
	}
}

// Bad cases are refused; those that are accepted can be tried.
func FuzzParseCases(f *testing.F) {
	f.Add(`{"case":"a","facts":{"ca.bound":false,"x":null,"n":1.5e3,"l":["a",true]}}`)
	f.Add(`{"case":"a","status":"could_not_look","baseline":{"dormant_days":5}}`)
	c := checks(f)
	f.Fuzz(func(t *testing.T, text string) {
		cases, err := check.ParseCases("x.miss.jsonl", []byte(text))
		if err != nil {
			return
		}
		for i := range cases {
			if cases[i].Name == "" || cases[i].Status == check.Found {
				t.Fatalf("%+v", cases[i])
			}
			if status, _, err := c.Try("room-not-bound", &cases[i]); err == nil && status == "" {
				t.Fatal("no answer")
			}
		}
	})
}

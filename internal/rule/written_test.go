package rule_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"vakt/internal/event"
	"vakt/internal/rule"
)

// Plain tests of records that are looked at as they are written say what the rules
// say one by one, also of escapes, of ids that stand for none and of numbers.
func TestPlainTestsOfWrittenValues(t *testing.T) {
	text := ""
	for i, item := range []string{
		"deviceDetail.deviceId|re: '.'", "deviceDetail.deviceId|contains: '-'", "homeTenantId|contains: '.'",
		"sessionId|re: '.'", "sessionId|contains: '.'", "sessionId|contains: '0'",
	} {
		text += fmt.Sprintf("---\nname: rule%d\ntitle: t\nlogsource: {product: azure, service: signinlogs}\ndetection:\n  s:\n    %s\n  condition: s\n", i, item)
	}
	rules, problems := rule.Parse("rules.yml", []byte(text))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	schema := event.NewSchema()
	set, problems := rule.Compile(rules, schema, allLists{})
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	layout, err := schema.Layout(set.Fields()...)
	if err != nil {
		t.Fatal(err)
	}
	m, matched := set.NewMatcher(), 0
	var r event.Record
	for range 40 { // so that lessons are over
		for _, value := range []string{
			`"a-b"`, `"A.B"`, `"a\u002eb"`, `"\u002d"`, `"\n"`, `"\u000a\n"`, `""`, `"0000-00"`, `"\u0030"`, `"0\u0030"`, `"0\u0061"`, `"\u00e5.-"`, `"Å"`, `null`, `0`, `1.5`, `true`, `["a.","-"]`, `[]`, `{}`,
		} {
			line := `{"id":"1","createdDateTime":"2026-03-03T08:00:00Z","userId":"u","appId":"b","status":{"errorCode":0},"homeTenantId":` + value + `,"sessionId":` + value + `,"deviceDetail":{"deviceId":` + value + `}}`
			if err := layout.Read([]byte(line), &r); err != nil {
				t.Fatal(err)
			}
			got := m.Match(&r, r.Logs(), nil)
			matched += len(got)
			if diff := cmp.Diff(inWords(rule.Naive(set, &r, r.Logs())), inWords(got)); diff != "" {
				t.Fatalf("%s: -naive +matcher\n%s", value, diff)
			}
		}
	}
	if matched == 0 {
		t.Error("nothing matched")
	}
}

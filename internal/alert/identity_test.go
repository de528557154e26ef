package alert

import (
	"fmt"
	"strconv"
	"testing"

	"vakt/internal/detect"
	"vakt/internal/event"
	"vakt/internal/rule"
)

// The id that a detection is looked up by is the one that its alert has.
func TestIDIsTheAlerts(t *testing.T) {
	list := []*detect.Detection{
		{Rule: &rule.Compiled{Rule: &rule.Rule{Name: "spray"}}, Group: []string{"203.0.113.9"}, Day: 20000},
		{Rule: &rule.Compiled{Rule: &rule.Rule{Name: "spray"}}, Group: []string{"203.0.113.9"}, Day: 20001, Tenant: "t"},
	}
	for i, a := range From(list, Context{FieldName: event.NewSchema().Name}) {
		if a.ID != ID(list[0]) && a.ID != ID(list[1]) {
			t.Errorf("alert %d has id %s", i, a.ID)
		}
	}
	if ID(list[0]) == ID(list[1]) {
		t.Error("two days have one id")
	}
}

// Detections of one group on several days have one key, and others never its.
func TestIdentitiesOfARow(t *testing.T) {
	rules := []*rule.Compiled{{Rule: &rule.Rule{Name: "spray"}}, {Rule: &rule.Rule{Name: "other"}}}
	m := maker{Context: Context{FieldName: event.NewSchema().Name}, rules: map[*rule.Compiled]*ruleSays{}}
	seen := map[string]string{} // by key: what it is of
	for i := range 200 {
		d := detect.Detection{Rule: rules[i/5%2], Tenant: []string{"", "t"}[i/10%2], Group: []string{"a", strconv.Itoa(i / 20 % 3)}, Day: int64(i)}
		got := m.identities(&d)
		if want := ID(&d); got.id != want {
			t.Fatalf("%d: id %s, alone it is %s", i, got.id, want)
		}
		of := fmt.Sprint(d.Rule.Name, d.Tenant, d.Group)
		if known, ok := seen[got.key]; ok && known != of {
			t.Fatalf("%s and %s have one key", known, of)
		}
		seen[got.key] = of
	}
	if len(seen) != 2*2*3 {
		t.Errorf("%d keys of 12 groups", len(seen))
	}
}

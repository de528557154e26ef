package alert

import (
	"testing"

	"vakt/internal/detect"
	"vakt/internal/event"
	"vakt/internal/rule"
)

// The id that a detection is looked up by is the one that its alert has.
func TestIDIsTheAlerts(t *testing.T) {
	list := []detect.Detection{
		{Rule: &rule.Compiled{Rule: &rule.Rule{Name: "spray"}}, Group: []string{"203.0.113.9"}, Day: 20000},
		{Rule: &rule.Compiled{Rule: &rule.Rule{Name: "spray"}}, Group: []string{"203.0.113.9"}, Day: 20001, Tenant: "t"},
	}
	for i, a := range From(list, Context{FieldName: event.NewSchema().Name}) {
		if a.ID != ID(&list[0]) && a.ID != ID(&list[1]) {
			t.Errorf("alert %d has id %s", i, a.ID)
		}
	}
	if ID(&list[0]) == ID(&list[1]) {
		t.Error("two days have one id")
	}
}

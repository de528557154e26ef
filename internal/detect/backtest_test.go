package detect

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"vakt/internal/rule"
)

func TestBacktest(t *testing.T) {
	spray, brute := &rule.Compiled{Rule: &rule.Rule{Name: "spray"}}, &rule.Compiled{Rule: &rule.Rule{Name: "brute"}}
	at := func(r *rule.Compiled, day int64, group string, level rule.Severity) *Detection {
		return &Detection{Rule: r, Day: day, Group: []string{group}, Severity: level}
	}
	before := []*Detection{
		at(spray, 1, "a", rule.High), at(spray, 1, "b", rule.High), at(spray, 2, "a", rule.High),
		at(brute, 1, "a", rule.High), at(brute, 1, "x", rule.High),
	}
	after := []*Detection{
		at(brute, 1, "a", rule.Low), at(spray, 2, "a", rule.High), at(spray, 1, "a", rule.Critical), at(brute, 3, "n", rule.High),
		at(brute, 3, "m", rule.High), at(brute, 1, "x", rule.High),
	}
	muted := func(d *Detection) bool { return d.Group[0] == "m" || d.Group[0] == "x" }
	want := []RuleDay{
		{Rule: "brute", Day: 1, Before: 2, After: 1, Muted: 1, Weaker: 1},
		{Rule: "spray", Day: 1, Before: 2, After: 1, Gone: 1},
		{Rule: "spray", Day: 2, Before: 1, After: 1},
		{Rule: "brute", Day: 3, After: 1, New: 1},
	}
	tried := Backtest(before, after, muted)
	if diff := cmp.Diff(want, PerDay(tried)); diff != "" {
		t.Error(diff)
	}
	for i := 1; i < len(tried); i++ {
		if tried[i-1].Either().Day > tried[i].Either().Day {
			t.Error("not in the order of days")
		}
	}
	for _, n := range PerDay(Backtest(before, before, nil)) {
		if n.Before != n.After || n.Gone+n.Muted+n.New+n.Weaker > 0 {
			t.Errorf("nothing changed, and %+v", n)
		}
	}
}

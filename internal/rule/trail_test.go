package rule

import (
	"fmt"
	"strings"
	"testing"

	"vakt/internal/event"
)

// However many ways there are through the classes of a record's fields, what is
// remembered of them stays bounded, and each record is told its own.
func TestTrailIsBounded(t *testing.T) {
	fields := []string{"result", "app", "country", "actor", "account", "ip"}
	var b strings.Builder
	for _, f := range fields {
		for c := 'a'; c <= 'f'; c++ {
			fmt.Fprintf(&b, "---\nname: %s-%c\n%s", f, c, one(fmt.Sprintf("%s|contains: %c", f, c)))
		}
	}
	set := mustCompile(t, b.String(), nil)
	m := set.NewMatcher()
	most := 0
	for i := range 6 * 6 * 6 * 6 * 6 {
		var values []string
		for rest, n := i, 0; n < len(fields); n++ {
			values = append(values, fmt.Sprintf("%s=%c", fields[n], 'a'+rest%6))
			rest /= 6
		}
		r := rec(t, values...).expose()
		out := m.Match(r, event.Risk, nil)
		if len(out) != len(fields) {
			t.Fatalf("%v: %d outcomes, want %d", values, len(out), len(fields))
		}
		for n, o := range out {
			if want := strings.Replace(values[n], "=", "-", 1); o.Rule.Name != want {
				t.Fatalf("%v: %s, want %s", values, o.Rule.Name, want)
			}
		}
		most = max(most, m.plans[int(event.GraphBeta)<<8|int(event.Risk)].crossings)
	}
	if most > maxCrossings || most < maxCrossings/2 {
		t.Errorf("at most %d crossings were remembered, want near %d", most, maxCrossings)
	}
	if p := m.plans[int(event.GraphBeta)<<8|int(event.Risk)]; p.trail.count() != p.crossings {
		t.Errorf("%d crossings are remembered, and %d were counted", p.trail.count(), p.crossings)
	}
}

// count is how many crossings there are from here on, ends among them.
func (c *crossing) count() int {
	if c == nil {
		return 0
	}
	n := 1
	for _, w := range append([]way{c.first}, c.ways...) {
		n += w.to.count()
	}
	return n
}

// A record like one before is not evaluated: its trail tells what is said. What
// no class answers is asked all the same.
func TestTrailTells(t *testing.T) {
	set := mustCompile(t, "---\nname: fit\n"+plain("s:\n  result: 50126\ncondition: s\n")+
		"---\nname: unfit\n"+plain("s:\n  result: 50126\n  account|fieldref: actor\ncondition: s\n"), nil)
	m := set.NewMatcher()
	names := func(r *record) string {
		var all []string
		for _, o := range m.Match(r, event.Risk, nil) {
			all = append(all, o.Rule.Name)
		}
		return strings.Join(all, " ")
	}
	same, other := rec(t, "result=#50126", "account=a", "actor=a").expose(), rec(t, "result=#50126", "account=a", "actor=b").expose()
	for range 2 * lessonLength {
		names(same)
	}
	same.asked, other.asked = map[event.Field]int{}, map[event.Field]int{}
	if got := names(same); got != "fit unfit" {
		t.Errorf("the record said %q", got)
	}
	if got := names(other); got != "fit" {
		t.Errorf("with another actor it said %q", got)
	}
	if same.asked[id(t, "result")] > 0 || same.asked[id(t, "actor")] == 0 {
		t.Errorf("asked: %v", same.asked)
	}
}

// countedPeeks counts how often it is looked at.
type countedPeeks struct {
	open
	peeks int
}

func (r *countedPeeks) Peek(f event.Field) ([]byte, event.Standing) {
	r.peeks++
	return r.open.Peek(f)
}

// What was looked up on the way is not looked up again for whoever asks later.
func TestTrailKeepsTheClassesOnItsWay(t *testing.T) {
	m := mustCompile(t, one("result: 1\n  app: x"), nil).NewMatcher()
	for range 2 * lessonLength {
		r := &countedPeeks{open: rec(t, "result=#1", "app=x").expose().opened()}
		if len(m.Match(r, event.Risk, nil)) != 1 {
			t.Fatal("the rule does not match")
		}
		before := r.peeks
		for _, f := range m.plan(event.Risk).slots {
			m.class(f)
		}
		if before == 0 || r.peeks > before {
			t.Fatalf("%d looks, then %d", before, r.peeks)
		}
	}
}

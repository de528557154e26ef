package rule

import (
	"testing"

	"vakt/internal/event"
)

// Plain tests say what the tests themselves say, alone in their field and
// beside others.
func TestPlainTests(t *testing.T) {
	rules := "---\nname: filled\n" + one("app|re: '.'") + "---\nname: dash\n" + one("app|contains: '-'") +
		"---\nname: absent\n" + one("app: null") + "---\nname: listed\n" + one("app|expand: '%unread%'")
	lists := fakeLists{lists: map[string]Expansion{"unread": {Unread: "needs --directory"}}}
	values := [][]string{{}, {"app="}, {"app=x"}, {"app=-"}, {"app=a-b"}, {"app=\n"}, {"app=\n\n-"}, {"app=\xff"}, {"app=\u2011"},
		{"app=?"}, {"app=#-1"}, {"app=x", "app=-"}, {"app=\n", "app="}, {"app={}"}}
	for _, more := range []string{"", "---\nname: exact\n" + one("app: x")} {
		set := mustCompile(t, rules+more, lists)
		for _, l := range set.lookups {
			if l.field == id(t, "app") && l.plain.all != (more == "") {
				t.Errorf("the field has plain tests only: %t", l.plain.all)
			}
		}
		for _, open := range []bool{false, true} {
			m := set.NewMatcher()
			for i := range 2 * lessonLength {
				r := rec(t, values[i%len(values)]...)
				sub := Subject(r.expose())
				if open {
					sub = r.opened()
				}
				if diff := disagreement(m.Match(sub, event.Risk, nil), Naive(set, r, event.Risk)); diff != "" {
					t.Fatalf("%q: -naive +matcher\n%s", values[i%len(values)], diff)
				}
			}
		}
	}
}

// Of a field that is only asked for a list that was not read, no value is made
// or remembered.
func TestGlanceMakesNoValue(t *testing.T) {
	set := mustCompile(t, one("app|expand: '%unread%'"), fakeLists{lists: map[string]Expansion{"unread": {Unread: "needs --directory"}}})
	m := set.NewMatcher()
	for i := range 2 * lessonLength {
		r := rec(t, "app=a", "app=b").expose()
		r.asked = map[event.Field]int{}
		if out := m.Match(r.opened(), event.Risk, nil); len(out) != 1 || out[0].Result != Unknown {
			t.Fatalf("outcomes %v", out)
		}
		if len(r.asked) > 0 && i > lessonLength+1 { // before, the outcome is explained
			t.Fatalf("record %d: fields decoded: %v", i, r.asked)
		}
	}
	for i := range m.fields {
		if f := &m.fields[i]; f.memo.sets != nil || len(f.memo.classes) > 0 {
			t.Error("values are remembered")
		}
	}
}

// A rule that asks what no class answers is not evaluated where its classes
// make it false in any case.
func TestTrailLeavesOutWhatIsFalse(t *testing.T) {
	set := mustCompile(t, plain("s:\n  result: 50126\nt:\n  account|fieldref: actor\nu:\n  app: Office\ncondition: t and s and u\n"), nil)
	m := set.NewMatcher()
	records := []*record{ // whichever field the gate waits at
		rec(t, "result=#50126", "account=a", "actor=a", "app=Other").expose(),
		rec(t, "result=#0", "account=a", "actor=a", "app=Office").expose(),
	}
	for range 2 * lessonLength {
		for _, r := range records {
			r.asked = map[event.Field]int{}
			m.Match(r, event.Risk, nil)
		}
	}
	for _, r := range records {
		if len(r.asked) > 0 {
			t.Errorf("fields decoded: %v", r.asked)
		}
	}
	hit := rec(t, "result=#50126", "account=a", "actor=a", "app=Office").expose()
	if out := m.Match(hit, event.Risk, nil); len(out) != 1 {
		t.Errorf("%d outcomes, want 1", len(out))
	}
}

// A gate does not move to a field that has to be put together where another
// one is looked up in any case.
func TestGateLeavesWhatIsNotPlain(t *testing.T) {
	set := mustCompile(t, "---\nname: one\n"+one("result: c")+"---\nname: two\n"+plain("s:\n  result: a\n  app: b\ncondition: s\n"), nil)
	m := set.NewMatcher()
	for i := range 2 * lessonLength {
		m.Match(rec(t, "result="+string("aaab"[i%4]), "app=x").expose().opened(), event.Risk, nil)
	}
	p := m.plans[int(event.GraphBeta)<<8|int(event.Risk)]
	if len(p.slots) != 1 || m.fields[p.slots[0]].lookup.field != id(t, "result") {
		t.Errorf("%d fields are looked up for every record, want result only", len(p.slots))
	}
}

// heldRecord counts for which fields it is asked whether there is a value.
type heldRecord struct {
	open
	held map[event.Field]int
}

func (r heldRecord) Holds(f event.Field) event.Standing {
	r.held[f]++
	return r.open.Holds(f)
}

// A field of which every record says the same is not looked at again, where it
// is plain: it may be unknown where it is not.
func TestTrailLeavesOutWhatIsSettled(t *testing.T) {
	lists := fakeLists{lists: map[string]Expansion{"none": {Optional: true}}}
	set := mustCompile(t, plain("s:\n  result: a\nf:\n  country|expand: '%none%'\n  domain|expand: '%none%'\ng:\n  app|expand: '%none%'\ncondition: s and not f and not g\n"), lists)
	m := set.NewMatcher()
	r := heldRecord{rec(t, "result=a", "country=SE", "app=x").expose().opened(), nil}
	for range 2 * lessonLength {
		r.held = map[event.Field]int{}
		if out := m.Match(r, event.Risk, nil); len(out) != 1 || out[0].Result != True {
			t.Fatalf("outcomes %v", out)
		}
	}
	if r.held[id(t, "app")] != 1 || len(r.held) != 1 {
		t.Errorf("asked whether there is a value: %v", r.held)
	}
}

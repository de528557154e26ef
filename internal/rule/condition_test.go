package rule

import (
	"fmt"
	"path"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"vakt/internal/event"
)

func named(names ...string) []search {
	list := make([]search, len(names))
	for i, n := range names {
		list[i].name = n
	}
	return list
}

// eval evaluates a condition over the searches that are true.
func (e *expr) eval(values []Truth) Truth {
	switch e.op {
	case exprSearch:
		return values[e.search]
	case exprNot:
		return e.kids[0].eval(values).not()
	}
	t := e.kids[0].eval(values)
	for _, kid := range e.kids[1:] {
		if e.op == exprAnd {
			t = min(t, kid.eval(values))
		} else {
			t = max(t, kid.eval(values))
		}
	}
	return t
}

func TestConditionGrammar(t *testing.T) {
	searches := named("a", "b", "sel_x", "sel_y", "_sel_z", "not_a", "and.b", "1", "all", "of")
	f := func(text, want string) {
		t.Helper()
		e, fault := parseCondition(text, searches)
		if fault != "" {
			t.Errorf("%s: %s", text, fault)
			return
		}
		if got := e.words(searches, exprOr); got != want {
			t.Errorf("%s: read as %s, want %s", text, got, want)
		}
	}
	f("a", "a")
	f("a or b and sel_x", "a or b and sel_x")
	f("(a or b) and sel_x", "(a or b) and sel_x")
	f("not a and b", "not a and b")
	f("not (a and b)", "not (a and b)")
	f("not not a", "not not a")
	f("a AND NOT b OR sel_x", "a and not b or sel_x")
	f("((a))", "a")
	f("(a)and(b)", "a and b")
	f("a\n  or\tb", "a or b")
	f("not_a and and.b", "not_a and and.b")
	f("1 of sel_*", "sel_x or sel_y")
	f("all of sel_*", "sel_x and sel_y")
	f("all of *sel_*", "sel_x and sel_y and _sel_z")
	f("1 of sel_x", "sel_x")
	f("not 1 of sel_*", "not (sel_x or sel_y)")
	f("a and 1 of sel_* or b", "a and (sel_x or sel_y) or b")
	f("ALL of them", "a and b and sel_x and sel_y and not_a and and.b and 1 and all and of")
	f("1 or all and of", "1 or all and of")
	f("1 of 1", "1")
	f("all of all", "all")
}

func TestSelects(t *testing.T) {
	f := func(pattern, name string, want bool) {
		t.Helper()
		if got := selects(pattern, name); got != want {
			t.Errorf("selects(%q, %q) = %v", pattern, name, got)
		}
	}
	f("*", "a", true)
	f("*", "_a", true)
	f("them", "_a", false)
	f("a*", "a", true)
	f("a*a", "a", false)
	f("a*a", "aa", true)
	f("*b*c", "abxc", true)
	f("*b*c", "acxb", false)
	f("a**b", "ab", true)
	f("A*", "ab", false)
}

// A generated condition is parsed and evaluated as an independent evaluator,
// which works on the text from the outside in, evaluates it.
func TestConditionAgreesWithEvaluator(t *testing.T) {
	names := []string{"a", "b", "sel_one", "sel_two", "_hidden"}
	rapid.Check(t, func(t *rapid.T) {
		text := genCondition(t, names, 4)
		values := rapid.SliceOfN(rapid.SampledFrom([]Truth{False, Unknown, True}), len(names), len(names)).Draw(t, "values")
		e, fault := parseCondition(text, named(names...))
		if fault != "" {
			t.Fatalf("%s: %s", text, fault)
		}
		byName := map[string]Truth{}
		for i, n := range names {
			byName[n] = values[i]
		}
		want := outsideIn(strings.Fields(strings.NewReplacer("(", " ( ", ")", " ) ").Replace(text)), byName, names)
		if got := e.eval(values); got != want {
			t.Fatalf("%s with %v: %v, want %v", text, byName, got, want)
		}
		again, fault := parseCondition(e.words(named(names...), exprOr), named(names...))
		if fault != "" || again.eval(values) != want {
			t.Fatalf("%s is explained as %s, which means something else", text, e.words(named(names...), exprOr))
		}
	})
}

func genCondition(t *rapid.T, names []string, depth int) string {
	if depth == 0 {
		return rapid.SampledFrom(names).Draw(t, "name")
	}
	sub := func() string { return genCondition(t, names, depth-1) }
	switch rapid.IntRange(0, 6).Draw(t, "form") {
	case 0:
		return "not " + sub()
	case 1:
		return "(" + sub() + ")"
	case 2:
		return sub() + " and " + sub()
	case 3:
		return sub() + " or " + sub()
	case 4:
		return rapid.SampledFrom([]string{"1", "all"}).Draw(t, "quantity") + " of " +
			rapid.SampledFrom([]string{"them", "sel_*", "*", "b", "*d*"}).Draw(t, "pattern")
	}
	return rapid.SampledFrom(names).Draw(t, "name")
}

// outsideIn finds the operator that binds least outside brackets and splits
// there.
func outsideIn(tokens []string, values map[string]Truth, names []string) Truth {
	for _, op := range []string{"or", "and"} {
		depth := 0
		for i, token := range tokens {
			switch token {
			case "(":
				depth++
			case ")":
				depth--
			}
			if depth > 0 || token != op {
				continue
			}
			left, right := outsideIn(tokens[:i], values, names), outsideIn(tokens[i+1:], values, names)
			if op == "or" {
				return max(left, right)
			}
			return min(left, right)
		}
	}
	switch {
	case tokens[0] == "not":
		return True - outsideIn(tokens[1:], values, names)
	case tokens[0] == "(":
		return outsideIn(tokens[1:len(tokens)-1], values, names)
	case len(tokens) == 3:
		return quantify(tokens[0], tokens[2], values, names)
	}
	return values[tokens[0]]
}

func quantify(quantity, pattern string, values map[string]Truth, names []string) Truth {
	least, most := True, False
	for _, n := range names {
		ok, err := path.Match(pattern, n)
		if pattern == "them" {
			ok, err = n[0] != '_', nil
		}
		if err != nil {
			panic(err)
		}
		if ok {
			least, most = min(least, values[n]), max(most, values[n])
		}
	}
	if quantity == "1" {
		return most
	}
	return least
}

// The compiled engine says of a record what the condition says of its
// searches.
func TestEngineAgreesWithCondition(t *testing.T) {
	names := []string{"a", "b", "sel_one", "sel_two", "_hidden"}
	fields := []string{"country", "actor", "ip", "result", "app"}
	rapid.Check(t, func(t *rapid.T) {
		text := genCondition(t, names, 3)
		detection := ""
		for i, n := range names {
			detection += fmt.Sprintf("%s:\n  %s: yes\n", n, fields[i])
		}
		rules, problems := Parse("r.yml", []byte(plain(detection+"condition: "+text+"\n")))
		if Refused(problems) {
			t.Fatal(problems)
		}
		set, _ := Compile(rules, schema, nil)
		r, values := &record{fields: map[event.Field]event.Values{}}, make([]Truth, len(names))
		for i := range names {
			values[i] = rapid.SampledFrom([]Truth{False, Unknown, True}).Draw(t, "value")
			v := event.Values{Unknown: values[i] == Unknown}
			if values[i] == True {
				v.List = []event.Value{{Text: []byte("YES")}}
			}
			f, _ := schema.Lookup(event.Risk, fields[i])
			r.fields[f] = v
		}
		want := rules[0].detection.condition.eval(values)
		got, o := verdict(set, r)
		if got != want {
			t.Fatalf("%s with %v: %v, want %v", text, values, got, want)
		}
		for _, m := range o.Matched {
			for i, n := range names {
				if n == m && values[i] != True {
					t.Fatalf("%s: %s is named as matched and is %v", text, m, values[i])
				}
			}
		}
		if (got == Unknown) != (len(o.Blind) > 0) {
			t.Fatalf("%s: %v with blind %v", text, got, o.Blind)
		}
		carries := func(f event.Field) bool { return !r.fields[f].Unknown }
		if fully, partly := set.Rules()[0].CanMatch(carries); got == True && !partly || fully && !partly {
			t.Fatalf("%s matched, but CanMatch says %v, %v", text, fully, partly)
		}
	})
}

func FuzzCondition(f *testing.F) {
	for _, text := range []string{"a", "not a and (b or 1 of sel_*)", "all of them", "a | count() > 5", "((", "1 of", "* of *", "not not not", "\x00"} {
		f.Add(text)
	}
	searches := named("a", "b", "sel_x", "sel_y", "_z", "of", "1")
	f.Fuzz(func(t *testing.T, text string) {
		e, fault := parseCondition(text, searches)
		if fault != "" {
			return
		}
		again, fault := parseCondition(e.words(searches, exprOr), searches)
		if len(e.words(searches, exprOr)) > maxCondition {
			return // a pattern may stand for more than one may write
		}
		if fault != "" {
			t.Fatalf("%q is explained as %q: %s", text, e.words(searches, exprOr), fault)
		}
		values := make([]Truth, len(searches))
		for n := range 2187 { // 3^7
			for i, rest := 0, n; i < len(values); i, rest = i+1, rest/3 {
				values[i] = Truth(rest % 3)
			}
			if e.eval(values) != again.eval(values) {
				t.Fatalf("%q is explained as %q, which means something else", text, e.words(searches, exprOr))
			}
		}
	})
}

package rule

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"vakt/internal/event"
)

// The automaton finds exactly what a search for each text by itself finds.
func TestAutomaton(t *testing.T) {
	word := rapid.StringMatching(`[abé]{1,4}|\xff|(ab){15}`)
	rapid.Check(t, func(t *rapid.T) {
		words := rapid.SliceOfN(word, 1, 12).Draw(t, "words")
		text := strings.Join(rapid.SliceOfN(word, 0, 8).Draw(t, "text"), "")
		var terms []term
		var want []uint16
		for i, w := range words {
			terms = append(terms, term{w, uint16(i)})
			if strings.Contains(text, w[:min(len(w), maxTerm)]) {
				want = append(want, uint16(i))
			}
		}
		var got []uint16
		newAutomaton(terms).scan([]byte(text), func(found []uint16) { got = append(got, found...) })
		slices.Sort(got)
		if got = slices.Compact(got); !slices.Equal(got, want) {
			t.Fatalf("%q in %q: found %v, want %v", words, text, got, want)
		}
	})
}

func TestNeeded(t *testing.T) {
	f := func(expression string, want ...string) {
		t.Helper()
		if got := needed(expression); !slices.Equal(got, want) {
			t.Errorf("%s: needs %q, want %q", expression, got, want)
		}
	}
	f("^svc-[0-9]+", "svc-")
	f("(?i)^SVC-", "svc-")
	f("a(foo|Bars)b", "foo", "bars")
	f("(foo|)x", "x")
	f("(foo|b*)")
	f("[0-9]+")
	f("(ab){2,3}", "ab")
	f("(ab){0,3}")
	f("x?longer", "longer")
	f("\ufffd")
	f("(")
	var many []string
	for c := range rune(maxAlternatives + 1) {
		many = append(many, string('\u4e00'+c)+"x")
	}
	f(strings.Join(many, "|"))
	f(strings.Join(many[1:], "|"), many[1:]...)
}

// What a regular expression is said to need stands in every text that it
// matches.
func FuzzNeeded(f *testing.F) {
	for _, e := range drawnRegex {
		f.Add(e, "abba straße")
	}
	f.Add("(?i)k", "\u212a")
	f.Fuzz(func(t *testing.T, expression, text string) {
		re, err := regexp.Compile(expression)
		if err != nil || !re.MatchString(text) {
			return
		}
		texts := needed(expression)
		if texts != nil && !slices.ContainsFunc(texts, func(s string) bool { return strings.Contains(foldText(text), s) }) {
			t.Errorf("%q matches %q, which has none of %q", expression, text, texts)
		}
	})
}

// Values with the same text and another type are not taken for each other,
// whichever comes first.
func TestMemoTellsTypesApart(t *testing.T) {
	set := mustCompile(t, one("size: 2"), nil)
	for _, exposed := range []bool{false, true} {
		m := set.NewMatcher()
		for i, step := range []struct {
			pair string
			want int
		}{{"size=#2.0", 1}, {"size=2.0", 0}, {"size=#2.0", 1}, {"size=2", 1}} {
			r := rec(t, step.pair)
			if exposed {
				r.expose()
			}
			if out := m.Match(r, event.Risk, nil); len(out) != step.want {
				t.Errorf("step %d, %s: %d outcomes, want %d", i, step.pair, len(out), step.want)
			}
		}
	}
}

// A value that was seen before is not decoded again, and rules that cannot be
// true of it are not evaluated.
func TestKnownValuesAreNotDecoded(t *testing.T) {
	set := mustCompile(t, plain("s:\n  result: 50126\n  app|contains: x\nf:\n  country: SE\ncondition: s and not f\n"), nil)
	m := set.NewMatcher()
	r := rec(t, "result=#0", "app=Office", "country=NO").expose()
	for range 2 * lessonLength {
		m.Match(r, event.Risk, nil)
	}
	r.asked = map[event.Field]int{}
	m.Match(r, event.Risk, nil)
	if len(r.asked) > 0 {
		t.Errorf("fields decoded again: %v", r.asked)
	}
	if p := m.plans[int(event.GraphBeta)<<8|int(event.Risk)]; len(p.slots) != 1 {
		t.Errorf("%d fields are looked up for a rule that one decides", len(p.slots))
	}
}

// The gate of a rule moves to what is rare among the records at hand.
func TestGateMovesToWhatIsRare(t *testing.T) {
	set := mustCompile(t, plain("s:\n  result: a\n  app: b\ncondition: s\n"), nil)
	for _, x := range []struct{ common, rare string }{{"result=a", "app"}, {"app=b", "result"}} {
		m := set.NewMatcher()
		for range 2 * lessonLength {
			m.Match(rec(t, x.common).expose(), event.Risk, nil)
		}
		p := m.plans[int(event.GraphBeta)<<8|int(event.Risk)]
		if f := m.fields[p.slots[0]].lookup.field; len(p.slots) != 1 || f != id(t, x.rare) {
			t.Errorf("%s is common: the gate waits at field %d, want %s", x.common, f, x.rare)
		}
		if out := m.Match(rec(t, "result=a", "app=b"), event.Risk, nil); len(out) != 1 {
			t.Errorf("%d outcomes, want 1", len(out))
		}
	}
}

// However many different values and combinations come, what a matcher
// remembers stays bounded.
func TestMemoIsBounded(t *testing.T) {
	var b strings.Builder
	for c := 'a'; c <= 'p'; c++ {
		b.WriteString("---\nname: r-" + string(c) + "\n" + one("app|contains: "+string(c)))
	}
	set := mustCompile(t, b.String(), nil)
	m := set.NewMatcher()
	for i := range 5000 {
		var text []byte
		for bit := range 16 {
			if i*2654435761>>(bit+8)&1 == 1 {
				text = append(text, byte('a'+bit))
			}
		}
		r := rec(t, "app="+string(text)).expose()
		if got, want := m.Match(r, event.Risk, nil), Naive(set, r, event.Risk); len(got) != len(want) {
			t.Fatalf("%s: %d outcomes, want %d", text, len(got), len(want))
		}
	}
	f := &m.fields[len(m.fields)-1]
	if len(f.memo.classes) > maxClasses || len(f.memo.sets) > memoSets {
		t.Errorf("%d classes and %d sets are remembered", len(f.memo.classes), len(f.memo.sets))
	}
}

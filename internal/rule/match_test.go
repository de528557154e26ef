package rule

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"vakt/internal/event"
)

// one is a rule with one search of one item.
func one(item string) string { return plain("s:\n  " + item + "\ncondition: s\n") }

var modifierTests = []struct {
	item    string
	yes, no []string // records of one pair each
	unknown string
}{
	{"result: abc", []string{"result=abc", "result=ABC"}, []string{"result=abcd", "result=", "ip=x"}, "result=?"},
	{"result: 50126", []string{"result=50126", "result=#50126", "result=#50126.0", "result=#5.0126e4"}, []string{"result=50126.0", "result=#501260", "result=x"}, "result=?"},
	{"result: '0'", []string{"result=0", "result=#0"}, []string{"result=00", "result=#0.0", "ip=x"}, "result=?"},
	{"result: 0", []string{"result=#0", "result=#-0", "result=#0.0", "result=0"}, []string{"result=", "result=#1", "ip=x"}, "result=?"},
	{"result: 9007199254740993", []string{"result=#9007199254740993", "result=9007199254740993"}, []string{"result=#9007199254740992", "result=#-9007199254740993"}, "result=?"},
	{"result: -7", []string{"result=#-7", "result=-7", "result=#-7.0"}, []string{"result=#7", "result=7"}, "result=?"},
	{"result: 1.5", []string{"result=#1.5", "result=#1.50", "result=1.5"}, []string{"result=1.50", "result=#15"}, "result=?"},
	{"result: 0123", []string{"result=0123"}, []string{"result=123", "result=#123", "result=83"}, "result=?"},
	{"result: true", []string{"result=!true", "result=True", "result=TRUE"}, []string{"result=!false", "result=1", "ip=x"}, "result=?"},
	{"result: [a, 7, false]", []string{"result=A", "result=#7", "result=!false"}, []string{"result=b", "result=#8", "result=!true"}, "result=?"},
	{"result: null", []string{"ip=x"}, []string{"result=", "result=null", "result=x"}, "result=?"},
	{"result: ''", []string{"result="}, []string{"ip=x", "result= "}, "result=?"},
	{"result: '*'", []string{"result=", "result=x"}, []string{"ip=x"}, "result=?"},
	{"result: 'straße'", []string{"result=STRAßE", "result=Straẞe"}, []string{"result=strasse"}, "result=?"},
	{"result: 'ΣΑΣ'", []string{"result=σας", "result=ΣΑσ"}, []string{"result=σα"}, "result=?"},
	{"result: kelvin", []string{"result=\u212Aelvin", "result=KELVIN"}, []string{"result=elvin"}, "result=?"},
	{"result: '\u212Aelvin'", []string{"result=kelvin"}, []string{"result=elvin"}, "result=?"},
	{"result: 'Åsa?'", []string{"result=åSAé", "result=ÅSA1"}, []string{"result=åsa", "result=åsaéé"}, "result=?"},
	{"result|cased: Abc", []string{"result=Abc"}, []string{"result=abc", "result=ABC"}, "result=?"},
	{"result|cased: true", []string{"result=!true", "result=True"}, []string{"result=x"}, "result=?"},
	{"result|cased: ['A*', true]", []string{"result=Ax", "result=TRUE"}, []string{"result=ax"}, "result=?"},
	{"result|contains: 'B'", []string{"result=abc", "result=b"}, []string{"result=ac", "result=", "ip=b"}, "result=?"},
	{"result|contains: 12", []string{"result=#3123", "result=0012"}, []string{"result=#1", "ip=x"}, "result=?"},
	{"result|contains: 'a*c'", []string{"result=xabcx", "result=AC"}, []string{"result=ca"}, "result=?"},
	{`result|contains: 'a\*c'`, []string{"result=xa*cx"}, []string{"result=abc"}, "result=?"},
	{"result|contains: '.'", []string{"result=a.b"}, []string{"result=ab"}, "result=?"},
	{"result|contains|cased: 'B'", []string{"result=aBc"}, []string{"result=abc"}, "result=?"},
	{"result|contains|all: [a, b]", []string{"result=ba", "result=xAxB"}, []string{"result=a", "result=b"}, "result=?"},
	{"result|all|contains: [a, b]", []string{"result=ba"}, []string{"result=a"}, "result=?"},
	{"result|startswith: [ab, 'c?d']", []string{"result=ABx", "result=cxdy"}, []string{"result=xab", "result=cdx"}, "result=?"},
	{"result|endswith: ['.com', 7]", []string{"result=x.COM", "result=#17"}, []string{"result=.com.x", "result=71"}, "result=?"},
	{"result|re: '^a+$'", []string{"result=aaa"}, []string{"result=AAA", "result=aab", "ip=a"}, "result=?"},
	{"result|re: 'b'", []string{"result=abc"}, []string{"result=ac"}, "result=?"},
	{"result|re|i: '^a+$'", []string{"result=aAa"}, []string{"result=b"}, "result=?"},
	{"result|re|i|s: '^a.b$'", []string{"result=A\nB"}, []string{"result=ab"}, "result=?"},
	{"result|re|m: '^b$'", []string{"result=a\nb"}, []string{"result=ab"}, "result=?"},
	{"result|re: ''", []string{"result=", "result=x"}, []string{"ip=x"}, "result=?"},
	{"ip|cidr: 192.0.2.0/24", []string{"ip=192.0.2.7", "ip=192.0.2.7:443", "ip=::ffff:192.0.2.7"}, []string{"ip=192.0.3.7", "ip=host.example.com", "ip=", "result=x", "ip=192.0.2.777"}, "ip=?"},
	{"ip|cidr: 192.0.2.9/24", []string{"ip=192.0.2.7"}, []string{"ip=192.0.3.7"}, "ip=?"},
	{"ip|cidr: [2001:db8::/32, 198.51.100.0/25]", []string{"ip=2001:DB8::1", "ip=[2001:db8::1]", "ip=[2001:db8::1]:443", "ip=2001:db8::1%eth0", "ip=198.51.100.127"}, []string{"ip=2001:db9::1", "ip=198.51.100.128"}, "ip=?"},
	{"ip|cidr: '::ffff:192.0.2.0/120'", []string{"ip=192.0.2.7"}, []string{"ip=192.0.3.7"}, "ip=?"},
	{"ip|cidr|neq: 192.0.2.0/24", []string{"ip=192.0.3.7", "ip=host", "result=x"}, []string{"ip=192.0.2.7"}, "ip=?"},
	{"result|exists: true", []string{"result=", "result=x"}, []string{"ip=x"}, "result=?"},
	{"result|exists: false", []string{"ip=x"}, []string{"result=", "result=x"}, "result=?"},
	{"result|neq: a", []string{"result=b", "ip=x", "result="}, []string{"result=a", "result=A"}, "result=?"},
	{"result|neq: [a, b]", []string{"result=c"}, []string{"result=a", "result=b"}, "result=?"},
	{"result|neq: null", []string{"result=", "result=x"}, []string{"ip=x"}, "result=?"},
	{"result|contains|neq: a", []string{"result=b", "ip=x"}, []string{"result=xax"}, "result=?"},
	{"result|re|neq: '^a'", []string{"result=ba", "ip=x"}, []string{"result=ab"}, "result=?"},
	{"size|lt: 5", []string{"size=#4", "size=4.9", "size=-1"}, []string{"size=#5", "size=x", "size=", "ip=x", "size=!true"}, "size=?"},
	{"size|lte: 5", []string{"size=#5", "size=5.0"}, []string{"size=#5.1"}, "size=?"},
	{"size|gt: 5", []string{"size=#5.1", "size=#1e400", "size=007"}, []string{"size=#5", "size=0x10", "size={6}", "size=6 "}, "size=?"},
	{"size|gte: [5, 3]", []string{"size=#3"}, []string{"size=#2"}, "size=?"},
	{`result: 'a\b'`, []string{`result=a\B`}, []string{`result=a\\b`}, "result=?"},
	{`result: 'a\\b'`, []string{`result=a\b`}, []string{`result=a\\b`}, "result=?"},
	{`result: 'a\*'`, []string{`result=a*`}, []string{`result=ab`, `result=a\b`}, "result=?"},
	{`result: 'a\\*'`, []string{`result=a\`, `result=a\bc`}, []string{`result=a*`, "result=ab"}, "result=?"},
	{`result: 'a\\\*'`, []string{`result=a\*`}, []string{`result=a\b`}, "result=?"},
	{`result: 'a\\?'`, []string{`result=a\b`}, []string{`result=a\`, "result=a?"}, "result=?"},
	{`result: 'a\'`, []string{`result=a\`}, []string{`result=a`}, "result=?"},
	{`result: '\\\\srv'`, []string{`result=\\srv`}, []string{`result=\srv`}, "result=?"},
}

func TestModifiers(t *testing.T) {
	for _, tt := range modifierTests {
		t.Run(tt.item, func(t *testing.T) {
			set := mustCompile(t, one(tt.item), nil)
			check := func(pair string, want Truth) {
				t.Helper()
				if got, _ := verdict(set, rec(t, pair)); got != want {
					t.Errorf("%s on %q: %v, want %v", tt.item, pair, got, want)
				}
			}
			for _, pair := range tt.yes {
				check(pair, True)
			}
			for _, pair := range tt.no {
				check(pair, False)
			}
			check(tt.unknown, Unknown)
		})
	}
}

func TestAnyValueOfAFieldMatches(t *testing.T) {
	f := func(item string, want Truth, pairs ...string) {
		t.Helper()
		if got, _ := verdict(mustCompile(t, one(item), nil), rec(t, pairs...)); got != want {
			t.Errorf("%s on %q: %v, want %v", item, pairs, got, want)
		}
	}
	f("result: b", True, "result=a", "result=b")
	f("result|neq: b", False, "result=a", "result=b")
	f("result|neq: c", True, "result=a", "result=b")
	f("result|all: [a, b]", True, "result=a", "result=b", "result=c")
	f("result|all: [a, d]", False, "result=a", "result=b")
	f("result|contains|all: [x, y]", True, "result=ax", "result=by")
	f("result: null", False, "result=a", "result=b")
	f("size|gt: 5", True, "size=#1", "size=#9")
}

func TestKeywords(t *testing.T) {
	f := func(search string, want Truth, texts ...string) {
		t.Helper()
		r := rec(t)
		r.texts = texts
		if got, _ := verdict(mustCompile(t, plain("k:\n"+indent(search)+"condition: k\n"), nil), r); got != want {
			t.Errorf("%s on %q: %v, want %v", search, texts, got, want)
		}
	}
	f("- needle\n", True, "a hayneedlestack", "b")
	f("- needle\n", True, "NEEDLE")
	f("- needle\n", False, "need", "le")
	f("- needle\n", False)
	f("- a\n- b\n", True, "xxb")
	f("- 50126\n", True, `{"code":50126}`)
	f("- 'n*e'\n", True, "xx NeedlE xx")
	f(`- 'n\*e'`+"\n", False, "needle")
	f("'|all':\n  - a\n  - b\n", True, "xa", "xb")
	f("'|all':\n  - a\n  - b\n", False, "xa", "xc")
	f("'|cased': [Needle]\n", False, "needle")
	f("'|cased': [Needle]\n", True, "a Needle")
	f("'|all|cased': [Need, Le]\n", True, "NeedLe")
}

func TestSearchShapes(t *testing.T) {
	f := func(detection string, want Truth, pairs ...string) {
		t.Helper()
		if got, _ := verdict(mustCompile(t, plain(detection), nil), rec(t, pairs...)); got != want {
			t.Errorf("%s\non %q: %v, want %v", detection, pairs, got, want)
		}
	}
	both := "s:\n  result: a\n  ip: b\ncondition: s\n"
	f(both, True, "result=a", "ip=b")
	f(both, False, "result=a")
	f(both, Unknown, "result=a", "ip=?")
	f(both, False, "result=x", "ip=?")
	either := "s:\n  - result: a\n    app: c\n  - ip: b\ncondition: s\n"
	f(either, True, "ip=b")
	f(either, True, "result=a", "app=c")
	f(either, False, "result=a")
	f(either, True, "result=?", "ip=b")
	f(either, Unknown, "result=?", "app=c", "ip=x")
	mixed := "s:\n  - needle\n  - ip: b\ncondition: s\n"
	f(mixed, True, "ip=b")
	f(mixed, True, "ip=x", "text=has needle")
	f(mixed, False, "ip=x", "text=none")
	conditions := "s:\n  result: a\nu:\n  ip: b\ncondition:\n  - s\n  - u\n"
	f(conditions, True, "result=a")
	f(conditions, True, "ip=b")
	f(conditions, False, "app=x")
	filter := "s:\n  result: a\nf:\n  ip: b\ncondition: s and not f\n"
	f(filter, True, "result=a", "ip=x")
	f(filter, True, "result=a")
	f(filter, False, "result=a", "ip=b")
	f(filter, Unknown, "result=a", "ip=?")
	f(filter, False, "result=x", "ip=?")
}

func TestOutcomeNamesWhatContributed(t *testing.T) {
	text := plain(`z_first:
  result: a
_aside:
  app: x
b_second:
  ip: b
filter_one:
  country: SE
filter_two:
  size|gt: 5
condition: (z_first or b_second or _aside) and not 1 of filter_*
`)
	f := func(result Truth, matched []string, blind []string, pairs ...string) {
		t.Helper()
		got, o := verdict(mustCompile(t, text, nil), rec(t, pairs...))
		if got != result {
			t.Fatalf("%q: %v, want %v", pairs, got, result)
		}
		if diff := cmp.Diff(matched, append([]string{}, o.Matched...)); diff != "" {
			t.Errorf("%q: matched %s", pairs, diff)
		}
		want := []event.Field{}
		for _, name := range blind {
			want = append(want, id(t, name))
		}
		if diff := cmp.Diff(want, append([]event.Field{}, o.Blind...)); diff != "" {
			t.Errorf("%q: blind %s", pairs, diff)
		}
	}
	f(True, []string{"z_first"}, nil, "result=a")
	f(True, []string{"b_second"}, nil, "ip=b")
	f(True, []string{"z_first", "b_second"}, nil, "ip=b", "result=a")
	f(True, []string{"z_first", "_aside"}, nil, "result=a", "app=x", "ip=?")
	f(Unknown, []string{}, []string{"ip"}, "ip=?")
	f(Unknown, []string{"z_first"}, []string{"country", "size"}, "result=a", "country=?", "size=?")
	f(Unknown, []string{"z_first"}, []string{"size"}, "result=a", "country=DE", "size=?")
	f(Unknown, []string{}, []string{"ip", "result", "size"}, "result=?", "ip=?", "size=?")
}

func TestMatchedUnderDoubleNot(t *testing.T) {
	set := mustCompile(t, plain("a:\n  result: a\nb:\n  ip: b\ncondition: not (not a or b)\n"), nil)
	_, o := verdict(set, rec(t, "result=a"))
	if diff := cmp.Diff([]string{"a"}, o.Matched); diff != "" {
		t.Error(diff)
	}
}

func TestMatchAsksEachFieldOnce(t *testing.T) {
	text := ""
	for _, name := range []string{"one", "two", "three"} {
		text += "---\nname: " + name + "\n" + plain("s:\n  result|contains: a\nf:\n  result: abc\n  ip|cidr: 192.0.2.0/24\ncondition: s and not f\n")
	}
	set := mustCompile(t, text, nil)
	if set.predicates != 3 {
		t.Errorf("%d predicates, want 3 that the rules share", set.predicates)
	}
	r := rec(t, "result=ABC", "ip=198.51.100.1")
	r.asked = map[event.Field]int{}
	if out := set.NewMatcher().Match(r, event.Risk, nil); len(out) != 3 {
		t.Errorf("%d outcomes, want 3", len(out))
	}
	if want := map[event.Field]int{id(t, "result"): 1, id(t, "ip"): 1}; !cmp.Equal(r.asked, want) {
		t.Errorf("asked %v, want %v", r.asked, want)
	}
}

func TestMatchSkipsOtherLogs(t *testing.T) {
	text := "title: in\nlogsource: {product: azure, service: signinlogs}\ndetection:\n  s: {result: a}\n  condition: s\n---\n" +
		"title: out\nlogsource: {product: azure, service: auditlogs}\ndetection:\n  s: {app: a}\n  condition: s\n"
	m := mustCompile(t, text, nil).NewMatcher()
	f := func(logs event.Log, want ...string) {
		t.Helper()
		var got []string
		for _, o := range m.Match(rec(t, "result=a", "app=a"), logs, nil) {
			got = append(got, o.Rule.Title)
		}
		if !cmp.Equal(got, want) {
			t.Errorf("%v: %v, want %v", logs, got, want)
		}
	}
	f(event.SignIn, "in")
	f(event.Audit, "out")
	f(event.SignIn|event.Audit, "in", "out")
	f(event.Unified)
	f(event.NoLog)
}

// A matcher that has seen a record forgets it.
func TestMatcherForgets(t *testing.T) {
	set := mustCompile(t, plain("s:\n  result|contains: AB\nk: [needle]\ncondition: s or k\n"), nil)
	m := set.NewMatcher()
	m.round = ^uint32(0) - 2 // so that the round counter wraps on the way
	records := []struct {
		r    *record
		want int
	}{
		{rec(t, "result=xabx"), 1}, {rec(t, "result=xbax"), 0}, {rec(t), 0}, {rec(t, "text=needle"), 1},
		{rec(t, "text=noodle"), 0}, {rec(t, "result=?"), 1}, {rec(t, "result=AB"), 1},
	}
	for i, step := range records {
		if out := m.Match(step.r, event.Risk, nil); len(out) != step.want {
			t.Errorf("record %d: %d outcomes, want %d", i, len(out), step.want)
		}
	}
}

func TestMatchDoesNotAllocate(t *testing.T) {
	text := ""
	for _, d := range []string{
		"s:\n  result: [50126, abc]\ncondition: s\n",
		"s:\n  result|re: '^a'\n  app|contains|all: [X, y]\ncondition: not s\n",
		"s:\n  ip|cidr: 192.0.2.0/24\nf:\n  country: 'S?*'\n  size|gt: 5\ncondition: s and not f\n",
		"k: [needle]\ncondition: k\n",
	} {
		text += "---\n" + plain(d)
	}
	rules, _ := Parse("r.yml", []byte(text))
	for i, r := range rules {
		r.Name = string(rune('a' + i))
	}
	set, problems := Compile(rules, schema, nil)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	m := set.NewMatcher()
	r := rec(t, "result=ÅBC", "app=xY", "ip=192.0.2.7", "country=SE", "size=#4", "text=NEEDLE here")
	var out []Outcome
	for range 2 * lessonLength { // past the first lesson
		m.matchOnce(r, &out)
	}
	if n := testing.AllocsPerRun(100, func() { m.matchOnce(r, &out) }); n != 0 {
		t.Errorf("%v allocations a record, want none", n)
	}
	if len(out) != 3 {
		t.Errorf("%d outcomes, want 3", len(out))
	}
}

// matchOnce matches into a reused slice. The record of the other tests allocates
// a buffer for its texts, so it is given through a wrapper that does not.
func (m *Matcher) matchOnce(r *record, out *[]Outcome) {
	*out = m.Match((*quietRecord)(r), event.Risk, (*out)[:0])
}

type quietRecord record

func (r *quietRecord) Field(f event.Field) event.Values { return r.fields[f] }
func (r *quietRecord) Time() int64                      { return r.time }
func (r *quietRecord) Shape() event.Shape               { return event.GraphBeta }
func (r *quietRecord) Peek(f event.Field) ([]byte, event.Standing) {
	return (*record)(r).Peek(f)
}
func (r *quietRecord) Texts(yield func([]byte) bool) {
	for _, f := range []event.Field{1, 2, 3} {
		for _, v := range r.fields[f].List {
			yield(v.Text)
		}
	}
	yield(needle)
}

var needle = []byte("NEEDLE here")

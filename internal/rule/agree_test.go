package rule

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"vakt/internal/event"
)

// The pieces of random rules. Few words, so that they meet often.
var (
	drawnFields = []string{"account", "actor", "result", "app", "size", "ip"}
	drawnWords  = []string{"a", "ab", "Ab", "b", "ba", "abba", "straße", "STRASSE", "K", "\u212a", "é", "a.b", "%", "1", "2.0", "\xff", "\n", ""}
	drawnRegex  = []string{"^a", "b+$", "a.?b", "(?i)AB|BA", "a|", "[ab]{2}", "(abba|straße)", "k", "\ufffd", "x*", "a{2}", "(?:ab){1,2}a", "(?:ab){0,2}", "."}
	drawnNets   = []string{"192.0.2.0/24", "192.0.2.128/25", "198.51.100.0/24", "2001:db8::/32", "2001:db8:1::/48", "::/0", "0.0.0.0/0"}
	drawnAddr   = []string{"192.0.2.7", "192.0.2.200:443", "198.51.100.9", "[2001:db8:1::5]", "::ffff:192.0.2.7", "host", "203.0.113.1"}
)

// drawLists is a baseline with every kind of list.
var drawLists = fakeLists{lists: map[string]Expansion{
	"full":    list("a", "abba", "192.0.2.7"),
	"ending":  {Items: []Item{{Value: "a", Until: 100}, {Value: "b"}, {Value: "ab", Until: 200}}},
	"unread":  {Unread: "needs --directory"},
	"part":    {Items: []Item{{Value: "b"}}, Unread: "needs --directory"},
	"standin": {FromField: "actor"},
	"none":    {Optional: true},
	"nets":    {Items: []Item{{Value: "192.0.2.0/24", Until: 150}, {Value: "2001:db8::/32"}}},
}}

func drawItem(t *rapid.T) string {
	field := rapid.SampledFrom(drawnFields).Draw(t, "field")
	word := func() string {
		return fmt.Sprintf("%q", strings.ToValidUTF8(rapid.SampledFrom(drawnWords[:len(drawnWords)-1]).Draw(t, "word"), "?"))
	}
	words := func() string { return "[" + word() + ", " + word() + "]" }
	name := func(names ...string) string { return "'%" + rapid.SampledFrom(names).Draw(t, "list") + "%'" }
	neq := rapid.SampledFrom([]string{"", "", "|neq"}).Draw(t, "neq")
	number := rapid.IntRange(-1, 3)
	switch rapid.IntRange(0, 18).Draw(t, "kind") {
	case 0:
		return field + neq + ": " + words()
	case 1:
		return fmt.Sprintf("%s%s: %d", field, strings.TrimPrefix(neq, ""), number.Draw(t, "n"))
	case 2:
		return field + ": null"
	case 3:
		return field + "|contains" + neq + ": " + words()
	case 4:
		return field + "|contains|all: " + words()
	case 5:
		return field + "|startswith" + neq + ": " + word()
	case 6:
		return field + "|endswith: " + words()
	case 7:
		return field + "|contains|cased: " + word()
	case 8:
		return field + "|cased: " + words()
	case 9:
		return field + fmt.Sprintf(": '%s'", rapid.SampledFrom([]string{"a*b", "?b", "*b*a*", "a?*", "*", "?"}).Draw(t, "glob"))
	case 10:
		return fmt.Sprintf("%s|re%s: '%s'", field, neq, rapid.SampledFrom(drawnRegex).Draw(t, "re"))
	case 11:
		return fmt.Sprintf("ip|cidr%s: ['%s', '%s']", neq, rapid.SampledFrom(drawnNets).Draw(t, "net"), rapid.SampledFrom(drawnNets).Draw(t, "net"))
	case 12:
		return fmt.Sprintf("%s|exists: %t", field, rapid.Bool().Draw(t, "exists"))
	case 13:
		return fmt.Sprintf("size|%s: %d", rapid.SampledFrom([]string{"lt", "lte", "gt", "gte"}).Draw(t, "op"), number.Draw(t, "n"))
	case 14:
		return field + "|expand" + neq + ": " + name("full", "ending", "unread", "part", "standin", "none")
	case 15:
		return field + "|contains|expand" + neq + ": " + name("full", "ending", "part")
	case 16:
		return "ip|cidr|expand" + neq + ": " + name("nets")
	case 17:
		return field + "|fieldref" + neq + ": " + rapid.SampledFrom(drawnFields).Draw(t, "other")
	}
	return field + "|hour: 0"
}

func drawRule(t *rapid.T, name string) string {
	var b strings.Builder
	searches := rapid.IntRange(1, 3).Draw(t, "searches")
	for i := range searches {
		if rapid.IntRange(0, 11).Draw(t, "keywords") == 0 {
			fmt.Fprintf(&b, "s%d: [%q, zz]\n", i, rapid.SampledFrom([]string{"ab", "straße", "q"}).Draw(t, "keyword"))
			continue
		}
		fmt.Fprintf(&b, "s%d:\n", i)
		seen := map[string]bool{}
		for range rapid.IntRange(1, 3).Draw(t, "items") {
			item := drawItem(t)
			if key, _, _ := strings.Cut(item, ": "); !seen[key] {
				seen[key] = true
				fmt.Fprintf(&b, "  %s\n", item)
			}
		}
	}
	conditions := [][]string{
		{"s0", "not s0"},
		{"s0 and s1", "s0 or s1", "s0 and not s1", "not (s0 and s1)", "not (s0 or s1)"},
		{"s0 and s1 or not s2", "1 of s*", "all of s*", "not 1 of s*", "s0 and not (s1 or s2)", "(s0 or s1) and not s2"},
	}
	fmt.Fprintf(&b, "condition: %s\n", rapid.SampledFrom(conditions[searches-1]).Draw(t, "condition"))
	return fmt.Sprintf("---\nname: %s\n%s", name, plain(b.String()))
}

func drawRecord(t *rapid.T) *record {
	r := &record{fields: map[event.Field]event.Values{}}
	for i := range schema {
		f := event.Field(i + 1)
		switch rapid.IntRange(0, 6).Draw(t, "presence") {
		case 0:
			r.fields[f] = event.Values{Unknown: true}
		case 1:
		case 2:
			r.fields[f] = event.Values{List: []event.Value{drawValue(t), drawValue(t)}}
		default:
			r.fields[f] = event.Values{List: []event.Value{drawValue(t)}}
		}
	}
	r.texts = rapid.SliceOfN(rapid.SampledFrom(drawnWords), 0, 2).Draw(t, "texts")
	if rapid.Bool().Draw(t, "exposed") {
		r.expose()
	}
	return r
}

func drawValue(t *rapid.T) event.Value {
	switch rapid.IntRange(0, 4).Draw(t, "type") {
	case 0:
		n := rapid.SampledFrom([]string{"0", "1", "2.0", "-1", "1e0"}).Draw(t, "number")
		return event.Value{Text: []byte(n), Type: event.Number}
	case 1:
		return event.Value{Text: []byte(rapid.SampledFrom(drawnAddr).Draw(t, "address"))}
	case 2:
		long := strings.Repeat(rapid.SampledFrom([]string{"x", "é", "ab"}).Draw(t, "filler"), maxMemo)
		return event.Value{Text: []byte(long + rapid.SampledFrom(drawnWords).Draw(t, "end")), Type: event.JSON}
	}
	words := rapid.SliceOfN(rapid.SampledFrom(drawnWords), 1, rapid.SampledFrom([]int{1, 1, 3}).Draw(t, "most")).Draw(t, "words")
	return event.Value{Text: []byte(strings.Join(words, ""))}
}

// Gates, classes and memos change nothing: random rules say of random records
// what they say when each is evaluated by itself.
func TestMatcherAgreesWithNaive(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var text strings.Builder
		for i := range rapid.IntRange(1, 16).Draw(t, "rules") {
			text.WriteString(drawRule(t, fmt.Sprintf("r%d", i)))
		}
		rules, problems := Parse("r.yml", []byte(text.String()))
		set, more := Compile(rules, schema, drawLists)
		if problems = slices.Concat(problems, more); len(set.rules) == 0 && !slices.ContainsFunc(problems, Problem.Stops) {
			t.Fatalf("no rule and no reason\n%s", text.String())
		}
		drawn := rapid.SliceOfN(rapid.Custom(drawRecord), 1, 12).Draw(t, "records")
		m := set.NewMatcher()
		whole := rapid.Bool().Draw(t, "open")
		for i := range lessonLength + 2*len(drawn) { // again and again, so that gates are chosen anew meanwhile
			r := drawn[i%len(drawn)]
			r.time = []int64{0, 99, 100, 150, 500}[i%5]
			sub := Subject(r)
			if whole {
				sub = r.opened()
			}
			got, want := m.Match(sub, event.Risk, nil), Naive(set, r, event.Risk)
			if diff := disagreement(got, want); diff != "" {
				t.Fatalf("record %d %s: -naive +matcher\n%s\n%s", i, r, diff, text.String())
			}
		}
	})
}

// disagreement compares outcomes in words.
func disagreement(got, want []Outcome) string {
	words := func(list []Outcome) []string {
		var all []string
		for _, o := range list {
			all = append(all, fmt.Sprintf("%s %v matched %q blind %v unread %q", o.Rule.Key(), o.Result, o.Matched, o.Blind, o.Unread))
		}
		return all
	}
	return cmp.Diff(words(want), words(got))
}

func (r *record) String() string {
	var b strings.Builder
	for i, name := range schema {
		if v, ok := r.fields[event.Field(i+1)]; ok {
			fmt.Fprintf(&b, "%s=%v", name, v.Unknown)
			for _, x := range v.List {
				fmt.Fprintf(&b, "/%.30q:%d", x.Text, x.Type)
			}
			b.WriteByte(' ')
		}
	}
	return fmt.Sprintf("%stime=%d texts=%q", b.String(), r.time, r.texts)
}

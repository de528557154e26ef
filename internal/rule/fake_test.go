package rule

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"vakt/internal/event"
)

// fakeSchema knows the fields it lists, in every log, by name without case.
type fakeSchema []string

// schema is what the tests' rules may name. The ids are index plus one.
var schema = fakeSchema{"account", "actor", "ip", "result", "app", "country", "size", "domain", "ownerDomain", "risk", "vakt.target", "vakt.accountNames"}

func (s fakeSchema) Lookup(log event.Log, name string) (event.Field, bool) {
	if name == "risk" && log != event.Risk {
		return event.NoField, false
	}
	for i, known := range s {
		if strings.EqualFold(known, name) {
			return event.Field(i + 1), true
		}
	}
	return event.NoField, false
}

func (s fakeSchema) Suggest(_ event.Log, name string) string {
	if name == "resultt" {
		return "result"
	}
	return ""
}

func id(t testing.TB, name string) event.Field {
	t.Helper()
	f, ok := schema.Lookup(event.Risk, name)
	if !ok {
		t.Fatalf("the test schema has no field %q", name)
	}
	return f
}

// fakeLists is a baseline.
type fakeLists struct {
	lists     map[string]Expansion
	numbers   map[string]float64
	durations map[string]time.Duration
}

func (l fakeLists) Expand(name string) (Expansion, bool) { e, ok := l.lists[name]; return e, ok }
func (l fakeLists) Number(name string) (float64, bool)   { n, ok := l.numbers[name]; return n, ok }
func (l fakeLists) Duration(name string) (time.Duration, bool) {
	d, ok := l.durations[name]
	return d, ok
}

func list(items ...string) Expansion {
	var e Expansion
	for _, item := range items {
		e.Items = append(e.Items, Item{Value: item})
	}
	return e
}

// record is a subject. A field that is not in it is absent.
type record struct {
	fields map[event.Field]event.Values
	time   int64
	texts  []string
	asked  map[event.Field]int
	raw    map[event.Field][]byte // of fields with one value that Peek hands out; without it a field is Mixed
}

func (r *record) Field(f event.Field) event.Values {
	if r.asked != nil {
		r.asked[f]++
	}
	return r.fields[f]
}

func (r *record) Peek(f event.Field) ([]byte, event.Standing) {
	v := r.fields[f]
	switch {
	case v.Unknown:
		return nil, event.Unseen
	case len(v.List) == 0:
		return nil, event.Empty
	case r.raw[f] != nil:
		return r.raw[f], event.Alone
	}
	return nil, event.Mixed
}

// expose makes Peek hand out the values that stand alone.
func (r *record) expose() *record {
	r.raw = map[event.Field][]byte{}
	for f, v := range r.fields {
		if len(v.List) == 1 {
			r.raw[f] = fmt.Appendf(nil, "%d%s", v.List[0].Type, v.List[0].Text)
		}
	}
	return r
}

// open is a record that tells of single values, and of whether there is one,
// without keeping them. Fields of even numbers are plain: never unknown.
type open struct{ *record }

func (r open) Only(f event.Field) (event.Value, event.Standing) {
	v := r.fields[f]
	switch {
	case v.Unknown:
		return event.Value{}, event.Unseen
	case len(v.List) == 0:
		return event.Value{}, event.Empty
	case len(v.List) == 1 && r.raw[f] != nil:
		return v.List[0], event.Alone
	}
	return event.Value{}, event.Mixed
}

func (r open) Holds(f event.Field) event.Standing {
	_, is := r.Only(f)
	if is == event.Mixed && len(r.fields[f].List)%2 == 0 {
		return event.Alone
	}
	return is
}

func (r open) Plain(f event.Field) bool { return f%2 == 0 }

// opened makes the plain fields known.
func (r *record) opened() open {
	for f, v := range r.fields {
		if f%2 == 0 && v.Unknown {
			r.fields[f] = event.Values{}
		}
	}
	return open{r}
}

func (r *record) Shape() event.Shape { return event.GraphBeta }

func (r *record) Time() int64 { return r.time }

func (r *record) Texts(yield func([]byte) bool) {
	buf := make([]byte, 0, 64)
	for _, s := range r.texts {
		buf = append(buf[:0], s...) // valid only during the call
		if !yield(buf) {
			return
		}
	}
}

// rec makes a record of "field=value" pairs. The same field twice has two
// values; "field=?" is unknown; "#", "!" and "{" before a value make it a
// number, a boolean and JSON; "time=5" is the time and "text=x" a text.
func rec(t testing.TB, pairs ...string) *record {
	t.Helper()
	r := &record{fields: map[event.Field]event.Values{}}
	for _, p := range pairs {
		name, value, _ := strings.Cut(p, "=")
		switch name {
		case "time":
			n, _ := parseNumber([]byte(value))
			r.time = int64(n)
			continue
		case "text":
			r.texts = append(r.texts, value)
			continue
		}
		f := id(t, name)
		v := r.fields[f]
		if value == "?" {
			v.Unknown = true
		} else {
			v.List = append(v.List, fakeValue(value))
		}
		r.fields[f] = v
	}
	return r
}

func fakeValue(s string) event.Value {
	v := event.Value{Text: []byte(s)}
	switch {
	case strings.HasPrefix(s, "#"):
		v.Type, v.Text = event.Number, v.Text[1:]
	case strings.HasPrefix(s, "!"):
		v.Type, v.Text = event.Bool, v.Text[1:]
	case strings.HasPrefix(s, "{"):
		v.Type = event.JSON
	}
	return v
}

// plain wraps a detection section in a rule over the risk log, whose fields
// the test schema has all.
func plain(detection string) string {
	return "title: t\nlogsource: {product: azure, service: riskdetection}\ndetection:\n" + indent(detection)
}

func indent(s string) string {
	var b strings.Builder
	for line := range strings.Lines(s) {
		b.WriteString("  " + line)
	}
	return b.String()
}

// mustParse parses rules that have no problem at all.
func mustParse(t testing.TB, text string) []*Rule {
	t.Helper()
	rules, problems := Parse("r.yml", []byte(text))
	if len(problems) > 0 {
		t.Fatalf("Parse: %v\n%s", problems, text)
	}
	return rules
}

// mustCompile compiles rules that have no problem at all.
func mustCompile(t testing.TB, text string, lists Lists) *Set {
	t.Helper()
	set, problems := Compile(mustParse(t, text), schema, lists)
	if len(problems) > 0 {
		t.Fatalf("Compile: %v\n%s", problems, text)
	}
	return set
}

// verdict matches one record against a set with one rule.
func verdict(set *Set, r *record) (Truth, Outcome) {
	out := set.NewMatcher().Match(r, event.Risk, nil)
	if len(out) == 0 {
		return False, Outcome{}
	}
	return out[0].Result, out[0]
}

// fixtures returns the path of a folder of public samples beside the project.
// A test that needs them skips without, or fails where they must be there.
func fixtures(t testing.TB, folder string) string {
	t.Helper()
	path := filepath.Join("..", "..", "..", "shared", "fixtures", folder)
	if _, err := os.Stat(path); err != nil {
		if slices.Contains(strings.Split(os.Getenv("VAKT_TEST_REQUIRE"), ","), "fixtures") {
			t.Fatalf("fixtures are required here: %v", err)
		}
		t.Skipf("the public samples are not there: %v", err)
	}
	return path
}

func messages(problems []Problem) []string {
	list := make([]string, len(problems))
	for i, p := range problems {
		list[i] = p.String()
		if p.Warning {
			list[i] = "warning: " + list[i]
		}
	}
	return list
}

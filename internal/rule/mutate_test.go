package rule

import (
	"fmt"
	"io/fs"
	"os"
	"path"
	"strings"
	"testing"

	"vakt/internal/event"
)

// mutator changes texts, the same way for the same seed.
type mutator uint64

// below gives a number from 0 to n-1 (Knuth's MMIX generator, high bits).
func (m *mutator) below(n int) int {
	*m = *m*6364136223846793005 + 1442695040888963407
	return int(uint64(*m)>>33) % n
}

// odd is what a mutator puts in the place of a value or a modifier.
var odd = []string{
	"null", "[]", "{}", "''", "-5", "1.5", "true", "'*'", "'%a%'", "'x%a%y'", "[1, null]", "{a: 1}", "&x [*x]", "'(?'",
	"99999999999999999999", "2026-13-01", "any", "1M", "{gte: 5, lt: 3}", "\"\\u0000\"", "!!binary aGk=", "|", "- -",
}

var oddModifiers = []string{
	"contains", "re", "cidr", "base64", "base64offset|contains", "wide|base64", "utf16", "windash", "fieldref", "hour", "expand", "neq", "all", "gt", "exists", "", "x",
}

// mutate makes one to three changes.
func (m *mutator) mutate(text string) string {
	for range 1 + m.below(3) {
		lines := strings.Split(text, "\n")
		i := m.below(len(lines))
		switch m.below(8) {
		case 0: // drop a line
			lines = append(lines[:i], lines[i+1:]...)
		case 1: // a line twice
			lines = append(lines[:i+1], lines[i:]...)
		case 2: // two lines change places
			j := m.below(len(lines))
			lines[i], lines[j] = lines[j], lines[i]
		case 3: // another depth
			lines[i] = strings.Repeat(" ", m.below(3)*2) + strings.TrimLeft(lines[i], " ")
		case 4: // another value
			if key, _, ok := strings.Cut(lines[i], ": "); ok {
				lines[i] = key + ": " + odd[m.below(len(odd))]
			}
		case 5: // another modifier
			if key, value, ok := strings.Cut(lines[i], ":"); ok {
				lines[i] = key + "|" + oddModifiers[m.below(len(oddModifiers))] + ":" + value
			}
		case 6: // a letter less
			if n := len(lines[i]); n > 0 {
				at := m.below(n)
				lines[i] = lines[i][:at] + lines[i][at+1:]
			}
		case 7: // a word from elsewhere
			if words := strings.Fields(text); len(words) > 0 {
				lines[i] += " " + words[m.below(len(words))]
			}
		}
		text = strings.Join(lines, "\n")
	}
	return text
}

// goodRules are the project's own rules, and texts with everything that those
// do not use.
func goodRules(t *testing.T) []string {
	t.Helper()
	texts := []string{
		full, good + "---\n" + counting,
		searching("a", "s", "result|windash|wide|base64offset|contains: ' -x'") + leaving("f", "[a]", "app|expand: 'x%a%'", "not x") +
			"title: c\ncorrelation:\n  type: temporal_ordered\n  rules: [a, b]\n  group-by: [who]\n  timespan: 1M\n  aliases:\n    who:\n      a: ip\n      b: actor\n---\n" +
			"name: b\n" + one("createdDateTime|hour|gte: 5") +
			"vakt:\n  not_followed_by:\n    rules: [a]\n    within: 10m\n  severity:\n    - when:\n        list: vips\n      level: high\n    - when:\n        distinct: ip\n        at_least: 3\n      level: critical\n",
		searching("a", "s", "account|fieldref|neq: actor") + "title: c\ncorrelation:\n  type: value_percentile\n  rules: [a]\n  group-by: [ip]\n  timespan: 1h\n" +
			"  condition:\n    field: size\n    percentile: 95\n    gt: 3\n    lte: 9\n---\ntitle: d\ncorrelation:\n  type: event_count\n  rules: [a]\n  group-by: [ip]\n  timespan: 1h\n" +
			"  condition:\n    gte: 3\nvakt:\n  collapse:\n    by: correlationId\n    within: 10s\n",
		"name: e\n" + one("result: 0") + "vakt:\n  first_seen:\n    values: [country, app]\n    within: seen\n    after: none\n    learned: true\n" +
			"  away:\n    places: homes\n    accounts: account\n    country: country\n    address: ip\n---\n" + searching("fail", "s", "result: 1") +
			"title: up\ncorrelation:\n  type: event_count\n  rules: [fail]\n  group-by: [country]\n  timespan: 1d\n  condition:\n    gte: 5\n" +
			"vakt:\n  growth:\n    percent: 10\n    at_least: floor\n    zone: clock\n    holidays: free\n    by: country\n    against: 7d\n",
	}
	folder := os.DirFS(path.Join("..", "..", "rules"))
	err := fs.WalkDir(folder, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || path.Ext(name) != ".yml" {
			return err
		}
		data, err := fs.ReadFile(folder, name)
		texts = append(texts, string(data))
		return err
	})
	if err != nil || len(texts) < 20 {
		t.Fatalf("the project's rules: %d texts, %v", len(texts), err)
	}
	return texts
}

// Whatever becomes of a good rule compiles, or is refused with a line.
func TestMutatedRulesCompileOrAreRefusedByLine(t *testing.T) {
	texts := goodRules(t)
	compiled, refused := 0, 0
	for n := range 2000 {
		m := mutator(n)
		text := m.mutate(texts[n%len(texts)])
		rules, problems := Parse("r.yml", []byte(text))
		set, more := Compile(rules, anyName{}, anyList{})
		problems = append(problems, more...)
		for _, p := range problems {
			if p.Line < 1 || p.Line > strings.Count(text, "\n")+2 || p.Message == "" {
				t.Fatalf("mutant %d: a problem at no place: %+v\n%s", n, p, text)
			}
		}
		kept := len(set.Rules()) + len(set.Correlations()) + len(set.Filters()) + len(set.Dead())
		switch {
		case kept < len(rules) && !Refused(problems) && !strings.Contains(fmt.Sprint(problems), "filter: there is no rule"):
			t.Fatalf("mutant %d: %d of %d rules, and no problem\n%s", n, kept, len(rules), text)
		case Refused(problems):
			refused++
		default:
			compiled++
		}
		exercise(set)
	}
	if compiled < 200 || refused < 500 {
		t.Errorf("%d compiled and %d were refused: the mutations are too tame or too wild", compiled, refused)
	}
}

// exercise does with a set what users of it do. It must not panic.
func exercise(set *Set) {
	m := set.NewMatcher()
	r := &record{fields: map[event.Field]event.Values{}, texts: []string{"x"}}
	for f := range event.Field(50) {
		r.fields[f] = event.Values{List: []event.Value{{Text: []byte("2026-03-05T07:08:09Z")}, {Text: []byte("5"), Type: event.Number}}, Unknown: f%7 == 0}
	}
	for _, log := range event.Logs() {
		m.Match(r, log, nil)
	}
	for _, list := range [][]*Compiled{set.Rules(), set.Correlations()} {
		for _, c := range list {
			c.Explain()
			c.CanMatch(func(f event.Field) bool { return f%3 > 0 })
			for i := range c.Raises {
				m.Listed(&c.Raises[i], event.Risk)
			}
		}
	}
	set.Fields()
	set.Asleep()
}

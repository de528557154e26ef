package rule

import (
	"fmt"
	"slices"
	"strings"

	"vakt/internal/event"
	"vakt/internal/text"
)

// A rule that can never match is worse than none: somebody counts on it. Lint
// finds what no record of the log can satisfy: a field that is not there, a
// value that a closed vocabulary does not hold, two names for one activity.

// check marks an item whose values no record holds, and warns of single ones.
func (m *mapper) check(s search, it *item) {
	vocabulary, closed := vocabularies[m.log][m.res.lower(it.field)]
	if !closed || it.how.expand || it.opaque() || it.how.op > opEndsWith {
		return
	}
	var bad []literal
	for _, v := range it.values {
		if v.kind != nullLiteral && !vocabulary.fits(it.how.op, v) {
			bad = append(bad, v)
		}
	}
	kind := doubtful
	if len(bad) == len(it.values) || it.how.all && len(bad) > 0 {
		kind, it.never = hopeless, true
	}
	for _, v := range bad {
		m.find(kind, v.line, "search %q: no record has the %s %q%s", s.name, it.field, v.text, vocabulary.instead(v.text))
	}
}

// vocabulary is the closed set of texts that a field can hold.
type vocabulary struct {
	words  []string
	number bool // any number instead
	// wrong are words of other logs, in lower case, each with what to write
	// instead. Where there are no words, all others are allowed.
	wrong map[string]string
}

// fits tells whether a value can be, or be a part of, a word.
func (y vocabulary) fits(op operator, v literal) bool {
	if _, wrong := y.wrong[strings.ToLower(v.text)]; wrong {
		return false
	}
	pattern := parsePattern(v.text).around(op).fold()
	kind, part := pattern.shape()
	if kind == shapeGlob {
		return true // not worth a reader's trust
	}
	if y.number {
		return kind != shapeExact || numberForm.MatchString(strings.TrimSpace(part))
	}
	return len(y.words) == 0 || slices.ContainsFunc(y.words, func(w string) bool {
		return kind.compare([]byte(strings.ToLower(w)), []byte(part))
	})
}

// instead says what to write for a word that is not in the vocabulary.
func (y vocabulary) instead(word string) string {
	if fix := y.wrong[strings.ToLower(word)]; fix != "" {
		return ": " + fix
	}
	if y.number {
		return ": it is a number"
	}
	if near := text.Nearest(word, y.words); near != "" {
		return fmt.Sprintf(": did you mean %q?", near)
	}
	return ": it is one of " + strings.Join(y.words, ", ")
}

// single are fields that hold one value in a record. Unified's Operation holds
// the name with and without its full stop.
var single = map[event.Log][]string{
	event.SignIn: {
		"status.errorcode", "conditionalaccessstatus", "clientappused", "authenticationrequirement", "authenticationprotocol", "riskstate",
		"risklevelduringsignin", "risklevelaggregated", "isinteractive", "appid", "resourceid", "usertype",
		"location.countryorregion", "vakt.errorclass", "vakt.clientclass",
	},
	event.Audit:   {"activitydisplayname", "result", "category", "loggedbyservice", "operationtype"},
	event.Risk:    {"riskeventtype", "risklevel", "riskstate", "riskdetail", "activity", "source", "detectiontimingtype"},
	event.Unified: {"operation", "workload", "resultstatus", "logontype", "usertype", "name"},
}

// contradiction says why no record satisfies all items, or is empty.
func (m *mapper) contradiction(items branch) (line int, why string) {
	allowed := map[string]map[string]string{} // by field: folded text to text
	for i := range items {
		it := &items[i]
		field := m.res.lower(it.field)
		if it.how.negate || it.how.expand || !slices.Contains(single[m.log], field) {
			continue
		}
		if a, b := it.twoActivities(); a != "" {
			return it.line, twoInOne(it.field, a, b)
		}
		if !mentioned(items[:i], field) && !mentioned(items[i+1:], field) {
			continue
		}
		texts := it.exactTexts()
		if texts == nil {
			continue
		}
		before, seen := allowed[field]
		if !seen {
			allowed[field] = texts
			continue
		}
		both := map[string]string{}
		for folded, t := range texts {
			if _, ok := before[folded]; ok {
				both[folded] = t
			}
		}
		if len(both) == 0 {
			return it.line, twoInOne(it.field, anyOf(before), anyOf(texts))
		}
		allowed[field] = both
	}
	return 0, ""
}

// mentioned tells whether one of the items is about a field, in lower case.
func mentioned(items branch, field string) bool {
	return slices.ContainsFunc(items, func(it item) bool { return strings.EqualFold(it.field, field) })
}

func twoInOne(field, a, b string) string {
	return fmt.Sprintf("one record cannot have the %s %q and %q: write a temporal correlation of two rules", field, a, b)
}

// anyOf is the least of the texts.
func anyOf(texts map[string]string) string {
	var list []string
	for _, t := range texts {
		list = append(list, t)
	}
	return slices.Min(list)
}

// exactTexts are the texts of which the field must be one, folded; nil where
// they cannot be told.
func (it *item) exactTexts() map[string]string {
	if it.how.op != opEquals || it.opaque() {
		return nil
	}
	texts := map[string]string{}
	for _, v := range it.values {
		s, part := parsePattern(v.text).fold().shape()
		if s != shapeExact || v.kind == nullLiteral || v.kind == listLiteral {
			return nil
		}
		if it.how.all && len(it.values) > 1 {
			return nil
		}
		texts[strings.TrimSuffix(part, ".")] = v.text
	}
	return texts
}

// twoActivities finds two whole names of activities that must both be in one.
func (it *item) twoActivities() (a, b string) {
	if !it.how.all || !strings.EqualFold(it.field, "activityDisplayName") && !strings.EqualFold(it.field, "Operation") {
		return "", ""
	}
	var names []string
	for _, v := range it.values {
		name := strings.ToLower(strings.TrimSuffix(v.text, "."))
		if slices.Contains(knownActivities, name) {
			names = append(names, name)
		}
	}
	for i, x := range names {
		for _, y := range names[i+1:] {
			if x != y && !slices.ContainsFunc(knownActivities, func(k string) bool { return strings.Contains(k, x) && strings.Contains(k, y) }) {
				return x, y
			}
		}
	}
	return "", ""
}

// fate is what the condition can become: without mayTrue the rule never
// matches. Contradictions are found on the way.
func (m *mapper) fate(d *detection) outlook {
	if items := d.conjunction(d.condition); len(items) > 0 {
		if line, why := m.contradiction(items); why != "" {
			m.find(hopeless, line, "%s", why)
			return mayFalse | mayUnknown
		}
	}
	return d.condition.outlook(func(i int) outlook { return m.searchFate(d.searches[i]) })
}

// outlook combines what is known of the searches.
func (e *expr) outlook(search func(int) outlook) outlook {
	switch e.op {
	case exprSearch:
		return search(e.search)
	case exprNot:
		return e.kids[0].outlook(search).not()
	case exprAnd:
		out := mayTrue
		for _, kid := range e.kids {
			out = out.combine(kid.outlook(search), lesser)
		}
		return out
	}
	out := mayFalse
	for _, kid := range e.kids {
		out = out.combine(kid.outlook(search), greater)
	}
	return out
}

func (m *mapper) searchFate(s search) outlook {
	out := mayFalse
	for _, b := range s.branches {
		out = out.combine(m.branchFate(s, b), greater)
	}
	return out
}

func (m *mapper) branchFate(s search, b branch) outlook {
	if line, why := m.contradiction(b); why != "" {
		m.find(hopeless, line, "search %q: %s", s.name, why)
		return mayFalse | mayUnknown
	}
	out := mayTrue
	for i := range b {
		out = out.combine(b[i].fate(), lesser)
	}
	return out
}

func (it *item) fate() outlook {
	out := mayBoth | mayUnknown
	switch {
	case it.nowhere:
		return mayUnknown
	case it.never:
		out = mayFalse | mayUnknown
	}
	if it.how.negate {
		return out.not()
	}
	return out
}

// conjunction gathers the items that must all hold for the condition, as far
// as they stand in searches of one branch.
func (d *detection) conjunction(e *expr) branch {
	switch e.op {
	case exprSearch:
		if s := d.searches[e.search]; len(s.branches) == 1 {
			return s.branches[0]
		}
	case exprAnd:
		var all branch
		for _, kid := range e.kids {
			all = append(all, d.conjunction(kid)...)
		}
		return all
	}
	return nil
}

// read gives the rule's detection in our names, and says what was found.
func (c *compiler) read(out *Compiled) detection {
	m := mapper{res: c.res, lists: c.lists, log: out.Log}
	d := m.detection(out.detection)
	alive := m.fate(&d)&mayTrue != 0
	slices.SortStableFunc(m.findings, func(a, b finding) int { return a.line - b.line })
	for _, f := range m.findings {
		switch {
		case f.kind == readAs:
			c.note(f.line, f.message)
		case !alive && f.kind != doubtful:
			c.bury(f.line, "%s", f.message)
		case f.kind == nowhere:
			c.add(Problem{Line: f.line, Message: f.message + " (this part never matches)", Dead: true})
		default:
			c.warn(f.line, "%s", f.message)
		}
	}
	if !alive && len(out.Dead) == 0 {
		c.bury(out.Line, "the condition can never be true")
	}
	return d
}

// bury refuses a rule that can never match, and leaves the others to run.
func (c *compiler) bury(line int, format string, args ...any) {
	message := fmt.Sprintf(format, args...)
	c.failed = true
	c.refused[c.current.Rule] = true
	if !slices.Contains(c.current.Dead, message) {
		c.current.Dead = append(c.current.Dead, message)
	}
	c.add(Problem{Line: line, Message: message, Dead: true})
}

// refuseWith refuses a rule for the sake of another one, or buries it with it.
func (c *compiler) refuseWith(other *Rule, line int, format string, args ...any) {
	if slices.ContainsFunc(c.set.dead, func(d *Compiled) bool { return d.Rule == other }) {
		c.bury(line, format, args...)
		return
	}
	c.refuse(line, format, args...)
}

// inter puts a rule that could not be compiled among the dead, if it is dead
// and nothing worse.
func (c *compiler) inter(out *Compiled) {
	if len(out.Dead) > 0 {
		c.set.dead = append(c.set.dead, out)
	}
}

func (c *compiler) note(line int, message string) {
	if !slices.Contains(c.current.Notes, message) {
		c.current.Notes = append(c.current.Notes, message)
	}
	c.add(Problem{Line: line, Message: message, Warning: true, Note: true})
}

// nowhere is an item over a field that no record has: unknown.
func (c *compiler) nowhere(it *item) *node {
	n := c.builder.share("", predicate{ask: askNowhere})
	if it.how.negate {
		return &node{op: nodeNot, kids: []*node{n}}
	}
	return n
}

package rule

import (
	"fmt"
	"slices"
	"strings"

	"vakt/internal/event"
)

// Public rules call one thing by many names: the column of Log Analytics, the
// path of an Event Hub message, the property of Graph, the heading of a portal
// download. A mapper reads the searches of one rule in our names, by the
// tables of mapping_signin.go, mapping_audit.go and mapping_unified.go. It
// says of everything that it reads otherwise than written how it reads it, and
// what no record can ever satisfy.

// mapper reads the rules of one log.
type mapper struct {
	res      *knownFields
	lists    Lists
	log      event.Log
	findings []finding
}

// finding is what a mapper has to say about a line.
type finding struct {
	line    int
	message string
	kind    findingKind
}

type findingKind uint8

const (
	readAs   findingKind = iota // an item is read otherwise than written
	doubtful                    // a value that no record holds, beside others that one may
	hopeless                    // no record can satisfy the item
	nowhere                     // no record has such a field
)

func (m *mapper) find(kind findingKind, line int, format string, args ...any) {
	f := finding{line: line, message: fmt.Sprintf(format, args...), kind: kind}
	if !slices.Contains(m.findings, f) {
		m.findings = append(m.findings, f)
	}
}

// maxBranches bounds what alternatives of alternatives can grow to.
const maxBranches = 256

// detection reads the searches that the condition uses. d is not changed.
func (m *mapper) detection(d detection) detection {
	used := d.used()
	d.searches = slices.Clone(d.searches)
	for i := range d.searches {
		if used[i] {
			d.searches[i] = m.search(d.searches[i])
		}
	}
	return d
}

func (m *mapper) search(s search) search {
	var branches []branch
	for _, b := range s.branches {
		branches = append(branches, m.branch(s, b)...)
	}
	s.branches = branches
	return s
}

// branch reads one list of items. An item with alternatives makes several.
func (m *mapper) branch(s search, b branch) []branch {
	all := reading{nil}
	for i := range b {
		if m.saidByCode(b, &b[i]) {
			m.find(readAs, b[i].line, "%q is not compared: the error code says it, and Microsoft's texts change", b[i].field)
			continue
		}
		r := m.item(s, b[i])
		if len(all)*len(r) > maxBranches {
			m.find(hopeless, b[i].line, "search %q: too many alternatives: write several rules", s.name)
			b[i].nowhere = true
			r = reading{{b[i]}}
		}
		all = all.and(r)
	}
	return all
}

// reading is what an item stands for: any of its alternatives, each of which
// is a list of items that must hold together.
type reading []branch

func (r reading) and(other reading) reading {
	var out reading
	for _, a := range r {
		for _, b := range other {
			out = append(out, slices.Concat(a, b))
		}
	}
	return out
}

// negated is true where the reading is false.
func (r reading) negated() reading {
	all := reading{nil}
	for _, b := range r {
		var none reading
		for _, it := range b {
			it.how.negate = !it.how.negate
			none = append(none, branch{it})
		}
		all = all.and(none)
	}
	return all
}

// item reads one item. Negation is set aside first and put back last, so that
// nothing between needs to know of it.
func (m *mapper) item(s search, it item) reading {
	if it.field == "" {
		return reading{{it}}
	}
	negate := it.how.negate != m.placeholders(&it)
	it.how.negate = false
	r := m.named(s, it)
	if negate {
		return r.negated()
	}
	return r
}

// named finds out what the field's name means.
func (m *mapper) named(s search, it item) reading {
	if text, ok := standIn(it); ok {
		m.find(hopeless, it.line, "search %q: %q stands in for a value of your own: replace it, or take the line out", s.name, text)
		it.never = true
	}
	if name, ok := m.known(it.field); ok {
		if name != it.field {
			m.find(readAs, it.line, "%q is read as %s", it.field, name)
			it.field = name
		}
		return m.values(s, it)
	}
	a, ok := aliases[m.log][nameForm(it.field)]
	switch {
	case !ok:
		m.find(nowhere, it.line, "search %q: %s", s.name, noField(m.res, m.log, it.field))
	case a.dead != "":
		m.find(nowhere, it.line, "search %q: %q: %s", s.name, it.field, a.dead)
	default:
		return m.aliased(s, it, a)
	}
	it.nowhere = true
	return reading{{it}}
}

// known finds a name among our own, with or without the "properties." under
// which diagnostic records keep Graph's.
func (m *mapper) known(name string) (string, bool) {
	if _, ok := m.res.Lookup(m.log, name); ok {
		return name, true
	}
	const prefix = "properties."
	if len(name) > len(prefix) && strings.EqualFold(name[:len(prefix)], prefix) {
		_, ok := m.res.Lookup(m.log, name[len(prefix):])
		return name[len(prefix):], ok
	}
	return "", false
}

// plain gives our name for a public one that is only another name, as where no
// value is compared: in group-by, level_from and fieldref.
func (m *mapper) plain(name string) string {
	if ours, ok := m.known(name); ok {
		return ours
	}
	if a := aliases[m.log][nameForm(name)]; a.to != "" && !strings.Contains(a.to, "|") {
		return a.to
	}
	return name
}

// unspaced takes out what public names put between words.
var unspaced = strings.NewReplacer(" ", "", "_", "", "-", "")

// nameForm is the form by which public names are the same: "Client app",
// "ClientApp" and "properties.clientApp".
func nameForm(name string) string {
	form := unspaced.Replace(strings.ToLower(name))
	return strings.TrimPrefix(form, "properties.")
}

// noField says that no record of a log has a field, and which was meant.
func noField(res Resolver, log event.Log, name string) string {
	text := fmt.Sprintf("no record of the %s has a field %q", logName(log), name)
	if near := res.Suggest(log, name); near != "" {
		text += fmt.Sprintf(": did you mean %q?", near)
	}
	return text
}

// alias is what a public name means here.
type alias struct {
	to string // our field; "a|b": any of them
	// read reads the item where its values decide what is meant. An item
	// that it cannot read comes back as never.
	read func(it item) reading
	dead string // why no record can have it
}

func (m *mapper) aliased(s search, it item, a alias) reading {
	if a.read == nil {
		r := anyField(it, strings.Split(a.to, "|"))
		m.find(readAs, it.line, "%q is read as %s", it.field, strings.ReplaceAll(a.to, "|", " or "))
		return m.each(s, r)
	}
	r := reading{nil}
	for _, part := range it.apart() {
		if part.opaque() {
			r = r.and(part.lost("its value decides which field is meant: with this modifier write one of ours"))
			continue
		}
		r = r.and(a.read(part))
	}
	for _, b := range r {
		for i := range b {
			if b[i].nowhere {
				m.find(hopeless, it.line, "search %q: %q: %s", s.name, it.field, b[i].why)
				b[i].field, b[i].values = it.field, it.values
			}
		}
	}
	if !r.hopeless() {
		m.find(readAs, it.line, "%q is read as %s", it.field, r.words())
	}
	return m.each(s, r)
}

// hopeless tells whether every alternative holds an item that was not understood.
func (r reading) hopeless() bool {
	return !slices.ContainsFunc(r, func(b branch) bool {
		return !slices.ContainsFunc(b, func(it item) bool { return it.nowhere })
	})
}

// each reads the values of the items of a reading.
func (m *mapper) each(s search, r reading) reading {
	var out reading
	for _, b := range r {
		all := reading{nil}
		for _, it := range b {
			negate := it.how.negate
			it.how.negate = false
			one := reading{{it}}
			if !it.nowhere {
				one = m.values(s, it)
			}
			if negate {
				one = one.negated()
			}
			all = all.and(one)
		}
		out = append(out, all...)
	}
	return out
}

// apart takes the values of an "all" item apart: each must be found, in
// whichever alternative.
func (it item) apart() []item {
	if !it.how.all {
		return []item{it}
	}
	var parts []item
	for _, v := range it.values {
		part := it
		part.how.all, part.values = false, []literal{v}
		parts = append(parts, part)
	}
	return parts
}

// anyField is an item over any of several fields. That it is absent must be so
// of all of them.
func anyField(it item, fields []string) reading {
	one := func(it item) reading {
		var r reading
		for _, f := range fields {
			it.field = f
			r = append(r, branch{it})
		}
		if it.absent() && len(r) > 1 {
			return reading{slices.Concat(r...)}
		}
		return r
	}
	if len(fields) == 1 {
		return one(it)
	}
	r := reading{nil}
	for _, part := range it.apart() {
		r = r.and(one(part))
	}
	return r
}

// absent tells whether the item asks for a field that is not there.
func (it item) absent() bool {
	v := it.values[0]
	return v.kind == nullLiteral || it.how.op == opExists && v.text == "false"
}

// is makes an item that compares a field with values.
func (it item) is(field string, values ...literal) item {
	it.field, it.how, it.values = field, modifiers{}, values
	for i := range it.values {
		it.values[i].line = it.line
	}
	return it
}

// not is the item negated.
func (it item) not() item {
	it.how.negate = true
	return it
}

// lost is an item that no record can satisfy, for a reason.
func (it item) lost(format string, args ...any) reading {
	it.nowhere, it.why = true, fmt.Sprintf(format, args...)
	return reading{{it}}
}

func word(text string) literal { return literal{kind: textLiteral, text: text} }

func words(texts ...string) []literal {
	var list []literal
	for _, t := range texts {
		list = append(list, word(t))
	}
	return list
}

// words says in short what a reading compares.
func (r reading) words() string {
	var alternatives []string
	for _, b := range r {
		var items []string
		for _, it := range b {
			items = append(items, it.words())
		}
		alternatives = append(alternatives, strings.Join(items, " and "))
	}
	return strings.Join(alternatives, ", or ")
}

func (it item) words() string {
	const most = 3
	form := 0
	if it.how.negate {
		form = 1
	}
	var shown []string
	for i, v := range it.values {
		if i == most {
			shown = append(shown, fmt.Sprintf("%d more", len(it.values)-most))
			break
		}
		switch {
		case v.kind == listLiteral:
			shown = append(shown, "on the baseline list "+v.text)
		case it.how.op == opExists && v.text == "true":
			shown = append(shown, "present")
		case it.how.op == opExists, v.kind == nullLiteral:
			shown = append(shown, "absent")
		case v.kind == textLiteral:
			shown = append(shown, fmt.Sprintf("%q", v.text))
		default:
			shown = append(shown, v.text)
		}
	}
	return it.field + " " + verbs[it.how.op][form] + " " + strings.Join(shown, " or ")
}

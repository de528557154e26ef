package baseline

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"
)

// maxProblems is where the decoder stops reporting.
const maxProblems = 50

// value is one parameter's value, every text in its one spelling.
type value struct {
	scalar   string // forms scalar and pair (the user's count)
	items    []item // form list
	rows     []row  // form dict; form pair: admin and user
	declared bool
}

// item is one entry of a list: a text, or the members of a group or role.
type item struct {
	text, group, role string
	note              string
	until             int64 // unix seconds, 0: for ever
}

// row is one entry of a dict.
type row struct {
	key   string
	texts []string
}

// decoder turns YAML into values and collects what is wrong with it.
type decoder struct {
	file     string
	problems []Problem
	learned  string  // the file that the key of that name names
	mutes    *[]Mute // of a change; nil: a baseline has none
}

func (d *decoder) fail(line int, format string, args ...any) {
	switch n := len(d.problems); {
	case n < maxProblems:
		d.problems = append(d.problems, Problem{d.file, line, fmt.Sprintf(format, args...)})
	case n == maxProblems:
		d.problems = append(d.problems, Problem{d.file, line, "more problems follow: mend these first"})
	}
}

// full says that nobody would read further problems.
func (d *decoder) full() bool { return len(d.problems) > maxProblems }

func (d *decoder) decode(data []byte) map[string]value {
	if len(data) > MaxSize {
		d.fail(0, "the baseline is larger than 1 MiB: list the members of large groups as {group: ID}")
		return nil
	}
	root := d.document(data)
	if root == nil {
		return nil
	}
	values := make(map[string]value)
	d.entries(root, "", func(key, val *yaml.Node) {
		if key.Value == learnedKey {
			d.learnedName(val)
			return
		}
		if key.Value == muteKey && d.mutes != nil {
			d.muted(val)
			return
		}
		p, ok := lookup(key.Value)
		if !ok {
			d.fail(key.Line, "unknown parameter %q: %s", key.Value, meantParam(key.Value))
			return
		}
		values[p.Name] = d.value(p, val)
	})
	slices.SortStableFunc(d.problems, func(a, b Problem) int { return a.Line - b.Line })
	return values
}

func (d *decoder) value(p Param, n *yaml.Node) value {
	s := shapes[p.Kind]
	switch {
	case n.Kind == yaml.AliasNode:
		d.fail(n.Line, "%s: found %s", p.Name, found(n))
		return value{}
	case n.Kind == yaml.ScalarNode && n.ShortTag() == "!!null":
		d.fail(n.Line, "%s: has no value: %s", p.Name, emptyAdvice(s))
		return value{}
	}
	switch s.form {
	case list:
		return value{items: d.items(p, n)}
	case dict:
		return value{rows: d.rows(p, n)}
	case pair:
		return d.pair(p, n)
	}
	text, _ := d.scalar(p, n)
	return value{scalar: text}
}

func emptyAdvice(s shape) string {
	switch s.form {
	case list:
		return "write [] for an empty list, or leave the line out for the default"
	case dict:
		return "write {} for an empty mapping, or leave the line out for the default"
	}
	return "want " + s.single() + ", or leave the line out for the default"
}

// scalar reads a single value of the parameter's kind.
func (d *decoder) scalar(p Param, n *yaml.Node) (string, bool) {
	s := shapes[p.Kind]
	if n.Kind != yaml.ScalarNode || !tagged(n, s.tags) {
		d.fail(n.Line, "%s: want %s, found %s", p.Name, s.single(), found(n))
		return "", false
	}
	text, err := s.one(n.Value)
	if err != nil {
		d.fail(n.Line, "%s: %v", p.Name, err)
		return "", false
	}
	return text, true
}

// tagged says whether a scalar is of one of the tags. Without tags any text
// will do, and so will what YAML takes for a number or a date.
func tagged(n *yaml.Node, tags []string) bool {
	if tags == nil {
		tags = []string{"!!str", "!!int", "!!float", "!!timestamp"}
	}
	return slices.Contains(tags, n.ShortTag())
}

// single names one value of the kind, with its article.
func (s shape) single() string { return cmp.Or(s.want, "text") }

func (d *decoder) items(p Param, n *yaml.Node) []item {
	if n.Kind != yaml.SequenceNode {
		d.fail(n.Line, "%s: want a %s, found %s: begin each line with a dash, or write [a, b]",
			p.Name, shapes[p.Kind].name, found(n))
		return nil
	}
	lines := make(map[string]int)
	out := make([]item, 0, len(n.Content))
	for _, node := range n.Content {
		if d.full() {
			break
		}
		it, ok := d.item(p, node)
		if !ok {
			continue
		}
		if first, ok := lines[it.label()]; ok {
			d.fail(node.Line, "%s: %q is listed twice%s", p.Name, it.label(), d.first(first))
			continue
		}
		lines[it.label()] = node.Line
		out = append(out, it)
	}
	return out
}

// label is what an item stands for: its text, group:ID or role:ID.
func (it item) label() string {
	switch {
	case it.group != "":
		return "group:" + it.group
	case it.role != "":
		return "role:" + it.role
	}
	return it.text
}

// itemKeys are the keys of an item that is written as a mapping.
var itemKeys = []string{"value", "group", "role", "note", "until"}

func (d *decoder) item(p Param, n *yaml.Node) (item, bool) {
	before := len(d.problems)
	if n.Kind != yaml.MappingNode {
		text, ok := d.scalar(p, n)
		return item{text: text}, ok
	}
	var it item
	d.entries(n, p.Name, func(key, val *yaml.Node) {
		switch key.Value {
		case "value":
			it.text, _ = d.scalar(p, val)
		case "group":
			it.group = d.ref(p, key, val)
		case "role":
			it.role = d.ref(p, key, val)
		case "note":
			it.note = d.note(p, val)
		case "until":
			it.until = d.until(p, val)
		default:
			d.fail(key.Line, "%s: unknown key %q in a list item: %s", p.Name, key.Value, meant(key.Value, itemKeys))
		}
	})
	if len(d.problems) > before {
		return item{}, false
	}
	if set := count(it.text != "", it.group != "", it.role != ""); set != 1 {
		d.fail(n.Line, "%s: a list item holds one of value, group and role, this one %d", p.Name, set)
		return item{}, false
	}
	return it, true
}

func count(set ...bool) int {
	n := 0
	for _, s := range set {
		if s {
			n++
		}
	}
	return n
}

// ref reads the id behind group: or role:.
func (d *decoder) ref(p Param, key, n *yaml.Node) string {
	if !shapes[p.Kind].refs {
		d.fail(key.Line, "%s: a %s cannot hold {%s: ID}: write the values out",
			p.Name, shapes[p.Kind].name, key.Value)
		return ""
	}
	if n.Kind != yaml.ScalarNode || !tagged(n, nil) {
		d.fail(n.Line, "%s: want an id after %s, found %s", p.Name, key.Value, found(n))
		return ""
	}
	read := checkID
	if key.Value == "role" {
		read = checkRole
	}
	id, err := read(n.Value)
	if err != nil {
		d.fail(n.Line, "%s: %s %v", p.Name, key.Value, err)
	}
	return id
}

func (d *decoder) note(p Param, n *yaml.Node) string {
	if n.Kind != yaml.ScalarNode || n.ShortTag() == "!!null" {
		d.fail(n.Line, "%s: want text after note, found %s", p.Name, found(n))
		return ""
	}
	return n.Value
}

// until reads the moment from which an item no longer holds. A date holds
// through that day in UTC.
func (d *decoder) until(p Param, n *yaml.Node) int64 {
	if n.Kind == yaml.ScalarNode {
		if day, err := time.Parse(time.DateOnly, n.Value); err == nil && day.Unix() > 0 {
			return day.AddDate(0, 0, 1).Unix()
		}
		if at, err := time.Parse(time.RFC3339, n.Value); err == nil && at.Unix() > 0 {
			return at.Unix()
		}
	}
	d.fail(n.Line, "%s: want a date after until, such as 2027-01-31 or 2027-01-31T18:00:00Z, found %s", p.Name, found(n))
	return 0
}

func (d *decoder) rows(p Param, n *yaml.Node) []row {
	s := shapes[p.Kind]
	if n.Kind != yaml.MappingNode {
		d.fail(n.Line, "%s: want a %s, found %s", p.Name, s.name, found(n))
		return nil
	}
	lines := make(map[string]int)
	var out []row
	d.entries(n, p.Name, func(key, val *yaml.Node) {
		name, err := s.key(key.Value)
		if err != nil {
			d.fail(key.Line, "%s: %v", p.Name, err)
			return
		}
		if first, ok := lines[name]; ok {
			d.fail(key.Line, "%s: %q is set twice%s", p.Name, name, d.first(first))
			return
		}
		lines[name] = key.Line
		out = append(out, row{name, d.texts(p, val)})
	})
	slices.SortFunc(out, func(a, b row) int { return strings.Compare(a.key, b.key) })
	return out
}

// texts reads one entry of a dict: a value or, where the kind allows it, a
// list of values.
func (d *decoder) texts(p Param, n *yaml.Node) []string {
	nodes := []*yaml.Node{n}
	if shapes[p.Kind].many && n.Kind == yaml.SequenceNode {
		nodes = n.Content
	}
	var out []string
	for _, one := range nodes {
		if d.full() {
			break
		}
		if text, ok := d.scalar(p, one); ok {
			out = append(out, text)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// pair reads a count that may differ for users and administrators.
func (d *decoder) pair(p Param, n *yaml.Node) value {
	if n.Kind != yaml.MappingNode {
		text, _ := d.scalar(p, n)
		return value{scalar: text, rows: []row{{"admin", []string{text}}, {"user", []string{text}}}}
	}
	before := len(d.problems)
	v := value{rows: d.rows(p, n)}
	if len(d.problems) > before {
		return value{}
	}
	if len(v.rows) != 2 {
		d.fail(n.Line, "%s: want both user and admin, or one count for both", p.Name)
		return value{}
	}
	v.scalar = v.rows[1].texts[0]
	return v
}

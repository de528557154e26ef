package check

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"

	"vakt/internal/text"
)

// Problem is one reason to refuse a file of exceptions.
type Problem struct {
	File    string
	Line    int // from 1; 0 where the whole file is the problem
	Message string
}

// String renders the problem as file:line: message.
func (p Problem) String() string {
	if p.Line == 0 {
		return p.File + ": " + p.Message
	}
	return fmt.Sprintf("%s:%d: %s", p.File, p.Line, p.Message)
}

// Error is String: a problem can be returned as an error.
func (p Problem) Error() string { return p.String() }

// maxExceptions is the largest file of exceptions that is read, in bytes.
const maxExceptions = 4 << 20

// ParseExceptions reads a file of exceptions: one YAML document that is a
// list. It is strict: an unknown key, an entry without owner, reason or end,
// and a condition on a fact that no account has are refused with their lines.
// A file with a problem gives no exceptions. An empty file is an empty list.
func ParseExceptions(file string, data []byte) ([]Exception, []Problem) {
	d := exceptionReader{file: file}
	var list []Exception
	if root := d.root(data); root != nil {
		for _, n := range root.Content {
			list = append(list, d.entry(n))
		}
		d.twice(list)
	}
	if len(d.problems) > 0 {
		slices.SortStableFunc(d.problems, func(a, b Problem) int { return cmp.Compare(a.Line, b.Line) })
		return nil, d.problems
	}
	return list, nil
}

type exceptionReader struct {
	file     string
	problems []Problem
}

func (d *exceptionReader) fail(line int, format string, args ...any) {
	d.problems = append(d.problems, Problem{d.file, line, fmt.Sprintf(format, args...)})
}

// root is the list at the root of the only document; nil where there is none.
func (d *exceptionReader) root(data []byte) *yaml.Node {
	if len(data) > maxExceptions {
		d.fail(0, "the file is larger than 4 MiB: is it a list of exceptions?")
		return nil
	}
	root, fault := text.Document(data, "exceptions are one list")
	switch {
	case fault != nil:
		d.fail(fault.Line, "%s", fault.Message)
	case root != nil && root.Kind != yaml.SequenceNode:
		d.fail(root.Line, "want a list of exceptions, each beginning with a dash")
		return nil
	}
	return root
}

// exceptionKeys are the keys of an entry, each with what it sets.
var exceptionKeys = []struct {
	name string
	read func(*exceptionReader, *yaml.Node, *Exception)
}{
	{"account", func(d *exceptionReader, n *yaml.Node, e *Exception) { e.Account = d.words(n, "account") }},
	{"check", func(d *exceptionReader, n *yaml.Node, e *Exception) { e.Check = d.words(n, "check") }},
	{"rule", func(d *exceptionReader, n *yaml.Node, e *Exception) { e.Rule = d.words(n, "rule") }},
	{"owner", func(d *exceptionReader, n *yaml.Node, e *Exception) { e.Owner = d.words(n, "owner") }},
	{"reason", func(d *exceptionReader, n *yaml.Node, e *Exception) { e.Reason = d.words(n, "reason") }},
	{"ticket", func(d *exceptionReader, n *yaml.Node, e *Exception) { e.Ticket = d.words(n, "ticket") }},
	{"until", func(d *exceptionReader, n *yaml.Node, e *Exception) { e.Until = d.date(n) }},
	{"only_if", func(d *exceptionReader, n *yaml.Node, e *Exception) { e.OnlyIf = d.conditions(n) }},
}

func exceptionKeyNames() []string {
	names := make([]string, len(exceptionKeys))
	for i := range exceptionKeys {
		names[i] = exceptionKeys[i].name
	}
	return names
}

func (d *exceptionReader) entry(n *yaml.Node) Exception {
	e := Exception{Line: n.Line}
	if n.Kind != yaml.MappingNode {
		d.fail(n.Line, "want an entry such as {account: room1@contoso.com, owner: …, reason: …, until: 2027-01-31}")
		return e
	}
	before := len(d.problems)
	seen := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		at := slices.IndexFunc(exceptionKeys, func(k struct {
			name string
			read func(*exceptionReader, *yaml.Node, *Exception)
		}) bool {
			return k.name == key.Value
		})
		switch {
		case at < 0:
			d.fail(key.Line, "unknown key %q: %s", key.Value, meant(key.Value, exceptionKeyNames()))
		case seen[key.Value]:
			d.fail(key.Line, "%s stands twice in one entry", key.Value)
		default:
			seen[key.Value] = true
			exceptionKeys[at].read(d, value, &e)
		}
	}
	if len(d.problems) == before {
		d.whole(&e)
	}
	return e
}

// whole refuses an entry that lacks something.
func (d *exceptionReader) whole(e *Exception) {
	if err := e.lacks(); err != nil {
		d.fail(e.Line, "%v", err)
	}
}

// lacks says what an exception needs before it may stand.
func (e *Exception) lacks() error {
	switch {
	case e.Account == "" && e.Check == "" && e.Rule == "":
		return errors.New("the entry covers nothing: give account, check or rule")
	case e.Check != "" && e.Rule != "":
		return errors.New("check and rule stand in one entry: write two")
	case e.Owner == "":
		return errors.New("owner is missing: who answers for this exception?")
	case e.Reason == "":
		return errors.New("reason is missing")
	case e.Until.IsZero():
		return errors.New("until is missing: every exception ends, on a date such as 2027-01-31")
	}
	return nil
}

func (d *exceptionReader) words(n *yaml.Node, key string) string {
	s := strings.TrimSpace(n.Value)
	if n.Kind != yaml.ScalarNode || n.ShortTag() == "!!null" || s == "" {
		d.fail(n.Line, "%s needs a text", key)
	}
	return s
}

// date reads a day, or a time in RFC 3339.
func (d *exceptionReader) date(n *yaml.Node) time.Time {
	for _, form := range []string{time.DateOnly, time.RFC3339} {
		if t, err := time.Parse(form, n.Value); err == nil && n.Kind == yaml.ScalarNode && t.Year() > 1 {
			return t.UTC()
		}
	}
	d.fail(n.Line, "until: %q is not a date: write the first day on which the exception no longer holds, such as 2027-01-31", n.Value)
	return time.Time{}
}

// conditions reads {fact: value or list of values}, in the order of the file.
func (d *exceptionReader) conditions(n *yaml.Node) []Condition {
	if n.Kind != yaml.MappingNode || len(n.Content) == 0 {
		d.fail(n.Line, "only_if needs facts with their values, such as {mailbox.type: RoomMailbox}")
		return nil
	}
	var list []Condition
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		switch {
		case !isAccountFact(key.Value):
			d.fail(key.Line, "only_if: no account has the fact %q: %s", key.Value, meant(key.Value, accountFactNames()))
		case slices.ContainsFunc(list, func(c Condition) bool { return c.Fact == key.Value }):
			d.fail(key.Line, "only_if: %s stands twice", key.Value)
		default:
			list = append(list, Condition{Fact: key.Value, Values: d.values(value, key.Value)})
		}
	}
	return list
}

func (d *exceptionReader) values(n *yaml.Node, fact string) []string {
	if n.Kind == yaml.ScalarNode {
		return []string{d.words(n, "only_if: "+fact)}
	}
	if n.Kind != yaml.SequenceNode || len(n.Content) == 0 {
		d.fail(n.Line, "only_if: %s needs a value or a list of values", fact)
		return nil
	}
	var list []string
	for _, kid := range n.Content {
		list = append(list, d.words(kid, "only_if: "+fact))
	}
	return list
}

// twice refuses a second exception for the same thing: nobody could tell which
// one holds.
func (d *exceptionReader) twice(list []Exception) {
	first := map[string]int{}
	for i := range list {
		key := list[i].key()
		if line, ok := first[key]; ok {
			d.fail(list[i].Line, "there is an exception for %s already, on line %d: change that one", list[i].Covers(), line)
			continue
		}
		first[key] = list[i].Line
	}
}

func meant(word string, known []string) string {
	if near := text.Nearest(word, known); near != "" {
		return fmt.Sprintf("did you mean %q?", near)
	}
	return "the known ones are " + strings.Join(known, ", ")
}

// Package baseline holds what an organisation says is normal: who may create
// accounts, where its people work, how many failed sign-ins it puts up with,
// which domains are its own. Rules refer to these answers by name.
//
// Every parameter stands in one table (table.go) with its kind, its default
// and the question behind it. The package reads a baseline file strictly,
// fills in the defaults, adds the lists that only a copy of the directory can
// give, and answers the rule engine through rule.Lists.
//
// A Learner watches records go by and proposes a baseline with the evidence
// behind each line; what it learns for each account is read back from a file
// of its own (learned.go).
//
// The package opens no files, has no clock and does not decide what a rule
// does with a list.
package baseline

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"strings"
)

// MaxSize is the largest baseline file that is read, in bytes.
const MaxSize = 1 << 20

// Baseline is the full set of answers: declared values where there are some,
// defaults elsewhere. It never changes after it was made and may be shared
// between goroutines.
type Baseline struct {
	values map[string]value // by parameter name; a missing name is unset
	lists  map[string][]string
	read   bool // whether a directory was given

	learnedFile string
	learned     *learned // nil: nothing was learned, or it was not read
}

// Problem is one reason to refuse a baseline.
type Problem struct {
	// File is the name handed to Parse, Line the line of the value that is
	// wrong, from 1. Line is 0 where the whole file is the problem or the
	// values did not come from a file.
	File string
	Line int
	// Message names the parameter, what is wrong with it and what to write
	// instead.
	Message string
}

// String renders the problem as file:line: message, without the parts that
// are not known.
func (p Problem) String() string {
	switch {
	case p.File == "":
		return p.Message
	case p.Line == 0:
		return p.File + ": " + p.Message
	}
	return fmt.Sprintf("%s:%d: %s", p.File, p.Line, p.Message)
}

// Default is the baseline of an organisation that has declared nothing.
func Default() *Baseline {
	d := decoder{file: "table.go"}
	values := d.decode([]byte(defaults()))
	if len(d.problems) > 0 {
		panic("baseline: the table holds a default that does not parse: " + d.problems[0].String())
	}
	return &Baseline{values: values}
}

// Parse reads a baseline file: a YAML mapping from parameter to value. A
// declared value replaces the default as a whole. It is strict: unknown
// names, values of the wrong kind and aliases are problems, and all of them
// are reported in the order of the file (up to 50). With problems the
// baseline is nil. An empty file is the default baseline. The name file is
// only used in the problems.
func Parse(file string, data []byte) (*Baseline, []Problem) {
	d := decoder{file: file}
	declared := d.decode(data)
	if len(d.problems) > 0 {
		return nil, d.problems
	}
	b := Default()
	b.learnedFile = d.learned
	for name, v := range declared {
		v.declared = true
		b.values[name] = v
	}
	return b, nil
}

// FromValues makes a baseline of values that were read elsewhere, such as the
// "baseline" object of a rule's test case. The same checks as in Parse apply;
// the error joins all problems.
func FromValues(values map[string]any) (*Baseline, error) {
	data, err := json.Marshal(values) // JSON is YAML, so that there is one way in
	if err != nil {
		return nil, fmt.Errorf("read baseline values: %w", err)
	}
	b, problems := Parse("", data)
	if len(problems) == 0 {
		return b, nil
	}
	var errs []error
	for _, p := range problems {
		errs = append(errs, errors.New(p.String()))
	}
	return nil, fmt.Errorf("read baseline values: %w", errors.Join(errs...))
}

// WithDirectory returns a copy of the baseline in which a copy of the
// directory answers for the live lists. The keys of lists are
//
//   - a parameter whose Param.Live is not NotLive, such as "resource_accounts"
//     or "guests": object ids, domains, the tenant id;
//   - "group:ID": the object ids of the members of a group, transitively;
//   - "role:ID": the object ids of the holders of a role, by template id.
//
// A key that is missing is a list that was not read, and stays unread; a key
// with no values is an empty list. Keys and values are compared without case.
func (b *Baseline) WithDirectory(lists map[string][]string) *Baseline {
	c := &Baseline{values: b.values, lists: maps.Clone(b.lists), read: true, learnedFile: b.learnedFile, learned: b.learned}
	if c.lists == nil {
		c.lists = make(map[string][]string, len(lists))
	}
	for name, members := range lists {
		lower := make([]string, len(members))
		for i, m := range members {
			lower[i] = strings.ToLower(m)
		}
		c.lists[strings.ToLower(name)] = lower
	}
	return c
}

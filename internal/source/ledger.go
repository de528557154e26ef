package source

import (
	"encoding/json"
	"io"
	"maps"
	"slices"
	"time"
)

// MaxListed is how many quarantined records an Entry lists; the rest are
// counted.
const MaxListed = 1000

// maxKinds is how many kinds of out-of-scope records an Entry tells apart.
const maxKinds = 100

// Ledger accounts for every record of every input of a run. For each input
//
//	read = evaluated + duplicate + quarantined + filtered + out_of_scope
//	decoded = evaluated + duplicate + filtered
type Ledger struct {
	Inputs    []*Entry   `json:"inputs"`
	Blind     []Blind    `json:"blind"`     // rules that could not be decided for some records
	Weak      []Blind    `json:"weak"`      // rules that read a field there from fewer sources than elsewhere
	Asleep    []RuleNote `json:"asleep"`    // rules whose baseline list is empty or unread
	Dead      []RuleNote `json:"dead"`      // rules that no record can ever match
	Undecided []RuleNote `json:"undecided"` // facts that the input's end left undecided
	Learning  []RuleNote `json:"learning"`  // what was not alerted, as too little was known of the time before
	Ungrouped []RuleNote `json:"ungrouped"` // matches without a value to group by
}

func newLedger() *Ledger {
	return &Ledger{Inputs: []*Entry{}, Blind: []Blind{}, Weak: []Blind{}, Asleep: []RuleNote{}, Dead: []RuleNote{}, Undecided: []RuleNote{}, Learning: []RuleNote{}, Ungrouped: []RuleNote{}}
}

// inputs are the accounts of one file: its own, or those of its members.
type inputs struct {
	file int
	list []*Entry
}

// add takes the account of the next input in.
func (l *inputs) add(e *Entry) Place {
	l.list = append(l.list, e)
	return Place{l.file, len(l.list) - 1}
}

// unread accounts for an input that could not be opened.
func (l *inputs) unread(path string, err error) error {
	return l.refuse(Entry{Path: path, Problem: err.Error()})
}

// refuse accounts for an input of which nothing is read.
func (l *inputs) refuse(e Entry) error {
	e.Seal()
	l.add(&e)
	return nil
}

// Entry is the account of one input.
type Entry struct {
	Path        string         `json:"path"`
	Shape       []string       `json:"shape"`     // of the records in scope, sorted
	ByShape     map[string]int `json:"by_shape"`  // the same, with how many were decoded
	Container   []string       `json:"container"` // as found: lines, array, page, …
	Encoding    string         `json:"encoding"`  // plain, gzip, zstd, zip, zip+gzip, …; "+utf-16le" where it was
	Bytes       int64          `json:"bytes"`     // as stored, compressed or not
	Read        int            `json:"read"`
	Decoded     int            `json:"decoded"`
	Evaluated   int            `json:"evaluated"`
	Duplicate   int            `json:"duplicate"`
	Quarantined int            `json:"quarantined"`
	Filtered    int            `json:"filtered"`
	OutOfScope  map[string]int `json:"out_of_scope"`
	FirstEvent  string         `json:"first_event,omitempty"` // RFC 3339, UTC
	LastEvent   string         `json:"last_event,omitempty"`
	SHA256      string         `json:"sha256,omitempty"`
	Quarantine  []Quarantined  `json:"quarantine"` // the first MaxListed, by place
	// Problem says why the input could not be read, or not to its end;
	// empty when it was.
	Problem string `json:"problem,omitempty"`
	// Note says why an input, met in a folder, has nothing to read: it is
	// empty, or text for people.
	Note string `json:"note,omitempty"`

	first, last int64
	original    *Original
	latest      string // shape of the last record in scope
	alike       int    // the last records in a row that have it and are not in ByShape yet
}

// Quarantined is one record that could not be read.
type Quarantined struct {
	Line   int    `json:"line"`  // on which it begins, from 1
	Index  int    `json:"index"` // among the records of the input, from 0
	Reason string `json:"reason"`
}

// Blind says that a rule looked at records of a shape without a field.
type Blind struct {
	Rule    string   `json:"rule"`
	Shape   string   `json:"shape"`
	Fields  []string `json:"fields"` // "%name%" is a baseline list that was not read
	Records int      `json:"records"`
}

// RuleNote says something about a rule, with a number where there is one.
type RuleNote struct {
	Rule  string `json:"rule"`
	Note  string `json:"note"`
	Count int    `json:"count"`
	// List is the baseline list that the note is about; empty for most.
	List string `json:"list,omitempty"`
}

// Skip counts a record that is in no log of ours.
func (e *Entry) Skip(kind string) { e.skip(kind, 1) }

// otherKinds gathers the kinds beyond maxKinds.
const otherKinds = "other"

// skip keeps the first maxKinds kinds by name, whatever the order in which
// they come: a kind that is pushed out can never come back in.
func (e *Entry) skip(kind string, n int) {
	if e.OutOfScope == nil {
		e.OutOfScope = map[string]int{}
	}
	_, known := e.OutOfScope[kind]
	if e.OutOfScope[kind] += n; known || e.kinds() <= maxKinds {
		return
	}
	last := ""
	for k := range e.OutOfScope {
		if k != otherKinds {
			last = max(last, k)
		}
	}
	e.OutOfScope[otherKinds] += e.OutOfScope[last]
	delete(e.OutOfScope, last)
}

// kinds is how many kinds are told apart.
func (e *Entry) kinds() int {
	n := len(e.OutOfScope)
	if _, ok := e.OutOfScope[otherKinds]; ok {
		n--
	}
	return n
}

// Refuse notes a record that could not be read.
func (e *Entry) Refuse(q Quarantined) {
	e.Quarantined++
	e.Quarantine = append(e.Quarantine, q)
	if len(e.Quarantine) >= 2*MaxListed {
		e.trim()
	}
}

// trim keeps the first MaxListed quarantined records by place, whatever the
// order in which they came.
func (e *Entry) trim() {
	slices.SortFunc(e.Quarantine, func(a, b Quarantined) int { return a.Index - b.Index })
	e.Quarantine = e.Quarantine[:min(len(e.Quarantine), MaxListed)]
}

// See notes the time (seconds since 1970) and shape of a record in scope.
func (e *Entry) See(seconds int64, shape string) {
	if e.Decoded == 0 {
		e.first, e.last = seconds, seconds
	}
	e.Decoded++
	e.first, e.last = min(e.first, seconds), max(e.last, seconds)
	if shape != e.latest {
		e.settle()
		e.latest = shape
	}
	e.alike++
}

// settle puts the records that See has counted by themselves into ByShape: as
// most have the shape of the one before, that spares looking up each.
func (e *Entry) settle() {
	if e.alike > 0 {
		e.shape(e.latest, e.alike)
		e.alike = 0
	}
}

func (e *Entry) shape(name string, n int) {
	if e.ByShape == nil {
		e.ByShape = map[string]int{}
	}
	e.ByShape[name] += n
}

// Add puts the counts of another entry of the same input into this one.
func (e *Entry) Add(o *Entry) {
	o.settle()
	if o.Decoded > 0 {
		first, last := o.first, o.last
		if e.Decoded > 0 {
			first, last = min(first, e.first), max(last, e.last)
		}
		e.first, e.last = first, last
	}
	e.Read += o.Read
	e.Decoded += o.Decoded
	e.Evaluated += o.Evaluated
	e.Duplicate += o.Duplicate
	e.Quarantined += o.Quarantined
	e.Filtered += o.Filtered
	for kind, n := range o.OutOfScope {
		e.skip(kind, n)
	}
	if e.Quarantine = append(e.Quarantine, o.Quarantine...); len(e.Quarantine) >= 2*MaxListed {
		e.trim()
	}
	for name, n := range o.ByShape {
		e.shape(name, n)
	}
}

// Seal makes the entry ready to be shown. An empty list is a list, for stable
// JSON.
func (e *Entry) Seal() {
	e.trim()
	e.settle()
	e.Shape = listed(slices.Sorted(maps.Keys(e.ByShape)))
	e.Container, e.Quarantine = listed(e.Container), listed(e.Quarantine)
	e.ByShape, e.OutOfScope = counted(e.ByShape), counted(e.OutOfScope)
	if e.Decoded > 0 {
		e.FirstEvent = time.Unix(e.first, 0).UTC().Format(time.RFC3339)
		e.LastEvent = time.Unix(e.last, 0).UTC().Format(time.RFC3339)
	}
}

func listed[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

func counted(m map[string]int) map[string]int {
	if m == nil {
		return map[string]int{}
	}
	return m
}

// Skipped is the number of records out of scope.
func (e *Entry) Skipped() int {
	n := 0
	for _, c := range e.OutOfScope {
		n += c
	}
	return n
}

// Kinds lists the kinds out of scope, sorted.
func (e *Entry) Kinds() []string { return slices.Sorted(maps.Keys(e.OutOfScope)) }

// Total sums the counts of all inputs.
func (l *Ledger) Total() Entry {
	var t Entry
	for _, e := range l.Inputs {
		t.Add(e)
		t.Bytes += e.Bytes
	}
	t.Seal()
	return t
}

// Incomplete says, in one sentence, what of the input is missing; empty when
// everything was read and understood.
func (l *Ledger) Incomplete() string {
	t := l.Total()
	problems := 0
	for _, e := range l.Inputs {
		if e.Problem != "" {
			problems++
		}
	}
	switch {
	case t.Decoded == 0 && t.Quarantined == 0:
		return "nothing was recognised as a log"
	case problems > 0 && t.Quarantined > 0:
		return plural(problems, "input", "inputs") + " could not be read to the end, and " + plural(t.Quarantined, "record", "records") + " could not be understood"
	case problems > 0:
		return plural(problems, "input", "inputs") + " could not be read to the end"
	case t.Quarantined > 0:
		return plural(t.Quarantined, "record", "records") + " could not be understood"
	}
	return ""
}

// WriteJSON writes the ledger as indented JSON.
func (l *Ledger) WriteJSON(w io.Writer) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(l)
}

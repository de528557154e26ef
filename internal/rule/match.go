package rule

import (
	"hash/maphash"
	"math/bits"

	"vakt/internal/event"
)

// Subject is one record under match. *event.Record implements it.
type Subject interface {
	// Field returns what the record says about a field. The values stay as
	// they are until the next call of Match.
	Field(f event.Field) event.Values
	// Time is the event time in Unix seconds.
	Time() int64
	// Texts hands every text of the record to yield until it returns false.
	// A text need be valid only during the call.
	Texts(yield func([]byte) bool)
}

// Peeker is a Subject that can be looked at without decoding it. Of any other,
// every field that matters is asked. *event.Record implements it.
type Peeker interface {
	// Peek has the contract of event.Record.Peek.
	Peek(f event.Field) (raw []byte, is event.Standing)
	// Shape is the form in which the record came.
	Shape() event.Shape
}

// onlySubject is a Subject that decodes a single value more cheaply than with all
// that Field does, and can tell whether there is one.
type onlySubject interface {
	// Only has the contract of event.Record.Only.
	Only(f event.Field) (v event.Value, is event.Standing)
	// Holds has the contract of event.Record.Holds.
	Holds(f event.Field) event.Standing
	// Plain has the contract of event.Record.Plain.
	Plain(f event.Field) bool
}

// Matcher matches one record after the other. It is not safe for concurrent
// use: make one for each goroutine.
//
// It asks little of most records. The predicates of a field are answered all
// at once (lookup) and the answers remembered by the field's raw bytes (memo);
// a rule is evaluated only where one of the claims of its gate is not false
// (gate, plan); and what the rules said of a record just like this one is said
// again (trail). None of it decides anything: each rule says what it would
// say if it were evaluated by itself.
type Matcher struct {
	set      *Set
	sub      Subject
	peek     Peeker        // sub, or nil
	only     onlySubject   // the same
	isRecord bool          // sub is an *event.Record
	columns  event.Columns // of it
	now      int64
	round    uint32 // of the current record; a memo of another round is stale

	asked  []uint32 // by predicate that no class answers: the round of its answer
	answer []Truth
	fields []fieldState // by slot

	exploring, classesOnly bool     // see explore and mayHold
	plans                  []*plan  // by shape and logs
	planned                int      // plans made
	unfit                  []bool   // by rule: no trail can tell what it says
	due                    []uint64 // rules to evaluate for the current record, a bit each
	order                  []int    // slots of the current record's fields, as exploring looked them up
	seed                   maphash.Seed
	collect                func([]byte) bool // adds a text of the record to what values has read; made once
	key                    []byte            // scratch: of values that are remembered
	found                  []uint64          // scratch: of a class

	arena     []byte // folded and copied texts of the current record
	addresses addressBook

	trues  []bool // scratch: searches of the rule being explained
	names  []string
	blinds []event.Field
	lists  []string
}

// NewMatcher makes a matcher for one goroutine.
func (s *Set) NewMatcher() *Matcher {
	m := &Matcher{
		set:       s,
		asked:     make([]uint32, s.predicates),
		answer:    make([]Truth, s.predicates),
		fields:    make([]fieldState, len(s.lookups)),
		unfit:     make([]bool, len(s.rules)),
		due:       make([]uint64, (len(s.rules)+63)/64),
		seed:      maphash.MakeSeed(),
		addresses: addressBook{},
	}
	for i, c := range s.rules {
		m.unfit[i] = c.unfit()
	}
	for i, l := range s.lookups {
		m.fields[i] = newFieldState(l)
	}
	m.collect = func(text []byte) bool {
		from := len(m.arena)
		m.arena = append(m.arena, text...)
		f := &m.fields[0] // of texts: NoField is the first
		f.operands = append(f.operands, m.operand(event.Value{Text: m.arena[from:len(m.arena):len(m.arena)]}))
		return true
	}
	return m
}

// Match evaluates every rule over one of the logs and appends those that are
// True or Unknown to out, in the order of the set. Base rules of correlations
// are among them; correlations are not. The slices in the outcomes are valid
// until the next call.
func (m *Matcher) Match(sub Subject, logs event.Log, out []Outcome) []Outcome {
	told, out := m.Tell(sub, logs, out)
	if told != nil {
		out = append(out, told.Outcomes...)
	}
	return out
}

// wake finds the rules that are due for the record at hand.
func (m *Matcher) wake(p *plan) {
	copy(m.due, p.always)
	for _, slot := range p.slots {
		for _, r := range p.woken(slot, m.class(slot)) {
			m.due[r>>6] |= 1 << (r & 63)
		}
	}
}

// allDue yields the rules that are due, in the order of the set.
func (m *Matcher) allDue(yield func(int) bool) {
	for i, word := range m.due {
		for ; word != 0; word &= word - 1 {
			if !yield(i<<6 | bits.TrailingZeros64(word)) {
				return
			}
		}
	}
}

// evaluate appends what a rule says about the record, if it is not false.
func (m *Matcher) evaluate(i int, out []Outcome) []Outcome {
	c := m.set.rules[i]
	t := m.condition(&c.program, c.program.condition)
	if t == False {
		return out
	}
	if o := m.explain(i, t); o.counts() {
		out = append(out, o)
	}
	return out
}

// Listed tells whether the record that Match was last given is on the list of
// a raise, as a record of the log, which is one log. It is Unknown where the
// list or the field was not read, and False for a raise without a list.
func (m *Matcher) Listed(r *Raise, log event.Log) Truth { return m.Answer(r.Question(log)) }

// begin forgets the last record.
func (m *Matcher) begin(sub Subject) {
	m.sub, m.now = sub, sub.Time()
	if r, ok := sub.(*event.Record); ok {
		m.peek, m.only, m.isRecord, m.columns = r, r, true, r.Columns()
	} else {
		m.peek, _ = sub.(Peeker)
		m.only, _ = sub.(onlySubject)
		m.isRecord = false
	}
	m.arena, m.order = m.arena[:0], m.order[:0]
	m.names, m.blinds, m.lists = m.names[:0], m.blinds[:0], m.lists[:0]
	m.round++
	if m.round == 0 { // after 2^32 records old memos would look fresh
		clear(m.asked)
		for i := range m.fields {
			m.fields[i].round, m.fields[i].read, m.fields[i].listed = 0, 0, 0
		}
		m.round = 1
	}
}

func (m *Matcher) condition(p *program, e *expr) Truth {
	switch e.op {
	case exprSearch:
		return m.node(p.searches[e.search])
	case exprNot:
		return m.condition(p, e.kids[0]).not()
	case exprAnd:
		t := True
		for i := 0; i < len(e.kids) && t != False; i++ {
			t = min(t, m.condition(p, e.kids[i]))
		}
		return t
	}
	t := False
	for i := 0; i < len(e.kids) && t != True; i++ {
		t = max(t, m.condition(p, e.kids[i]))
	}
	return t
}

func (m *Matcher) node(n *node) Truth {
	switch n.op {
	case nodePredicate:
		return m.predicate(n.predicate)
	case nodeNot:
		return m.node(n.kids[0]).not()
	case nodeAnd:
		t := True
		for i := 0; i < len(n.kids) && t != False; i++ {
			t = min(t, m.node(n.kids[i]))
		}
		return t
	}
	t := False
	for i := 0; i < len(n.kids) && t != True; i++ {
		t = max(t, m.node(n.kids[i]))
	}
	return t
}

// predicate answers from the class of its field, or asks the record, once.
func (m *Matcher) predicate(p *predicate) Truth {
	if p.inClass() {
		t := m.class(p.slot).truth(p.bit)
		if t != Unknown || !p.timed {
			return t
		}
	}
	if m.classesOnly {
		return Unknown
	}
	if m.asked[p.id] == m.round {
		return m.answer[p.id]
	}
	t := m.ask(p)
	m.asked[p.id], m.answer[p.id] = m.round, t
	return t
}

func (m *Matcher) ask(p *predicate) Truth {
	if p.ask == askNowhere {
		return Unknown
	}
	s := m.values(p.slot)
	switch {
	case p.ask == askField:
		return m.askField(p, s)
	case s.unseen:
		return Unknown
	case p.ask == askAbsent:
		return truthOf(len(s.operands) == 0)
	case len(s.operands) == 0:
		return False // what is not there is on no list
	case p.ask == askUnread:
		return Unknown
	case p.ask == askPeer:
		return m.askPeer(p, s)
	}
	return truthOf(m.any(p.test, s.operands))
}

func (m *Matcher) any(t test, operands []operand) bool {
	for i := range operands {
		if t.holds(m, &operands[i]) {
			return true
		}
	}
	return false
}

// askPeer compares a field with another one that stands in for a list. Where
// that other one is empty the list is not known.
func (m *Matcher) askPeer(p *predicate, s *fieldState) Truth {
	peer := m.values(p.peerSlot)
	if peer.unseen || len(peer.operands) == 0 {
		return Unknown
	}
	return truthOf(alike(p.how, s.operands, peer.operands))
}

// askField compares two fields. Where one of them is empty no value of it is
// like anything, whatever the other one is.
func (m *Matcher) askField(p *predicate, s *fieldState) Truth {
	peer := m.values(p.peerSlot)
	switch {
	case !s.unseen && len(s.operands) == 0, !peer.unseen && len(peer.operands) == 0:
		return False
	case s.unseen || peer.unseen:
		return Unknown
	}
	return truthOf(alike(p.how, s.operands, peer.operands))
}

// alike reports whether some value compares with some value of the peer. An
// empty text is the part of no text here: it would be of every one.
func alike(how modifiers, values, peers []operand) bool {
	compare := how.op.shape()
	for i := range values {
		v := &values[i]
		for j := range peers {
			w := &peers[j]
			switch {
			case compare != shapeExact && len(w.text) == 0:
			case compare.compare(v.of(how.cased), w.of(how.cased)), compare == shapeExact && sameNumber(v, w):
				return true
			}
		}
	}
	return false
}

// sameNumber compares two JSON numbers, which may be written differently.
func sameNumber(v, w *operand) bool {
	if v.kind != event.Number || w.kind != event.Number {
		return false
	}
	n := newNumber(string(w.text))
	return n.equals(v.text)
}

// values reads a field of the record, once; NoField is all of its texts.
func (m *Matcher) values(i int) *fieldState {
	f := &m.fields[i]
	if f.read == m.round {
		return f
	}
	f.read, f.unseen, f.operands = m.round, false, f.operands[:0]
	if f.lookup.field == event.NoField {
		m.sub.Texts(m.collect)
		return f
	}
	if m.only != nil {
		switch v, is := m.only.Only(f.lookup.field); is {
		case event.Unseen:
			f.unseen = true
			return f
		case event.Empty:
			return f
		case event.Alone:
			f.operands = append(f.operands, m.operand(v))
			return f
		}
	}
	values := m.sub.Field(f.lookup.field)
	f.unseen = values.Unknown
	for _, v := range values.List {
		f.operands = append(f.operands, m.operand(v))
	}
	return f
}

// operand adds the folded text. An arena that grows leaves earlier texts in
// its old memory, where they stay valid.
func (m *Matcher) operand(v event.Value) operand {
	o := operand{text: v.Text, folded: v.Text, kind: v.Type}
	if !isFolded(v.Text) {
		from := len(m.arena)
		m.arena = appendFolded(m.arena, v.Text)
		o.folded = m.arena[from:len(m.arena):len(m.arena)]
	}
	return o
}

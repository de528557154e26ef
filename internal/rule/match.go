package rule

import (
	"slices"

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

// Outcome is what a rule says about a record.
type Outcome struct {
	Rule   *Compiled
	Result Truth // True or Unknown
	// Matched names the searches that were true and had a part in the
	// result, in file order.
	Matched []string
	// Blind are the fields that kept the result Unknown, in order of ids.
	Blind []event.Field
	// Unread names the baseline lists that kept the result Unknown.
	Unread []string
}

// Matcher matches one record after the other. It is not safe for concurrent
// use: make one for each goroutine.
type Matcher struct {
	set   *Set
	sub   Subject
	now   int64
	round uint32 // of the current record; a memo of another round is stale

	asked  []uint32 // by predicate: the round of its answer
	answer []Truth
	slots  []slot

	texts      []operand // of the record, once a keyword has asked for them
	textsRound uint32
	collect    func([]byte) bool // appends to texts; made once

	arena     []byte // folded and copied texts of the current record
	addresses addressBook

	trues  []bool // scratch: searches of the rule being explained
	names  []string
	fields []event.Field
	lists  []string
}

// slot holds what the record says about one field.
type slot struct {
	round    uint32
	unknown  bool
	operands []operand
}

// NewMatcher makes a matcher for one goroutine.
func (s *Set) NewMatcher() *Matcher {
	m := &Matcher{
		set:       s,
		asked:     make([]uint32, s.predicates),
		answer:    make([]Truth, s.predicates),
		slots:     make([]slot, len(s.slots)),
		addresses: addressBook{},
	}
	m.collect = func(text []byte) bool {
		from := len(m.arena)
		m.arena = append(m.arena, text...)
		m.texts = append(m.texts, m.operand(event.Value{Text: m.arena[from:len(m.arena):len(m.arena)]}))
		return true
	}
	return m
}

// Match evaluates every rule over one of the logs and appends those that are
// True or Unknown to out, in the order of the set. Base rules of correlations
// are among them; correlations are not. The slices in the outcomes are valid
// until the next call.
func (m *Matcher) Match(sub Subject, logs event.Log, out []Outcome) []Outcome {
	m.begin(sub)
	for _, c := range m.set.rules {
		if c.Log&logs == 0 || len(c.Asleep) > 0 {
			continue
		}
		if t := m.condition(&c.program, c.program.condition); t != False {
			if o := m.outcome(c, t); t == True || len(o.Blind)+len(o.Unread) > 0 {
				out = append(out, o)
			}
		}
	}
	return out
}

// Listed tells whether the record that Match was last given is on the list of
// a raise, as a record of the log, which is one log. It is Unknown where the
// list or the field was not read, and False for a raise without a list.
func (m *Matcher) Listed(r *Raise, log event.Log) Truth {
	n := r.listed[log]
	if n == nil {
		return False
	}
	return m.node(n)
}

// begin forgets the last record.
func (m *Matcher) begin(sub Subject) {
	m.sub, m.now = sub, sub.Time()
	m.arena, m.texts = m.arena[:0], m.texts[:0]
	m.names, m.fields, m.lists = m.names[:0], m.fields[:0], m.lists[:0]
	m.round++
	if m.round == 0 { // after 2^32 records old memos would look fresh
		clear(m.asked)
		clear(m.slots)
		m.round, m.textsRound = 1, 0
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

// predicate answers from the memo, or asks the record.
func (m *Matcher) predicate(p *predicate) Truth {
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
	if p.ask == askText {
		return truthOf(m.any(p.test, m.allTexts()))
	}
	s := m.slot(p.slot)
	switch {
	case p.ask == askField:
		return m.askField(p, s)
	case s.unknown:
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
func (m *Matcher) askPeer(p *predicate, s *slot) Truth {
	peer := m.slot(p.peerSlot)
	if peer.unknown || len(peer.operands) == 0 {
		return Unknown
	}
	return truthOf(alike(p.how, s.operands, peer.operands))
}

// askField compares two fields. Where one of them is empty no value of it is
// like anything, whatever the other one is.
func (m *Matcher) askField(p *predicate, s *slot) Truth {
	peer := m.slot(p.peerSlot)
	switch {
	case !s.unknown && len(s.operands) == 0, !peer.unknown && len(peer.operands) == 0:
		return False
	case s.unknown || peer.unknown:
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

// slot reads a field of the record, once.
func (m *Matcher) slot(i int) *slot {
	s := &m.slots[i]
	if s.round == m.round {
		return s
	}
	values := m.sub.Field(m.set.slots[i])
	s.round, s.unknown, s.operands = m.round, values.Unknown, s.operands[:0]
	for _, v := range values.List {
		s.operands = append(s.operands, m.operand(v))
	}
	return s
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

func (m *Matcher) allTexts() []operand {
	if m.textsRound != m.round {
		m.textsRound = m.round
		m.sub.Texts(m.collect)
	}
	return m.texts
}

// outcome gathers why a rule is true or unknown.
func (m *Matcher) outcome(c *Compiled, t Truth) Outcome {
	p := &c.program
	o := Outcome{Rule: c, Result: t, Matched: m.matched(c)}
	if t == Unknown {
		fields, lists := len(m.fields), len(m.lists)
		m.blind(p, p.condition)
		o.Blind = sortedFields(m.fields[fields:len(m.fields):len(m.fields)])
		slices.Sort(m.lists[lists:])
		o.Unread = slices.Compact(m.lists[lists:len(m.lists):len(m.lists)])
	}
	return o
}

// matched names the searches that were true and speak for the rule.
func (m *Matcher) matched(c *Compiled) []string {
	searches := c.logic.searches
	m.trues = append(m.trues[:0], make([]bool, len(searches))...)
	m.supporters(&c.program, c.program.condition, true)
	from := len(m.names)
	for i, s := range searches {
		if m.trues[i] {
			m.names = append(m.names, s.name)
		}
	}
	return m.names[from:len(m.names):len(m.names)]
}

// supporters marks the searches that are true and stand under an even number
// of nots; want is false under an odd number. A part that did not make the
// whole what it is has no say: in `a or b` where a is true, an unknown b.
func (m *Matcher) supporters(p *program, e *expr, want bool) {
	switch e.op {
	case exprNot:
		m.supporters(p, e.kids[0], !want)
	case exprSearch:
		if want && m.node(p.searches[e.search]) == True {
			m.trues[e.search] = true
		}
	default:
		whole := m.condition(p, e)
		for _, kid := range e.kids {
			t := m.condition(p, kid)
			if want && t >= whole || !want && t <= whole {
				m.supporters(p, kid, want)
			}
		}
	}
}

// blind collects the fields and lists of the unknown parts.
func (m *Matcher) blind(p *program, e *expr) {
	if m.condition(p, e) != Unknown {
		return
	}
	if e.op == exprSearch {
		m.blindNode(p.searches[e.search])
		return
	}
	for _, kid := range e.kids {
		m.blind(p, kid)
	}
}

func (m *Matcher) blindNode(n *node) {
	if m.node(n) != Unknown {
		return
	}
	for _, kid := range n.kids {
		m.blindNode(kid)
	}
	if n.op != nodePredicate {
		return
	}
	p := n.predicate
	switch {
	case p.ask == askNowhere: // the rule was complained of; the record hides nothing
	case p.ask == askField:
		if m.slot(p.slot).unknown {
			m.fields = append(m.fields, p.field)
		}
		if m.slot(p.peerSlot).unknown {
			m.fields = append(m.fields, p.peer)
		}
	case m.slot(p.slot).unknown:
		m.fields = append(m.fields, p.field)
	case p.ask == askPeer && m.slot(p.peerSlot).unknown:
		m.fields = append(m.fields, p.peer)
	default:
		m.lists = append(m.lists, p.list)
	}
}

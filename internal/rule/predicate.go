package rule

import (
	"slices"
	"strconv"
	"strings"

	"vakt/internal/event"
)

// predicate is one question about one field of a record. Rules that ask the
// same question share it, and a Matcher answers it once a record.
type predicate struct {
	id   int // place in the Set; those of one field stand together
	ask  question
	slot int // place of the field in Set.lookups; of texts 0

	field event.Field
	test  test // of askValue and askText

	// Of askPeer and askField: the other field and how they are compared.
	peer     event.Field
	peerSlot int
	how      modifiers

	list string // of askUnread, and of askPeer: the baseline list

	bit   int  // place among those of its field that a class answers
	timed bool // the test holds for some time only
}

// inClass tells whether the answer follows from the values of its one field,
// or from the texts of the record.
func (p *predicate) inClass() bool {
	switch p.ask {
	case askValue, askAbsent, askUnread, askText:
		return true
	}
	return false
}

// undecided tells whether the answer is never True, as of a list that was not
// read or has no entries.
func (p *predicate) undecided() bool {
	t, exact := p.test.(*exactTest)
	return p.ask == askUnread || exact && t.never()
}

// question is what a predicate asks of its field.
type question uint8

const (
	askValue   question = iota // does a value pass the test?
	askAbsent                  // has it no value?
	askText                    // does any text of the record pass the test?
	askPeer                    // is a value like one of the peer field, which stands in for a list?
	askField                   // is a value like one of the peer field?
	askUnread                  // is it on a list that could not be read?
	askNowhere                 // of a field that no record has: unknown
)

// builder collects the predicates of a set.
type builder struct {
	byKey map[string]*predicate
	key   []byte // memory for the key at hand
	parts []byte // and for what it is put together of
}

// share returns the predicate with this key and makes it when there is none.
func (b *builder) share(key string, p predicate) *node {
	b.key = strconv.AppendInt(b.key[:0], int64(p.field), 10)
	b.key = strconv.AppendInt(append(b.key, ' '), int64(p.ask), 10)
	b.key = append(append(b.key, ' '), key...)
	known, ok := b.byKey[string(b.key)]
	if !ok {
		known = &p
		b.byKey[string(b.key)] = known
	}
	return &node{op: nodePredicate, predicate: known}
}

// number gives ids and slots, in an order that depends on nothing but the
// predicates, with those of a field together. NoField has the first slot.
func (b *builder) number() (predicates []*predicate, slots []event.Field) {
	keys := make([]string, 0, len(b.byKey))
	for key, p := range b.byKey {
		keys = append(keys, key)
		slots = append(slots, p.field, p.peer)
	}
	slots = sortedFields(append(slots, event.NoField))
	slices.SortFunc(keys, func(x, y string) int {
		if d := int(b.byKey[x].field) - int(b.byKey[y].field); d != 0 {
			return d
		}
		return strings.Compare(x, y)
	})
	for id, key := range keys {
		p := b.byKey[key]
		p.id, p.slot, p.peerSlot = id, slices.Index(slots, p.field), slices.Index(slots, p.peer)
		p.timed = p.test != nil && p.test.timed()
		predicates = append(predicates, p)
	}
	return predicates, slots
}

// node is a part of a compiled search.
type node struct {
	op        nodeOp
	kids      []*node
	predicate *predicate // of nodePredicate
}

type nodeOp uint8

const (
	nodePredicate nodeOp = iota
	nodeNot
	nodeAnd
	nodeOr
)

// join makes one node of many.
func join(op nodeOp, kids []*node) *node {
	if len(kids) == 1 {
		return kids[0]
	}
	return &node{op: op, kids: kids}
}

// cheaper orders nodes by what it costs to ask them. "And" and "or" stop at
// the first part that decides, and give the same in any order.
func cheaper(a, b *node) int { return a.cost() - b.cost() }

// cost is a rank: the higher, the longer it takes.
func (n *node) cost() int {
	if n.op != nodePredicate {
		most := 0
		for _, kid := range n.kids {
			most = max(most, kid.cost())
		}
		return most
	}
	switch {
	case n.predicate.ask == askText:
		return 4 // reads the whole record
	case n.predicate.ask == askField, n.predicate.ask == askPeer:
		return 5 // and no class answers
	case n.predicate.undecided():
		return 6 // and decides nothing
	}
	switch n.predicate.test.(type) {
	case *affixTest, *numberTest:
		return 1
	case *globTest, *networkTest, *timeTest:
		return 2
	case *regexTest:
		return 3
	}
	return 0
}

func (n *node) walk(visit func(*predicate)) {
	if n.op == nodePredicate {
		visit(n.predicate)
	}
	for _, kid := range n.kids {
		kid.walk(visit)
	}
}

// program is a compiled detection: the condition over its searches.
type program struct {
	condition *expr
	searches  []*node // by index of detection.searches
}

// walk visits every predicate that the condition reaches.
func (p *program) walk(visit func(*predicate)) {
	if p.condition == nil {
		return
	}
	p.condition.walk(func(e *expr) {
		if e.op == exprSearch {
			p.searches[e.search].walk(visit)
		}
	})
}

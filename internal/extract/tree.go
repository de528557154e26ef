package extract

import (
	"slices"
	"sync"
)

// stencils are what the records of one kind of place were like: a tree. Where
// the structure of a record leaves that of a stencil (another key, a list that is
// longer, an object in place of null), it goes on at another stencil whose text
// is the same up to there, so that the scalars that have been compared keep their
// numbers and their places.
type stencils struct {
	root  *stencilNode
	held  int // stencils in the tree
	bytes int // of their texts

	misses int // records without room
	credit int // for learning
	luck   int // how much to expect of comparing
	rest   int // records that are yet to be left alone
	pause  int // how many are next
}

// stencilNode is a stencil, and where others leave it.
type stencilNode struct {
	stencil  *stencil
	loose    []loose // scalars that mostly are other ones, in order, and the end of the text
	branches []branch
	traced   int   // records that have been compared
	differed []int // which of them was the newest that differed in a scalar
}

// loose is a scalar that is read at once, as it seldom is the stencil's.
type loose struct {
	extent        // of the stencil's
	scalar uint32 // its number
	score  int32  // how many more records may have the stencil's
	before []byte // from the end of the loose one before
	own    []byte // the stencil's; nil: this is the end of the text
}

// looseMost is how many records in a row may have the stencil's scalar until it
// is not loose any more.
const looseMost = 4

// branch is a stencil for records that have a byte at a place of another's text.
type branch struct {
	at     uint32
	scalar uint32 // the first that stands behind the place
	c      byte
	to     *stencilNode
}

// Bounds of a tree: stencils, bytes of their texts, and the records without room
// after which it begins anew.
const (
	stencilsMost     = 256
	stencilsBytes    = 1 << 20
	stencilsPatience = 1 << 12
)

// To learn a stencil costs as much as to read some dozens of records, and that
// is wasted where no other record is like it: learning one costs creditCost. Each
// record that is like a stencil earns hitCredit, and each other one a point.
const (
	creditMost = 1 << 14
	creditCost = 1 << 9
	hitCredit  = 1 << 4
)

// Where few records are like a stencil, most are left alone, without comparing
// them: a record that is adds hitLuck to the luck, one that is not takes one
// away, and at zero the next restFirst records are left alone, then twice as
// many each time, up to restMost.
const (
	luckMost  = 1 << 6
	luckAgain = 1 << 3
	hitLuck   = 1 << 2
	restFirst = 1 << 6
	restMost  = 1 << 10
)

// stencilTrees are what has been learned of records that cannot be envelopes,
// and of those that may be.
type stencilTrees [2]stencils

// spareTrees are trees of inputs that have been read: the next one may be like
// them, as exports are often cut into many files.
var spareTrees = sync.Pool{New: func() any { return newStencilTrees() }}

func newStencilTrees() *stencilTrees { return &stencilTrees{newStencils(), newStencils()} }

func newStencils() stencils {
	return stencils{credit: creditMost, luck: luckMost, pause: restFirst}
}

// resting reports whether the next record is to be left alone.
func (t *stencils) resting() bool {
	t.credit = min(t.credit+1, creditMost)
	if t.rest > 0 {
		t.rest--
		return true
	}
	return false
}

// hit notes a record that is like a stencil.
func (t *stencils) hit() {
	t.credit = min(t.credit+hitCredit, creditMost)
	t.luck = min(t.luck+hitLuck, luckMost)
	if t.luck == luckMost {
		t.pause = restFirst
	}
}

// miss notes one that is not.
func (t *stencils) miss() {
	if t.luck--; t.luck > 0 {
		return
	}
	t.rest, t.luck = t.pause, luckAgain
	t.pause = min(2*t.pause, restMost)
}

// learn adds a record that has left a stencil at a place, or the first one.
func (t *stencils) learn(record []byte, left *trace) {
	if len(record) > stencilBytes || t.credit < creditCost || left.goesOn(record) {
		return
	}
	if t.held == stencilsMost || t.bytes > stencilsBytes {
		if t.misses++; t.misses < stencilsPatience {
			return
		}
		*t = newStencils()
		left = &trace{}
	}
	t.credit -= creditCost
	var before []byte
	if left.node != nil {
		before = left.node.stencil.text[:left.at]
	}
	if len(before)+len(record)-left.from > stencilBytes {
		return
	}
	text := append(append(make([]byte, 0, len(before)+len(record)-left.from+overread), before...), record[left.from:]...)
	if st := newStencil(text); st != nil {
		t.add(st, left)
	}
}

// goesOn tells whether a number or word of the stencil ends where the record left it,
// and goes on in the record, which is no JSON then: behind 12 of the stencil .5 may stand,
// but not behind the 1e2 that the record has in its place.
func (t *trace) goesOn(record []byte) bool {
	if t.node == nil || t.scalar == 0 || t.from >= len(record) {
		return false
	}
	text := t.node.stencil.text
	if end := int(t.node.stencil.scalars[t.scalar-1].to); end != t.at || text[end-1] == '"' {
		return false
	}
	switch record[t.from] {
	case ',', ']', '}', ' ', '\t', '\r', '\n':
		return false
	}
	return true
}

// add puts a stencil into the tree.
func (t *stencils) add(st *stencil, left *trace) {
	to := newStencilNode(st)
	st.number = t.held
	t.held++
	t.bytes += len(st.text)
	if left.node == nil {
		t.root = to
		return
	}
	left.node.branches = append(left.node.branches, branch{uint32(left.at), uint32(left.scalar), st.text[left.at], to})
}

// branch returns where records go on that have a byte at a place, or nil.
func (n *stencilNode) branch(at int, c byte) *branch {
	for i := range n.branches {
		if b := &n.branches[i]; b.c == c && int(b.at) == at {
			return b
		}
	}
	return nil
}

// firstLoose is the number of the first loose scalar from one on.
func (n *stencilNode) firstLoose(scalar int) int {
	i := 0
	for int(n.loose[i].scalar) < scalar {
		i++
	}
	return i
}

func newStencilNode(st *stencil) *stencilNode {
	n := &stencilNode{stencil: st, differed: make([]int, len(st.scalars))}
	end := uint32(len(st.text))
	n.loose = append(n.loose, loose{extent: extent{end, end}, scalar: uint32(len(st.scalars)), before: st.text})
	return n
}

// loosen makes a scalar the loose one with a number.
func (n *stencilNode) loosen(i, scalar int) {
	at := n.stencil.scalars[scalar]
	n.loose = slices.Insert(n.loose, i, loose{extent: at, scalar: uint32(scalar), score: looseMost, own: n.stencil.text[at.from:at.to]})
	n.link(i)
	n.link(i + 1)
}

// equal notes that a loose scalar was that of the stencil, and returns 1, or 0
// where it is not loose any more.
func (n *stencilNode) equal(i int) int {
	if n.loose[i].score--; n.loose[i].score >= 0 {
		return 1
	}
	n.loose = slices.Delete(n.loose, i, i+1)
	n.link(i)
	return 0
}

// differs notes that a scalar, before the loose one with a number, was not that
// of the stencil, and returns 1 where it has become loose, or else 0: a scalar
// that seldom is another one stays what it is.
func (n *stencilNode) differs(i, scalar int) int {
	before := n.differed[scalar]
	if n.differed[scalar] = n.traced; n.traced-before > looseMost {
		return 0
	}
	n.loosen(i, scalar)
	return 1
}

// link notes what stands before a loose scalar.
func (n *stencilNode) link(i int) {
	from := uint32(0)
	if i > 0 {
		from = n.loose[i-1].to
	}
	n.loose[i].before = n.stencil.text[from:n.loose[i].from]
}

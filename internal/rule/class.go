package rule

import (
	"bytes"
	"encoding/binary"
	"hash/maphash"
	"slices"
)

// class is all that the predicates of one field say about a value. Most values
// of a field are of the same few classes.
type class struct {
	yes  []uint64 // by predicate.bit: True
	open []uint64 // by predicate.bit: Unknown, or to be asked of the record at hand
	seen int      // how often a learning matcher met it

	wakes []wake // by plan: the rules that it gives cause to evaluate
}

// wake is the rules that a class wakes under one version of a plan.
type wake struct {
	version int // of the plan; 0 is none
	rules   []int32
}

func newClass(l *lookup) *class {
	n := l.words()
	both := make([]uint64, 2*n)
	return &class{yes: both[:n:n], open: both[n:]}
}

func (c *class) set(bit int, t Truth) {
	switch t {
	case True:
		c.yes[bit>>6] |= 1 << (bit & 63)
	case Unknown:
		c.open[bit>>6] |= 1 << (bit & 63)
	}
}

// truth is the answer of one predicate. Unknown is what open says.
func (c *class) truth(bit int) Truth {
	mask := uint64(1) << (bit & 63)
	switch {
	case c.yes[bit>>6]&mask != 0:
		return True
	case c.open[bit>>6]&mask != 0:
		return Unknown
	}
	return False
}

// clone is a class of its own that says the same.
func (c *class) clone() *class {
	both := append(append(make([]uint64, 0, 2*len(c.yes)), c.yes...), c.open...)
	return &class{yes: both[:len(c.yes):len(c.yes)], open: both[len(c.yes):]}
}

// says tells whether two classes of a field say the same.
func (c *class) says(other *class) bool {
	return slices.Equal(c.yes, other.yes) && slices.Equal(c.open, other.open)
}

const (
	memoSets   = 512 // of two values each, for every field
	maxMemo    = 256 // bytes of a value that is remembered
	maxClasses = 512 // of a field, then all is forgotten
)

// memo remembers the classes of the values of one field that came lately. Its
// size is bounded, whatever the values are.
type memo struct {
	near    *nearby // nil: none yet
	sets    []memoSet
	classes map[string]*class // by what they say
	key     []byte            // scratch
}

// memoSet holds two values whose hashes begin alike, the latest first.
type memoSet [2]remembered

type remembered struct {
	hash  uint64
	value []byte
	class *class
}

// find looks a value up and puts it first.
func (s *memoSet) find(hash uint64, value []byte) bool {
	for i := range s {
		if e := &s[i]; e.hash == hash && e.class != nil && bytes.Equal(e.value, value) {
			if i > 0 {
				s[0], s[i] = s[i], s[0]
			}
			return true
		}
	}
	return false
}

// put keeps a value in place of the one that was not used for longest.
func (s *memoSet) put(hash uint64, value []byte, c *class) {
	last := len(s) - 1
	kept := append(s[last].value[:0], value...)
	copy(s[1:], s[:last])
	s[0] = remembered{hash, kept, c}
}

// set is where a value belongs.
func (m *memo) set(seed maphash.Seed, value []byte) (*memoSet, uint64) {
	if m.sets == nil {
		m.sets = make([]memoSet, memoSets)
	}
	hash := maphash.Bytes(seed, value)
	return &m.sets[hash%memoSets], hash
}

// share returns the one class that says what c says. A class is a copy of c
// where it is new, so that c can be used again.
func (m *memo) share(c *class) *class {
	m.key = m.key[:0]
	for _, words := range [2][]uint64{c.yes, c.open} {
		for _, w := range words {
			m.key = binary.LittleEndian.AppendUint64(m.key, w)
		}
	}
	if known := m.classes[string(m.key)]; known != nil {
		return known
	}
	if len(m.classes) >= maxClasses {
		clear(m.classes)
		clear(m.sets)
		m.near = nil
	}
	if m.classes == nil {
		m.classes = map[string]*class{}
	}
	kept := c.clone()
	m.classes[string(m.key)] = kept
	return kept
}

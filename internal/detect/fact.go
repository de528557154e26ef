package detect

import (
	"vakt/internal/event"
	"vakt/internal/memory"
	"vakt/internal/rule"
)

// fact is what a worker keeps of one match: that a record, at a time, counts
// for a target and group. It holds no pointer, and texts as numbers of its
// worker. With kind follows or doubts it is a follower: a record that may take
// back the facts of its group before it.
type fact struct {
	key      event.Key // of a follower: see byHash
	time     int64
	group    uint32 // the group's values, joined by joint
	value    uint32 // what is counted: see Worker.values
	tenant   uint32
	row      uint32 // of the record; 0 in a follower
	matched  uint32 // searches, sorted and joined by joint
	base     uint8  // place of the rule that matched among those of the target
	severity uint8
	kind     kind
	again    bool // row is the number of an origin: see origins
}

// version is that of the record that a fact is of.
func (e *entry) version() version { return version{e.of, e.row, e.again} }

// kind tells facts from followers.
type kind uint8

const (
	isFact   kind = iota
	isAfter       // it takes earlier facts of its group back
	maybe         // it is unknown whether it does
	maybeAny      // the same, of any group
	sighting      // it stands for many: see stretch
)

// factBytes is what a fact takes, in memory and in a file.
const factBytes = 48

// joint joins the values of a group; no field value holds it, as NUL inside
// JSON text arrives as an escape and is replaced.
const joint = "\x00"

// facts is a list that grows without moving what it holds, and takes little
// while it is short.
type facts struct {
	full [][]fact
	last []fact
}

const (
	fewFacts  = 8
	manyFacts = 4096
)

func (l *facts) add(f fact) {
	if len(l.last) == cap(l.last) {
		if l.last != nil {
			l.full = append(l.full, l.last)
		}
		l.last = make([]fact, 0, min(max(fewFacts, 2*cap(l.last)), manyFacts))
		memory.Huge(l.last, (len(l.full)+1)*cap(l.last))
	}
	l.last = append(l.last, f)
}

func (l *facts) len() int {
	n := len(l.last)
	for _, chunk := range l.full {
		n += len(chunk)
	}
	return n
}

// each goes through the list; the facts may be kept as pointers.
func (l *facts) each(yield func(*fact) bool) {
	for _, chunk := range append(l.full[:len(l.full):len(l.full)], l.last) {
		for i := range chunk {
			if !yield(&chunk[i]) {
				return
			}
		}
	}
}

// point is a fact at hand, with texts as numbers of the decision.
type point struct {
	key      event.Key
	time     int64
	group    uint32
	value    uint32
	tenant   uint32
	matched  uint32
	of       version
	number   float64
	bases    uint64 // of a temporal correlation: its rules that the record matches, by bit
	severity rule.Severity
	direct   bool   // a match of a rule, and not only a firing beneath
	inner    []span // of a chain: the windows that fired
}

package extract

import (
	"encoding/binary"
	"math/bits"
)

// trace is one record being compared with the stencils of a tree. The places
// are those up to which both are known.
type trace struct {
	kernel  Kernel
	node    *stencilNode // nil: there is none yet
	at      int          // in the text of its stencil
	from    int          // in the record
	scalar  int          // the next one of the stencil
	changes []change     // so far
}

// follow compares the record that b begins with. It is walked where the record
// is like the stencil of the node, further where b ends before that is known,
// and unsure where the record is like none. Then node and the places tell where it
// left the last one.
func (t *trace) follow(b []byte) progress {
	for {
		came := t.compare(b)
		if came != unsure {
			return came
		}
		next := t.node.branch(t.at, b[t.from])
		if next == nil {
			return unsure
		}
		t.node = next.to
	}
}

// compare goes on at one stencil: from one loose scalar to the next the record
// has to be equal. Where it differs, and earlier records left the stencil there
// with the same byte, it goes on at the branch: that byte in that place shows that
// no scalar stands for another. It is the inner loop of the splitter and long for
// that reason; whatever is not plain is left to others.
func (t *trace) compare(b []byte) progress {
	node, next, before := t.enter()
	for {
		passed, from, changes, same := t.plainLoose(b, t.from, next, before, t.changes)
		t.from, t.changes = from, changes
		if passed > 0 {
			if next += passed; next == len(node.loose) {
				return walked
			}
			before = node.loose[next].before
			t.scalar = int(node.loose[next-1].scalar) + 1
		}
		l := &node.loose[next]
		t.at = int(l.from) - len(before)
		if same >= 0 {
			if onward := node.branch(t.at+same, b[t.from+same]); onward != nil {
				t.at, t.from, t.scalar, t.node = t.at+same, t.from+same, int(onward.scalar), onward.to
				node, next, before = t.enter()
				continue
			}
		}
		end := stepDiffers
		if same < 0 {
			end = step(b, t.from, before)
		}
		var came progress
		if end == stepDiffers {
			next, came = t.unequal(b, next, max(same, 0))
		} else {
			t.at, t.from = int(l.from), t.from+len(before)
			next, came = t.loose(b, next, end)
		}
		if came != further || next < 0 {
			return came
		}
		before = node.stencil.text[t.at:node.loose[next].from]
	}
}

// enter begins with a node where the one before was left. It returns the number of
// the next loose scalar and what stands before it.
func (t *trace) enter() (node *stencilNode, next int, before []byte) {
	node = t.node
	node.traced++
	next = node.firstLoose(t.scalar)
	return node, next, node.stencil.text[t.at:node.loose[next].from]
}

// What step says of bytes that are not those before the string.
const stepDiffers = no - 1

// step passes over some bytes that have to stand at a place, reads the string
// behind them, and returns the place behind that. It is stepDiffers where other
// bytes stand there or too few, and no where the string is none, not made of plain
// ASCII, or too near the end of b.
func step(b []byte, i int, before []byte) int {
	if len(before) > len(b)-i || string(b[i:i+len(before)]) != string(before) {
		return stepDiffers
	}
	i += len(before)
	if i == len(b) || b[i] != '"' {
		return no
	}
	const carry = 0x7f7f7f7f7f7f7f7f
	for i++; i+8 <= len(b); i += 8 {
		w := binary.LittleEndian.Uint64(b[i : i+8 : i+8])
		// The highest bit of each byte that may stand in a string. The lowest
		// that may not is exact; others carry to higher bytes.
		good := (w ^ '"'*ones + carry) & (w ^ '\\'*ones + carry) & (w + 0x60*ones) &^ w & highs
		if good != highs {
			if i += bits.TrailingZeros64(good^highs) >> 3; b[i] == '"' {
				return i + 1
			}
			return no
		}
	}
	return no
}

// another reports whether two texts differ. Most of those that do, do so in
// their first or last bytes.
func another(a, b []byte) bool {
	n := len(a)
	if n != len(b) {
		return true
	}
	if n >= 8 && (binary.LittleEndian.Uint64(a) != binary.LittleEndian.Uint64(b) ||
		binary.LittleEndian.Uint64(a[n-8:]) != binary.LittleEndian.Uint64(b[n-8:])) {
		return true
	}
	return string(a) != string(b)
}

// loose reads the loose scalar of a number, of which the end is known or no, and
// returns the number of the next one; it is no, with what came of it, where the
// record ends here.
func (t *trace) loose(b []byte, n, end int) (int, progress) {
	l := &t.node.loose[n]
	if l.own == nil {
		return no, walked
	}
	t.scalar = int(l.scalar)
	if end < 0 {
		if end = strictScalar(b, t.from); end < 0 || end == len(b) {
			return no, t.broken(b, end)
		}
	}
	from := t.from
	t.at, t.from, t.scalar = int(l.to), end, t.scalar+1
	if another(b[from:end], l.own) {
		t.changes = append(t.changes, change{l.scalar, uint32(from), uint32(end)})
		l.score = looseMost
		return n + 1, further
	}
	return n + t.node.equal(n), further
}

// unequal finds the scalar in which the record differs, somewhere before the
// loose scalar of a number, and reads it; some bytes are known to be equal. It
// returns the number of the next one; it is no, with what came of it, where the
// record ends here or the structure differs.
func (t *trace) unequal(b []byte, n, same int) (int, progress) {
	text, scalars := t.node.stencil.text, t.node.stencil.scalars
	same += sharedPrefix(text[t.at+same:], b[t.from+same:])
	at, from := t.at+same, t.from+same
	if from == len(b) {
		return no, further
	}
	k := t.scalar
	for k < len(scalars) && (int(scalars[k].to) < at || int(scalars[k].to) == at && text[scalars[k].from] == '"') {
		k++
	}
	if k == len(scalars) || int(scalars[k].from) > at {
		t.at, t.from, t.scalar = at, from, k
		return no, unsure
	}
	own := scalars[k]
	t.at, t.from, t.scalar = int(own.from), from-(at-int(own.from)), k
	end := strictScalar(b, t.from)
	if end < 0 || end == len(b) {
		return no, t.broken(b, end)
	}
	from, t.at, t.from, t.scalar = t.from, int(own.to), end, k+1
	if !another(b[from:end], text[own.from:own.to]) {
		return no, unsure // a number that ends here, and what follows differs
	}
	t.changes = append(t.changes, change{uint32(k), uint32(from), uint32(end)})
	return n + t.node.differs(n, k), further
}

// shortScalar is how near the end of what is there a scalar other than a string
// may be cut off, in bytes.
const shortScalar = 32

// broken tells what became of a scalar that cannot be read, or ends where b
// does: further, where more of it may follow.
func (t *trace) broken(b []byte, end int) progress {
	if end == len(b) || cutOff(b[t.from:]) {
		return further
	}
	return unsure
}

// cutOff reports whether the scalar that b begins with may go on behind its end.
func cutOff(b []byte) bool {
	if len(b) == 0 || b[0] != '"' {
		return len(b) < shortScalar
	}
	i := plain(b, 1)
	for i < len(b) && b[i] == '\\' {
		i = plain(b, min(i+2, len(b)))
	}
	return i == len(b)
}

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
		t.node = next
	}
}

// compare goes on at one stencil: from one loose scalar to the next the record
// has to be equal. It is the inner loop of the splitter and long for that reason;
// whatever is not plain is left to others.
func (t *trace) compare(b []byte) progress {
	node, from, changes := t.node, t.from, t.changes
	next := node.firstLoose(t.scalar)
	before := node.stencil.text[t.at:node.loose[next].from]
	if len(before) == len(node.loose[next].before) {
		next, from, changes = t.plainLoose(b, from, next, changes)
		before = node.loose[next].before
	}
	for {
		l := &node.loose[next]
		end := step(b, from, before)
		if end == stepDiffers {
			if t.at = int(l.from) - len(before); next > 0 {
				t.scalar = max(t.scalar, int(node.loose[next-1].scalar)+1)
			}
			t.from, t.changes = from, changes
			if came := t.unequal(b, next); came != walked {
				return came
			}
			next, from, changes = t.plainLoose(b, t.from, next+1, t.changes)
			before = node.loose[next].before
			continue
		}
		from += len(before)
		if l.own == nil {
			t.at, t.from, t.changes = int(l.from), from, changes
			return walked
		}
		if end == no {
			if end = strictScalar(b, from); end < 0 || end == len(b) {
				t.at, t.from, t.scalar, t.changes = int(l.from), from, int(l.scalar), changes
				return t.broken(b, end)
			}
		}
		if another(b[from:end], l.own) {
			changes = append(changes, change{l.scalar, uint32(from), uint32(end)})
			l.score = looseMost
		} else if at := l.to; !node.equal(next) {
			from, before = end, node.stencil.text[at:node.loose[next].from]
			continue
		}
		next, from, changes = t.plainLoose(b, end, next+1, changes)
		before = node.loose[next].before
	}
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

// unequal finds the scalar in which the record differs and reads it. It is loose
// from now on. Where the structure differs it is unsure.
func (t *trace) unequal(b []byte, next int) progress {
	text, scalars := t.node.stencil.text, t.node.stencil.scalars
	same := sharedPrefix(text[t.at:], b[t.from:])
	at, from := t.at+same, t.from+same
	if from == len(b) {
		return further
	}
	k := t.scalar
	for k < len(scalars) && (int(scalars[k].to) < at || int(scalars[k].to) == at && text[scalars[k].from] == '"') {
		k++
	}
	if k == len(scalars) || int(scalars[k].from) > at {
		t.at, t.from, t.scalar = at, from, k
		return unsure
	}
	own := scalars[k]
	t.at, t.from, t.scalar = int(own.from), from-(at-int(own.from)), k
	end := strictScalar(b, t.from)
	if end < 0 || end == len(b) {
		return t.broken(b, end)
	}
	from, t.at, t.from, t.scalar = t.from, int(own.to), end, k+1
	if !another(b[from:end], text[own.from:own.to]) {
		return unsure // a number that ends here, and what follows differs
	}
	t.changes = append(t.changes, change{uint32(k), uint32(from), uint32(end)})
	t.node.loosen(next, k)
	return walked
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

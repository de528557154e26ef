package extract

import (
	"encoding/binary"
	"math/bits"
)

// Where a run of members stopped.
type stop int

const (
	atKey   stop = iota // before a key
	atValue             // before the value of the newest key
	behind              // behind that value
)

// run reads members from a key on as long as they are like those of earlier
// records: the key is the one that followed last, and the value is a string
// that need not be looked into, a scalar that the key had before, or an object or
// list that nobody wants. It returns the newest key and the place where it
// stopped. It is the inner loop of the projection: long, and without calls, so
// that the processor need not keep what it has at hand elsewhere.
func (s *scan) run(last *known, i int, deep bool, seen *seenKeys) (*known, int, stop) {
	b, quotes, row := s.b, s.x.quotes, s.row
	for {
		k := last.next
		if i+textBytes > len(b) || !k.stands((*[textBytes]byte)(b[i:i+textBytes:i+textBytes])) {
			return last, i, atKey
		}
		if k.size > textBytes {
			end := i + k.size
			if end > len(b) || !k.endsAt((*[textBytes]byte)(b[end-textBytes:end:end])) {
				return last, i, atKey
			}
		}
		if !seen.meet(k) {
			return last, i, atKey
		}
		last = k
		i += k.size
		from := i
		switch c := b[i]; {
		case c == '"':
			at := (i + 1) >> 3
			w := binary.LittleEndian.Uint64(quotes[at:at+8:at+8]) >> ((i + 1) & 7)
			if w == 0 || k.deeper {
				return last, from, atValue
			}
			i += 2 + bits.TrailingZeros64(w)
			if i > s.calm && (deep || k.node != nil) {
				return last, from, atValue
			}
			if k.node != nil {
				row.store(k.node.slot, b[from:i:i], 0)
			}
		case k.scalarSize > 0 && i+scalarBytes <= len(b) && (binary.LittleEndian.Uint64(b[i:i+8:i+8])^k.scalar)&k.scalarMask == 0:
			i += k.scalarSize
			if k.node != nil && k.node.slot >= 0 {
				row.store(k.node.slot, b[from:i:i], 0)
			}
		case k.node == nil && !deep && class[c] == opening:
			if i = s.pass(i); i < 0 {
				return last, from, atValue
			}
		default:
			return last, from, atValue
		}
		if b[i] != ',' {
			return last, i, behind
		}
		i++
	}
}

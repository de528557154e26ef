package extract

import (
	"encoding/binary"
	"math/bits"
)

const (
	ones  = 0x0101010101010101
	highs = 0x8080808080808080
)

// blocksPortable finds the structure of whole blocks, scratchBlocks at most, of
// which the first has number at. It is the definition of what a kernel finds:
//
//   - quotes: the quotes that no backslash escapes;
//   - brackets: { } [ ] that are not in a string, which begins with one such
//     quote and ends with the next;
//   - lines: line feeds and carriage returns, wherever they are;
//   - flags: see hasEscape and its neighbours.
//
// Quotes and flags go to their place in the index, brackets and lines to the
// front of its scratch.
func (x *index) blocksPortable(src []byte, at int) {
	for i := range len(src) / blockSize {
		m := masksOf((*[blockSize]byte)(src[i*blockSize:]))
		if m.slash|x.carry.escaped != 0 {
			m.quote &^= x.carry.escape(m.slash)
		}
		inside := x.carry.strings(m.quote)
		binary.LittleEndian.PutUint64(x.quotes[8*(at+i):], m.quote)
		x.brackets[i], x.lines[i] = m.bracket&^inside, m.line
		x.flags[at+i] = flag(m.slash, hasEscape) | m.high | flag(m.control&inside|m.slash&^inside, hasOdd)
	}
}

// flag is f where any bit is set.
func flag(mask uint64, f byte) byte {
	if mask != 0 {
		return f
	}
	return 0
}

// masks tell the bytes of a block apart, a bit a byte.
type masks struct {
	quote, slash, bracket, control, line uint64
	high                                 byte // hasHigh or 0
}

// masksOf looks at a block. Words without a bracket, backslash, control
// character or byte above 0x7f, which are most, are looked at for quotes only.
func masksOf(b *[blockSize]byte) (m masks) {
	for i := 0; i < blockSize; i += 8 {
		w := binary.LittleEndian.Uint64(b[i:])
		m.quote |= gather(zeros(w^'"'*ones)) << i
		// From 0x7b on a byte carries into its highest bit; one below 0x20
		// borrows. Both may point at other bytes too.
		rare := ((w|0x20*ones)&^highs + (0x80-0x7b)*ones) | w | (w - 0x20*ones)
		if rare&highs == 0 {
			continue
		}
		fold := w | 0x20*ones
		m.bracket |= gather(zeros(fold^'{'*ones)|zeros(fold^'}'*ones)) << i
		m.slash |= gather(zeros(w^'\\'*ones)) << i
		if w&highs != 0 {
			m.high = hasHigh
		}
		if control := zeros(w & (0xe0 * ones)); control != 0 {
			m.control |= gather(control) << i
			m.line |= gather(zeros(w^'\n'*ones)|zeros(w^'\r'*ones)) << i
		}
	}
	return m
}

// zeros sets the highest bit of each byte that is zero, and no other bit.
func zeros(w uint64) uint64 {
	return ^(w&^uint64(highs) + ^uint64(highs) | w | ^uint64(highs))
}

// gather moves the highest bits of eight bytes into the lowest byte, the first
// byte's into the lowest bit.
func gather(w uint64) uint64 { return w >> 7 * 0x0102040810204080 >> 56 }

// escape returns the bytes that backslashes escape.
func (c *carry) escape(slash uint64) (escaped uint64) {
	escaped = c.escaped
	for rest := slash &^ escaped; rest != 0; {
		behind := rest & -rest << 1 // what the first backslash escapes
		if behind == 0 {
			c.escaped = 1
			return escaped
		}
		escaped |= behind
		rest &= rest - 1
		rest &^= behind
	}
	c.escaped = 0
	return escaped
}

// strings returns what lies in strings, the opening quote included: a place
// where the number of quotes up to it is odd.
func (c *carry) strings(quote uint64) uint64 {
	for shift := 1; shift < blockSize; shift *= 2 {
		quote ^= quote << shift
	}
	quote ^= c.inside
	c.inside = uint64(int64(quote) >> 63)
	return quote
}

// placesPortable writes the places of the bits to the front of places, which has
// room for one a bit, and counts them. The first bit is that of the byte at base.
func placesPortable(places []uint32, base int, words []uint64) int {
	n := 0
	for i, w := range words {
		for ; w != 0; w &= w - 1 {
			places[n] = uint32(base + i*blockSize + bits.TrailingZeros64(w))
			n++
		}
	}
	return n
}

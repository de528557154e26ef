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
//   - lines: line feeds and carriage returns, wherever they are, of blocks that
//     have any;
//   - flags: see hasEscape and its neighbours.
//
// Quotes and flags go to their place in the index, lines to the front of its
// scratch, and the places of brackets, which it counts, to the front of places.
func (x *index) blocksPortable(src []byte, at int, places []uint32) int {
	n := len(src) / blockSize
	quotes, flags := x.quotes[8*at:8*(at+n)], x.flags[at:at+n]
	brackets, lines := x.brackets[:len(flags)], x.lines[:len(flags)]
	c := x.carry
	for i := range flags {
		b := (*[blockSize]byte)(src[i*blockSize:])
		quote, bracket, odd, control := look(b)
		flags[i] = 0
		if odd|control|c.escaped != 0 {
			m := masks{quote: quote, bracket: bracket}
			m.closer(b, odd)
			m.quote &^= c.escape(m.slash)
			quote, bracket, lines[i], flags[i] = m.quote, m.bracket, m.line, m.flags(c.inside)
		}
		inside := prefix(quote) ^ c.inside
		c.inside = uint64(int64(inside) >> 63)
		binary.LittleEndian.PutUint64(quotes[8*i:8*i+8], quote)
		brackets[i] = bracket &^ inside
	}
	x.carry = c
	return placesPortable(places, at*blockSize, brackets)
}

// plainBlock is what a quick look finds in the part of a block from some byte to
// its end.
type plainBlock struct {
	other, bracket uint64 // a bit a byte: what is no quote, and brackets
	odd, control   uint64 // see look; of some byte of the part, in the highest bits
}

// look finds the quotes and brackets of a block, a bit a byte. Where odd is not 0,
// or a byte is above 0x7f, they mean nothing. Where odd and control are 0, all
// bytes are from a blank to 0x7d, and none is a backslash.
func look(b *[blockSize]byte) (quote, bracket, odd, control uint64) {
	var p plainBlock
	p = p.before(binary.LittleEndian.Uint64(b[56:]))
	p = p.before(binary.LittleEndian.Uint64(b[48:]))
	p = p.before(binary.LittleEndian.Uint64(b[40:]))
	p = p.before(binary.LittleEndian.Uint64(b[32:]))
	p = p.before(binary.LittleEndian.Uint64(b[24:]))
	p = p.before(binary.LittleEndian.Uint64(b[16:]))
	p = p.before(binary.LittleEndian.Uint64(b[8:]))
	p = p.before(binary.LittleEndian.Uint64(b[0:]))
	return ^p.other, p.bracket, p.odd & highs, p.control & highs
}

// before adds the eight bytes in front of the part.
//
// With one added, brackets are 0x5c, 0x5e, 0x7c and 0x7e, which differ in two
// bits: with these set and two more added they reach the highest bit. So does what
// reaches it with one less already, and that is odd: the characters between the
// brackets, and what is above 0x7d, save for some that keep that bit with 0x20
// taken away. Control characters get it then. Only bytes that are found so carry
// to, or borrow from, the next.
func (p plainBlock) before(w uint64) plainBlock {
	near := ((w + ones) | 0x22*ones) + ones
	return plainBlock{
		other:   p.other<<8 | gather(differ(w, '"')&highs),
		bracket: p.bracket<<8 | gather((near+ones)&highs),
		odd:     p.odd | near,
		control: p.control | (w - 0x20*ones),
	}
}

// masks tell the bytes of a block apart, a bit a byte.
type masks struct{ quote, bracket, high, slash, control, line uint64 }

// closer looks again at a block with anything rare in it.
func (m *masks) closer(b *[blockSize]byte, odd uint64) {
	if odd != 0 || highIn(b) {
		m.exact(b)
	}
	for i := blockSize - 8; i >= 0; i -= 8 {
		w := binary.LittleEndian.Uint64(b[i:])
		m.control = m.control<<8 | gather(highs&^(w|(w&^highs+(0x80-0x20)*ones)))
	}
	for rest := m.control; rest != 0; rest &= rest - 1 {
		if i := bits.TrailingZeros64(rest); class[b[i]] == line {
			m.line |= 1 << i
		}
	}
}

// highIn reports whether a block has a byte above 0x7f.
func highIn(b *[blockSize]byte) bool {
	var all uint64
	for i := 0; i < blockSize; i += 8 {
		all |= binary.LittleEndian.Uint64(b[i:])
	}
	return all&highs != 0
}

// flags are those of the block, which begins inside a string or not.
func (m *masks) flags(inside uint64) (f byte) {
	inside ^= prefix(m.quote)
	if m.high != 0 {
		f = hasHigh
	}
	if m.slash != 0 {
		f |= hasEscape
	}
	if m.line != 0 {
		f |= hasLine
	}
	if m.control&inside|m.slash&^inside != 0 {
		f |= hasOdd
	}
	return f
}

// exact finds quotes, brackets and backslashes, whatever there is besides.
func (m *masks) exact(b *[blockSize]byte) {
	for i := blockSize - 8; i >= 0; i -= 8 {
		w := binary.LittleEndian.Uint64(b[i:])
		low := w &^ highs
		fold := low | 0x20*ones
		m.high |= w & highs
		m.quote = m.quote<<8 | gather(highs&^(w|differ(low, '"')))
		m.bracket = m.bracket<<8 | gather(highs&^(w|differ(fold, '{')&differ(fold, '}')))
		m.slash = m.slash<<8 | gather(highs&^(w|differ(low, '\\')))
	}
}

// differ sets the highest bit of each byte, none above 0x7f, that is not c.
func differ(w uint64, c byte) uint64 { return (w ^ uint64(c)*ones) + ^uint64(highs) }

// gather moves the highest bits of eight bytes, in which no other bit is set,
// into the lowest byte, the first byte's into the lowest bit.
func gather(w uint64) uint64 { return w * 0x0002040810204081 >> 56 }

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

// prefix sets the bits of the places up to which the number of bits is odd.
func prefix(w uint64) uint64 {
	w ^= w << 1
	w ^= w << 2
	w ^= w << 4
	w ^= w << 8
	w ^= w << 16
	return w ^ w<<32
}

// placesPortable writes the places of the bits to the front of places, which has
// room for one a bit, and counts them. The first bit is that of the byte at base.
// A word seldom has more than two, and how many is hard to foresee: two places are
// written always, and as many kept as there are.
func placesPortable(places []uint32, base int, words []uint64) int {
	n := 0
	for _, w := range words {
		two := (*[2]uint32)(places[n:])
		next := n + bits.OnesCount64(w)
		two[0] = uint32(base + bits.TrailingZeros64(w))
		w &= w - 1
		two[1] = uint32(base + bits.TrailingZeros64(w))
		for w &= w - 1; w != 0; w &= w - 1 {
			n++
			places[n+1] = uint32(base + bits.TrailingZeros64(w))
		}
		n = next
		base += blockSize
	}
	return n
}

package extract

import (
	"encoding/binary"
	"math/bits"
	"slices"
	"unicode/utf8"
)

// index tells where the structure of some bytes is: which quotes open and
// close strings, which brackets are none of a string's, which of those closes
// which, and where lines end. It is made by a kernel, 64 bytes at a time, from a
// place that is known to be in no string, and as far as somebody wants it.
// Places are those of the bytes.
//
// An index is right as long as no backslash stands outside a string; blocks
// with one are marked (hasOdd), and their records are left to readers that go
// a byte at a time.
type index struct {
	kernel Kernel
	buf    []byte // what the index is of, in the end

	quotes []byte   // a bit a byte, the lowest first
	flags  []byte   // a byte a block
	at     []uint32 // brackets, in order
	link   []uint32 // for an opening one that was matched: how many behind it the one is that closes it
	ends   []uint32 // line feeds and carriage returns, in order

	from  int    // where the index begins
	done  int    // up to here whole blocks have been read
	until int    // up to here the index tells
	carry carry  // of the block at done
	sure  [2]int // how many brackets and line ends stand before done

	brackets, lines [scratchBlocks]uint64 // a bit a byte, of the blocks at hand; lines only of those that have any
	open            [2 * MaxDepth]uint32  // brackets that are open, in match
}

// scratchBlocks is how many blocks a kernel reads at once.
const scratchBlocks = 256

// overhang is how many bytes behind the last block's bits can be read.
const overhang = 8

// fit makes room for size bytes and forgets everything.
func (x *index) fit(size int) {
	n := (size + blockSize - 1) / blockSize
	if len(x.flags) < n {
		x.quotes = make([]byte, 8*n+overhang)
		x.flags = make([]byte, n)
	}
	x.at, x.ends = x.at[:0], x.ends[:0]
	x.restart(0)
}

// restart begins the index anew at a place outside strings. What it says of
// bytes before that place stays.
func (x *index) restart(from int) {
	x.from, x.until = from, from
	x.done = from &^ (blockSize - 1)
	x.carry = carry{}
	x.at = x.at[:before(x.at, from)]
	x.ends = x.ends[:before(x.ends, from)]
	x.sure = [2]int{len(x.at), len(x.ends)}
}

// before counts the places before one.
func before(places []uint32, from int) int {
	n := len(places)
	for n > 0 && int(places[n-1]) >= from {
		n--
	}
	return n
}

// extend reads buf up to the place to, or to its end.
func (x *index) extend(buf []byte, to int) {
	to = min(to, len(buf))
	x.at, x.ends = x.at[:x.sure[0]], x.ends[:x.sure[1]]
	if x.done < x.from && x.done+blockSize <= len(buf) {
		x.padded(buf[x.from:x.done+blockSize], x.from-x.done)
		x.settle(x.done + blockSize)
	}
	for whole := to &^ (blockSize - 1); x.done < whole; {
		piece := min(whole, x.done+scratchBlocks*blockSize)
		x.read(buf[x.done:piece])
		x.settle(piece)
	}
	if x.until = max(x.from, x.done); x.until < to {
		kept := x.carry
		x.padded(buf[x.until:min(len(buf), x.done+blockSize)], x.until-x.done)
		x.carry = kept
		x.until = min(len(buf), x.done+blockSize)
	}
}

// settle notes that everything up to a place has been read.
func (x *index) settle(done int) {
	x.done = done
	x.sure = [2]int{len(x.at), len(x.ends)}
}

// padded reads part of the block at done, with blanks around it, and keeps the
// quotes before.
func (x *index) padded(part []byte, skip int) {
	var block [blockSize]byte
	for i := range block {
		block[i] = ' '
	}
	copy(block[skip:], part)
	bits := x.quotes[x.done/8 : x.done/8+8]
	kept := binary.LittleEndian.Uint64(bits) & (1<<skip - 1)
	x.read(block[:])
	binary.LittleEndian.PutUint64(bits, binary.LittleEndian.Uint64(bits)|kept)
}

// read reads whole blocks from done on, scratchBlocks at most.
func (x *index) read(src []byte) {
	n := len(src) / blockSize
	first := x.done >> blockShift
	x.at = slices.Grow(x.at, n*blockSize)
	x.at = x.at[:len(x.at)+x.blocks(src, first, x.at[len(x.at):cap(x.at)])]
	for i := x.marked(hasLine, first, first+n); i < first+n; i = x.marked(hasLine, i+1, first+n) {
		for w := x.lines[i-first]; w != 0; w &= w - 1 {
			x.ends = append(x.ends, uint32(i<<blockShift+bits.TrailingZeros64(w)))
		}
	}
}

// quote returns the first place from i on where a string opens or closes. There
// must be one.
func (x *index) quote(i int) int {
	if w := binary.LittleEndian.Uint64(x.quotes[i>>3:]) >> (i & 7); w != 0 {
		return i + bits.TrailingZeros64(w)
	}
	return x.farQuote(i)
}

// farQuote is quote where the next one is not among the bits at hand.
func (x *index) farQuote(i int) int {
	for i &^= 7; ; {
		i += blockSize
		if w := binary.LittleEndian.Uint64(x.quotes[i>>3:]); w != 0 {
			return i + bits.TrailingZeros64(w)
		}
	}
}

// marks is what the flags of the blocks of [from, to) have together.
func (x *index) marks(from, to int) byte {
	var all uint64
	flags := x.flags[from>>blockShift : (to+blockSize-1)>>blockShift]
	for len(flags) >= 8 {
		all |= binary.LittleEndian.Uint64(flags)
		flags = flags[8:]
	}
	for _, f := range flags {
		all |= uint64(f)
	}
	all |= all >> 32
	all |= all >> 16
	return byte(all | all>>8)
}

// valid reports whether the bytes of [from, to) are UTF-8. It looks at blocks
// with bytes above 0x7f only.
func (x *index) valid(b []byte, from, to int) bool {
	last := (to + blockSize - 1) >> blockShift
	for n := from >> blockShift; n < last; n += 8 {
		var w uint64
		if n+8 <= last {
			w = binary.LittleEndian.Uint64(x.flags[n : n+8 : n+8])
		} else {
			w = tail(x.flags[n:last])
		}
		for w &= hasHigh * ones; w != 0; w &= w - 1 {
			block := (n + bits.TrailingZeros64(w)>>3) << blockShift
			if from = validBlock(b[:to], block, max(from, block)); from < 0 {
				return false
			}
		}
	}
	return true
}

// validBlock checks the characters that begin in a block, from a place in it or
// behind it on, and returns the place behind the last, or no.
func validBlock(b []byte, block, from int) int {
	end := block + blockSize
	if block > 0 && end < len(b) && narrow((*[blockSize]byte)(b[block:end:end]), b[block-1]) {
		return end
	}
	return validFrom(b, from, min(end, len(b)))
}

// marked is the first block of [n, end) with a flag, or end.
func (x *index) marked(flag byte, n, end int) int {
	for ; n+8 <= end; n += 8 {
		if w := binary.LittleEndian.Uint64(x.flags[n:]) & (uint64(flag) * ones); w != 0 {
			return n + bits.TrailingZeros64(w)>>3
		}
	}
	for n < end && x.flags[n]&flag == 0 {
		n++
	}
	return n
}

// narrow reports whether a block, with what the byte before it may begin, is made
// of whole characters of one and two bytes. It is false for what takes a closer
// look.
func narrow(b *[blockSize]byte, before byte) bool {
	const (
		wide  = 0x1e1e1e1e1e1e1e1e // some of these are set in what begins two bytes
		carry = 0x7f7f7f7f7f7f7f7f
	)
	var bad uint64
	begun := uint64(before) & uint64(before<<1) & 0x80
	for i := 0; i < blockSize; i += 8 {
		w := binary.LittleEndian.Uint64(b[i : i+8])
		high := w & highs
		if high|begun == 0 {
			continue
		}
		begins := high & (w << 1)
		bad |= (begins<<8 | begun) ^ high ^ begins | begins&(w<<2|^(w&wide+carry))
		begun = begins >> 56
	}
	return bad|begun == 0
}

// validFrom checks the characters that begin in [i, end) and returns the place
// behind the last, or no.
func validFrom(b []byte, i, end int) int {
	for i < end {
		if i+8 <= len(b) {
			w := binary.LittleEndian.Uint64(b[i:])
			if w&highs == 0 {
				i += 8
				continue
			}
			if n := pairs(w); n > 0 {
				i += n
				continue
			}
		}
		r, n := utf8.DecodeRune(b[i:])
		if r == utf8.RuneError && n == 1 {
			return no
		}
		i += n
	}
	return i
}

// pairs returns how many of eight bytes, seven or eight, are characters of one
// and two bytes, or 0 where there is anything else.
func pairs(w uint64) int {
	const (
		bit5  = 0x2020202020202020
		wide  = 0x1e1e1e1e1e1e1e1e // some of these are set in what begins two bytes
		carry = 0x7f7f7f7f7f7f7f7f
	)
	high := w & highs
	begins := high & (w << 1)
	if begins<<8 != high&^begins || begins&(w<<2) != 0 || begins&^(w&wide+carry) != 0 {
		return 0
	}
	return 8 - int(begins>>63)
}

// walk is a value whose brackets are being matched.
type walk struct {
	next  int    // the bracket at which to go on
	depth int    // how many are open
	kinds uint64 // of those that are open, the innermost lowest: 1 is a list
	limit int    // how many may be open
	lists bool   // stop at lists at the first level
}

// How far a walk came.
type progress int

const (
	walked  progress = iota // next is the bracket behind the value's
	further                 // the index ends before the value does
	unsure                  // the brackets do not match
	listed                  // the bracket before next opens a list where the walk is to stop
)

// room makes room for the links of so many brackets.
func (x *index) room(brackets int) {
	if len(x.link) < brackets {
		x.link = slices.Grow(x.link, brackets-len(x.link))
		x.link = x.link[:cap(x.link)]
	}
}

// match goes through brackets until the value is closed. It is the inner loop
// of Split; whether a bracket opens or closes is hard to foresee for the
// processor, so that is told by arithmetic.
func (x *index) match(buf []byte, w *walk) progress {
	at := x.at
	x.room(len(at))
	link := x.link[:len(at)]
	n, depth, kinds := w.next, w.depth, w.kinds
	for n < len(at) {
		c := buf[at[n]]
		opens := int(c>>1) & 1
		list := uint64(^c>>5) & 1
		x.open[depth] = uint32(n)
		partner, outer := uint32(n), kinds<<1|list
		if opens == 0 {
			partner, outer = x.open[(depth-1)&(len(x.open)-1)], kinds>>1
		}
		if (kinds^list)&uint64(opens^1) != 0 {
			return unsure
		}
		link[partner] = uint32(n) - partner
		kinds = outer
		depth += 2*opens - 1
		n++
		if depth <= 0 || depth > w.limit {
			if depth != 0 {
				return unsure
			}
			w.next = n
			return walked
		}
		if depth == 2 && opens&int(list) != 0 && w.lists {
			w.next, w.depth, w.kinds = n, depth, kinds
			return listed
		}
	}
	w.next, w.depth, w.kinds = n, depth, kinds
	return further
}

package extract

import (
	"encoding/binary"
	"errors"
)

// What is read once only can be read again where it was written down meanwhile. A
// record that is like a stencil is written as what differs from it, which
// mostly is an eighth of its bytes; the first one that is like it has the text
// of the stencil with it.
//
// A packed record is the number of bytes that follow (four bytes, the lowest
// first); how many bytes before it the record stands that has the text of its
// stencil, or, if that is 0, the size and text of the stencil; and what differs:
// for each scalar its distance from the one before, its size and its bytes.
// Numbers are those of encoding/binary.Uvarint. Where the text of a stencil would be
// too much, a distance and a size of 0 stand there, and the record as it is.

// PackedHead is how many bytes of a packed record tell its size.
const PackedHead = 4

// packedStencils is how many stencils a packer and an unpacker know at a time, so
// that they hold no more than that for input whose structure is ever new; and, roughly,
// how many bytes of their texts.
const (
	packedStencils = 256
	packedKnown    = 2 << 20
)

// The texts of stencils take so many bytes, and one more for so many of the records:
// where records are in turn like more stencils than are known, each would have a
// text with it, which may be hundreds of times its size.
const (
	packedTexts   = 1 << 20
	packedPerText = 8
)

// ErrPacked says that bytes are no packed record.
var ErrPacked = errors.New("what was written down of a record is damaged")

// PackedSize is how many bytes a packed record takes that begins so, its head
// included.
func PackedSize(head []byte) int {
	return PackedHead + int(binary.LittleEndian.Uint32(head))
}

// Packer writes records down, one behind the other, for one goroutine.
type Packer struct {
	texts  map[*stencil]int64 // where the record stands that has the text
	known  int                // bytes of these
	newest *stencil           // that a record was like
	at     int64              // where its text is
	read   int64              // bytes of all records
	wrote  int64              // of texts
}

// Packs tells whether the record can be packed: whether it is like one before.
func (it *Item) Packs() bool { return it.like != nil }

// Append appends a record that can be packed, whose place among all that is packed
// is at. The batch of the item must not have been released.
func (p *Packer) Append(b []byte, at int64, it *Item) []byte {
	head := len(b)
	p.read += int64(len(it.Raw))
	b, known := p.appendStencil(append(b, 0, 0, 0, 0), at, it.like.stencil)
	if known {
		b = appendChanges(b, it.Raw, it.like.changes)
	} else {
		b = append(append(b, 0, 0), it.Raw...)
	}
	binary.LittleEndian.PutUint32(b[head:], uint32(len(b)-head-PackedHead))
	return b
}

// appendStencil appends where the text of a stencil is, or the text. Where known is
// false neither is to be had, and nothing is appended.
func (p *Packer) appendStencil(b []byte, at int64, st *stencil) (_ []byte, known bool) {
	if st == p.newest {
		return binary.AppendUvarint(b, uint64(at-p.at)), true
	}
	from, known := p.texts[st]
	if known {
		p.newest, p.at = st, from
		return binary.AppendUvarint(b, uint64(at-from)), true
	}
	size := int64(len(st.text))
	if p.wrote+size > packedTexts+p.read/packedPerText {
		return b, false
	}
	p.wrote += size
	if p.texts == nil || len(p.texts) == packedStencils || p.known > packedKnown {
		p.texts, p.known = make(map[*stencil]int64), 0
	}
	p.known += len(st.text)
	p.newest, p.at, p.texts[st] = st, at, at
	b = binary.AppendUvarint(append(b, 0), uint64(size))
	return append(b, st.text...), true
}

// appendChanges appends what differs.
func appendChanges(b, rec []byte, changes []change) []byte {
	last := uint32(0)
	for i := range changes {
		c := &changes[i]
		after, size := c.scalar-last, c.to-c.from
		if last = c.scalar; after|size < 0x80 {
			b = append(b, byte(after), byte(size))
		} else {
			b = binary.AppendUvarint(binary.AppendUvarint(b, uint64(after)), uint64(size))
		}
		b = append(b, rec[c.from:c.to]...)
	}
	return b
}

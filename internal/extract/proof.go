package extract

import (
	"bytes"
	"encoding/binary"
)

// Logs repeat values: policies and their results from record to record, and
// the steps of a sign-in save for their times. What was valid once is valid
// again, and comparing costs a tenth of reading.

// proofs are objects and lists that were found valid at one place, the newest
// few.
type proofs struct {
	kept [8]proof
	next int
}

// proof is a value that was found valid. Any digit within a string of it that
// is no key may be another digit: the value is as valid then.
type proof struct {
	raw    []byte
	form   uint64
	digits []uint64 // 0xff for each byte of raw that may be another digit, eight bytes a word; nil: not made yet
	loose  bool     // there are any
}

// proofSize is the largest value that is kept, in bytes.
const proofSize = 4 << 10

// form tells which of the proofs a value is like, or 0.
func (p *proofs) form(raw []byte) uint64 {
	if p == nil {
		return 0
	}
	for i := range p.kept {
		if k := &p.kept[i]; len(k.raw) == len(raw) && (bytes.Equal(k.raw, raw) || k.like(raw)) {
			return k.form
		}
	}
	return 0
}

// add keeps a value in place of the oldest.
func (p *proofs) add(raw []byte, form uint64) {
	if len(raw) > proofSize {
		return
	}
	k := &p.kept[p.next]
	*k = proof{raw: append(k.raw[:0], raw...), form: form, digits: k.digits[:0]}
	p.next = (p.next + 1) % len(p.kept)
}

// like reports whether a value of the same length differs in digits only that
// may differ.
func (k *proof) like(raw []byte) bool {
	if len(k.digits) == 0 {
		k.loosen()
	}
	if !k.loose {
		return false
	}
	const (
		zeros = 0x3030303030303030
		nines = 0x7f7f7f7f7f7f7f7f - 0x0909090909090909
	)
	kept, digits := k.raw, k.digits
	for len(raw) >= 8 {
		mask := digits[0]
		w := binary.LittleEndian.Uint64(raw)
		digit := (w ^ zeros) & mask // 0 to 9 in each byte of the mask, where it is one
		if (w^binary.LittleEndian.Uint64(kept))&^mask|(digit|(digit+nines))&highs != 0 {
			return false
		}
		raw, kept, digits = raw[8:], kept[8:], digits[1:]
	}
	for i, c := range raw {
		loose := digits[0]>>(8*i)&0xff != 0
		if c != kept[i] && !(loose && '0' <= c && c <= '9') {
			return false
		}
	}
	return true
}

// loosen finds the digits that may be others. Where anything is escaped there
// are none.
func (k *proof) loosen() {
	k.digits = append(k.digits[:0], make([]uint64, len(k.raw)/8+1)...)
	if bytes.IndexByte(k.raw, '\\') >= 0 {
		return
	}
	for i := 0; i < len(k.raw); i++ {
		if k.raw[i] != '"' {
			continue
		}
		from := i + 1
		i = from + bytes.IndexByte(k.raw[from:], '"')
		if next := space(k.raw, i+1); k.raw[next] == ':' {
			continue
		}
		for j, c := range k.raw[from:i] {
			if '0' <= c && c <= '9' {
				k.digits[(from+j)/8] |= 0xff << (8 * ((from + j) % 8))
				k.loose = true
			}
		}
	}
}

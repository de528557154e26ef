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
	kept   [8]proof
	next   int // the oldest
	latest int // that a value was like
}

// proof is a value that was found valid. Any digit within a string of it that
// is no key may be another digit: the value is as valid then.
type proof struct {
	raw       []byte
	form      uint64
	digits    []uint64  // 0xff for each byte of raw that may be another digit, eight bytes a word; none: not made yet
	stretches []stretch // of the words
	last      uint64    // 0xff for each of the last eight bytes that may be another digit, or of all if there are fewer
}

// stretch is some words in which nothing may be another digit, and some in which
// something may.
type stretch struct{ strict, loose int }

// proofSize is the largest value that is kept, in bytes.
const proofSize = 4 << 10

// form tells which of the proofs a value is like, or 0.
func (p *proofs) form(raw []byte) uint64 {
	if k := &p.kept[p.latest]; len(k.raw) == len(raw) && k.like(raw) {
		return k.form
	}
	for i := range p.kept {
		if k := &p.kept[i]; len(k.raw) == len(raw) && k.like(raw) {
			p.latest = i
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
	*k = proof{raw: append(k.raw[:0], raw...), form: form, digits: k.digits[:0], stretches: k.stretches[:0]}
	p.next = (p.next + 1) % len(p.kept)
}

// like reports whether a value of the same size differs in digits only that may
// differ.
func (k *proof) like(raw []byte) bool {
	if len(k.digits) == 0 {
		if bytes.Equal(raw, k.raw) {
			return true
		}
		k.loosen()
	}
	i := 0
	for _, s := range k.stretches {
		if !bytes.Equal(raw[i:i+8*s.strict], k.raw[i:i+8*s.strict]) {
			return false
		}
		i += 8 * s.strict
		for range s.loose {
			if !alike(binary.LittleEndian.Uint64(raw[i:]), binary.LittleEndian.Uint64(k.raw[i:]), k.digits[i/8]) {
				return false
			}
			i += 8
		}
	}
	if n := len(raw) - 8; n >= 0 {
		return alike(binary.LittleEndian.Uint64(raw[n:]), binary.LittleEndian.Uint64(k.raw[n:]), k.last)
	}
	return alike(tail(raw), tail(k.raw), k.last)
}

// alike compares eight bytes. Those of the mask are digits in both.
func alike(w, kept, mask uint64) bool {
	const (
		zeros = 0x3030303030303030
		carry = 0x7f7f7f7f7f7f7f7f - 0x0909090909090909
	)
	digit := (w ^ zeros) & mask // 0 to 9 in each byte that is one
	return (w^kept)&^mask|(digit|(digit+carry))&highs == 0
}

// tail is less than eight bytes as a word.
func tail(b []byte) uint64 {
	var w uint64
	for i, c := range b {
		w |= uint64(c) << (8 * i)
	}
	return w
}

// loosen finds the digits that may be others. Where anything is escaped there
// are none.
func (k *proof) loosen() {
	words := len(k.raw) / 8
	k.digits = append(k.digits[:0], make([]uint64, words+1)...)
	if bytes.IndexByte(k.raw, '\\') < 0 {
		k.mark()
	}
	k.last = k.digits[words]
	if rest := len(k.raw) % 8; words > 0 {
		k.last = k.digits[words-1]>>(8*rest) | k.digits[words]<<(8*(8-rest))
	}
	for i := 0; i < words; {
		var s stretch
		for ; i < words && k.digits[i] == 0; i++ {
			s.strict++
		}
		for ; i < words && k.digits[i] != 0; i++ {
			s.loose++
		}
		k.stretches = append(k.stretches, s)
	}
}

// mark marks the digits in strings that are no keys.
func (k *proof) mark() {
	for i := 0; i < len(k.raw); i++ {
		if k.raw[i] != '"' {
			continue
		}
		from := i + 1
		i = from + bytes.IndexByte(k.raw[from:], '"')
		if k.raw[space(k.raw, i+1)] == ':' {
			continue
		}
		for j := from; j < i; j++ {
			if c := k.raw[j]; '0' <= c && c <= '9' {
				k.digits[j/8] |= 0xff << (8 * (j % 8))
			}
		}
	}
}

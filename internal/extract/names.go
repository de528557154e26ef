package extract

import (
	"bytes"
	"encoding/binary"
	"math/bits"
)

// names finds a key that stands twice in one object. Objects may be open
// inside one another: each has its own mark, and all share one open-addressing
// table. Entries of earlier records are free places, so that nothing has to
// be cleared.
type names struct {
	table []name
	used  int
	mark  uint64 // of the newest object
	floor uint64 // marks up to here are of earlier records
}

type name struct {
	mark uint64
	hash uint64
	key  []byte
}

// Sizes of the table in entries: the first one, and the largest one that is
// kept for the next record.
const (
	namesFirst = 256
	namesKept  = 1 << 13
)

// reset forgets all objects.
func (t *names) reset() {
	t.floor, t.used = t.mark, 0
	if len(t.table) > namesKept {
		t.table = nil
	}
}

// object opens an object and returns its mark.
func (t *names) object() uint64 {
	t.mark++
	return t.mark
}

// add notes a key of an object and is false if the object has it already.
func (t *names) add(mark, hash uint64, key []byte) bool {
	if 2*t.used >= len(t.table) {
		t.grow()
	}
	mask := uint64(len(t.table) - 1)
	for at := spread(mark, hash) & mask; ; at = (at + 1) & mask {
		e := &t.table[at]
		if e.mark <= t.floor {
			*e = name{mark, hash, key}
			t.used++
			return true
		}
		if e.hash == hash && e.mark == mark && bytes.Equal(e.key, key) {
			return false
		}
	}
}

// grow doubles the table and keeps this record's entries.
func (t *names) grow() {
	old := t.table
	t.table = make([]name, max(namesFirst, 2*len(old)))
	mask := uint64(len(t.table) - 1)
	for _, e := range old {
		if e.mark <= t.floor {
			continue
		}
		at := spread(e.mark, e.hash) & mask
		for t.table[at].mark > t.floor {
			at = (at + 1) & mask
		}
		t.table[at] = e
	}
}

// spread keeps equal keys of different objects apart.
func spread(mark, hash uint64) uint64 { return hash ^ mark*0x9e3779b97f4a7c15 }

// hashKey hashes a key so that keys which differ only in ASCII case are
// equal. (Some other keys are equal too: whoever looks up compares bytes.)
// The seed is secret, so that nobody can write a record of colliding keys.
func hashKey(key []byte, seed uint64) uint64 {
	const fold = 0x2020202020202020
	h := seed ^ uint64(len(key))
	if len(key) < 8 {
		var w uint64
		for _, c := range key {
			w = w<<8 | uint64(c)
		}
		return mix(h, w|fold)
	}
	for i := 0; i+8 < len(key); i += 8 {
		h = mix(h, binary.LittleEndian.Uint64(key[i:])|fold)
	}
	return mix(h, binary.LittleEndian.Uint64(key[len(key)-8:])|fold)
}

// mix folds a word into a hash: the halves of a 128-bit product.
func mix(h, w uint64) uint64 {
	hi, lo := bits.Mul64(h^0xa0761d6478bd642f, w^0xe7037ed1a0b428db^h<<32)
	return hi ^ lo
}

// foldString lowers ASCII letters and nothing else.
func foldString(s string) string {
	b := []byte(s)
	for i, c := range b {
		b[i] = foldByte(c)
	}
	return string(b)
}

func foldByte(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c | 0x20
	}
	return c
}

// equalFold compares a key with a folded name without ASCII case.
func equalFold(key []byte, folded string) bool {
	if len(key) != len(folded) {
		return false
	}
	for i, c := range key {
		if c != folded[i] && foldByte(c) != folded[i] {
			return false
		}
	}
	return true
}

package extract

import (
	"encoding/binary"
	"math/bits"
)

// place is a place in records at which objects stand, such as a record's own
// object or the elements of one list, with the keys that were met there. A
// record's keys come in much the same order each time: each key knows the one
// that followed it last, which is compared with the bytes before anything is
// looked up.
//
// A key's bit tells whether the object at hand has had it, so that a key that
// stands twice is found without a table. Places are learned from the records,
// belong to one Row, and are bounded; keys without room go through names.
type place struct {
	node  *node    // whose children stand in the object; nil: nobody's
	start known    // before the first key
	keys  []*known // by number from 1; 0 is the start
	table []uint8  // numbers by hash; open addressing, 0 is free
	given uint8    // bits given out
}

// known is a key that was met at a place. Its text is what stood there last: the
// white space before the key, the key in quotes, the colon, and the white space up
// to the value.
type known struct {
	words [textWords]uint64 // of the text, as far as it goes
	masks [textWords]uint64 // which bytes of the words are the text's
	ends  [textWords]uint64 // the last words of a text that goes on
	size  int               // of the text, in bytes
	mask  uint64            // of its bit
	next  *known            // the key that followed last
	node  *node             // nil: nobody wants it
	key   string
	own   *place // objects that are its value
	items *place // objects in a list that is its value
	hash  uint64
	bit   uint8 // keys that name the same node share one

	scalar     uint64 // the newest number, true, false or null that was its value, and the comma behind it
	scalarMask uint64 // which bytes are those
	scalarSize int    // of the value, in bytes; 0: there is none

	deeper bool // the node takes more than scalars, or something below it is wanted
}

// textWords is how many words of a text are compared at once.
const textWords = 4

// textBytes are as many bytes. A text has at most twice as many.
const textBytes = 8 * textWords

// Bounds of what is learned: keys at a place, as many of them that nobody wants,
// bytes of a key, and keys that nobody wants in all of a Row's places.
const (
	placeKeys      = 255
	placeStrangers = 160
	placeKey       = 120
	placeRoom      = 1 << 13
)

// seenKeys are the keys that an object has had.
type seenKeys struct {
	bits      [(placeKeys + 1) / 64]uint64
	strangers int    // keys without a place
	mark      uint64 // among the row's names, of the strangers
}

// strangerBit is the bit of all strangers, and of nobody else.
const strangerBit = placeKeys

// meet notes a key and is false if it was met before.
func (s *seenKeys) meet(k *known) bool {
	word := &s.bits[k.bit>>6]
	if *word&k.mask != 0 {
		return false
	}
	*word |= k.mask
	return true
}

// count is how many keys there were.
func (s *seenKeys) count() int {
	n := s.strangers
	if n > 0 {
		n-- // their bit
	}
	for _, word := range s.bits {
		n += bits.OnesCount64(word)
	}
	return n
}

// newKnown makes a key that follows where the text stands.
func newKnown(key string, hash uint64, n *node, bit uint8) *known {
	k := &known{key: key, hash: hash, node: n, bit: bit, mask: 1 << (bit & 63), next: nobody}
	k.deeper = n != nil && (n.whole || n.kids != nil)
	return k
}

// expects reports whether the text that the key waits for is that of [from, to).
// Near the end of b it may be false where it is.
func (k *known) expects(b []byte, from, to int) bool {
	return to-from == k.size && from+textBytes <= len(b) && k.stands((*[textBytes]byte)(b[from:])) &&
		(k.size <= textBytes || k.endsAt((*[textBytes]byte)(b[to-textBytes:])))
}

// expect makes the key wait for a text. For one that is too long it waits in vain.
func (k *known) expect(text []byte) {
	k.words, k.masks, k.size = nobody.words, nobody.masks, nobody.size
	if len(text) > 2*textBytes {
		return
	}
	var words [2 * textBytes]byte
	copy(words[:], text)
	for i := range textWords {
		k.words[i] = binary.LittleEndian.Uint64(words[8*i:])
		k.masks[i] = ^(^uint64(0) << (8 * min(8, max(0, len(text)-8*i))))
	}
	if k.size = len(text); k.size > textBytes {
		for i := range textWords {
			k.ends[i] = binary.LittleEndian.Uint64(words[k.size-textBytes+8*i:])
		}
	}
}

// stands reports whether the text stands at a place, as far as it goes.
func (k *known) stands(w *[textBytes]byte) bool {
	return (binary.LittleEndian.Uint64(w[0:])^k.words[0])&k.masks[0]|
		(binary.LittleEndian.Uint64(w[8:])^k.words[1])&k.masks[1]|
		(binary.LittleEndian.Uint64(w[16:])^k.words[2])&k.masks[2]|
		(binary.LittleEndian.Uint64(w[24:])^k.words[3])&k.masks[3] == 0
}

// endsAt reports whether the end of a text that goes on stands at a place.
func (k *known) endsAt(w *[textBytes]byte) bool {
	return (binary.LittleEndian.Uint64(w[0:])^k.ends[0])|
		(binary.LittleEndian.Uint64(w[8:])^k.ends[1])|
		(binary.LittleEndian.Uint64(w[16:])^k.ends[2])|
		(binary.LittleEndian.Uint64(w[24:])^k.ends[3]) == 0
}

// scalarBytes is the longest scalar that is kept with its comma, in bytes.
const scalarBytes = 8

// keep notes a scalar, valid JSON, with what stands behind it. A value that
// stands there again need not be looked at.
func (k *known) keep(b []byte, from, end int) {
	if end-from >= scalarBytes || from+scalarBytes > len(b) || b[end] != ',' {
		return
	}
	k.scalarSize = end - from
	k.scalarMask = ^uint64(0) >> (8 * (scalarBytes - 1 - k.scalarSize))
	k.scalar = binary.LittleEndian.Uint64(b[from:]) & k.scalarMask
}

// nobody is the key that follows where none has followed yet. No valid record
// has its text.
var nobody = &known{words: [textWords]uint64{0xff}, masks: [textWords]uint64{0xff}, size: 1}

func newPlace(n *node) *place {
	return &place{node: n, start: known{next: nobody}, keys: make([]*known, 1), table: make([]uint8, 16)}
}

// find returns a key that is known, or nil.
func (pl *place) find(key []byte, hash uint64) *known {
	mask := uint64(len(pl.table) - 1)
	for at := hash & mask; ; at = (at + 1) & mask {
		n := pl.table[at]
		if n == 0 {
			return nil
		}
		k := pl.keys[n]
		if k.hash == hash && k.key == string(key) {
			return k
		}
	}
}

// learn adds a key, or returns nil where there is no room.
func (pl *place) learn(key []byte, hash uint64, n *node) *known {
	number := len(pl.keys)
	if number > placeKeys || number > placeStrangers && n == nil || len(key) > placeKey {
		return nil
	}
	k := newKnown(string(key), hash, n, pl.bitOf(n))
	pl.keys = append(pl.keys, k)
	if 2*number > len(pl.table) {
		pl.table = make([]uint8, 2*len(pl.table))
		for i := 1; i < number; i++ {
			pl.enter(i)
		}
	}
	pl.enter(number)
	return k
}

// bitOf gives out a bit for a key of a node.
func (pl *place) bitOf(n *node) uint8 {
	for _, k := range pl.keys[1:] {
		if n != nil && k.node == n {
			return k.bit
		}
	}
	pl.given++
	return pl.given - 1
}

// enter puts a key into the table.
func (pl *place) enter(number int) {
	mask := uint64(len(pl.table) - 1)
	at := pl.keys[number].hash & mask
	for pl.table[at] != 0 {
		at = (at + 1) & mask
	}
	pl.table[at] = uint8(number)
}

// places are what one Row has learned.
type places struct {
	root    *place
	none    *place // where nothing is learned
	other   known  // stands for every key without a place
	room    int    // for keys
	crowded bool   // a wanted key had no room
}

// begin returns the place of a record's own object. Where there was no room
// for a wanted key everything is learned anew.
func (l *places) begin(root *node) *place {
	if l.root == nil || l.crowded {
		*l = places{root: newPlace(root), none: newPlace(nil), room: placeRoom}
		l.other = *newKnown("", 0, nil, strangerBit)
		l.other.own, l.other.items = l.none, l.none
	}
	return l.root
}

// below returns the place at *pl, and makes it if there is none.
func (l *places) below(pl **place, n *node) *place {
	if *pl == nil {
		if l.room <= 0 && n == nil {
			return l.none
		}
		l.room--
		*pl = newPlace(n)
	}
	return *pl
}

// learn adds a key at a place, or returns nil where there is no room.
func (l *places) learn(pl *place, key []byte, hash uint64, n *node) *known {
	if pl == l.none || l.room <= 0 && n == nil {
		return nil
	}
	k := pl.learn(key, hash, n)
	if k != nil {
		l.room--
	}
	return k
}

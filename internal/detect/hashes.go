package detect

import (
	"encoding/binary"
	"hash/maphash"
	"slices"

	"vakt/internal/event"
)

// groupHash tells groups apart by 128 bits of their texts. What follows is known
// by that: mostly it follows nothing, and its group need not be numbered and
// kept. It is the same in all workers, and begins with the tag of words.
func (d *Detector) groupHash(text []byte) (k event.Key) {
	binary.BigEndian.PutUint64(k[:], maphash.Bytes(d.seed, text))
	binary.BigEndian.PutUint64(k[8:], maphash.Bytes(d.other, text))
	return k
}

// tagIn is the tag that a hash begins with.
func tagIn(k *event.Key) uint32 { return binary.BigEndian.Uint32(k[:]) }

// tagOf is the hash by which the facts of a target are ordered: that of their
// group.
func (w *Worker) tagOf(f *fact) uint32 {
	if f.byHash() {
		return tagIn(&f.key)
	}
	return w.words.hashOf(f.group)
}

// byHash tells of a follower whether its key is the hash of its group.
func (f *fact) byHash() bool {
	return (f.kind == isAfter || f.kind == maybe) && f.key != event.Key{}
}

// hashes are those of the groups of a record by some fields.
type hashes struct {
	fields []event.Field
	number int // of the record
	keys   []event.Key
}

// hashed lists the hashes of every group that the record at hand belongs to,
// by fields of which none is unknown, once.
func (w *Worker) hashed(r *event.Record, fields []event.Field) []event.Key {
	at := slices.IndexFunc(w.hashes, func(h hashes) bool { return slices.Equal(h.fields, fields) })
	if at < 0 {
		at, w.hashes = len(w.hashes), append(w.hashes, hashes{fields: fields})
	}
	h := &w.hashes[at]
	if h.number != w.number {
		h.number, h.keys = w.number, h.keys[:0]
		w.eachHash(r, fields, 0, func(k event.Key) { h.keys = append(h.keys, k) })
	}
	return h.keys
}

// eachHash visits the hash of every group that the record at hand belongs to,
// by fields of which none is unknown. Without fields that is 0.
func (w *Worker) eachHash(r *event.Record, fields []event.Field, before int, visit func(event.Key)) {
	if len(fields) == 0 {
		visit(event.Key{})
		return
	}
	next := func(text []byte) {
		switch w.text = appendLower(w.text[:before], text); {
		case len(text) == 0:
		case len(fields) == 1:
			visit(w.d.groupHash(w.text))
		default:
			w.text = append(w.text, joint...)
			w.eachHash(r, fields[1:], len(w.text), visit)
		}
	}
	v, is := r.Only(fields[0])
	switch is {
	case event.Alone:
		next(v.Text)
	case event.Mixed:
		for _, v := range r.Field(fields[0]).List {
			next(v.Text)
		}
	}
}

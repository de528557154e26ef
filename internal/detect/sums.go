package detect

import (
	"bytes"
	"encoding/binary"
	"hash/maphash"

	"vakt/internal/event"
)

// sums are hashes of 64 bits: of the values of a field, or of every group that a
// record belongs to by some fields.
type sums struct {
	number int // of the record
	list   []uint64
}

// sums finds those of the record at hand by a set of fields, once. Without
// fields there is one group.
func (w *Worker) sums(r *event.Record, set int) []uint64 {
	s := &w.summed[set]
	if s.number == w.number {
		return s.list
	}
	s.number = w.number
	fields := w.d.sets[set]
	if len(fields) == 0 {
		s.list = append(s.list[:0], w.d.sumOf(nil))
		return s.list
	}
	s.list = append(s.list[:0], w.fieldSums(r, fields[0])...)
	for _, f := range fields[1:] {
		values := w.fieldSums(r, f)
		if len(values) == 0 {
			s.list = s.list[:0]
			break
		}
		before := len(s.list)
		for _, v := range values[1:] {
			for _, group := range s.list[:before] {
				s.list = append(s.list, w.d.joinSums(group, v))
			}
		}
		for i, group := range s.list[:before] {
			s.list[i] = w.d.joinSums(group, values[0])
		}
	}
	return s.list
}

// fieldSums are the hashes of the values of a field, in lower case; empty ones
// are left out.
func (w *Worker) fieldSums(r *event.Record, f event.Field) []uint64 {
	for len(w.ofFields) <= int(f) {
		w.ofFields = append(w.ofFields, sums{})
	}
	s := &w.ofFields[f]
	if s.number == w.number {
		return s.list
	}
	s.number, s.list = w.number, s.list[:0]
	add := func(text []byte) {
		if len(text) > 0 {
			w.text = appendLower(w.text[:0], text)
			s.list = append(s.list, maphash.Bytes(w.d.seed, w.text))
		}
	}
	switch v, is := r.Only(f); is {
	case event.Alone:
		add(v.Text)
	case event.Mixed:
		for _, v := range r.Field(f).List {
			add(v.Text)
		}
	}
	return s.list
}

// sumOf is the hash of a group by its text, as sums has it.
func (d *Detector) sumOf(group []byte) uint64 {
	value, rest, more := bytes.Cut(group, []byte(joint))
	sum := maphash.Bytes(d.seed, value)
	for more {
		value, rest, more = bytes.Cut(rest, []byte(joint))
		sum = d.joinSums(sum, maphash.Bytes(d.seed, value))
	}
	return sum
}

// joinSums is the hash of a group that has one value more.
func (d *Detector) joinSums(group, value uint64) uint64 {
	var both [16]byte
	binary.LittleEndian.PutUint64(both[:], group)
	binary.LittleEndian.PutUint64(both[8:], value)
	return maphash.Bytes(d.seed, both[:])
}

// sumTag is what a trace keeps of the hash of a group.
func sumTag(sum uint64) uint32 { return uint32(sum >> tagBits) }

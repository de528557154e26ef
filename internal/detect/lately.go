package detect

import (
	"encoding/binary"
	"math/bits"

	"vakt/internal/event"
	"vakt/internal/extract"
)

// uuidMemo remembers the numbers of the UUIDs that came lately, by their bytes:
// most records are of accounts that were met before, and a look at it costs less
// than one at the table of words. It is bounded: a UUID takes the place of
// another.
type uuidMemo struct {
	slots []uuidSlot // nil before the first
}

// uuidSlot is a UUID and its number among the words; 0: it came once and has none.
type uuidSlot struct {
	uuid   [extract.UUIDBytes]byte
	number uint32
}

const memoSlots = 1 << 15

// slot is where a UUID has its place.
func (m *uuidMemo) slot(uuid *[extract.UUIDBytes]byte) *uuidSlot {
	const odd = 0x9e3779b97f4a7c15
	if m.slots == nil {
		m.slots = make([]uuidSlot, memoSlots)
	}
	high, low := bits.Mul64(binary.LittleEndian.Uint64(uuid[:])^odd, binary.LittleEndian.Uint64(uuid[8:])^odd)
	return &m.slots[(high^low)%memoSlots]
}

// number numbers a text in lower case, as words.put does.
func (w *Worker) numberOf(text []byte) uint32 {
	uuid, ok := extract.PackUUID(text)
	if !ok {
		return w.words.put(text)
	}
	s := w.lately.slot(&uuid)
	if s.number == 0 || s.uuid != uuid {
		*s = uuidSlot{uuid, w.words.put(text)}
	}
	return s.number
}

// metUUID is the number of a UUID that came not long ago, as words.met has it;
// 0 for one that comes for the first time.
func (w *Worker) metUUID(uuid *[extract.UUIDBytes]byte, text []byte) uint32 {
	s := w.lately.slot(uuid)
	switch {
	case s.uuid != *uuid:
		*s = uuidSlot{uuid: *uuid}
	case s.number == 0:
		s.number = w.words.put(text)
	}
	return s.number
}

// single is the groups of a record by one field.
type single struct {
	number  int  // of the record
	unknown bool // the field is
	groups  []uint32
}

// single finds the groups of the record at hand by one field, once.
func (w *Worker) single(r *event.Record, f event.Field) *single {
	for len(w.singles) <= int(f) {
		w.singles = append(w.singles, single{})
	}
	s := &w.singles[f]
	if s.number == w.number {
		return s
	}
	*s = single{number: w.number, groups: s.groups[:0]}
	switch v, is := r.Only(f); {
	case is == event.Unseen:
		s.unknown = true
	case is == event.Mixed:
		s.unknown = r.Field(f).Unknown
		s.groups = w.combine(s.groups, r, []event.Field{f}, 0)
	case len(v.Text) > 0:
		w.text = appendLower(w.text[:0], v.Text)
		s.groups = append(s.groups, w.numberOf(w.text))
	}
	return s
}

// isUnknown tells whether a field of the record at hand is.
func (w *Worker) isUnknown(r *event.Record, f event.Field) bool {
	if int(f) < len(w.singles) && w.singles[f].number == w.number {
		return w.singles[f].unknown
	}
	_, is := r.Peek(f)
	return is == event.Unseen || is == event.Mixed && r.Field(f).Unknown
}

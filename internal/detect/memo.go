package detect

import (
	"bytes"
	"hash/maphash"

	"vakt/internal/event"
	"vakt/internal/extract"
)

// entityMemo remembers the entities that came lately, by worker and how it has
// written them: alerts name the same accounts and applications again and again,
// and their texts lie in many places. It is bounded: an entity takes the place
// of another.
type entityMemo struct {
	seed   maphash.Seed
	places *[manyEntities]uint16 // by hash: 1 + place among the slots; 0: none. nil before the first
	slots  [][]entitySlot        // in pieces, so that nothing moves and few entities take little
	taken  int
	near   uint32 // what was fetched
}

// entitySlot is an entity and how it is written; length 0: there is none.
type entitySlot struct {
	of     uint32 // worker
	length uint8
	as     [maxWritten]byte
	is     event.Entity
}

// What is written longer than maxWritten, with texts that came once, is not
// remembered.
const (
	manyEntities = 1 << 14
	entityPiece  = 1 << 6
	maxWritten   = 35
)

// entity reads one that the worker of a number has written.
func (m *entityMemo) entity(w *Worker, of uint32, written []byte) event.Entity {
	return m.slot(written).entity(w, of, written)
}

// fetch lists the slots of entities that workers have written, each behind the
// number of its worker, and brings them near: see fewAhead.
func (m *entityMemo) fetch(list []*entitySlot, all *texts) []*entitySlot {
	seen := uint32(0)
	for i := range all.len() {
		s := m.slot(all.at(i)[workerBytes:])
		if list = append(list, s); s != nil {
			seen |= s.of | uint32(len(s.is.Name))
		}
	}
	m.near = seen
	return list
}

// slot is where an entity has its place; nil where it is not remembered.
func (m *entityMemo) slot(written []byte) *entitySlot {
	if len(written) > maxWritten {
		return nil
	}
	if m.places == nil {
		m.seed, m.places = maphash.MakeSeed(), new([manyEntities]uint16)
	}
	place := &m.places[maphash.Bytes(m.seed, written)%manyEntities]
	if *place == 0 {
		if m.taken%entityPiece == 0 {
			m.slots = append(m.slots, make([]entitySlot, entityPiece))
		}
		m.taken++
		*place = uint16(m.taken)
	}
	n := int(*place) - 1
	return &m.slots[n/entityPiece][n%entityPiece]
}

// entity is the one that the slot holds, which is read where it is another.
func (s *entitySlot) entity(w *Worker, of uint32, written []byte) event.Entity {
	if s == nil {
		return w.entityOf(written)
	}
	if s.length == 0 || s.of != of || !bytes.Equal(s.as[:s.length], written) {
		s.of, s.length, s.is = of, uint8(copy(s.as[:], written)), w.entityOf(written)
	}
	return s.is
}

// entityOf reads an entity that the worker has written.
func (w *Worker) entityOf(written []byte) event.Entity {
	var buf [2][extract.UUIDLength]byte
	kind, id, name := w.readEntity(written, &buf)
	if bytes.Equal(id, name) {
		text := string(id)
		return event.Entity{Kind: kind, ID: text, Name: text}
	}
	var both [128]byte
	text := string(append(append(both[:0], id...), name...))
	return event.Entity{Kind: kind, ID: text[:len(id)], Name: text[len(id):]}
}

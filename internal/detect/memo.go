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
	seed  maphash.Seed
	slots []entitySlot // nil before the first
	taken int          // slots that hold an entity
}

// entitySlot is an entity and how it is written; length 0: there is none.
type entitySlot struct {
	of     uint32 // worker
	length uint8
	as     [maxWritten]byte
	entity event.Entity
}

// The memo begins small and has more slots once half of them are taken. What is
// written longer, with texts that came once, is not remembered.
const (
	fewEntities  = 1 << 8
	manyEntities = 1 << 14
	maxWritten   = 35
)

// entity reads one that the worker of a number has written.
func (m *entityMemo) entity(w *Worker, of uint32, written []byte) event.Entity {
	if len(written) > maxWritten {
		return w.entityOf(written)
	}
	if n := len(m.slots); 2*m.taken >= n && n < manyEntities {
		m.grow(max(fewEntities, 4*n))
	}
	s := m.slot(written)
	if s.of == of && bytes.Equal(s.as[:s.length], written) {
		return s.entity
	}
	if s.length == 0 {
		m.taken++
	}
	s.of, s.length, s.entity = of, uint8(copy(s.as[:], written)), w.entityOf(written)
	return s.entity
}

// slot is where an entity has its place.
func (m *entityMemo) slot(written []byte) *entitySlot {
	return &m.slots[maphash.Bytes(m.seed, written)%uint64(len(m.slots))]
}

// grow gives the memo more slots.
func (m *entityMemo) grow(slots int) {
	if m.slots == nil {
		m.seed = maphash.MakeSeed()
	}
	old := m.slots
	m.slots, m.taken = make([]entitySlot, slots), 0
	for i := range old {
		if length := old[i].length; length > 0 {
			if s := m.slot(old[i].as[:length]); s.length == 0 {
				*s = old[i]
				m.taken++
			}
		}
	}
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

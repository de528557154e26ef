package detect

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"slices"
	"strings"

	"vakt/internal/event"
)

// shown is what is kept of a version of a record, for all facts of it: what
// an alert shows, and what tells which version is the newest. Texts are
// numbers of the worker that keeps it.
type shown struct {
	time     int64
	updated  int64
	size     int
	shape    event.Shape
	tenant   uint32
	attempt  event.Key
	id       []byte // as the source names it; nil: the record has none
	entities []entity
	listed   []int // ids of watches whose list the record is on, sorted
	counted  []counted
	raw      int // 1 + place among the records kept by the worker; 0: not kept
}

// counted is a value that a watch counts.
type counted struct {
	id    int
	value uint32
}

// version tells where a version of a record is kept: which worker, and where
// among its rows.
type version struct{ worker, row uint32 }

// entity is somebody or something that a record names.
type entity struct {
	kind int    // place in Worker.kinds
	id   uint32 // as is the name
	name uint32 // 0: the id
}

// read gives an entity its texts.
func (w *Worker) read(e entity) event.Entity {
	full := event.Entity{Kind: w.kinds[e.kind], ID: string(w.words.text(e.id))}
	if full.Name = full.ID; e.name != 0 {
		full.Name = string(w.words.text(e.name))
	}
	return full
}

// append writes s as a row. The attempt is left out where it is the record's
// own key, as it mostly is; a UUID takes its 16 bytes.
func (s *shown) append(b []byte, key event.Key) []byte {
	b = binary.AppendVarint(b, s.time)
	b = binary.AppendVarint(b, s.updated)
	for _, n := range []int{s.size, int(s.shape), int(s.tenant), s.raw} {
		b = binary.AppendUvarint(b, uint64(n))
	}
	if s.attempt == key {
		b = append(b, 0)
	} else {
		b = append(append(b, 1), s.attempt[:]...)
	}
	if uuid, ok := packUUID(s.id); ok {
		b = append(append(b, idUUID), uuid[:]...)
	} else {
		b = append(binary.AppendUvarint(append(b, idText), uint64(len(s.id))), s.id...)
	}
	b = binary.AppendUvarint(b, uint64(len(s.entities)))
	for _, e := range s.entities {
		for _, n := range []uint32{uint32(e.kind), e.id, e.name} {
			b = binary.AppendUvarint(b, uint64(n))
		}
	}
	b = binary.AppendUvarint(b, uint64(len(s.listed)))
	for _, id := range s.listed {
		b = binary.AppendUvarint(b, uint64(id))
	}
	for _, c := range s.counted {
		b = binary.AppendUvarint(binary.AppendUvarint(b, uint64(c.id)), uint64(c.value))
	}
	return b
}

// How a row writes the id of a record.
const (
	idText = iota
	idUUID
)

// read is the reverse of append.
func (s *shown) read(b []byte, key event.Key) {
	r := rowReader{b}
	s.time, s.updated = r.signed(), r.signed()
	s.size, s.shape, s.tenant, s.raw = r.int(), event.Shape(r.int()), uint32(r.int()), r.int()
	if s.attempt = key; r.int() == 1 {
		copy(s.attempt[:], r.bytes(len(s.attempt)))
	}
	if s.id = s.id[:0]; r.int() == idUUID {
		s.id = appendUUID(s.id, r.bytes(16))
	} else {
		s.id = append(s.id, r.bytes(r.int())...)
	}
	s.entities = s.entities[:0]
	for range r.int() {
		s.entities = append(s.entities, entity{r.int(), uint32(r.int()), uint32(r.int())})
	}
	s.listed = s.listed[:0]
	for range r.int() {
		s.listed = append(s.listed, r.int())
	}
	s.counted = s.counted[:0]
	for len(r.b) > 0 {
		s.counted = append(s.counted, counted{r.int(), uint32(r.int())})
	}
}

// rowReader reads the numbers of a row.
type rowReader struct{ b []byte }

func (r *rowReader) int() int {
	n, size := binary.Uvarint(r.b)
	r.b = r.b[size:]
	return int(n)
}

func (r *rowReader) signed() int64 {
	n, size := binary.Varint(r.b)
	r.b = r.b[size:]
	return n
}

func (r *rowReader) bytes(n int) []byte {
	b := r.b[:n]
	r.b = r.b[n:]
	return b
}

const uuidLength = 36

// packUUID is a UUID in lower case as 16 bytes; ok is false for any other
// text.
func packUUID(text []byte) (uuid [16]byte, ok bool) {
	if len(text) != uuidLength {
		return uuid, false
	}
	digits := 0
	for i, c := range text {
		switch i {
		case 8, 13, 18, 23:
			if c != '-' {
				return uuid, false
			}
			continue
		}
		switch {
		case '0' <= c && c <= '9':
			c -= '0'
		case 'a' <= c && c <= 'f':
			c -= 'a' - 10
		default:
			return uuid, false
		}
		uuid[digits/2] |= c << (4 * (1 - digits%2))
		digits++
	}
	return uuid, true
}

func appendUUID(b, uuid []byte) []byte {
	const hex = "0123456789abcdef"
	for i, c := range uuid {
		switch i {
		case 4, 6, 8, 10:
			b = append(b, '-')
		}
		b = append(b, hex[c>>4], hex[c&15])
	}
	return b
}

// newest orders two versions of a record, the one to be shown first: last
// updated, then fullest, then by what it says, greatest first. Facts of one
// version are equal, whichever rule and group they are of.
func (x *decision) newest(key event.Key, a, b version) int {
	if a == b {
		return 0
	}
	s, t := &x.pair[0], &x.pair[1]
	x.show(s, a, key)
	x.show(t, b, key)
	return cmp.Or(cmp.Compare(t.updated, s.updated), cmp.Compare(t.size, s.size), cmp.Compare(t.time, s.time), x.compareShown(t, b.worker, s, a.worker))
}

// compareShown compares what two versions say, each in the numbers of its
// worker.
func (x *decision) compareShown(s *shown, of uint32, t *shown, other uint32) int {
	first, second := &x.workers[of].words, &x.workers[other].words
	text := func(a, b uint32) int { return bytes.Compare(first.text(a), second.text(b)) }
	entity := func(a, b entity) int { return compareEntities(x.workers[of].read(a), x.workers[other].read(b)) }
	value := func(a, b counted) int { return cmp.Or(cmp.Compare(a.id, b.id), text(a.value, b.value)) }
	tenant := 0
	if x.several {
		tenant = text(s.tenant, t.tenant)
	}
	return cmp.Or(tenant, bytes.Compare(s.attempt[:], t.attempt[:]), slices.CompareFunc(s.entities, t.entities, entity),
		bytes.Compare(s.id, t.id), cmp.Compare(s.shape, t.shape), slices.Compare(s.listed, t.listed),
		slices.CompareFunc(s.counted, t.counted, value), bytes.Compare(x.workers[of].kept.raw(s.raw), x.workers[other].kept.raw(t.raw)))
}

func compareEntities(a, b event.Entity) int {
	return cmp.Or(strings.Compare(a.Kind, b.Kind), strings.Compare(a.ID, b.ID), strings.Compare(a.Name, b.Name))
}

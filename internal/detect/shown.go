package detect

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"slices"

	"vakt/internal/event"
	"vakt/internal/extract"
)

// shown is what is kept of a version of a record, for all facts of it: what
// an alert shows, and what tells which version is the newest. Texts are
// numbers of the worker that keeps it.
type shown struct {
	key     event.Key // of the record at hand; not in a row
	time    int64
	updated int64
	size    int
	shape   event.Shape
	tenant  uint32
	attempt event.Key
	id      []byte // as the source names it; nil: the record has none
	named   []byte // entities, as Worker.entity writes them
	listed  []int  // ids of watches whose list the record is on, sorted
	counted []counted
	raw     int                         // 1 + place among the records kept by the worker; 0: not kept
	ids     [2][extract.UUIDLength]byte // scratch for eachEntity
	row     []byte                      // where it was copied from a row: what named is a part of
}

// counted is a value that a watch counts.
type counted struct {
	id    int
	value uint32
}

// version tells where a version of a record is kept: which worker, and where
// among its rows. With again it is read again, and row is the number of its
// origin.
type version struct {
	worker, row uint32
	again       bool
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
	if uuid, ok := extract.PackUUID(s.id); ok {
		b = append(append(b, idUUID), uuid[:]...)
	} else {
		b = append(binary.AppendUvarint(append(b, idText), uint64(len(s.id))), s.id...)
	}
	b = append(binary.AppendUvarint(b, uint64(len(s.named))), s.named...)
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

// read is the reverse of append. It keeps nothing of b.
func (s *shown) read(b []byte, key event.Key) {
	s.row = append(s.row[:0], b...)
	s.parse(s.row, key)
}

// parse is read for a row that stays as it is while s is used.
func (s *shown) parse(row []byte, key event.Key) {
	r := rowReader{row}
	s.time, s.updated = r.signed(), r.signed()
	s.size, s.shape, s.tenant, s.raw = r.int(), event.Shape(r.int()), uint32(r.int()), r.int()
	if s.attempt = key; r.int() == 1 {
		copy(s.attempt[:], r.bytes(len(s.attempt)))
	}
	if s.id = s.id[:0]; r.int() == idUUID {
		s.id = extract.AppendUUID(s.id, r.bytes(16))
	} else {
		s.id = append(s.id, r.bytes(r.int())...)
	}
	s.named = r.bytes(r.int())
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
	if c := r.b[0]; c < 1<<7 { // as most are
		r.b = r.b[1:]
		return int(c)
	}
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

// newest orders two versions of a record, the one to be shown first: last
// updated, then fullest, then by what it says, greatest first. Facts of one
// version are equal, whichever rule and group they are of.
func (x *decision) newest(key event.Key, a, b version) int {
	if a == b {
		return 0
	}
	s, t := &x.pair[0], &x.pair[1]
	of, other := x.show(s, a, key), x.show(t, b, key)
	return cmp.Or(cmp.Compare(t.updated, s.updated), cmp.Compare(t.size, s.size), cmp.Compare(t.time, s.time), x.compareShown(t, x.worker(other), s, x.worker(of)))
}

// compareShown compares what two versions say, each in the numbers of its
// worker. What raises ask comes last: a row may lack what those ask that stand
// above traces.
func (x *decision) compareShown(s *shown, of *Worker, t *shown, other *Worker) int {
	text := func(a, b uint32) int { return bytes.Compare(of.words.text(a), other.words.text(b)) }
	value := func(a, b counted) int { return cmp.Or(cmp.Compare(a.id, b.id), text(a.value, b.value)) }
	tenant, raw := 0, 0
	if x.several {
		tenant = text(s.tenant, t.tenant)
	}
	if s.raw != 0 && t.raw != 0 {
		raw = bytes.Compare(of.kept.raw(s.raw), other.kept.raw(t.raw))
	}
	return cmp.Or(tenant, bytes.Compare(s.attempt[:], t.attempt[:]), slices.CompareFunc(of.entities(s), other.entities(t), compareEntities),
		bytes.Compare(s.id, t.id), cmp.Compare(s.shape, t.shape), raw,
		slices.Compare(s.listed, t.listed), slices.CompareFunc(s.counted, t.counted, value))
}

package detect

import (
	"bytes"
	"encoding/binary"
	"slices"

	"vakt/internal/event"
)

// sheet holds what the records of a group say, each read once, as the rules of a
// family show much the same of them. Texts are known by their places.
type sheet struct {
	x       *decision
	records []noted // by point

	attempts texts
	ids      texts
	shownIDs []string // the same texts
	named    texts    // the number of a worker, in four bytes, and the entities of a record as it writes them
	ends     []int    // in people, by place in named
	people   []int    // places in entities
	entities texts    // the number of a worker, in four bytes, and how it writes an entity
	order    order

	attempt, id, names, person marks // of what one detection has met
	idPlaces, ranks            []int // scratch
	shapes                     map[uint64][]event.Shape

	record shown         // scratch
	slots  []*entitySlot // by place in entities
	buf    []byte
}

// noted is what a record says.
type noted struct {
	attempt, id, named int // places
	shape              event.Shape
	worker             uint32
	raw                int // see shown.raw
}

// read reads the records of the points of a group.
func (s *sheet) read(x *decision, points []point) {
	s.x, s.records = x, s.records[:0]
	s.attempts.empty()
	s.ids.empty()
	s.named.empty()
	s.entities.empty()
	s.ends, s.people = s.ends[:0], s.people[:0]
	for i := range points {
		s.put(&points[i])
	}
	s.shownIDs = s.ids.list()
	s.order.begin()
	s.slots = x.memo.fetch(s.slots[:0], &s.entities)
	for i, slot := range s.slots {
		key := s.entities.at(i)
		of := binary.LittleEndian.Uint32(key)
		s.order.add(slot.entity(x.worker(of), of, key[workerBytes:]))
	}
	s.order.end()
}

// put reads the record of a point.
func (s *sheet) put(p *point) {
	r := &s.record
	row, of := s.x.row(p.of)
	if row == nil {
		*r = shown{attempt: p.key}
	} else {
		r.parse(row, p.key)
	}
	if len(r.id) == 0 {
		r.id = append(append(r.id, "hash:"...), p.key.String()...)
	}
	s.buf = append(binary.LittleEndian.AppendUint32(s.buf[:0], of), r.named...)
	named := len(s.ends) - 1
	if named < 0 || !bytes.Equal(s.named.at(named), s.buf) { // mostly as of the one before it
		if named = s.named.place(s.buf); named == len(s.ends) {
			s.name(of, r.named)
		}
	}
	s.records = append(s.records, noted{s.attempts.place(r.attempt[:]), s.ids.place(r.id), named, r.shape, of, r.raw})
}

// name takes in the entities of a record.
func (s *sheet) name(of uint32, named []byte) {
	for written, rest := cutEntity(named); written != nil; written, rest = cutEntity(rest) {
		s.buf = append(binary.LittleEndian.AppendUint32(s.buf[:0], of), written...)
		s.people = append(s.people, s.entities.place(s.buf))
	}
	s.ends = append(s.ends, len(s.people))
}

// namedBy are the entities of a record, by their places.
func (s *sheet) namedBy(r *noted) []int {
	from := 0
	if r.named > 0 {
		from = s.ends[r.named-1]
	}
	return s.people[from:s.ends[r.named]]
}

// show fills in what the records of matches say, which are sorted by time and
// key.
func (s *sheet) show(det *Detection, list []hit) {
	s.attempt.begin(s.attempts.len())
	s.id.begin(s.ids.len())
	s.names.begin(len(s.ends))
	s.person.begin(s.entities.len())
	s.idPlaces, s.ranks = s.idPlaces[:0], s.ranks[:0]
	shapes := uint64(0)
	for i := range list {
		r := &s.records[list[i].at]
		shapes |= 1 << r.shape
		if s.attempt.first(r.attempt) {
			det.Count++
		}
		if s.id.first(r.id) {
			if s.idPlaces = append(s.idPlaces, r.id); s.x.d.keep > 0 {
				det.Raw = append(det.Raw, s.x.worker(r.worker).kept.raw(r.raw))
			}
		}
		if !s.names.first(r.named) {
			continue
		}
		for _, person := range s.namedBy(r) {
			if s.person.first(person) {
				s.ranks = append(s.ranks, s.order.ranks[person])
			}
		}
	}
	det.Records, det.Shapes, det.Entities = s.idsAt(s.idPlaces), s.shapesOf(shapes), s.order.list(s.ranks)
}

// idsAt are the ids at different places: a part of the list where they stand
// there so.
func (s *sheet) idsAt(places []int) []string {
	from, n := places[0], len(places)
	together := true
	for i := range places {
		together = together && places[i] == from+i
	}
	if together {
		return s.shownIDs[from : from+n : from+n]
	}
	list := make([]string, n)
	for i, place := range places {
		list[i] = s.shownIDs[place]
	}
	return list
}

// shapesOf are those of a word, a bit each. They are shared.
func (s *sheet) shapesOf(word uint64) []event.Shape {
	if list := s.shapes[word]; list != nil {
		return list
	}
	var list []event.Shape
	for bit := range setBits(word) {
		list = append(list, event.Shape(bit))
	}
	if s.shapes == nil {
		s.shapes = map[uint64][]event.Shape{}
	}
	s.shapes[word] = list
	return list
}

// order puts entities into their order: see oneName.
type order struct {
	all    []event.Entity // as they came
	sorted []int          // their places
	ranks  []int          // by place: the place in sorted
	first  []int          // by rank: that of the first one of the same kind and id
	shown  []event.Entity // one of each kind and id; nil while nobody asks
}

func (o *order) begin() {
	o.all, o.sorted, o.ranks, o.first, o.shown = o.all[:0], o.sorted[:0], o.ranks[:0], o.first[:0], nil
}

func (o *order) add(e event.Entity) {
	o.sorted, o.ranks, o.all = append(o.sorted, len(o.all)), append(o.ranks, 0), append(o.all, e)
}

func (o *order) end() {
	slices.SortFunc(o.sorted, func(a, b int) int { return compareNamed(&o.all[a], &o.all[b]) })
	for rank, place := range o.sorted {
		o.ranks[place] = rank
		if rank > 0 {
			if e, before := &o.all[place], &o.all[o.sorted[rank-1]]; e.ID == before.ID && e.Kind == before.Kind {
				o.first = append(o.first, o.first[rank-1])
				continue
			}
		}
		o.first = append(o.first, rank)
	}
}

// list is the entities of some ranks, one of each kind and id. What has all of
// them shares one list.
func (o *order) list(ranks []int) []event.Entity {
	if len(ranks) == len(o.all) && o.shown != nil {
		return o.shown
	}
	slices.Sort(ranks)
	list := make([]event.Entity, 0, len(ranks))
	last := -1
	for _, rank := range ranks {
		if o.first[rank] != last {
			last = o.first[rank]
			list = append(list, o.all[o.sorted[rank]])
		}
	}
	if len(ranks) == len(o.all) {
		o.shown = list
	}
	return list
}

// marks are those of places that have been met.
type marks struct {
	at  []int
	now int
}

// begin takes the marks off so many places.
func (m *marks) begin(places int) {
	m.now++
	for len(m.at) < places {
		m.at = append(m.at, 0)
	}
}

// first marks a place, and is false if it was.
func (m *marks) first(place int) bool {
	if m.at[place] == m.now {
		return false
	}
	m.at[place] = m.now
	return true
}

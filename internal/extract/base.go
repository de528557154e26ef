package extract

import "slices"

// base is what a Row holds for a stencil: a record that is like the stencil is
// read by copying it and filling in what differs.
type base struct {
	stencil *stencil
	number  uint64
	refused bool // the stencil cannot be read so; there is nothing in the rest

	own    []slot // pieces of the stencil's text
	slots  []slot // the same; of the base that the row is a copy of, with what differs in the record
	keys   int
	uses   []use // by scalar
	wholes []whole
}

// use tells what a scalar of a stencil is in.
type use struct {
	slot   int32 // -1: nobody wants it
	whole  int32 // the innermost object or list around it that is wanted whole; -1: none
	deeper bool  // JSON text in its place would be read
	more   bool  // one of the latter two holds
}

// whole is an object or list that is wanted whole.
type whole struct {
	extent
	node  *node
	outer int32 // the one around it; -1: none
}

// BaseMost is how many bases of a Row may be alive.
const BaseMost = 256

// bases are those of a Row.
type bases struct {
	of     map[*stencil]*base
	ring   [BaseMost]*base     // by number
	number uint64              // of the newest
	lately [stencilsMost]*base // that was the newest for a stencil of this number

	now     *base   // that the row is a copy of; nil: none
	changed []int32 // the slots that are not
	open    []openWhole
}

// openWhole is an object or list in which something differs, and its place in the
// record.
type openWhole struct {
	number int32
	extent
}

// Base tells what the row is a copy of. The number is 0 where nothing is known.
// Else all records of this Row with that number have the same in every slot
// that is not among the changed ones: equal bytes or none, the same form; and as
// many keys. Numbers count up from 1 and are not given out twice; of those at
// most BaseMost apart the older may have been given up and will not come again.
// The changed slots stand there once each, in no order, until the next record.
func (r *Row) Base() (number uint64, changed []int32) {
	if r.bases.now == nil {
		return 0, nil
	}
	return r.bases.now.number, r.bases.changed
}

// copyOf fills the row from a record that is like a stencil. It is false where
// the record has to be read otherwise.
func (r *Row) copyOf(p *Projection, rec []byte, like *likeness) bool {
	b := r.bases.now
	r.leaveBase()
	if b == nil || b.stencil != like.stencil {
		if b = r.baseOf(p, like.stencil); b.refused {
			return false
		}
	}
	r.bases.now, r.slots = b, b.slots
	r.rec, r.keys = rec, b.keys
	return r.fill(b, rec, like.changes)
}

// leaveBase makes the base what it was before the record.
func (r *Row) leaveBase() {
	l := &r.bases
	if l.now == nil {
		return
	}
	own := l.now.own
	slots := l.now.slots[:len(own)]
	for _, n := range l.changed {
		slots[n] = own[n]
	}
	l.changed, l.now, r.slots = l.changed[:0], nil, r.scanned
}

// fill puts what differs into the row.
func (r *Row) fill(b *base, rec []byte, changes []change) bool {
	l, slots, uses := &r.bases, b.slots, b.uses
	changed := l.changed[:0]
	l.open = l.open[:0]
	for i := range changes {
		c := &changes[i]
		u := &uses[c.scalar]
		if n := u.slot; n >= 0 {
			slots[n].raw = rec[c.from:c.to:c.to]
			changed = append(changed, n)
		}
		if u.more {
			if u.deeper && mayBeDocument(rec[c.from:c.to]) {
				l.changed = changed
				return false
			}
			for n := u.whole; n >= 0; n = b.wholes[n].outer {
				l.widen(b, n, *c)
			}
		}
	}
	for _, o := range l.open {
		n := b.wholes[o.number].node
		s := &slots[n.slot]
		if s.raw = rec[o.from:o.to:o.to]; s.form != 0 {
			s.form = r.formOf(n, s.raw)
		}
		changed = append(changed, int32(n.slot))
	}
	l.changed = changed
	return true
}

// widen notes that a scalar differs in an object or list. The place of the one in
// the record follows from that of the scalar: before the first and behind the last
// that differ all is equal.
func (l *bases) widen(b *base, number int32, c change) {
	w, s := &b.wholes[number], b.stencil.scalars[c.scalar]
	to := w.to - s.to + c.to
	for i := range l.open {
		if o := &l.open[i]; o.number == number {
			o.to = to
			return
		}
	}
	l.open = append(l.open, openWhole{number, extent{w.from - s.from + c.from, to}})
}

// mayBeDocument reports whether a raw scalar may be JSON text.
func mayBeDocument(raw []byte) bool {
	if len(raw) < 3 || raw[0] != '"' {
		return false
	}
	c := raw[1]
	return c <= ' ' || c == '\\' || class[c] == opening
}

// baseOf returns the base for a stencil, and makes it if there is none.
func (r *Row) baseOf(p *Projection, st *stencil) *base {
	l := &r.bases
	near := &l.lately[st.number%stencilsMost]
	if *near != nil && (*near).stencil == st {
		return *near
	}
	if b := l.of[st]; b != nil {
		*near = b
		return b
	}
	b := r.newBase(p, st)
	if b.refused {
		st.useless.Store(true)
	}
	l.number++
	b.number = l.number
	place := &l.ring[b.number%BaseMost]
	if old := *place; old != nil {
		delete(l.of, old.stencil)
		if at := &l.lately[old.stencil.number%stencilsMost]; *at == old {
			*at = nil
		}
	}
	*place = b
	if l.of == nil {
		l.of = map[*stencil]*base{}
	}
	l.of[st], *near = b, b
	return b
}

// newBase reads a stencil like any record, finds out where what was read stands
// in it, and makes sure that the two agree. The row holds nothing afterwards.
func (r *Row) newBase(p *Projection, st *stencil) *base {
	defer r.reset()
	b := &base{stencil: st, refused: true}
	if p.Fast(st.text, r) != nil {
		return b
	}
	f := baseFinder{p: p, base: b, slots: make([]extent, len(r.slots))}
	f.value(&p.nodes[0], -1, 0)
	if f.document {
		return b
	}
	for i := range r.slots {
		raw, at := r.slots[i].raw, f.slots[i]
		if len(raw) != int(at.to-at.from) || len(raw) > 0 && &raw[0] != &st.text[at.from] {
			return b
		}
	}
	b.own, b.slots = slices.Clone(r.slots), slices.Clone(r.slots)
	b.keys, b.refused = r.keys, false
	return b
}

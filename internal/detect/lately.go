package detect

import "vakt/internal/event"

// textMemo remembers the numbers of the texts that came lately, by their hashes:
// most records are of accounts that were met before, and a look at it costs less
// than one at the table of words, and one at the text. It is bounded: a text takes
// the place of another. As in sights, texts with one hash of 64 bits are taken for
// one: nobody can choose them, and by chance they do not come.
type textMemo struct {
	slots []textSlot // nil before the first
}

// textSlot is the hash of a text and its number among the words; 0: it came once
// and has none.
type textSlot struct {
	sum    uint64
	number uint32
}

const memoSlots = 1 << 15

// slot is where a hash has its place.
func (m *textMemo) slot(sum uint64) *textSlot {
	if m.slots == nil {
		m.slots = make([]textSlot, memoSlots)
	}
	return &m.slots[sum%memoSlots]
}

// met is the number of a text that came not long ago. A text that comes for the
// second time gets one; it is 0 for the first.
func (w *Worker) met(text []byte) uint32 {
	sum := w.d.salt.sum(text)
	s := w.lately.slot(sum)
	switch {
	case s.sum != sum:
		*s = textSlot{sum: sum}
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
	slot := w.slotOf(r, f)
	if slot != nil && slot.number != 0 {
		s.groups = append(s.groups, slot.number)
		return s
	}
	w.findGroups(s, r, f)
	if slot != nil && len(s.groups) == 1 {
		slot.number = s.groups[0]
	}
	return s
}

// slotOf is where the one value of a field, in lower case, is remembered; nil where
// it is not known to be one.
func (w *Worker) slotOf(r *event.Record, f event.Field) *textSlot {
	if !r.Plain(f) {
		return nil
	}
	sums := w.fieldSums(r, f)
	if len(sums) != 1 {
		return nil
	}
	slot := w.lately.slot(sums[0])
	if slot.sum != sums[0] {
		*slot = textSlot{sum: sums[0]}
	}
	return slot
}

// findGroups finds the groups by decoding the field.
func (w *Worker) findGroups(s *single, r *event.Record, f event.Field) {
	switch v, is := r.Only(f); {
	case is == event.Unseen:
		s.unknown = true
	case is == event.Mixed:
		s.unknown = r.Field(f).Unknown
		s.groups = w.combine(s.groups, r, []event.Field{f}, 0)
	case len(v.Text) > 0:
		w.text = appendLower(w.text[:0], v.Text)
		s.groups = append(s.groups, w.words.put(w.text))
	}
}

// isUnknown tells whether a field of the record at hand is.
func (w *Worker) isUnknown(r *event.Record, f event.Field) bool {
	if int(f) < len(w.singles) && w.singles[f].number == w.number {
		return w.singles[f].unknown
	}
	_, is := r.Peek(f)
	return is == event.Unseen || is == event.Mixed && r.Field(f).Unknown
}

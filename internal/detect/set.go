package detect

import (
	"hash/maphash"
	"slices"
)

// set holds different values in the order in which they came. Most sets are of
// a few values and need no map.
type set[T comparable] struct {
	list   []T
	places map[T]struct{} // nil while there are few
}

const fewValues = 16

// add takes a value in, and is false if it was there.
func (s *set[T]) add(v T) bool {
	if s.places == nil {
		if slices.Contains(s.list, v) {
			return false
		}
	} else if _, known := s.places[v]; known {
		return false
	}
	s.list = append(s.list, v)
	switch {
	case s.places != nil:
		s.places[v] = struct{}{}
	case len(s.list) > fewValues:
		s.places = make(map[T]struct{}, 2*len(s.list))
		for _, known := range s.list {
			s.places[known] = struct{}{}
		}
	}
	return true
}

// empty makes it ready to be used again.
func (s *set[T]) empty() { s.list, s.places = s.list[:0], nil }

// texts holds different texts in the order in which they came, one behind the
// other: it is used again and again, and mostly takes no memory for it.
type texts struct {
	bytes []byte
	ends  []int // in bytes, of each text
	// Of more than a few, where each is found: 1 + its place among them, by
	// its hash or behind that; 0 is free. At least half of it is.
	table []uint32
	seed  maphash.Seed
}

// at is one of the texts, by its place. It must not be changed.
func (s *texts) at(i int) []byte {
	from := 0
	if i > 0 {
		from = s.ends[i-1]
	}
	return s.bytes[from:s.ends[i]]
}

func (s *texts) len() int { return len(s.ends) }

// add takes a copy of a text in, and is false if it was there.
func (s *texts) add(text []byte) bool {
	before := len(s.ends)
	return s.place(text) == before
}

// place is the place of a text, which is taken in if it was not there.
func (s *texts) place(text []byte) int {
	n := len(s.ends)
	if len(s.table) == 0 {
		from := 0
		for i, end := range s.ends { // most differ in length or the last byte
			if n := end - from; n == len(text) && (n == 0 || s.bytes[end-1] == text[n-1]) && string(s.bytes[from:end]) == string(text) {
				return i
			}
			from = end
		}
	} else if slot := s.slot(text); *slot != 0 {
		return int(*slot - 1)
	} else {
		*slot = uint32(n + 1)
	}
	s.bytes = append(s.bytes, text...)
	s.ends = append(s.ends, len(s.bytes))
	if n++; n > fewValues && 2*n >= len(s.table) {
		s.spread(4 * n)
	}
	return n - 1
}

// slot is where a text is found, or would be.
func (s *texts) slot(text []byte) *uint32 {
	at := maphash.Bytes(s.seed, text)
	for ; ; at++ {
		slot := &s.table[at%uint64(len(s.table))]
		if *slot == 0 || string(s.at(int(*slot-1))) == string(text) {
			return slot
		}
	}
}

// spread makes a table of a size for the texts.
func (s *texts) spread(size int) {
	if s.seed == (maphash.Seed{}) {
		s.seed = maphash.MakeSeed()
	}
	s.table = slices.Grow(s.table[:0], size)[:size]
	clear(s.table)
	for i := range s.ends {
		*s.slot(s.at(i)) = uint32(i + 1)
	}
}

// list is a copy of the texts; nil of none.
func (s *texts) list() []string {
	if len(s.ends) == 0 {
		return nil
	}
	all, list, from := string(s.bytes), make([]string, 0, len(s.ends)), 0
	for _, end := range s.ends {
		list = append(list, all[from:end])
		from = end
	}
	return list
}

// empty makes it ready to be used again.
func (s *texts) empty() { s.bytes, s.ends, s.table = s.bytes[:0], s.ends[:0], s.table[:0] }

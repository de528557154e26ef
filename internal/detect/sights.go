package detect

import "vakt/internal/memory"

// sights remembers what the groups of a target have shown, in one table: most
// records ask for something that is there, and each look at memory that was not
// used lately costs more than all the rest.
type sights struct {
	slots []seen // a power of two
	count int
}

const fewSights = 1 << 6

// home is where a sight is looked for first.
func (k *sighted) home() uint64 {
	const odd = 0x9e3779b97f4a7c15
	return fold(k.group^odd, k.value^uint64(k.tenant)<<32^odd>>1)
}

// near has what is known of a sight fetched, which will be asked for.
func (s *sights) near(k *sighted) {
	if s.count > 0 {
		fetch(&s.slots[k.home()&uint64(len(s.slots)-1)])
	}
}

// place is where a sight is, or the free slot that it would have.
func (s *sights) place(k *sighted) *seen {
	for at := k.home(); ; at++ {
		if slot := &s.slots[at&uint64(len(s.slots)-1)]; slot.sighted == *k || !slot.taken {
			return slot
		}
	}
}

// find is what is known of a sight; nil where it is nothing. It is valid until
// the next sight is added.
func (s *sights) find(k *sighted) *seen {
	if s.count == 0 {
		return nil
	}
	if slot := s.place(k); slot.taken {
		return slot
	}
	return nil
}

// add adds a sight that is not there, or puts another stretch in place of its own.
func (s *sights) add(is seen) {
	if 4*s.count >= 3*len(s.slots) {
		old := s.slots
		s.slots = make([]seen, max(fewSights, 2*len(old)))
		memory.Huge(s.slots, len(s.slots))
		for i := range old {
			if old[i].taken {
				*s.place(&old[i].sighted) = old[i]
			}
		}
	}
	slot := s.place(&is.sighted)
	if !slot.taken {
		s.count++
	}
	*slot = is
}

// each goes through the sights, in any order.
func (s *sights) each(yield func(*seen) bool) {
	for i := range s.slots {
		if s.slots[i].taken && !yield(&s.slots[i]) {
			return
		}
	}
}

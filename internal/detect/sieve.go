package detect

// Most targets that are told much of what happens are told too little of what
// is rare, and most of what may follow follows nothing. That is seen before
// facts are brought into the order of their groups.

// hopeless tells whether no group of a target can fire, as all of its facts
// together could not if they were of one.
func (x *decision) hopeless(target int) bool {
	n, bases := 0, uint64(0)
	for i, w := range x.workers {
		if x.hasSpilled(target, i) {
			return false
		}
		for f := range w.facts[target].each {
			if f.kind == isFact {
				n++
				bases |= 1 << f.base
			}
		}
	}
	for i := range x.chains[target] {
		if e := &x.chains[target][i]; e.kind == isFact {
			n++
			bases |= 1 << e.base
		}
	}
	return !x.d.targets[target].canFire(n, bases)
}

// hasSpilled tells whether a worker has put facts of a target into files.
func (x *decision) hasSpilled(target, worker int) bool {
	s := x.workers[worker].spill
	if s == nil {
		return false
	}
	for _, p := range s.runs {
		if p.target == target {
			return true
		}
	}
	return false
}

// sieve lets what follows through where a fact has a group of that hash, and
// seldom otherwise. A nil one lets everything through.
type sieve []uint64

const sieveBits = 1 << 18

// sieve makes one of the facts of a target; nil where they are not all in
// memory.
func (m *inMemory) sieve() sieve {
	kept := roomy(m.bits, sieveBits/64)[:sieveBits/64]
	clear(kept)
	m.bits = kept
	for i, w := range m.x.workers {
		if m.x.hasSpilled(m.target, i) || len(m.x.chains[m.target]) > 0 {
			return nil
		}
		n := 0
		for f := range w.facts[m.target].each {
			if f.kind == isFact {
				h := m.hashes[i][n] % sieveBits
				kept[h/64] |= 1 << (h % 64)
			}
			n++
		}
	}
	return kept
}

func (s sieve) passes(f *fact, hash uint32) bool {
	hash %= sieveBits
	return s == nil || !f.byHash() || s[hash/64]>>(hash%64)&1 == 1
}

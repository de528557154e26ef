package rig

import "time"

// past is what a row held before its newest write.
type past struct {
	at       time.Time // of the newest write
	seq      uint64    // of the newest write
	versions []version // older ones, the oldest first
}

// version is what a row held after one write; a nil raw is nothing.
type version struct {
	raw Object
	at  time.Time
	seq uint64 // counts the row's writes; 0 is the first state, which every replica has
}

// seen returns what a replica shows of a row. Each write reaches a replica
// after a lag of its own, and the newest that has arrived is shown.
func (s *State) seen(t *table, at, replica int) Object {
	r := &t.rows[at]
	if r.past == nil || replica == 0 || s.arrived(t, at, replica, r.past.seq, r.past.at) {
		return t.newest(at)
	}
	for i := len(r.past.versions) - 1; i >= 0; i-- {
		if v := r.past.versions[i]; v.seq == 0 || s.arrived(t, at, replica, v.seq, v.at) {
			return v.raw
		}
	}
	return nil
}

func (s *State) arrived(t *table, at, replica int, seq uint64, written time.Time) bool {
	return !s.clock().Before(written.Add(s.lag(t.kind.name, at, replica, seq)))
}

// lag is a pure function of the seed and the write.
func (s *State) lag(part string, at, replica int, seq uint64) time.Duration {
	if s.most <= 0 {
		return 0
	}
	return time.Duration(mix(s.seed, useLag, textSeed(part), uint64(at), uint64(replica), seq) % uint64(s.most+1))
}

// put writes a row and keeps what replicas may still show of it.
func (s *State) put(t *table, at int, o Object) {
	s.writes++
	r := &t.rows[at]
	now := s.clock()
	was := t.newest(at)
	if r.past == nil {
		r.past = &past{versions: []version{{raw: was}}}
	} else {
		r.past.versions = append(r.past.versions, version{r.raw, r.past.at, r.past.seq})
	}
	r.past.at, r.past.seq = now, r.past.seq+1
	r.forget(now, s.most)
	switch {
	case was == nil && o != nil:
		t.live++
	case was != nil && o == nil:
		t.live--
	}
	r.raw = o
	if o != nil && t.index != nil {
		t.index.add(t.keysOf(at, o), at)
	}
}

// forget drops versions that no replica can show any more: those before the
// newest one that has reached all of them.
func (r *row) forget(now time.Time, most time.Duration) {
	v := r.past.versions
	for i := len(v) - 1; i > 0; i-- {
		if now.Sub(v[i].at) > most {
			v[i].seq = 0
			r.past.versions = append([]version(nil), v[i:]...)
			return
		}
	}
}

// append adds a row by a write: replicas show it when it has reached them.
func (s *State) append(t *table, owner string, o Object) int {
	at := t.add(owner, nil)
	s.put(t, at, o)
	return at
}

package detect

// What is decided together was seen at many times, and lies in memory at as many
// places. To wait for one place after the other takes most of the time of deciding;
// to wait for some of them at once takes little more than to wait for one. What
// is fetched here is of no use but that it is near then.

// fewAhead is for how many facts that is done together: what they say fits into
// the nearest cache.
const fewAhead = 32

// eachFew goes through the list, some at a time.
func (l *facts) eachFew(see func([]fact)) {
	for _, chunk := range append(l.full[:len(l.full):len(l.full)], l.last) {
		for len(chunk) > 0 {
			n := min(fewAhead, len(chunk))
			see(chunk[:n])
			chunk = chunk[n:]
		}
	}
}

// fetchGroups brings the texts of groups near.
func (m *inMemory) fetchGroups(w *Worker, few []fact) {
	seen := byte(0)
	for i := range few {
		seen |= w.words.near(few[i].group)
	}
	m.x.near |= int64(seen)
}

// fetch brings near what the next facts of the range say, their groups where all
// of them are looked at, and what is shown of them where all are.
func (m *inMemory) fetch() {
	ahead := m.refs[m.at:min(m.at+fewAhead, len(m.refs))]
	workers, seen := m.x.workers, byte(0)
	for i := range ahead {
		f := ahead[i].fact
		seen |= f.key[0] | byte(f.kind)
	}
	switch t := &m.x.d.targets[m.target]; {
	case t.family != nil:
		for i := range ahead {
			w := workers[ahead[i].of]
			seen |= w.rows.near(ahead[i].fact.row) | w.words.near(ahead[i].fact.group)
		}
	case t.rule.FirstSeen != nil:
		for i := range ahead {
			seen |= workers[ahead[i].of].words.near(ahead[i].fact.group)
		}
	}
	m.x.near |= int64(seen)
}

// near is the first byte of what stands at a place, if it is in memory.
func (a *arena) near(place uint32) byte {
	page := int(place / pagePlaces)
	if page >= len(a.pages) || a.pages[page] == nil {
		return 0
	}
	return a.pages[page][place%pagePlaces*placeBytes]
}

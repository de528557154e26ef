package detect

import (
	"bufio"
	"cmp"
	"fmt"
	"io"
	"slices"
)

// entry is a fact on its way to its group.
type entry struct {
	fact
	of     uint32 // worker that keeps its row
	global bool   // its texts are numbers of the decision
	inner  span   // of a firing beneath
}

// stream hands out facts of one target by the hash of their group. Facts of
// one group come together, perhaps with those of others.
type stream interface {
	// front is the hash of the next fact; ok is false at the end.
	front() (hash uint32, ok bool)
	// next is the next fact, where there is one.
	next() entry
}

// hashOf is the hash by which groups are ordered.
func (w *words) hashOf(group uint32) uint32 { return w.tag(w.text(group)) }

// ref points to a fact in memory.
type ref struct {
	hash uint32
	of   uint32 // worker
	fact *fact
}

// refs are those to the worker's facts of a target that are in memory. It may
// use a list.
func (w *Worker) refs(target int, list []ref) []ref {
	list = roomy(list, w.facts[target].len())
	for f := range w.facts[target].each {
		list = append(list, ref{hash: w.tagOf(f), fact: f})
	}
	return list
}

const (
	digitBits = 11
	manyRefs  = 1 << 9 // from here on sorting by digits is quicker
)

// sortedRefs sorts by hash, by digits where there are many, and gives back both
// lists.
func sortedRefs(list, other []ref) (sorted, free []ref) {
	if len(list) < manyRefs {
		slices.SortFunc(list, func(a, b ref) int { return cmp.Compare(a.hash, b.hash) })
		return list, other
	}
	other = roomy(other, len(list))[:len(list)]
	for shift := 0; shift < 32; shift += digitBits {
		var places [1 << digitBits]int
		for i := range list {
			places[list[i].hash>>shift%(1<<digitBits)]++
		}
		sum := 0
		for d, n := range places {
			places[d] = sum
			sum += n
		}
		for i := range list {
			p := &places[list[i].hash>>shift%(1<<digitBits)]
			other[*p] = list[i]
			*p++
		}
		list, other = other, list
	}
	return list, other
}

// inMemory is a stream of facts that are in memory. It takes those of one range
// of hashes after the other, so that little is held beside them. A decision has
// one, for one target after the other.
type inMemory struct {
	x      *decision
	target int
	hashes [][]uint32 // by worker and fact
	after  uint64     // where the next range begins
	width  uint64     // of a range
	kept   sieve      // of what follows
	refs   []ref      // of the range at hand
	at     int

	spare []ref // scratch
	bits  sieve // the same
}

// rangeFacts is about how many facts a range has; there are maxRanges at most.
const (
	rangeFacts = 1 << 16
	maxRanges  = 64
)

func (x *decision) inMemory(target int) *inMemory {
	m := &x.memory
	m.x, m.target, m.after = x, target, 0
	m.hashes = slices.Grow(m.hashes, len(x.workers)-len(m.hashes))[:len(x.workers)]
	facts, follow := 0, 0
	for i, w := range x.workers {
		n := w.facts[target].len()
		facts += n
		m.hashes[i] = roomy(m.hashes[i], n)
		w.facts[target].eachFew(func(few []fact) {
			m.fetchGroups(w, few)
			for k := range few {
				m.hashes[i] = append(m.hashes[i], w.tagOf(&few[k]))
				if few[k].byHash() {
					follow++
				}
			}
		})
	}
	ranges := min(facts/rangeFacts+1, maxRanges)
	m.width = 1<<32/uint64(ranges) + 1
	if m.kept = nil; follow > 0 {
		m.kept = m.sieve()
	}
	likely := (facts - follow) / ranges
	m.refs = roomy(m.refs, likely+likely/8)
	m.fill()
	return m
}

// fill takes the facts of the next range that has any.
func (m *inMemory) fill() {
	for m.at = 0; m.after < 1<<32; {
		from := m.after
		m.after += m.width
		m.empty()
		for i, w := range m.x.workers {
			n := 0
			for f := range w.facts[m.target].each {
				if h := m.hashes[i][n]; uint64(h)-from < m.width && m.kept.passes(f, h) {
					m.refs = append(m.refs, ref{h, uint32(i), f})
				}
				n++
			}
		}
		if m.refs, m.spare = sortedRefs(m.refs, m.spare); len(m.refs) > 0 {
			return
		}
	}
	m.empty()
}

// empty lets go of the facts that were pointed to.
func (m *inMemory) empty() {
	clear(m.refs)
	clear(m.spare)
	m.refs, m.spare = m.refs[:0], m.spare[:0]
}

func (m *inMemory) front() (uint32, bool) {
	if m.at == len(m.refs) {
		return 0, false
	}
	return m.refs[m.at].hash, true
}

func (m *inMemory) next() entry {
	if m.at%fewAhead == 0 {
		m.fetch()
	}
	r := m.refs[m.at]
	if m.at++; m.at == len(m.refs) {
		m.fill()
	}
	return entry{fact: *r.fact, of: r.of}
}

// chained is a stream of firings beneath.
type chained struct {
	words   *glossary
	entries []entry
}

func (c *chained) front() (uint32, bool) {
	if len(c.entries) == 0 {
		return 0, false
	}
	return c.words.hashOf(c.entries[0].group), true
}

func (c *chained) next() entry {
	e := c.entries[0]
	c.entries = c.entries[1:]
	return e
}

// inFile is a stream of one part of a run.
type inFile struct {
	r    *bufio.Reader
	left int
	w    *Worker
	of   uint32 // its number
	now  fact
	hash uint32
	err  error
}

// runBuffer is how much of a run is read at once.
const runBuffer = 16 << 10

func newInFile(w *Worker, number uint32, p part) *inFile {
	section := io.NewSectionReader(w.spill.facts, p.at, int64(p.count)*factBytes)
	f := &inFile{r: bufio.NewReaderSize(section, min(runBuffer, p.count*factBytes)), left: p.count, w: w, of: number}
	f.read()
	return f
}

// read takes the next line in.
func (f *inFile) read() {
	if f.left == 0 {
		return
	}
	var line [factBytes]byte
	if _, err := io.ReadFull(f.r, line[:]); err != nil {
		f.err = fmt.Errorf("read facts that did not fit into memory: %w", err)
		f.left = 0
		return
	}
	f.now.decode(&line)
	f.hash = f.w.tagOf(&f.now)
}

func (f *inFile) front() (uint32, bool) { return f.hash, f.left > 0 }

func (f *inFile) next() entry {
	e := entry{fact: f.now, of: f.of}
	f.left--
	f.read()
	return e
}

// streams are all facts of one target, wherever they are.
func (x *decision) streams(t int) []stream {
	var list []stream
	for i, w := range x.workers {
		if w.spill == nil {
			continue
		}
		for _, p := range w.spill.runs {
			if p.target == t {
				list = append(list, newInFile(w, uint32(i), p))
			}
		}
	}
	words := &x.words
	chain := x.chains[t]
	slices.SortFunc(chain, func(a, b entry) int { return cmp.Compare(words.hashOf(a.group), words.hashOf(b.group)) })
	return append(list, x.inMemory(t), &chained{words, chain})
}

// groups goes through the facts of a target, those of one hash at a time. The
// slice is used again.
func (x *decision) groups(t int, yield func([]entry) bool) {
	list := x.streams(t)
	var group []entry
	for {
		least, any := uint32(0), false
		for _, s := range list {
			if h, ok := s.front(); ok && (!any || h < least) {
				least, any = h, true
			}
		}
		if !any {
			break
		}
		group = group[:0]
		for _, s := range list {
			for h, ok := s.front(); ok && h == least; h, ok = s.front() {
				group = append(group, s.next())
			}
		}
		if !yield(group) {
			break
		}
	}
	for _, s := range list {
		if f, ok := s.(*inFile); ok && f.err != nil {
			x.fail(f.err)
		}
	}
}

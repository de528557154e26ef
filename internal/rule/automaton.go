package rule

// automaton finds which of many texts stand in another one, in one pass over
// it (Aho and Corasick, "Efficient string matching", 1975). It does not change
// once built and is shared by all matchers.
type automaton struct {
	classes [256]uint8 // of bytes; 0 is every byte that stands in no text
	width   uint32     // number of classes
	next    []uint32   // by state times width plus class: the next state
	found   [][]uint16 // by state: the numbers of the texts that end here
}

// term is a text to find and the number to report it by.
type term struct {
	text   string
	number uint16
}

// maxTerm is how many bytes of a text the automaton looks for. It only
// chooses whom to ask: the rest is compared by whoever is asked.
const maxTerm = 24

// newAutomaton builds the automaton; nil for no terms. No text is empty.
func newAutomaton(terms []term) *automaton {
	if len(terms) == 0 {
		return nil
	}
	a := &automaton{width: 1}
	for _, n := range terms {
		for _, c := range []byte(n.text) {
			if a.classes[c] == 0 && a.width < 256 {
				a.classes[c] = uint8(a.width)
				a.width++
			}
		}
	}
	a.reserve(terms)
	a.state()
	for _, n := range terms {
		a.insert(n)
	}
	a.link()
	return a
}

// reserve makes room for as many states as there can be.
func (a *automaton) reserve(terms []term) {
	states := 1
	for _, n := range terms {
		states += min(len(n.text), maxTerm)
	}
	a.next = make([]uint32, 0, states*int(a.width))
	a.found = make([][]uint16, 0, states)
}

// state adds a state without ways out and returns it.
func (a *automaton) state() uint32 {
	a.next = a.next[:len(a.next)+int(a.width)]
	a.found = append(a.found, nil)
	return uint32(len(a.found) - 1)
}

func (a *automaton) insert(n term) {
	text := n.text[:min(len(n.text), maxTerm)]
	at := uint32(0)
	for _, c := range []byte(text) {
		way := at*a.width + uint32(a.classes[c])
		if a.next[way] == 0 {
			to := a.state()
			a.next[way] = to
		}
		at = a.next[way]
	}
	a.found[at] = append(a.found[at], n.number)
}

// link fills in, breadth first, where each state goes on a byte that none of
// its own texts has next: where its longest proper ending would go.
func (a *automaton) link() {
	fails := make([]uint32, len(a.found))
	var queue []uint32
	for c := range a.width {
		if to := a.next[c]; to != 0 {
			queue = append(queue, to)
		}
	}
	for len(queue) > 0 {
		at := queue[0]
		queue = queue[1:]
		fail := fails[at]
		a.found[at] = append(a.found[at], a.found[fail]...)
		for c := range a.width {
			way := at*a.width + c
			if to := a.next[way]; to != 0 {
				fails[to] = a.next[fail*a.width+c]
				queue = append(queue, to)
			} else {
				a.next[way] = a.next[fail*a.width+c]
			}
		}
	}
}

// scan calls hit with the numbers of the texts that end at each place.
func (a *automaton) scan(text []byte, hit func(numbers []uint16)) {
	at := uint32(0)
	for _, c := range text {
		at = a.next[at*a.width+uint32(a.classes[c])]
		if found := a.found[at]; found != nil {
			hit(found)
		}
	}
}

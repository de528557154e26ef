package rule

import (
	"net/netip"

	"vakt/internal/event"
)

// lookup answers all predicates of one field for a value at once. It does not
// change once built and is shared by all matchers.
//
// It narrows down whom to ask: whatever the tables name is asked by its own
// test, so that a table can be too generous but never decides. Plain tests
// alone are decided here.
type lookup struct {
	field      event.Field
	plain      plainTests   // decided without asking
	predicates []*predicate // those of the field that a class answers, by predicate.bit

	exact    map[string][]uint16       // by folded text
	cased    map[string][]uint16       // by text as it stands
	scan     *automaton                // over the folded text
	networks map[netip.Prefix][]uint16 // by network, of those that end neither sooner nor later
	lengths  map[bool][]int            // of the networks' prefixes, by whether they are of IPv4
	numbers  []uint16                  // asked of every number
	every    []uint16                  // asked of every value
}

// newLookups builds a lookup for each field of the set, by slot.
func newLookups(slots []event.Field, predicates []*predicate) []*lookup {
	all := make([]*lookup, len(slots))
	for i, f := range slots {
		all[i] = &lookup{field: f}
	}
	for _, p := range predicates {
		if p.inClass() {
			l := all[p.slot]
			p.bit = len(l.predicates)
			l.predicates = append(l.predicates, p)
		}
	}
	for _, l := range all {
		l.build()
	}
	return all
}

func (l *lookup) build() {
	l.exact, l.cased = map[string][]uint16{}, map[string][]uint16{}
	var terms []term
	for _, p := range l.predicates {
		if p.test == nil || l.plain.add(p) {
			continue
		}
		bit := uint16(p.bit)
		switch t := p.test.(type) {
		case *exactTest:
			l.addExact(bit, t)
		case *affixTest:
			for _, text := range t.texts {
				terms = l.addTerms(terms, bit, foldText(string(text.text)))
			}
		case *globTest:
			for _, g := range t.patterns {
				terms = l.addTerms(terms, bit, g.pattern.longest())
			}
		case *regexTest:
			for _, re := range t.list {
				terms = l.addTerms(terms, bit, needed(re.regex.String())...)
			}
		case *networkTest:
			l.addNetworks(bit, t)
		default:
			l.every = append(l.every, bit)
		}
	}
	l.scan = newAutomaton(terms)
	l.plain.all = l.field != event.NoField && l.quick() && len(l.exact)+len(l.cased)+len(l.numbers) == 0
}

func (l *lookup) addExact(bit uint16, t *exactTest) {
	texts := l.exact
	if t.cased {
		texts = l.cased
	}
	for text := range t.texts {
		texts[text] = append(texts[text], bit)
	}
	if len(t.numbers) > 0 {
		l.numbers = append(l.numbers, bit)
	}
}

// addTerms looks for texts of which a value must hold at least one. None, or
// an empty one, leaves the predicate to be asked of every value.
func (l *lookup) addTerms(terms []term, bit uint16, texts ...string) []term {
	if shortest(texts) == 0 {
		l.every = append(l.every, bit)
		return terms
	}
	for _, text := range texts {
		terms = append(terms, term{text, bit})
	}
	return terms
}

func (l *lookup) addNetworks(bit uint16, t *networkTest) {
	if l.networks == nil {
		l.networks, l.lengths = map[netip.Prefix][]uint16{}, map[bool][]int{}
	}
	for _, n := range t.list {
		if l.networks[n.network] == nil {
			l.addLength(n.network)
		}
		l.networks[n.network] = append(l.networks[n.network], bit)
	}
}

func (l *lookup) addLength(n netip.Prefix) {
	four := n.Addr().Is4()
	for _, known := range l.lengths[four] {
		if known == n.Bits() {
			return
		}
	}
	l.lengths[four] = append(l.lengths[four], n.Bits())
}

// quick tells whether a value is compared by tables alone.
func (l *lookup) quick() bool { return l.scan == nil && l.networks == nil && len(l.every) == 0 }

// words is how many words of 64 bits hold a bit for each predicate.
func (l *lookup) words() int { return (len(l.predicates) + 63) / 64 }

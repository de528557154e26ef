package detect

// glossary numbers texts for a decision: those of one worker as that worker
// does, and others behind them. Decisions share the worker's, which they only
// read.
type glossary struct {
	base *words
	own  words
}

// end is behind the numbers of the base.
func (g *glossary) end() uint32 { return uint32(len(g.base.pages) * pagePlaces) }

// put numbers a text.
func (g *glossary) put(text []byte) uint32 {
	if len(text) == 0 {
		return 0
	}
	if number := g.base.find(text); number != 0 {
		return number
	}
	number := g.own.put(text)
	if g.full() {
		g.own.full = true
		return 0
	}
	return number + g.end()
}

// text is what a number stands for. It must not be changed.
func (g *glossary) text(number uint32) []byte {
	if end := g.end(); number >= end {
		return g.own.text(number - end)
	}
	return g.base.text(number)
}

func (g *glossary) hashOf(number uint32) uint32 { return g.base.tag(g.text(number)) }

// full says that a text found no place.
func (g *glossary) full() bool { return g.own.full || len(g.base.pages)+len(g.own.pages) > maxPages }

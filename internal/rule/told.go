package rule

import "vakt/internal/event"

// Told is what all rules say of the records that are alike to a Matcher: it is one
// for the end of a trail.
type Told struct {
	Outcomes []Outcome // as Match appends them; they must not be changed

	// Kept is for whoever asks the Matcher, to keep what it has made of the
	// outcomes. It is gone with the trail.
	Kept any
}

// Tell is Match for one who need not have a copy of what all rules have said
// before of a record like this one: told is not nil then, and nothing is
// appended.
func (m *Matcher) Tell(sub Subject, logs event.Log, out []Outcome) (told *Told, all []Outcome) {
	m.begin(sub)
	p := m.plan(logs)
	if m.learn(p) {
		m.wake(p)
		for i := range m.allDue {
			out = m.evaluate(i, out)
		}
		return nil, out
	}
	end := m.follow(p)
	if end == nil {
		end = m.explore(p)
	}
	if end.told != nil {
		return end.told, out
	}
	return nil, m.say(end, out)
}

// Question is whether a record is on the list of a raise.
type Question struct{ node *node }

// Question is that of records of a log, which is one log.
func (r *Raise) Question(log event.Log) Question { return Question{r.listed[log]} }

// Answer is what Listed says, of the record that the Matcher was last given.
func (m *Matcher) Answer(q Question) Truth {
	if q.node == nil {
		return False
	}
	return m.node(q.node)
}

// Sure tells whether the answer is never Unknown of records that tell of the fields
// for which tells is true. False says nothing.
func (q Question) Sure(tells func(event.Field) bool) bool {
	sure := true
	if q.node != nil {
		q.node.walk(func(p *predicate) {
			sure = sure && !p.timed && (p.ask == askValue || p.ask == askAbsent) && tells(p.field)
		})
	}
	return sure
}

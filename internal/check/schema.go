package check

import (
	"strings"

	"vakt/internal/event"
	"vakt/internal/rule"
	"vakt/internal/text"
)

// The two records that checks are written over. They are no logs: the values
// are this room's own and lie outside those of package event.
const (
	accountFacts event.Log = 1 << 6
	tenantFacts  event.Log = 1 << 7
)

// schema resolves the names of facts for the rule engine. It implements
// rule.Resolver and rule.Sources.
type schema struct{}

// Source implements rule.Sources: the service of the log source is the
// population that a check looks at.
func (schema) Source(l rule.LogSource) event.Log {
	p := populationNamed(l.Service)
	switch {
	case l.Category != "" || l.Product != "vakt" || p == nil:
		return event.NoLog
	case p.tenant != nil:
		return tenantFacts
	}
	return accountFacts
}

// Lookup implements rule.Resolver.
func (schema) Lookup(log event.Log, name string) (event.Field, bool) {
	first := 1
	if log == tenantFacts {
		first += len(accountTable)
	}
	for i, f := range factsOf(log) {
		if strings.EqualFold(f.name, name) {
			return event.Field(first + i), true
		}
	}
	return event.NoField, false
}

// Suggest implements rule.Resolver.
func (schema) Suggest(log event.Log, name string) string {
	return text.Nearest(name, factNames(factsOf(log)))
}

func factsOf(log event.Log) []fact {
	if log == tenantFacts {
		return tenantTable
	}
	return accountTable
}

// factAt is the fact behind a field.
func factAt(f event.Field) *fact {
	if i := int(f) - 1; i < len(accountTable) {
		return &accountTable[i]
	}
	return &tenantTable[int(f)-1-len(accountTable)]
}

func factNames(table []fact) []string {
	names := make([]string, len(table))
	for i := range table {
		names[i] = table[i].name
	}
	return names
}

func accountFactNames() []string { return factNames(accountTable) }

// isAccountFact tells whether a condition of an exception may name the fact.
// The verdict is none: it follows from the exception.
func isAccountFact(name string) bool {
	_, ok := schema{}.Lookup(accountFacts, name)
	return ok && name != "verdict"
}

// record is one subject as the rule engine sees it. It implements
// rule.Subject.
type record struct {
	get func(f *fact) value
	now int64
}

var _ rule.Subject = (*record)(nil)

// Field implements rule.Subject.
func (r *record) Field(f event.Field) event.Values { return r.get(factAt(f)).values() }

// Time implements rule.Subject.
func (r *record) Time() int64 { return r.now }

// Texts implements rule.Subject: facts are asked for by name only.
func (r *record) Texts(func([]byte) bool) {}

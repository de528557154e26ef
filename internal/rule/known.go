package rule

import (
	"strings"

	"vakt/internal/event"
)

// knownFields remembers what a resolver answers while one set is compiled:
// rules ask for the same few fields over and over, each several times.
type knownFields struct {
	Resolver
	answers map[fieldName]fieldAnswer
	lowered map[string]string
}

// lower gives a field's name in lower case.
func (k *knownFields) lower(name string) string {
	l, known := k.lowered[name]
	if !known {
		l = strings.ToLower(name)
		k.lowered[name] = l
	}
	return l
}

type fieldName struct {
	log  event.Log
	name string
}

type fieldAnswer struct {
	field event.Field
	ok    bool
}

// Lookup asks the resolver once for each name.
func (k *knownFields) Lookup(log event.Log, name string) (event.Field, bool) {
	answer, known := k.answers[fieldName{log, name}]
	if !known {
		answer.field, answer.ok = k.Resolver.Lookup(log, name)
		k.answers[fieldName{log, name}] = answer
	}
	return answer.field, answer.ok
}

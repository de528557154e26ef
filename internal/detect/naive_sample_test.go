package detect

import (
	"encoding/binary"
	"fmt"
	"math"
	"vakt/internal/event"
	"vakt/internal/rule"
)

// sample is one match of one rule by one version of a record, as the naive
// reference and the detector are both told of it.
type sample struct {
	id       byte // of the record
	time     int64
	updated  int64
	size     int
	attempt  byte
	tenant   string
	groups   []string
	values   []string
	numbers  []float64 // beside values
	base     int
	matched  string
	severity rule.Severity
	places   []int // of a family: the rules that match; none: the first
}

func keyed(kind, id byte) event.Key { return event.Key{kind, id} }

// tell makes a worker keep the facts of a sample for a target.
func (w *Worker) tell(target int, s *sample) {
	t := &w.d.targets[target]
	w.shown = shown{
		time: s.time, updated: s.updated, size: s.size, shape: event.GraphBeta, tenant: w.words.put([]byte(s.tenant)),
		attempt: keyed('a', s.attempt), id: fmt.Appendf(nil, "r%03d", s.id),
	}
	w.entity("app", []byte(fmt.Sprint(s.id)), []byte("name"))
	w.number++
	for _, p := range s.spots(t.rule) {
		f := fact{
			key: keyed('r', s.id), time: s.time, tenant: w.shown.tenant, matched: w.words.put([]byte(s.matched)), base: uint8(s.base), severity: uint8(s.severity),
		}
		switch {
		case t.family != nil:
			f.matched = w.words.put(appendKin(nil, s.kin(f.matched)))
		case numeric(t.rule):
			f.value = w.words.put(append(binary.BigEndian.AppendUint64(nil, math.Float64bits(p.number)), p.value...))
		case countsAttempts(t.rule):
			f.value = w.words.put(w.shown.attempt[:])
		default:
			f.value = w.words.put([]byte(p.value))
		}
		for _, g := range s.groups {
			if f.group = w.words.put([]byte(g)); w.wants(target, &f) {
				w.pending = append(w.pending, pendingFact{target, f})
			}
		}
	}
	w.finish()
}

// kin are the rules of a family that the sample matches, each by the same searches.
func (s *sample) kin(matched uint32) []kin {
	if len(s.places) == 0 {
		return []kin{{0, matched, s.severity}}
	}
	var all []kin
	for _, p := range s.places {
		all = append(all, kin{uint32(p), matched, s.severity})
	}
	return all
}

// follower is something that follows, or may.
type follower struct {
	tenant, group string // anyGroup: the record does not tell it
	time          int64
	sure          bool
}

const anyGroup = "any"

// keep makes a worker keep a follower for a target.
func (f *follower) keep(w *Worker, target int) {
	k := fact{tenant: w.words.put([]byte(f.tenant)), group: w.words.put([]byte(f.group)), time: f.time, kind: isAfter}
	switch {
	case f.group == anyGroup:
		k.group, k.kind = 0, maybeAny
	case !f.sure:
		k.kind = maybe
	}
	w.keep(target, k)
}

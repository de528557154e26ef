package detect

import (
	"encoding/binary"
	"testing"

	"vakt/internal/event"
	"vakt/internal/rule"
)

// BenchmarkDecide decides a day of facts: spread evenly over ten thousand
// groups, and with one group that holds a tenth of them.
func BenchmarkDecide(b *testing.B) {
	const facts = 200_000
	for _, kind := range kinds {
		for name, hot := range map[string]int{"even": 0, "hot": 10} {
			b.Run(kind+"/"+name, func(b *testing.B) {
				l := law{kind: kind, bounds: []rule.Bound{{Op: "gte", Number: 20}}, percentile: 95, rules: 2, span: 900, collapse: -1, within: -1, most: MaxWindow}
				d := lone(l)
				for b.Loop() {
					b.StopTimer()
					w := loaded(d, facts, hot)
					b.StartTimer()
					d.Decide([]*Worker{w})
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/facts, "ns/fact")
			})
		}
	}
}

// loaded is a worker with facts over a day, of which one in hot is of one
// group.
func loaded(d *Detector, facts, hot int) *Worker {
	w := &Worker{d: d, facts: make([][]fact, 1), after: make([][]follower, 1)}
	for i := range facts {
		group := 1 + i*7919%10_000
		if hot > 0 && i%hot == 0 {
			group = 0
		}
		var key event.Key
		binary.BigEndian.PutUint64(key[:], uint64(i)*0x9E3779B97F4A7C15)
		name := string(binary.BigEndian.AppendUint32(nil, uint32(group)))
		w.facts[0] = append(w.facts[0], fact{
			group: name, value: string(key[:1]), number: float64(i % 50), time: int64(i) * 86400 / int64(facts), key: key,
			bases: 1 << (i % 2), shown: &shown{id: key.String(), attempt: key, shape: event.GraphBeta},
		})
	}
	return w
}

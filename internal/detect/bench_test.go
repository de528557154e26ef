package detect

import (
	"encoding/binary"
	"math"
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
					decided(b, d, []*Worker{w})
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/facts, "ns/fact")
			})
		}
	}
}

// loaded is a worker with facts over a day, of which one in hot is of one
// group.
func loaded(d *Detector, facts, hot int) *Worker {
	w := d.newWorker()
	for i := range facts {
		group := 1 + i*7919%10_000
		if hot > 0 && i%hot == 0 {
			group = 0
		}
		var key event.Key
		binary.BigEndian.PutUint64(key[:], uint64(i)*0x9E3779B97F4A7C15)
		w.shown = shown{id: []byte(key.String()), attempt: key, shape: event.GraphBeta}
		value := append(binary.BigEndian.AppendUint64(nil, math.Float64bits(float64(i%50))), key[0])
		w.pending = append(w.pending, pendingFact{0, fact{
			group: w.words.put(binary.BigEndian.AppendUint32(nil, uint32(group))), time: int64(i) * 86400 / int64(facts), key: key, base: uint8(i % 2),
			value: map[bool]uint32{false: w.words.put(value[8:]), true: w.words.put(value)}[numeric(d.targets[0].rule)],
		}})
		w.finish()
	}
	return w
}

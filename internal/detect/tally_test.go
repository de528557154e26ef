package detect

import (
	"math/rand/v2"
	"testing"

	"vakt/internal/rule"
)

// TestTallyCounts: what is counted of each tag is what going through its suspects
// one by one gives, however many tags there are and wherever they lie.
func TestTallyCounts(t *testing.T) {
	draw := rand.New(rand.NewPCG(1, 2))
	var y tally // as it is used again and again
	for round := range 300 {
		counts := tallyKind(round % 3)
		spread := uint32(1) << draw.IntN(16)
		shift := draw.IntN(17) // tags of one range begin alike, others may end alike
		type seen struct {
			times      uint32
			last, bits uint64
		}
		want := map[uint32]seen{}
		y.begin(counts, draw.IntN(100))
		for range draw.IntN(2000) {
			tag, value := draw.Uint32N(spread)<<shift, uint64(draw.IntN(5))
			y.room(1)
			y.add(tag, value)
			is := want[tag]
			if counts != ofValues || is.times == 0 || is.last != value {
				is.times++
			}
			is.last, is.bits = value, is.bits|1<<value
			want[tag] = is
		}
		if y.count != len(want) {
			t.Fatalf("round %d: %d tags, want %d", round, y.count, len(want))
		}
		for tag, is := range want {
			switch s := y.slot(tag); {
			case s.tag != tag || !y.has(tag):
				t.Fatalf("round %d: tag %d is not there", round, tag)
			case counts == ofRules && s.word != is.bits, counts != ofRules && s.times != is.times:
				t.Fatalf("round %d: tag %d: got %+v, want %+v", round, tag, *s, is)
			}
		}
		for range 100 {
			tag := draw.Uint32()
			if _, is := want[tag]; y.has(tag) != is {
				t.Fatalf("round %d: tag %d: got %v", round, tag, !is)
			}
		}
	}
}

// TestTallyIsNeverTooLittle: a group fires by what is counted wherever it may by
// the suspects themselves, and not where these are too few.
func TestTallyIsNeverTooLittle(t *testing.T) {
	correlation := func(kind string, least float64) *target {
		return &target{steady: true, rule: &rule.Compiled{
			Rule: &rule.Rule{Correlation: &rule.Correlation{Type: kind}}, Type: kind, Bounds: []rule.Bound{{Op: "gte", Number: least}},
		}}
	}
	journeys := &target{steady: true, rule: &rule.Compiled{Rule: &rule.Rule{}, Travel: &rule.Travel{}}}
	for _, tt := range []struct {
		name   string
		of     *target
		values []uint64
		want   bool
	}{
		{"events, enough", correlation("event_count", 3), []uint64{0, 0, 0}, true},
		{"events, too few", correlation("event_count", 3), []uint64{0, 0}, false},
		{"values, enough", correlation("value_count", 2), []uint64{7, 7, 8}, true},
		{"values, one", correlation("value_count", 2), []uint64{7, 7, 7}, false},
		{"rules, all", correlation("temporal", 2), []uint64{1, 0, 1}, true},
		{"rules, one", correlation("temporal", 2), []uint64{1, 1, 1}, false},
		{"in order, all", correlation("temporal_ordered", 2), []uint64{1, 0}, true},
		{"in order, no first", correlation("temporal_ordered", 2), []uint64{1, 2}, false},
		{"journeys, two countries", journeys, []uint64{5, 6}, true},
		{"journeys, one country", journeys, []uint64{5, 5}, false},
	} {
		var y tally
		y.begin(tt.of.tallyOf(), 0)
		for _, value := range tt.values {
			y.add(9, value)
		}
		if got := y.slot(9).canFire(tt.of); got != tt.want {
			t.Errorf("%s: got %v, want %v", tt.name, got, tt.want)
		}
	}
}

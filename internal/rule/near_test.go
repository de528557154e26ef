package rule

import (
	"bytes"
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"vakt/internal/event"
)

// Short values of one length have one mark only where they are equal, so that
// they need not be compared.
func TestMarkTellsShortValues(t *testing.T) {
	text := rapid.SliceOfN(rapid.SampledFrom([]byte("ab\x00\xff")), 0, 7)
	rapid.Check(t, func(t *rapid.T) {
		a := text.Draw(t, "a")
		b := rapid.Custom(func(t *rapid.T) []byte {
			return rapid.SliceOfN(rapid.SampledFrom([]byte("ab\x00\xff")), len(a), len(a)).Draw(t, "bytes")
		}).Draw(t, "b")
		if (markOf(a) == markOf(b)) != (string(a) == string(b)) {
			t.Fatalf("%q and %q: marks %x and %x", a, b, markOf(a), markOf(b))
		}
	})
}

// Longer values of one mark are told apart by all of their bytes.
func TestValuesOfOneMark(t *testing.T) {
	set := mustCompile(t, one("app|startswith: a"), nil)
	m := set.NewMatcher()
	for i := range 4 * lessonLength {
		for _, first := range "ab" {
			r := rec(t, "app="+string(first)+"-middle-and-end-of-one-value").expose()
			if got, want := len(m.Match(r, event.Risk, nil)) > 0, first == 'a'; got != want {
				t.Fatalf("record %d, %c: %t, want %t", i, first, got, want)
			}
		}
	}
}

// A value is near as long as no other has taken its place, and no other is taken for
// it, however long the two are.
func TestNearKnowsWhatWasPut(t *testing.T) {
	value := rapid.Custom(func(t *rapid.T) []byte {
		n := rapid.SampledFrom([]int{0, 1, 7, 8, 9, nearShort - 1, nearShort, nearShort + 1, 100, maxMemo - 1, maxMemo}).Draw(t, "length")
		v := bytes.Repeat([]byte{'x'}, n)
		if n > 0 { // most marks are equal: those of 16 bytes and more do not see the place
			v[min(n-1, rapid.IntRange(0, 12).Draw(t, "place"))] = rapid.SampledFrom([]byte("xyz")).Draw(t, "byte")
		}
		return v
	})
	rapid.Check(t, func(t *rapid.T) {
		var near nearby
		last := map[uint64][]byte{}
		classes := map[string]*class{}
		for range rapid.IntRange(1, 40).Draw(t, "steps") {
			v := value.Draw(t, "value")
			mark, want := markOf(v), (*class)(nil)
			if was, ok := last[nearPlace(mark)]; ok && string(was) == string(v) {
				want = classes[string(v)]
			}
			if got := near.find(v, mark); got != want {
				t.Fatalf("%.60q: %p, want %p", v, got, want)
			}
			c := &class{}
			near.put(v, mark, c)
			last[nearPlace(mark)], classes[string(v)] = v, c
		}
	})
}

// What was near a field is near no more when its values have been too many,
// and more values than there are places near are told apart.
func TestManyValuesNear(t *testing.T) {
	set := mustCompile(t, "---\nname: ends\n"+one("app|endswith: '7'")+"---\nname: has\n"+one("app|contains: '13'"), nil)
	m := set.NewMatcher()
	for i := range 20 * nearValues * lessonLength {
		r := rec(t, fmt.Sprintf("app=%d", i*i%(40*nearValues))).expose()
		if diff := disagreement(m.Match(r, event.Risk, nil), Naive(set, r, event.Risk)); diff != "" {
			t.Fatalf("record %d: -naive +matcher\n%s", i, diff)
		}
	}
}

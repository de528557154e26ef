package rule

import (
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

package detect

import (
	"testing"

	"pgregory.net/rapid"
)

// TestSightsAreAMap: whatever comes in whichever order, each sight has what was
// said of it last. Keys are few, so that they come again, and near each other.
func TestSightsAreAMap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var s sights
		want := map[sighted]seen{}
		key := rapid.Custom(func(t *rapid.T) sighted {
			return sighted{rapid.Uint64Range(0, 9).Draw(t, "group"), rapid.Uint64Range(0, 9).Draw(t, "value") << 60, rapid.Uint32Range(0, 2).Draw(t, "tenant"), true}
		})
		for i := range rapid.IntRange(0, 400).Draw(t, "sights") {
			k := key.Draw(t, "key")
			is := seen{k, uint32(i), uint32(i) + 1, stretch{int64(i), int64(i) + 2}}
			if known, ok := want[k]; ok {
				got := s.find(&k)
				if got == nil || *got != known {
					t.Fatalf("%v: %v, want %v", k, got, known)
				}
				got.last++
				known.last++
				want[k] = known
			} else if got := s.find(&k); got != nil {
				t.Fatalf("%v was never added: %v", k, got)
			}
			if rapid.Bool().Draw(t, "again") || want[k] == (seen{}) {
				s.add(is)
				want[k] = is
			}
		}
		count := 0
		for got := range s.each {
			if count++; *got != want[got.sighted] {
				t.Errorf("%v, want %v", got, want[got.sighted])
			}
		}
		if count != len(want) || s.count != len(want) {
			t.Errorf("%d sights, %d counted, want %d", count, s.count, len(want))
		}
	})
}

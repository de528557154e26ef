package daemon

import (
	"cmp"
	"testing"

	"pgregory.net/rapid"

	"vakt/internal/event"
)

// TestKeySetTellsTheFirstInput: keys out of a small space, so that they come
// again and collide in every part that chooses their place, in inputs read in
// any order, of which the one with the least rank holds a key first.
func TestKeySetTellsTheFirstInput(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		inputs := rapid.IntRange(1, 300).Draw(t, "inputs")
		rank := rapid.Permutation(numbersTo(inputs)).Draw(t, "ranks")
		s := newKeySet(func(a, b int) int { return cmp.Compare(rank[a], rank[b]) })
		first, times, count := map[event.Key]int{}, map[event.Key]int{}, make([]int, inputs)
		for range rapid.IntRange(1, 100).Draw(t, "batches") {
			input := rapid.IntRange(0, inputs-1).Draw(t, "input")
			keys := rapid.SliceOfN(rapid.Custom(smallKey), 0, 10).Draw(t, "keys")
			if err := s.add(input, keys); err != nil {
				t.Fatal(err)
			}
			for _, k := range keys {
				if f, ok := first[k]; !ok || rank[input] < rank[f] {
					first[k] = input
				}
				times[k]++
			}
		}
		for k, input := range first {
			count[input]++
			if got := s.again(k); got != (times[k] > 1) {
				t.Errorf("key %v, added %d times: again is %t", k, times[k], got)
			}
		}
		for input, want := range count {
			if got := s.first(input); got != want {
				t.Errorf("input %d is the first of %d records, want %d", input, got, want)
			}
		}
		if s.again(event.Key{12: 200}) {
			t.Error("a key that was never added was added again")
		}
	})
}

// smallKey draws keys that differ in few places, zero among them.
func smallKey(t *rapid.T) event.Key {
	return event.Key{
		0: byte(rapid.IntRange(0, 1).Draw(t, "place")) * 255, 7: byte(rapid.IntRange(0, 3).Draw(t, "near")),
		8: byte(rapid.IntRange(0, 2).Draw(t, "shard")) * 31, 12: byte(rapid.IntRange(0, 20).Draw(t, "rest")),
	}
}

func numbersTo(n int) []int {
	list := make([]int, n)
	for i := range list {
		list[i] = i
	}
	return list
}

// TestKeySetRefusesWhatItCannotTell: more inputs than a slot can name.
func TestKeySetRefusesWhatItCannotTell(t *testing.T) {
	s := newKeySet(cmp.Compare[int])
	key := []event.Key{{1}}
	if err := s.add(maxInputs, key); err != nil || s.first(maxInputs) != 1 {
		t.Errorf("input %d: %v, first of %d", maxInputs, err, s.first(maxInputs))
	}
	if err := s.add(maxInputs+1, key); err == nil {
		t.Errorf("input %d is not refused", maxInputs+1)
	}
}

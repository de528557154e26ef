package detect

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// TestTextsAreASet: each text once, in the order in which they came, also of
// many, of empty ones, and when it is used again after another number of them.
func TestTextsAreASet(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var s texts
		text := rapid.OneOf(rapid.StringN(0, 3, -1), rapid.StringN(0, 40, -1))
		for range rapid.IntRange(1, 4).Draw(t, "times") {
			var want []string
			for _, x := range rapid.SliceOfN(text, 0, 200).Draw(t, "texts") {
				fresh := !slices.Contains(want, x)
				if fresh {
					want = append(want, x)
				}
				if s.add([]byte(x)) != fresh {
					t.Fatalf("%q is new: %t, after %q", x, !fresh, want)
				}
			}
			if got := s.list(); !slices.Equal(got, want) || s.len() != len(want) {
				t.Fatalf("got  %q\nwant %q", got, want)
			}
			s.empty()
		}
	})
}

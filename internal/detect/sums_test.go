package detect

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// TestSumsAreThoseOfLowerCase: a text has the hash of its lower case, whichever way it
// is made, and different texts have different ones.
func TestSumsAreThoseOfLowerCase(t *testing.T) {
	s, known := newSalt(), map[uint64]string{}
	for n := range 40 { // texts that would be one if their sizes met their first bytes
		text := []byte("x" + strings.Repeat(" ", n))
		for size := range n {
			other := slices.Clone(text[:size+1])
			if other[0] ^= byte(len(text) ^ len(other)); s.sum(text) == s.sum(other) {
				t.Errorf("%q and %q have one hash", text, other)
			}
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.OneOf(rapid.StringMatching(`[ A-Za-z0-9@.{-]{0,40}`), rapid.StringMatching(` {0,20}`), rapid.String()).Draw(t, "text")
		lower := string(appendLower(nil, []byte(text)))
		sum := s.sum([]byte(lower))
		if got, plain := s.lowerSum([]byte(text)); plain && got != sum {
			t.Errorf("%q has %x, its lower case %x", text, got, sum)
		} else if ascii := rapid.StringMatching(`[A-Z]{0,20}`).Draw(t, "plain"); !plain {
			if _, plain = s.lowerSum([]byte(ascii)); !plain {
				t.Errorf("%q is not plain", ascii)
			}
		}
		if other, ok := known[sum]; ok && other != lower {
			t.Errorf("%q and %q have one hash", other, lower)
		}
		known[sum] = lower
	})
}

// TestSumsOfOtherBytes: what may be an escape is not plain, wherever it stands, nor is a
// joint or what is not ASCII.
func TestSumsOfOtherBytes(t *testing.T) {
	s := newSalt()
	for _, other := range []byte{'\\', joint[0], 0x80, 0xe5, 0xff} {
		for size := 1; size < 40; size++ {
			for at := range size {
				text := []byte(strings.Repeat("x", size))
				text[at] = other
				if _, plain := s.lowerSum(text); plain {
					t.Errorf("%q is plain", text)
				}
			}
		}
	}
}

package rule

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// someText is up to forty characters, now and then one of those on which
// something depends.
func someText(dice *rand.Rand) string {
	const odd = "\n\t\x00\x1f \"\\/\x7e\x7f\u0080\u00a0\u00e5\ud7ff\ue000\uffee\ufffd\U00010000\U0010ffff"
	signs := []rune(odd)
	var out strings.Builder
	for range dice.IntN(40) {
		if dice.IntN(12) == 0 {
			out.WriteRune(signs[dice.IntN(len(signs))])
		} else {
			out.WriteByte(byte('a' + dice.IntN(3)))
		}
	}
	return out.String()
}

// TestTextsInOctets: looking at eight bytes at a time sees what looking at each
// character does.
func TestTextsInOctets(t *testing.T) {
	dice := rand.New(rand.NewPCG(1, 2))
	for range 20_000 {
		a, b := someText(dice), someText(dice)
		if dice.IntN(2) == 0 {
			b = a[:dice.IntN(len(a)+1)] + b
		}
		escape := strings.ContainsFunc(a, func(c rune) bool { return c < ' ' || c == '"' || c == '\\' })
		if got := needsEscape(a); got != escape {
			t.Fatalf("%q needs an escape: %v", a, got)
		}
		plain := !strings.ContainsFunc(a, func(c rune) bool { return c == utf8.RuneError || c != '\n' && !unicode.IsPrint(c) })
		if got := isPlainText(a); got != plain {
			t.Fatalf("%q is plain: %v", a, got)
		}
		order := slices.Compare(utf16.Encode([]rune(a)), utf16.Encode([]rune(b)))
		if !utf8.ValidString(b) {
			continue
		}
		if got := compareKeys(a, b); got != order {
			t.Fatalf("%q and %q compare as %d, want %d", a, b, got, order)
		}
	}
}

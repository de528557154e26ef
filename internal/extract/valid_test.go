package extract

import (
	"math/rand/v2"
	"strings"
	"testing"
	"unicode/utf8"
)

// TestValidIsUTF8 compares the index with the standard library, on characters of
// all lengths, whole and broken, at every place of a block.
func TestValidIsUTF8(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	pieces := []string{"a", "a", "a", "å", "ö", "\xc2\x80", "\xdf\xbf", "€", "日", "😀"}
	broken := []string{"\xc3", "\xa5", "\xc1\x80", "\xc0\x80", "\xe2\x82", "\xf0\x9f", "\xed\xa0\x80", "\xff", "\xe2", "\x82"}
	for range mutations(t, 20_000) {
		var text strings.Builder
		text.WriteString(strings.Repeat("-", rng.IntN(2*blockSize)))
		from := text.Len()
		text.WriteByte('{')
		for text.Len() < from+3*blockSize {
			switch rng.IntN(80) {
			case 0:
				text.WriteString(broken[rng.IntN(len(broken))])
			case 1:
				text.WriteString(strings.Repeat("b", rng.IntN(blockSize)))
			default:
				text.WriteString(pieces[rng.IntN(len(pieces))])
			}
		}
		text.WriteByte('}')
		to := text.Len()
		text.WriteString(strings.Repeat("ö", rng.IntN(blockSize)))
		b := []byte(text.String())
		x := &index{kernel: Best.resolve()}
		x.fit(len(b))
		x.extend(b, len(b))
		if got, want := x.valid(b, from, to), utf8.Valid(b[from:to]); got != want {
			t.Fatalf("%q: %v, want %v", b[from:to], got, want)
		}
	}
}

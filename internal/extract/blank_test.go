package extract

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// TestLearnedKeysAndBlanks: a record with blanks where earlier ones had none, or
// with nothing in place of a value, is read as if nothing had been learned.
func TestLearnedKeysAndBlanks(t *testing.T) {
	wants := []Want{{Path: "wanted"}, {Path: "whole", Whole: true}, {Path: "below.wanted"}}
	keys := []string{"wanted", "whole", "below", "other", "Version", strings.Repeat("long", 12)}
	values := []string{`"x"`, `""`, `1`, `12345678901`, `true`, `null`, `{"wanted":2,"o":[1]}`, `[]`, `[1,"y"]`, ``}
	blanks := []string{"", "", "", "", " ", "  ", "\n", "\t\r\n"}
	rapid.Check(t, func(t *rapid.T) {
		p, err := NewProjection(wants)
		if err != nil {
			t.Fatal(err)
		}
		order := rapid.Permutation(keys).Draw(t, "order")
		sound := values[:len(values)-1]
		// A record with any blanks and values, or at one key alone.
		record := func(label string, only int, anyBlanks, anyValues []string) []byte {
			var b strings.Builder
			b.WriteByte('{')
			for i, key := range order {
				blanks, values := anyBlanks, anyValues
				if only >= 0 && only != i {
					blanks, values = blanks[:1], sound
				}
				gap := func() { b.WriteString(rapid.SampledFrom(blanks).Draw(t, label+" blank")) }
				if i > 0 {
					b.WriteByte(',')
				}
				gap()
				b.WriteString(`"` + key + `"`)
				gap()
				b.WriteByte(':')
				gap()
				b.WriteString(rapid.SampledFrom(values).Draw(t, label+" value"))
				gap()
			}
			b.WriteByte('}')
			return []byte(b.String())
		}
		learned := p.NewRow()
		for range rapid.IntRange(1, 4).Draw(t, "learned") {
			one := record("learned", -1, blanks[:rapid.SampledFrom([]int{1, len(blanks)}).Draw(t, "spaced")], sound)
			if err := p.Fast(one, learned); err != nil {
				t.Fatalf("%s: %v", one, err)
			}
		}
		raw := record("asked", rapid.IntRange(-1, len(keys)-1).Draw(t, "at key"), blanks, values)
		fresh := p.NewRow()
		got, want := p.Fast(raw, learned), p.Strict(raw, fresh)
		if (got == nil) != (want == nil) {
			t.Fatalf("%q: with what was learned %v, strictly %v", raw, got, want)
		}
		for slot := range wants {
			if got == nil && string(learned.Raw(slot)) != string(fresh.Raw(slot)) {
				t.Fatalf("%q: slot %d is %q, want %q", raw, slot, learned.Raw(slot), fresh.Raw(slot))
			}
		}
	})
}

// TestBlankInPlaceOfAScalar: where a number stood before, a blank is none.
func TestBlankInPlaceOfAScalar(t *testing.T) {
	p := wantsOne(t, "a")
	row := p.NewRow()
	for range 3 {
		agree(t, p, row, `{"a":"x","Version":1,"b":"c","d":"0123456789012345678901234567890123456789"}`)
	}
	for _, value := range []string{" ", "\t\n ", "", " 1", " 1 "} {
		agree(t, p, row, `{"a":"x","Version":`+value+`,"b":"c","d":"0123456789012345678901234567890123456789"}`)
	}
}

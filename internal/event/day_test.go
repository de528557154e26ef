package event

import (
	"testing"

	"pgregory.net/rapid"
)

// Whatever was read before, a time is what ParseTimeAs says.
func TestDayAgreesWithParseTime(t *testing.T) {
	time := rapid.OneOf(
		rapid.StringMatching(`20(24|26)-0[23]-(0[1-3]|2[89]|30)T[0-2][0-9]:[0-6][0-9]:[0-6][0-9](\.[0-9]{0,10})?(Z|z|\+02:00|)`),
		rapid.StringMatching(` ?2026-(3|03)-0[12][T ][ 0-2]?[0-9]:[0-5][0-9]:[0-5][0-9]Z ?`),
		rapid.StringMatching(`3/[12]/2026 [0-9]:[0-5][0-9]:[0-5][0-9] (AM|PM)`),
	)
	rapid.Check(t, func(t *rapid.T) {
		var d day
		for _, text := range rapid.SliceOfN(time, 1, 10).Draw(t, "times") {
			want, valid := ParseTimeAs([]byte(text), AnyOrder)
			if got, ok := d.time([]byte(text), AnyOrder); got != want || ok != valid {
				t.Fatalf("%q: %d (%t), want %d (%t)", text, got, ok, want, valid)
			}
		}
	})
}

func TestLower(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := []byte(rapid.StringMatching(`[@A-Z\[`+"`"+`a-z{0-9 éÉ\x7f]{0,40}`).Draw(t, "text"))
		want := true
		for _, c := range text {
			want = want && c < 0x80 && (c < 'A' || c > 'Z')
		}
		if isLower(text) != want {
			t.Fatalf("%q: %t", text, !want)
		}
	})
}

package extract_test

import (
	"math"
	"testing"

	"vakt/internal/extract"
)

// The examples of RFC 8785, sections 3.2.2 and 3.2.3.
func TestCanonical(t *testing.T) {
	f := func(v any, want string) {
		t.Helper()
		if got := string(extract.AppendCanonical(nil, v)); got != want {
			t.Errorf("%#v: %s, want %s", v, got, want)
		}
	}
	f(map[string]any{
		"numbers":  []any{333333333.33333329, 1e30, 4.50, 2e-3, 0.000000000000000000000000001},
		"string":   "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"/",
		"literals": []any{nil, true, false},
	}, `{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\u000f\nA'B\"\\\\\"/"}`)
	f(map[string]any{"\u20ac": 1.0, "\r": 2.0, "\ufb33": 3.0, "1": 4.0, "\U0001F600": 5.0, "\u0080": 6.0, "\u00f6": 7.0},
		`{"\r":2,"1":4,"`+"\u0080"+`":6,"ö":7,"€":1,"😀":5,"`+"\ufb33"+`":3}`)
	f("\b\f\n\r\t\x00\u2028<>&", `"\b\f\n\r\t\u0000`+"\u2028"+`<>&"`)
	f(math.Copysign(0, -1), "0")
}

// A known answer: the hash of {"a":1} by any other implementation.
func TestHash(t *testing.T) {
	const want = "015abd7f5cc57a2dd94b7590f04ad8084273905ee33ec5cebeae62276a97f862"
	if got := extract.Hash(map[string]any{"a": 1.0}); got != want {
		t.Errorf("Hash = %s, want %s", got, want)
	}
}

package extract

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
)

// wantsOne is a projection of one path.
func wantsOne(t *testing.T, path string) *Projection {
	t.Helper()
	p, err := NewProjection([]Want{{Path: path}})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// agree reads a record with a row that has learned, and with a new one.
func agree(t *testing.T, p *Projection, learned *Row, rec string) {
	t.Helper()
	strict := p.NewRow()
	want, got := p.Strict([]byte(rec), strict), p.Fast([]byte(rec), learned)
	if fmt.Sprint(want) != fmt.Sprint(got) || !bytes.Equal(strict.Raw(0), learned.Raw(0)) || strict.Keys() != learned.Keys() {
		t.Fatalf("%s: %q with %d keys (%v), want %q with %d (%v)", rec, learned.Raw(0), learned.Keys(), got, strict.Raw(0), strict.Keys(), want)
	}
}

// A key that is nearly the expected one is another one, whatever its length and
// the white space around.
func TestNearlyTheExpectedKey(t *testing.T) {
	for _, gap := range []string{"", " ", "\n\t  "} {
		for n := 1; n <= placeKey+3; n += 1 + n/40*6 {
			key := strings.Repeat("abcdefghijk", 12)[:n]
			p := wantsOne(t, key)
			row := p.NewRow()
			record := func(key string) string {
				return `{"first":1,` + gap + `"` + key + `"` + gap + `:` + gap + `"v","last":null}`
			}
			for at := range n {
				other := key[:at] + "_" + key[at+1:]
				for _, k := range []string{key, key, other, key, key + "x", key[:at], key[:at] + `"` + key[at+1:]} {
					agree(t, p, row, record(k))
				}
			}
			agree(t, p, row, strings.Replace(record(key), `"last"`, `"`+key+`"`, 1))
		}
	}
}

// White space that was learned is expected, and other white space is read.
func TestOtherWhiteSpaceThanExpected(t *testing.T) {
	p := wantsOne(t, "b")
	row := p.NewRow()
	gaps := []string{"", " ", "  ", "\n", "\r\n\t", "\x01", "x", strings.Repeat(" ", 70)}
	for _, before := range gaps {
		for _, behind := range gaps {
			for range 2 {
				agree(t, p, row, `{"a":1,`+before+`"b"`+behind+`:`+behind+`"v","c":[]}`)
				agree(t, p, row, `{"a":1,`+before+`"b"`+behind+`:`+before+`"v"`+behind+`,"c":[]}`)
			}
		}
	}
}

// A scalar that is nearly the one that a key had is read anew.
func TestNearlyTheSameScalar(t *testing.T) {
	values := []string{"null", "nul", "nulll", "true", "false", "fals", "0", "00", "1", "12", "12.", "12.5", "-1", "-",
		"123456", "1234567", "12345678", "null ", "null\x01", "nu,", `"null"`, "[]", "{}", "1 2", "1e5", "1e999", ""}
	for _, wanted := range []string{"k", "k.below", "other"} {
		p := wantsOne(t, wanted)
		row := p.NewRow()
		for _, a := range values {
			for _, b := range values {
				for _, v := range []string{a, a, b, a} {
					agree(t, p, row, `{"k":`+v+`,"z":""}`)
					agree(t, p, row, `{"z":"","k":`+v+`}`)
				}
			}
		}
	}
}

package extract

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// Values of one form differ in digits of texts, and in nothing else.
func TestForm(t *testing.T) {
	p, row := newTestRow(t)
	const slot = 4
	if testWants[slot].Path != "targets" {
		t.Fatal("the slot is another one")
	}
	form := func(value string) uint64 {
		t.Helper()
		if err := p.Fast([]byte(`{"id":"x","targets":`+value+`}`), row); err != nil {
			t.Fatalf("%s: %v", value, err)
		}
		return row.Form(slot)
	}
	f := func(a, b string, same bool) {
		t.Helper()
		form(a) // twice: what follows a value first is not expected yet
		if x, y := form(a), form(b); x == 0 || y == 0 || (x == y) != same {
			t.Errorf("%s has form %d, %s %d", a, x, b, y)
		}
	}
	f(`[{"at":"2026-03-02T00:00:34Z","n":1}]`, `[{"at":"2026-03-02T00:00:34Z","n":1}]`, true)
	f(`[{"at":"2026-03-02T00:00:34Z","n":1}]`, `[{"at":"2019-12-31T23:59:58Z","n":1}]`, true)
	f(`[{"at":"2026-03-02T00:00:34Z","n":1}]`, `[{"at":"2026-03-02T00:00:3xZ","n":1}]`, false)
	f(`[{"at":"2026-03-02T00:00:34Z","n":1}]`, `[{"at":"2026-03-02T00:00:34Z","n":2}]`, false)
	f(`[{"k1":"a"},{"text":"12345678901234567890"}]`, `[{"k2":"a"},{"text":"12345678901234567890"}]`, false)
	f(`["a7"]`, `["b7"]`, false)
	f(`["a7"]`, `["a:"]`, false)
	f(`["a7"]`, `["a/"]`, false)
	f(`["7"]`, `["77"]`, false)
	f(`["\n7"]`, `["\n8"]`, false)
	if form(`"text"`) != 0 {
		t.Error("a text has a form")
	}
	if err := p.Fast([]byte(`{"id":"x"}`), row); err != nil || row.Form(slot) != 0 {
		t.Errorf("a record without the value has form %d (%v)", row.Form(slot), err)
	}
}

// A value that is like one that was found valid is valid itself, differs in
// digits only, and has the same texts but for these.
func TestLikeMeansValid(t *testing.T) {
	const sharp = `0123456789:/"\{}[],x` + "\x00\x30\xb0\xff"
	rapid.Check(t, func(t *rapid.T) {
		text := validValue(t, 0, rapid.IntRange(0, 1).Draw(t, "kind"))
		for range rapid.IntRange(0, 3).Draw(t, "digits") {
			text = strings.Replace(text, `"x"`, fmt.Sprintf(`"%d"`, rapid.IntRange(0, 1<<40).Draw(t, "number")), 1)
		}
		kept := proof{raw: []byte(text), form: 1}
		changed := []byte(text)
		for range rapid.IntRange(1, 3).Draw(t, "changes") {
			changed[rapid.IntRange(0, len(changed)-1).Draw(t, "at")] = sharp[rapid.IntRange(0, len(sharp)-1).Draw(t, "to")]
		}
		if !kept.like([]byte(text)) {
			t.Fatalf("%s is not like itself", text)
		}
		if !kept.like(changed) {
			return
		}
		if !json.Valid(changed) {
			t.Fatalf("%q is like %q and not valid", changed, text)
		}
		for i, c := range changed {
			if c != text[i] && (c < '0' || c > '9' || text[i] < '0' || text[i] > '9') {
				t.Fatalf("%q is like %q", changed, text)
			}
		}
	})
}

// TestReadingsAgreeOnDigits changes digits, and now and then something beside
// them, in records whose whole values repeat.
func TestReadingsAgreeOnDigits(t *testing.T) {
	p, strict := newTestRow(t)
	ways := readingsOf(t)
	rng := rand.New(rand.NewPCG(3, 4))
	records := []string{
		`{"id":"1","targets":[{"at":"2026-03-02T00:00:34Z","k1":"a9","k2":10,"k3":-1.5e10}],"status":{"detail":{"t1":"x1","t2":"x2"}}}`,
		`{"id":"2","targets":[{"at":"2026-03-02T00:00:34Z","\u0031":"\u00e9","k2":"12"}],"status":{"detail":"{\"n\":\"1\",\"m\":22}"}}`,
		`{"id":"3","targets":[["0","1","2"],{"0":"1","2":"1234567890123456789"}]}`,
	}
	accepted := 0
	n := mutations(t, 20_000)
	for range n {
		rec := []byte(records[rng.IntN(len(records))])
		for range 1 + rng.IntN(4) {
			at := rng.IntN(len(rec))
			for rng.IntN(20) > 0 && (rec[at] < '0' || rec[at] > '9') {
				at = rng.IntN(len(rec))
			}
			rec[at] = "00112233456789/:\"x"[rng.IntN(18)]
		}
		if err := compare(p, strict, ways, rec); err != nil {
			t.Fatal(err)
		}
		if strict.rec != nil {
			accepted++
		}
	}
	if 100*accepted < 20*n || 100*accepted > 95*n {
		t.Errorf("%d of %d changed records are accepted: they say little", accepted, n)
	}
}

// TestProofsAtTheirEnds: of a value like another every byte counts, whatever its
// size.
func TestProofsAtTheirEnds(t *testing.T) {
	for size := range 40 {
		text := []byte(`{"a":"` + strings.Repeat("1x", size)[:size] + `"}`)
		var p proofs
		p.add(text, 1)
		for range 2 {
			for i, old := range text {
				for _, c := range []byte{'7', 'y', '"' - 1} {
					text[i] = c
					like := old == c || '0' <= old && old <= '9' && c == '7'
					if got := p.form(text) == 1; got != like {
						t.Errorf("%s: like is %v, want %v", text, got, like)
					}
				}
				text[i] = old
			}
		}
	}
}

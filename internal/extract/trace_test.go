package extract

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// stringPieces are what strings are made of here: plain, escaped, of characters
// of each size, and broken.
var stringPieces = []string{"a", "bcd", "0123456789abcdef", "a text of thirty-three characters", `\"`, `\\`, `\/`, `\b\f\n\r\t`, `\u00e5`,
	"å", "\u07ff", "東", "\u0800", "\ud7ff", "\ue000", "\U0001f600"}

var brokenPieces = []string{`\q`, `\u00`, `\`, "\x01", "\x1f", "\x80", "\xbf", "\xc0\xaf", "\xc1\x80", "\xc3", "\xc3(", "\xdf\xc0", "\xe0\x80\x80", "\xe1\x80",
	"\xe1\x80\x41", "\xe6\x9d", "\xed\xa0\x80", "\xef\xbf", "\xf0\x80\x80\x80", "\xf5\x80\x80\x80", "\xff", `"`}

// drawScalar draws a scalar, seldom a broken one.
func drawScalar(rng *rand.Rand) string {
	if rng.IntN(4) == 0 {
		return otherScalars[rng.IntN(12)]
	}
	var s strings.Builder
	for range rng.IntN(6) {
		s.WriteString(stringPieces[rng.IntN(len(stringPieces))])
	}
	if rng.IntN(200) == 0 {
		s.WriteString(brokenPieces[rng.IntN(len(brokenPieces))])
	}
	return `"` + s.String() + `"`
}

// drawRecord draws a record with keys of sizes, of which some scalars are new
// ones; seldom another key, or an object in place of one.
func drawRecord(rng *rand.Rand, sizes []int, own []string) string {
	var s strings.Builder
	for i, n := range sizes {
		scalar := own[i]
		switch roll := rng.IntN(100); {
		case roll < 60:
			scalar = drawScalar(rng)
		case roll < 62:
			scalar = `{"a":1}`
		case roll < 64:
			n++
		}
		fmt.Fprintf(&s, `,"%s%d":%s`, strings.Repeat("k", n), i, scalar)
	}
	return "{" + s.String()[1:] + "}"
}

// TestKernelsTraceAlike compares records with a tree that grows, by each kernel:
// all find the same progress, changes and places.
func TestKernelsTraceAlike(t *testing.T) {
	rng := rand.New(rand.NewPCG(9, 10))
	came := map[progress]int{}
	for range mutations(t, 1500) {
		sizes, own := make([]int, 1+rng.IntN(8)), make([]string, 8)
		for i := range sizes {
			sizes[i], own[i] = rng.IntN(20)+rng.IntN(2)*rng.IntN(200), drawScalar(rng)
		}
		trees := make([]stencils, len(Kernels()))
		for i := range trees {
			trees[i] = newStencils()
		}
		for range 20 {
			rec := drawRecord(rng, sizes, own)
			var first string
			for i, k := range Kernels() {
				tr := trace{kernel: k, node: trees[i].root}
				p := unsure
				if tr.node != nil {
					p = tr.follow([]byte(rec + "\n" + strings.Repeat(" ", 2*overread)))
				}
				got := fmt.Sprint(p, tr.from, tr.changes)
				if p == unsure {
					got += fmt.Sprint(tr.at, tr.scalar)
					trees[i].learn([]byte(rec), &tr)
				}
				if i == 0 {
					first, came[p] = got, came[p]+1
				} else if got != first {
					t.Fatalf("%q: %v finds %s, %v finds %s", rec, Kernels()[0], first, k, got)
				}
			}
			if held := trees[0].held; slices.ContainsFunc(trees, func(s stencils) bool { return s.held != held }) {
				t.Fatalf("%q: not as many stencils", rec)
			}
		}
	}
	if came[walked] < came[unsure] || came[unsure] == 0 {
		t.Errorf("records came out as %v: this says little", came)
	}
}

// TestLooseStringsAreStrict puts every escape and every start of a character in
// place of a loose string, at both ends of what a kernel reads at once.
func TestLooseStringsAreStrict(t *testing.T) {
	passed := 0
	check := func(node *stencilNode, text []byte) {
		b := slices.Concat([]byte(`{"a":`), text, []byte(`}`), make([]byte, 2*overread))
		tr := trace{kernel: Best.resolve(), node: node}
		n, to, _, _ := tr.plainLoose(b, 0, 0, node.loose[0].before, nil)
		if n == 0 {
			return
		}
		passed++
		if end := strictScalar(b, 5); to != end+n-1 { // with the bracket behind it
			t.Fatalf("%q: %d passed up to %d, but the string ends at %d", text, n, to, end)
		}
	}
	tree := newStencils()
	tree.learn([]byte(`{"a":"x"}`), &trace{})
	tree.root.loosen(0, 0)
	for _, before := range []string{"", strings.Repeat("x", 29), strings.Repeat("x", 30), strings.Repeat("x", 31)} {
		for a := range 256 {
			for _, b := range []byte("\\u0A\"\x00 \x7f\x80\x8f\x90\x9f\xa0\xbf\xc0\xc2\xff") {
				for _, c := range []byte("\"a\x7f\x80\xbf\xc0\xff") {
					check(tree.root, fmt.Appendf(nil, `"%s%s"`, before, []byte{byte(a), b, c}))
					check(tree.root, fmt.Appendf(nil, `"%s\%s"`, before, []byte{byte(a), b, c}))
				}
			}
		}
	}
	if passed == 0 && slices.Contains(Kernels(), AVX2) {
		t.Error("no string was passed")
	}
}

// TestBrokenNumbersTeachNothing: what follows a number of a stencil may not follow what
// a broken record has in its place, and no such record is taken for one like it.
func TestBrokenNumbersTeachNothing(t *testing.T) {
	for own, others := range map[string][]string{
		"12":   {"1e2.5", "1.5.5", "05", "1e5e5", "truee5", `"x".5`, `"x"5`, "null5", "-0.0.1"},
		"1.5":  {"05", "1e2e5", "false5", `""e1`},
		"true": {"12x", "00"},
		`"x"`:  {"1.5.5", "05", `"y"5`},
	} {
		for _, other := range others {
			in := strings.Repeat(`{"a":`+own+`,"b":"c"}`+"\n", 3) + strings.Repeat(`{"a":`+other+`,"b":"c"}`+"\n", 5) + strings.Repeat(`{"a":`+own+`,"b":"d"}`+"\n", 3)
			for _, kernel := range []Kernel{Portable, AVX2} {
				like := 0
				err := Split(t.Context(), strings.NewReader(in), Limits{Kernel: kernel, trees: newStencilTrees()}, func(b *Batch) error {
					defer b.Release()
					for i := range b.Items {
						it := &b.Items[i]
						if it.like != nil {
							like++
						}
						if it.like != nil && !json.Valid(it.Raw) {
							t.Errorf("%s: %s is like a stencil", kernel, it.Raw)
						}
					}
					return nil
				})
				if err != nil || like < 4 {
					t.Errorf("%s in place of %s: %d records are like a stencil, %v", other, own, like, err)
				}
			}
		}
	}
}

package extract

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// otherScalars are scalars to put in place of others: of all kinds, such as may
// be JSON text, and broken ones.
var otherScalars = []string{`"x"`, `""`, `"Umeå 東京"`, `"a\"b\\"`, `"\u00e5"`, `1`, `12`, `-0.5e3`, `1e999`, `0`, `null`, `true`, `false`,
	`"{\"city\":1}"`, `"[1]"`, `" {}"`, `"\u005b1]"`, `"\n{}"`, `"value"`, `nul`, `01`, `"\q"`, "\"\x01\"", "\"\xff\"", `"2026-05-01T16:03:35Z"`,
	`"a text that is longer than eight bytes and than a block of sixty-four bytes, and so on"`, `12 `, `{}`, `[]`, `[1]`, ``}

// vary changes some of a record's scalars: mostly to ones of the same kind.
func vary(rng *rand.Rand, rec []byte) []byte {
	st := newStencil(bytes.Clone(rec))
	if st == nil {
		return rec
	}
	var out []byte
	end := uint32(0)
	for _, at := range st.scalars {
		if rng.IntN(4) > 0 {
			continue
		}
		other := otherScalars[rng.IntN(len(otherScalars))]
		if old := rec[at.from:at.to]; rng.IntN(8) > 0 {
			other = `"` + strings.Repeat("y", rng.IntN(20)) + `"`
			if old[0] != '"' {
				other = fmt.Sprint(rng.IntN(2000) - 1000)
			}
		}
		out = append(append(out, rec[end:at.from]...), other...)
		end = at.to
	}
	return append(out, rec[end:]...)
}

// stream is a container of records like one or two originals, some of them with
// a flaw.
func stream(rng *rand.Rand) []byte {
	kinds := []string{strings.ReplaceAll(originals[rng.IntN(len(originals))], "\n", ""), originals[rng.IntN(len(originals))]}
	var records []string
	for range 3 + rng.IntN(20) {
		rec := vary(rng, []byte(kinds[rng.IntN(5)/4]))
		if rng.IntN(6) == 0 {
			rec = mutate(rng, rec)
		}
		records = append(records, string(rec))
	}
	return wrapAny(rng.IntN(len(containers)), records)
}

// stencilled reads an input with stencils: what splitAll finds, and every record
// in a row as Strict reads it. It counts the records that were like a stencil.
func stencilled(t testing.TB, in []byte, lim Limits, p *Projection, row, strict *Row) (like int) {
	t.Helper()
	bases := map[string]string{}
	forms := map[uint64]string{}
	err := Split(t.Context(), bytes.NewReader(in), lim, func(b *Batch) error {
		defer b.Release()
		for i := range b.Items {
			it := &b.Items[i]
			if it.like != nil {
				like++
			}
			if it.Raw == nil {
				continue
			}
			way := reading{"a stencil", func([]byte) error { return p.Item(it, row) }, row}
			if err := compare(p, strict, []reading{way}, it.Raw); err != nil {
				return err
			}
			if !slices.Equal(row.TopKeys(3), strict.TopKeys(3)) {
				return fmt.Errorf("%q: keys %q", it.Raw, row.TopKeys(3))
			}
			if err := baseHolds(row, bases, forms); err != nil {
				return fmt.Errorf("%q: %w", it.Raw, err)
			}
		}
		return nil
	})
	if err != nil && !errors.As(err, new(*Truncated)) && !errors.As(err, new(*UnknownFormat)) && !errors.Is(err, ErrEmpty) {
		t.Fatal(err)
	}
	return like
}

// baseHolds checks what a row says of its base, and of forms, with what it said
// before.
func baseHolds(row *Row, bases map[string]string, forms map[uint64]string) error {
	number, changed := row.Base()
	seen := map[int32]bool{}
	for _, n := range changed {
		if seen[n] || number == 0 {
			return fmt.Errorf("slot %d has changed twice, or there is no base", n)
		}
		seen[n] = true
	}
	for n := range row.slots {
		raw := string(row.Raw(n))
		if form := row.Form(n); form != 0 {
			digits := strings.Map(func(c rune) rune {
				if '0' <= c && c <= '9' {
					return '0'
				}
				return c
			}, raw)
			if old, ok := forms[form]; ok && old != digits {
				return fmt.Errorf("form %d of %q and %q", form, old, raw)
			}
			forms[form] = digits
			raw += fmt.Sprint(form)
		}
		key := fmt.Sprintf("%d.%d", number, n)
		if old, ok := bases[key]; number != 0 && !seen[int32(n)] && ok && old != raw {
			return fmt.Errorf("slot %d of base %d has %q, and had %q", n, number, raw, old)
		} else if number != 0 && !seen[int32(n)] {
			bases[key] = raw
		}
	}
	return nil
}

// TestStencilsAgree reads streams of records that are alike: what is cut out is
// what is cut out a byte at a time, and what is read is what Strict reads.
func TestStencilsAgree(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	p, strict := newTestRow(t)
	row := p.NewRow()
	trees := newStencilTrees()
	like, based, n := 0, 0, mutations(t, 80_000)/20
	for i := range n {
		if i%50 == 0 {
			trees = newStencilTrees()
		}
		in := stream(rng)
		lim := Limits{Record: []int{0, 0, 0, 300}[rng.IntN(4)], noIndex: true}
		want := splitAll(t, bytes.NewReader(in), lim)
		lim.noIndex, lim.trees = false, trees
		lim.Kernel = Kernels()[i%len(Kernels())]
		lim.batch = []int{0, 64, 400, 3000}[rng.IntN(4)]
		got := splitAll(t, chunked{bytes.NewReader(in), 1 + rng.IntN(1500)}, lim)
		if diff := cmp.Diff(want.items, got.items); diff != "" || fmt.Sprint(want.err) != fmt.Sprint(got.err) {
			t.Fatalf("%q, buffer %d: errors %v and %v (-a byte at a time +with stencils):\n%s", in, lim.batch, want.err, got.err, diff)
		}
		like += stencilled(t, in, lim, p, row, strict)
		if number, _ := row.Base(); number != 0 {
			based++
		}
	}
	if like < 2*n || based < n/8 {
		t.Errorf("of %d streams %d records were like a stencil, and %d ended with a base: this says little", n, like, based)
	}
}

func FuzzStencils(f *testing.F) {
	rng := rand.New(rand.NewPCG(7, 8))
	for _, rec := range originals {
		f.Add([]byte(rec), vary(rng, []byte(rec)), vary(rng, []byte(rec)))
	}
	p, strict := newTestRow(f)
	f.Fuzz(func(t *testing.T, a, b, c []byte) {
		in := bytes.Join([][]byte{a, a, b, c, a, b, c}, []byte("\n"))
		want := splitAll(t, bytes.NewReader(in), Limits{noIndex: true})
		lim := Limits{trees: newStencilTrees()}
		got := splitAll(t, bytes.NewReader(in), lim)
		if diff := cmp.Diff(want.items, got.items); diff != "" || fmt.Sprint(want.err) != fmt.Sprint(got.err) {
			t.Fatalf("%q: errors %v and %v (-a byte at a time +with stencils):\n%s", in, want.err, got.err, diff)
		}
		stencilled(t, in, lim, p, p.NewRow(), strict)
	})
}

// traced tells how a record that follows another comes out.
func traced(t *testing.T, k Kernel, first, second string) (progress, []string) {
	t.Helper()
	tree := newStencils()
	tree.learn([]byte(first), &trace{})
	if tree.root == nil {
		t.Fatalf("%s was not learned", first)
	}
	var changes []string
	tr := trace{kernel: k, node: tree.root}
	came := tr.follow([]byte(second))
	for _, c := range tr.changes {
		changes = append(changes, second[c.from:c.to])
	}
	return came, changes
}

// A record is like a stencil where it differs in whole, valid scalars, and in
// none else.
func TestLikeAStencil(t *testing.T) {
	const tail = "}\n{\"next\":1,\"more than thirty-two bytes\":true}"
	for _, tt := range []struct {
		first, second string
		want          progress
		changes       string
	}{
		{`{"a":1`, `{"a":1`, walked, ``},
		{`{"a":1`, `{"a":2`, walked, `2`},
		{`{"a":1`, `{"a":12`, walked, `12`},
		{`{"a":12`, `{"a":1`, walked, `1`},
		{`{"a":12`, `{"a":1.5e3`, walked, `1.5e3`},
		{`{"a":1`, `{"a":01`, unsure, ``},
		{`{"a":1`, `{"a":1.`, unsure, ``},
		{`{"a":1`, `{"a":1 `, unsure, ``},
		{`{"a":1`, `{"a":1x`, unsure, ``},
		{`{"a":1`, `{"a":1e999`, unsure, ``},
		{`{"a":true`, `{"a":false`, walked, `false`},
		{`{"a":true`, `{"a":trueish`, unsure, ``},
		{`{"a":true`, `{"a":tru`, unsure, ``},
		{`{"a":null`, `{"a":"null"`, walked, `"null"`},
		{`{"a":"x"`, `{"a":null`, walked, `null`},
		{`{"a":"x"`, `{"a":"xy"`, walked, `"xy"`},
		{`{"a":"xy"`, `{"a":"x"`, walked, `"x"`},
		{`{"a":"xy"`, `{"a":""`, walked, `""`},
		{`{"a":"x"`, `{"a":"å\"\\\u00e5"`, walked, `"å\"\\\u00e5"`},
		{`{"a":"x"`, "{\"a\":\"\xff\"", unsure, ``},
		{`{"a":"å"`, "{\"a\":\"\xc3\"", unsure, ``},
		{`{"a":"x"`, `{"a":"\q"`, unsure, ``},
		{`{"a":"x"`, "{\"a\":\"\n\"", unsure, ``},
		{`{"a":"x"`, `{"a":{}`, unsure, ``},
		{`{"a":"x"`, `{"a":`, unsure, ``},
		{`{"a":"x"`, `{"b":"x"`, unsure, ``},
		{`{"a":"x"`, `{"aa":"x"`, unsure, ``},
		{`{"a":"x"`, `{"a" :"x"`, unsure, ``},
		{`{"a":"x"`, `{"a":"x","b":1`, unsure, ``},
		{`{"a":"x","b":1`, `{"a":"x"`, unsure, ``},
		{`{"a":[1,2]`, `{"a":[1]`, unsure, ``},
		{`{"a":[1,"2"]`, `{"a":["1",2]`, walked, `"1" 2`},
		{`{"a":"x","b":1,"c":null`, `{"a":"a text of sixty-four bytes or more, so that it takes a few steps","b":-1,"c":null`, walked,
			`"a text of sixty-four bytes or more, so that it takes a few steps" -1`},
	} {
		for _, k := range Kernels() {
			came, changes := traced(t, k, tt.first+"}", tt.second+tail)
			if came != tt.want || came == walked && strings.Join(changes, " ") != tt.changes {
				t.Errorf("%s after %s (%v): %v with %q, want %v with %s", tt.second, tt.first, k, came, changes, tt.want, tt.changes)
			}
		}
	}
}

// A record of which the end is missing is not told to be like a stencil, or not.
func TestTheEndOfAStencilIsMissing(t *testing.T) {
	first := `{"a":1,"b":"a text","c":null,"d":"\u00e5","e":[true,{}]}`
	second := `{"a":123,"b":"another text","c":false,"d":"å\"\\","e":[null,{}]}`
	for end := range len(second) {
		if came, _ := traced(t, Best.resolve(), first, second[:end]); came != further {
			t.Errorf("%s: %v", second[:end], came)
		}
	}
	if came, _ := traced(t, Best.resolve(), first, second); came != walked {
		t.Errorf("%s: %v", second, came)
	}
}

// What is no valid record on one line is not kept.
func TestStencilsAreValid(t *testing.T) {
	for _, text := range []string{"", "{", "{}}", "{\"a\":1\n}", "{\"a\":\r1}", `{"a":}`, `{"a" 1}`, `{a:1}`, `{"a":1,}`, `{"a":[1,]}`, `{"a":[1}`,
		`{"a":01}`, `{"a":"\q"}`, `{"\q":1}`, `{"a`, `{"a"`, `{"a":`, `{"a":1,`, "{\"a\":\"\xff\"}", `{"a":1 2}`, `{"a":[,1]}`,
		`{"a":` + strings.Repeat("[", 64) + strings.Repeat("]", 64) + `}`} {
		if newStencil([]byte(text)) != nil {
			t.Errorf("%s is a stencil", text)
		}
	}
	deep := `{"a" : ` + strings.Repeat("[", 63) + strings.Repeat("]", 63) + "\t, \"b\":[ 1 , \"x\" ] }"
	if st := newStencil([]byte(deep)); st == nil || len(st.scalars) != 2 {
		t.Errorf("%s is not the stencil it should be", deep)
	}
	most := `{"a":[0` + strings.Repeat(",0", stencilScalars-1) + "]}"
	if newStencil([]byte(most)) == nil || newStencil([]byte(strings.Replace(most, "0", "0,0", 1))) != nil {
		t.Errorf("not %d scalars are the most", stencilScalars)
	}
}

// feed reads records that are made by number, and counts those that were like a
// stencil.
func feed(t *testing.T, trees *stencilTrees, n int, record func(i int) string) (like int) {
	t.Helper()
	var in strings.Builder
	for i := range n {
		in.WriteString(record(i) + "\n")
	}
	err := Split(t.Context(), strings.NewReader(in.String()), Limits{trees: trees}, func(b *Batch) error {
		for _, it := range b.Items {
			if it.like != nil {
				like++
			}
		}
		b.Release()
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return like
}

// Records whose structure is ever new cost little: few are learned, and most not
// even compared.
func TestStencilsGiveUp(t *testing.T) {
	trees := newStencilTrees()
	tree := &trees[treeOf(true)]
	record := func(i int) string { return fmt.Sprintf(`{"key %d":1,"a":"x"}`, i) }
	if like := feed(t, trees, 20_000, record); like != 0 {
		t.Fatalf("%d records are like a stencil", like)
	}
	if most := (creditMost + 20_000) / creditCost; tree.held > most || tree.pause != restMost || tree.rest == 0 {
		t.Errorf("%d stencils, want %d at most; pause %d, rest %d", tree.held, most, tree.pause, tree.rest)
	}
	if like := feed(t, trees, 10_000, func(i int) string { return fmt.Sprintf(`{"a":"x","b":%d}`, i) }); like < 7000 {
		t.Errorf("only %d records are like a stencil after others were", like)
	}
}

// A tree that is full is given up once many records have found no room.
func TestStencilsBeginAnew(t *testing.T) {
	trees := newStencilTrees()
	tree := &trees[treeOf(true)]
	shape := func(i int) string { return fmt.Sprintf(`{"key %d":%d}`, i/100, i) }
	if like := feed(t, trees, 100*stencilsMost, shape); tree.held != stencilsMost || like < 90*stencilsMost {
		t.Fatalf("%d stencils, and %d records are like one", tree.held, like)
	}
	late := func(i int) string { return fmt.Sprintf(`{"late %d":%d}`, i%3, i) }
	feed(t, trees, 200*stencilsPatience, late)
	if like := feed(t, trees, 5000, late); tree.held > 10 || like < 4900 {
		t.Errorf("the tree did not begin anew: %d stencils are held, and %d records are like one", tree.held, like)
	}
}

// A row gives up its oldest base when it has too many.
func TestBasesAreBounded(t *testing.T) {
	p, row := newTestRow(t)
	strict := p.NewRow()
	trees := newStencilTrees()
	tree := &trees[treeOf(true)]
	for range 2 {
		for i := range 2 * BaseMost {
			*tree = newStencils()
			in := []byte(strings.Repeat(fmt.Sprintf(`{"key %d":1,"id":%d}`+"\n", i, i), 3))
			if like := stencilled(t, in, Limits{trees: trees}, p, row, strict); like != 2 {
				t.Fatalf("%d records are like a stencil", like)
			}
		}
	}
	if len(row.bases.of) != BaseMost || row.bases.number != 4*BaseMost {
		t.Errorf("%d bases, the newest with number %d", len(row.bases.of), row.bases.number)
	}
}

// A stencil that a projection cannot use is not used for long.
func TestUselessStencils(t *testing.T) {
	p, row := newTestRow(t)
	strict := p.NewRow()
	in := []byte(strings.Repeat(`{"location":"{\"city\":\"R\"}","id":1}`+"\n", 20))
	lim := Limits{trees: newStencilTrees()}
	if like := stencilled(t, in, lim, p, row, strict); like == 0 {
		t.Fatal("no record is like a stencil")
	}
	if like := stencilled(t, in, lim, p, row, strict); like != 0 {
		t.Errorf("%d records are still like the stencil", like)
	}
}

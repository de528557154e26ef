package extract

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// randomBrackets is the order of brackets of some value.
func randomBrackets(rng *rand.Rand, depth int) string {
	pair := [2]string{"{}", "[]"}[rng.IntN(2)]
	inner := ""
	for depth < 5 && rng.IntN(3) > 0 {
		inner += randomBrackets(rng, depth+1)
	}
	return pair[:1] + inner + pair[1:]
}

// What is read off a known order is what is found out bracket by bracket.
func TestFormsKnowWhatClosesWhat(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	var f forms
	var x index
	learned := map[string]bool{}
	for range 3 * formsMost {
		order := randomBrackets(rng, 0)
		clear(x.link) // nothing is written for brackets that close
		if !x.whole([]byte(order), 1) {
			t.Fatalf("%s is no value", order)
		}
		want := slices.Clone(x.link[:len(order)])
		got, came := f.find([]byte(order), x.at)
		if (came == walked) != learned[order] {
			t.Fatalf("%s: came %v, learned: %v", order, came, learned[order])
		}
		if came == walked && !slices.Equal(got.link, want) {
			t.Fatalf("%s: %v, want %v", order, got.link, want)
		}
		if f.held < formsMost && came != walked {
			f.learn([]byte(order), x.at, want)
			learned[order] = true
		}
	}
	for order := range learned {
		if len(order) < 60 {
			checkKnown(t, &f, order)
		}
	}
	if f.held != len(learned) {
		t.Errorf("%d orders are held of %d", f.held, len(learned))
	}
}

// checkKnown follows an order that was learned, its beginnings, and orders that
// are nearly it.
func checkKnown(t *testing.T, f *forms, order string) {
	t.Helper()
	at := make([]uint32, len(order)+3)
	for i := range at {
		at[i] = uint32(i)
	}
	buf := []byte(order + "{{{")
	if got, came := f.find(buf, at); came != walked || len(got.link) != len(order) {
		t.Fatalf("%s with more behind it: %v", order, came)
	}
	for n := range order {
		if _, came := f.find(buf, at[:n]); came != further {
			t.Fatalf("the first %d brackets of %s: %v", n, order, came)
		}
		for _, c := range "{}[]" {
			other := slices.Clone(buf[:len(order)])
			other[n] = byte(c)
			got, came := f.find(other, at[:len(order)])
			if came == walked && !balanced(string(other[:len(got.link)])) {
				t.Fatalf("%s is taken for a value", other)
			}
		}
	}
}

func balanced(order string) bool {
	for len(order) > 0 {
		shorter := strings.ReplaceAll(strings.ReplaceAll(order, "{}", ""), "[]", "")
		if shorter == order {
			return false
		}
		order = shorter
	}
	return true
}

// A tree that is full is given up once many values have found it so.
func TestFormsBeginAnew(t *testing.T) {
	var f forms
	var x index
	learn := func(n int) bool {
		order := fmt.Sprintf("{%s%s}", strings.Repeat("[]", n%64), strings.Repeat("{}", n/64))
		if !x.whole([]byte(order), 1) {
			t.Fatalf("%s is no value", order)
		}
		f.learn([]byte(order), x.at, x.link[:len(order)])
		_, came := f.find([]byte(order), x.at)
		return came == walked
	}
	for n := range formsMost {
		if !learn(n) {
			t.Fatalf("order %d was not learned", n)
		}
	}
	for n := 1; n < formsPatience; n++ {
		if learn(formsMost) {
			t.Fatalf("more than %d orders were learned", formsMost)
		}
	}
	if !learn(formsMost) || f.held != 1 {
		t.Errorf("the tree did not begin anew: %d orders are held", f.held)
	}
}

// Lists at the first level open an envelope by their key, in whatever order of
// brackets they stand.
func TestKnownOrdersHideNoEnvelope(t *testing.T) {
	for _, key := range []string{"value", "VALUE", "records", "Tables"} {
		plain := `{"aaaaaaaaaaaa":[{"n":1}],"m":{"x":[]}}`
		wraps := strings.Replace(plain, "aaaaaaaaaaaa", key, 1)
		var items []string
		err := Split(context.Background(), strings.NewReader(strings.Repeat(plain+"\n", 5)+wraps), Limits{}, func(b *Batch) error {
			defer b.Release()
			for _, it := range b.Items {
				items = append(items, string(it.Raw))
			}
			return nil
		})
		if err != nil || len(items) < 5 {
			t.Fatalf("%q: %v (%v)", key, items, err)
		}
		if slices.Contains(items, wraps) {
			t.Errorf("%s is a record", wraps)
		}
	}
}

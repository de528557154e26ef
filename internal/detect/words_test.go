package detect

import (
	"bytes"
	"fmt"
	"hash/maphash"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"vakt/internal/event"
)

// TestWordsKeepTexts: texts of all lengths, also longer than a page of the
// arena, have one number each and can be read by it.
func TestWordsKeepTexts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var w words
		w.begin(maphash.MakeSeed())
		numbers := map[string]uint32{}
		text := rapid.Custom(func(t *rapid.T) string {
			length := rapid.SampledFrom([]int{0, 1, 2, 36, 127, 128, pageBytes - 8, pageBytes - 3, pageBytes, 3*pageBytes + 1}).Draw(t, "length")
			return strings.Repeat(rapid.SampledFrom([]string{"a", "b", "\x00"}).Draw(t, "letter"), length)
		})
		for _, s := range rapid.SliceOfN(text, 1, 60).Draw(t, "texts") {
			n := w.put([]byte(s))
			if known, ok := numbers[s]; ok && known != n {
				t.Fatalf("a text of %d bytes is %d and %d", len(s), known, n)
			}
			numbers[s] = n
		}
		seen := map[uint32]bool{}
		for s, n := range numbers {
			if string(w.text(n)) != s || seen[n] || (n == 0) != (s == "") {
				t.Fatalf("a text of %d bytes is number %d, which is one of %d bytes", len(s), n, len(w.text(n)))
			}
			seen[n] = true
		}
	})
}

// TestWordsGrow: over many pages of the table.
func TestWordsGrow(t *testing.T) {
	const count = 100_000
	var w words
	w.begin(maphash.MakeSeed())
	numbers := make([]uint32, count)
	for i := range numbers {
		numbers[i] = w.put(fmt.Append(nil, i))
	}
	for i, n := range numbers {
		if again := w.put(fmt.Append(nil, i)); again != n || string(w.text(n)) != fmt.Sprint(i) {
			t.Fatalf("text %d is number %d, then %d: %q", i, n, again, w.text(n))
		}
	}
	if slices.Sort(numbers); len(slices.Compact(numbers)) != count {
		t.Error("two texts have one number")
	}
}

// TestFullArenaIsSaid: what finds no place is not taken for something else.
func TestFullArenaIsSaid(t *testing.T) {
	w := bare(MaxWindow).newWorker()
	w.words.pages = make([][]byte, maxPages)
	if n := w.words.put([]byte("one more")); n != 0 || w.Err() == nil {
		t.Errorf("number %d, error %v", n, w.Err())
	}
	if _, err := w.d.Decide(t.Context(), []*Worker{w}, nil, nil); err == nil {
		t.Error("decided on facts that were not kept")
	}
}

// TestSortedRefs: by hash, and those of one hash in the order that they had.
func TestSortedRefs(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.SampledFrom([]int{0, 1, 5, manyRefs - 1, manyRefs, 3 * manyRefs}).Draw(t, "count")
		hashes := rapid.SliceOfN(rapid.OneOf(rapid.Uint32(), rapid.Uint32Range(0, 5)), n, n).Draw(t, "hashes")
		list := make([]ref, n)
		for i, h := range hashes {
			list[i] = ref{hash: h, of: uint32(i)}
		}
		got, _ := sortedRefs(slices.Clone(list), make([]ref, rapid.IntRange(0, 4*manyRefs).Draw(t, "other")))
		if !slices.IsSortedFunc(got, func(a, b ref) int { return int(int64(a.hash) - int64(b.hash)) }) {
			t.Fatal("not in order")
		}
		slices.SortFunc(got, func(a, b ref) int { return int(a.of) - int(b.of) })
		if !slices.Equal(got, list) {
			t.Fatal("not the same")
		}
	})
}

// TestRowsRoundTrip: what is shown of a record, in memory and in a file.
func TestRowsRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := bare(MaxWindow)
		w := d.newWorker()
		defer w.Close() //nolint:errcheck // the test fails elsewhere if files cannot be used
		number := rapid.Uint32Range(0, 1<<31)
		want := shown{
			time: rapid.Int64().Draw(t, "time"), updated: rapid.Int64().Draw(t, "updated"), size: rapid.IntRange(0, 500).Draw(t, "size"),
			tenant: number.Draw(t, "tenant"), raw: rapid.IntRange(0, 1<<40).Draw(t, "raw"),
			id: []byte(rapid.OneOf(rapid.String(), rapid.StringMatching(`[0-9a-fA-F]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}`),
				rapid.StringN(pageBytes, 2*pageBytes, -1)).Draw(t, "id")),
		}
		key := keyed('r', 1)
		want.attempt = rapid.SampledFrom([][16]byte{key, keyed('a', 2)}).Draw(t, "attempt")
		for range rapid.IntRange(0, 4).Draw(t, "things") {
			want.listed = append(want.listed, rapid.IntRange(0, 900).Draw(t, "watch"))
			want.counted = append(want.counted, counted{rapid.IntRange(0, 900).Draw(t, "watch"), number.Draw(t, "value")})
		}
		row := w.rows.put(want.append(nil, key))
		if rapid.Bool().Draw(t, "in a file") {
			if err := w.spillAll(); err != nil {
				t.Fatal(err)
			}
		}
		var buf []byte
		text, err := w.rows.read(row, &buf)
		if err != nil {
			t.Fatal(err)
		}
		var got shown
		got.read(bytes.Clone(text), key)
		got.row = nil
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Fatalf("got  %+v\nwant %+v", got, want)
		}
	})
}

// TestEntitiesRoundTrip: texts that come once, again and again, and as ids,
// also with what joins texts elsewhere.
func TestEntitiesRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := bare(MaxWindow).newWorker()
		var memo entityMemo
		text := rapid.OneOf(rapid.StringN(1, 300, -1), rapid.SampledFrom([]string{"a", "app", "\x00", "a\x00b"}),
			rapid.StringMatching(`[0-9a-fg]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}`))
		for range rapid.IntRange(1, 20).Draw(t, "records") {
			var want []event.Entity
			w.shown.named = w.shown.named[:0]
			for range rapid.IntRange(0, 4).Draw(t, "entities") {
				e := event.Entity{Kind: rapid.SampledFrom([]string{"account", "ip", "app"}).Draw(t, "kind"), ID: text.Draw(t, "id"), Name: text.Draw(t, "name")}
				if rapid.Bool().Draw(t, "without a name") {
					e.Name = e.ID
				}
				want = append(want, e)
				w.entity(e.Kind, []byte(e.ID), []byte(e.Name))
			}
			var got shown
			got.read(w.shown.append(nil, keyed('r', 1)), keyed('r', 1))
			if list := w.entities(&got); !slices.Equal(list, want) {
				t.Fatalf("got  %+v\nwant %+v", list, want)
			}
			var list []event.Entity
			for written, rest := cutEntity(got.named); written != nil; written, rest = cutEntity(rest) {
				list = append(list, memo.entity(w, 0, written), memo.entity(w, 0, written))
			}
			for i, e := range want {
				if list[2*i] != e || list[2*i+1] != e {
					t.Fatalf("got  %+v\nwant %+v, each twice", list, want)
				}
			}
		}
	})
}

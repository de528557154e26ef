package extract

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// mutations is how many changed records the differential tests read. With
// VAKT_TEST_MUTATIONS they read as many as it says.
func mutations(t testing.TB, usual int) int {
	text := os.Getenv("VAKT_TEST_MUTATIONS")
	if text == "" {
		if testing.Short() {
			return usual / 10
		}
		return usual
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatalf("VAKT_TEST_MUTATIONS: %v", err)
	}
	return n
}

// originals are records to change: the kinds of place and value that there are,
// in the forms in which exports have them.
var originals = []string{
	`{"id":"66ea54eb-6301-4ee5-be62-ff5a759b0100","createdDateTime":"2026-05-01T16:03:35Z","location":{"city":"Umeå","geo":{"lat":63.825}},` +
		`"status":{"code":50126,"detail":{"text":"Invalid username or password.","x":[]}},"odata.type":"#t",` +
		`"targets":[{"id":"1","type":"User","modified":[{"name":"Department","old":"[\"Ekonomi\"]","new":null}]},{"id":"2","type":"Role","modified":[]}],` +
		`"policies":[{"id":"a","enforced":["Mfa","Block"],"result":"notApplied"},{"id":"b","enforced":[],"result":"success"}],"risk":"none"}`,
	`{"location":"{\"city\":\"R\\u00f6m\",\"geo\":\"{\\\"lat\\\":1}\"}","status":"{\"detail\":\"[1,{\\\"a\\\":null}]\"}","id":"\ud83d\ude00","targets":" [1,\"x\"] "}`,
	"{\n  \"id\": -1.5e3,\n  \"a\": {\"b\": {\"c\": {\"d\": {\"e\": [true, {\"x\": {}}]}}}},\n  \"targets\": [ ]\n}",
	`{"i\u0064":"C:\\dir\\","x":"\\\"","y":{"z":["[","{\"","]"]},"targets":{"k":1,"K":2},"status":{"code":"0","Code2":false}}`,
	`{"x":{1,,"\q"},"y":tru,"z":"\ud800","id":1e5,"location":null,"日本":"東京都港区のサインイン","status":{"detail":"é"}}`,
	`{}`,
}

// sharp are bytes that a reader of JSON stumbles over.
const sharp = "{}[],:\"\"\\\\ \n\r\t\x00\x1f/u0eE.-+ntf\xc3\xa5\xe2\x82\xff\xed\xa0"

// mutate changes a copy of a record in one to three places.
func mutate(rng *rand.Rand, rec []byte) []byte {
	rec = slices.Clone(rec)
	for range 1 + rng.IntN(3)*rng.IntN(2) {
		if len(rec) == 0 {
			return rec
		}
		at := rng.IntN(len(rec))
		c := sharp[rng.IntN(len(sharp))]
		if rng.IntN(3) == 0 {
			c = "xA1 "[rng.IntN(4)]
		}
		switch rng.IntN(8) {
		case 0:
			rec[at] ^= 1 << rng.IntN(8)
		case 1, 2:
			rec[at] = c
		case 3, 4:
			rec = slices.Insert(rec, at, c)
		case 5:
			rec = slices.Delete(rec, at, at+1)
		case 6: // a piece once more, or elsewhere
			end := at + rng.IntN(min(40, len(rec)-at)+1)
			rec = slices.Insert(rec, rng.IntN(len(rec)+1), rec[at:end]...)
		case 7:
			if rng.IntN(4) == 0 {
				rec = rec[:at]
			} else { // shifts the blocks
				rec = slices.Insert(rec, at, bytes.Repeat([]byte{' '}, rng.IntN(70))...)
			}
		}
	}
	return rec
}

// reading is a way to read a record, with what it has learned.
type reading struct {
	name string
	read func(rec []byte) error
	row  *Row
}

// readingsOf are all ways but Strict.
func readingsOf(t testing.TB) []reading {
	p, _ := newTestRow(t)
	var all []reading
	for _, k := range Kernels() {
		p, row, item := p.With(k), p.NewRow(), p.NewRow()
		all = append(all,
			reading{k.String(), func(rec []byte) error { return p.Fast(rec, row) }, row},
			reading{k.String() + " from a batch", func(rec []byte) error { return readSplit(p, k, rec, item) }, item})
	}
	return all
}

var errNotWhole = errors.New("Split does not cut this out as one record")

// readSplit reads a record by way of Split, behind another one and before a
// third. Where it is not cut out as one there is nothing to compare.
func readSplit(p *Projection, k Kernel, rec []byte, row *Row) error {
	in := slices.Concat([]byte("{\"x\":\"\\\\\"}\n"), rec, []byte("\n{}\n"))
	want := trim(rec)
	result := errNotWhole
	err := Split(context.Background(), bytes.NewReader(in), Limits{Kernel: k}, func(b *Batch) error {
		for i := range b.Items {
			if it := &b.Items[i]; bytes.Equal(it.Raw, want) && len(b.Items) == 3 && i == 1 {
				result = p.Item(it, row)
				row.detach()
			}
		}
		b.Release()
		return nil
	})
	if err != nil {
		return errNotWhole
	}
	return result
}

// detach copies what the row holds, as the batch's memory is used again.
func (r *Row) detach() {
	for i := range r.slots {
		r.slots[i].raw = slices.Clone(r.slots[i].raw)
	}
	r.rec = slices.Clone(r.rec)
}

// compare reads a record in all ways and reports the first difference to
// Strict.
func compare(p *Projection, strict *Row, ways []reading, rec []byte) error {
	want := p.Strict(rec, strict)
	for _, way := range ways {
		err := way.read(rec)
		if errors.Is(err, errNotWhole) {
			continue
		}
		if (err == nil) != (want == nil) || errors.Is(err, ErrNotObject) != errors.Is(want, ErrNotObject) {
			return fmt.Errorf("%q: %s says %q, Strict says %q", rec, way.name, fmt.Sprint(err), fmt.Sprint(want))
		}
		if way.row.Keys() != strict.Keys() {
			return fmt.Errorf("%q: %s counts %d keys, Strict %d", rec, way.name, way.row.Keys(), strict.Keys())
		}
		for slot := range strict.slots {
			if raw, got := strict.Raw(slot), way.row.Raw(slot); !bytes.Equal(raw, got) || (raw == nil) != (got == nil) {
				return fmt.Errorf("%q: %s has %q at %q, Strict has %q", rec, way.name, got, testWants[slot].Path, raw)
			}
		}
	}
	return nil
}

// TestReadingsAgreeOnMutations changes records at random: every kernel, alone
// and by way of Split, and the strict reader find the same or refuse alike.
func TestReadingsAgreeOnMutations(t *testing.T) {
	p, strict := newTestRow(t)
	ways := readingsOf(t)
	rng := rand.New(rand.NewPCG(1, 2))
	accepted, n := 0, mutations(t, 200_000)
	for range n {
		rec := mutate(rng, []byte(originals[rng.IntN(len(originals))]))
		if err := compare(p, strict, ways, rec); err != nil {
			t.Fatal(err)
		}
		if strict.rec != nil {
			accepted++
		}
	}
	if 100*accepted < 20*n || 100*accepted > 90*n {
		t.Errorf("%d of %d changed records are accepted: they say little", accepted, n)
	}
}

// TestReadingsAgreeOnPrefixes cuts records off at every byte, and shifts them
// by every number of bytes that a block has.
func TestReadingsAgreeOnPrefixes(t *testing.T) {
	p, strict := newTestRow(t)
	ways := readingsOf(t)
	for _, rec := range originals {
		for end := range len(rec) + 1 {
			if err := compare(p, strict, ways, []byte(rec[:end])); err != nil {
				t.Fatal(err)
			}
		}
		for shift := range blockSize + 1 {
			if err := compare(p, strict, ways, []byte(strings.Repeat(" ", shift)+rec)); err != nil {
				t.Fatal(err)
			}
			if err := compare(p, strict, ways, []byte(`{"`+strings.Repeat("k", shift)+`":`+rec+`}`)); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// TestFastVouches makes sure that Fast leaves no ordinary record to Strict,
// which would be right and slow.
func TestFastVouches(t *testing.T) {
	p, row := newTestRow(t)
	for _, rec := range originals {
		if strings.Contains(rec, `\q`) {
			continue // a backslash outside strings, and a bare word
		}
		for range 3 {
			if !row.vouch(p, []byte(rec)) {
				t.Errorf("Fast cannot vouch for %s", rec)
			}
		}
	}
	rec := benchRecord(1)
	q, err := NewProjection(benchWants())
	if err != nil {
		t.Fatal(err)
	}
	if !q.NewRow().vouch(q, rec) {
		t.Errorf("Fast cannot vouch for %s", rec)
	}
}

// TestFastVouchesForManyKeys reads records with more keys than a row learns:
// strangers first, then such as somebody wants.
func TestFastVouchesForManyKeys(t *testing.T) {
	p, row := newTestRow(t)
	strict := p.NewRow()
	for round := range 40 {
		var b strings.Builder
		b.WriteByte('{')
		for i := range 300 {
			fmt.Fprintf(&b, `"key%d of round %d":{"a":[{"k%d":%d}]},`, i, round%20, i, i)
		}
		rec := []byte(b.String() + `"ID":1,"targets":[` + strings.Repeat(`{"q":1},`, round) + `{"z":2}]}`)
		if err := compare(p, strict, []reading{{"Fast", func(rec []byte) error { return p.Fast(rec, row) }, row}}, rec); err != nil {
			t.Fatal(err)
		}
		if round > 1 && !row.vouch(p, rec) {
			t.Fatalf("round %d: Fast cannot vouch for a record with many keys", round)
		}
		if row.places.room < -placeRoom {
			t.Fatalf("round %d: the row has learned more than it may", round)
		}
	}
}

// TestSplitsAgreeOnMutations cuts changed streams of records out by the index
// and a byte at a time, in buffers of several sizes.
func TestSplitsAgreeOnMutations(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	kernels := Kernels()
	for i := range mutations(t, 80_000) / 8 {
		var records []string
		for range 1 + rng.IntN(4) {
			rec := []byte(originals[rng.IntN(len(originals))])
			if rng.IntN(2) == 0 {
				rec = mutate(rng, rec)
			}
			records = append(records, string(rec))
		}
		in := wrapAny(rng.IntN(len(containers)), records)
		if rng.IntN(3) == 0 {
			in = mutate(rng, in)
		}
		lim := Limits{Record: []int{0, 0, 200}[rng.IntN(3)], noIndex: true}
		want := splitAll(t, bytes.NewReader(in), lim)
		lim.noIndex, lim.Kernel = false, kernels[i%len(kernels)]
		lim.batch = []int{0, 64, 100, 1000}[rng.IntN(4)]
		got := splitAll(t, chunked{bytes.NewReader(in), 1 + rng.IntN(500)}, lim)
		if diff := cmp.Diff(want.items, got.items); diff != "" || fmt.Sprint(want.err) != fmt.Sprint(got.err) {
			t.Fatalf("%q, %v, buffer %d: errors %v and %v (-a byte at a time +by the index):\n%s", in, lim.Kernel, lim.batch, want.err, got.err, diff)
		}
	}
}

// TestSplitsAgreeAtEveryByte reads every container in two pieces, cut at every
// byte.
func TestSplitsAgreeAtEveryByte(t *testing.T) {
	records := []string{originals[1], originals[0], originals[5], originals[3]}
	for i, c := range containers {
		in := wrapAny(i, records)
		want := splitAll(t, bytes.NewReader(in), Limits{noIndex: true})
		for _, k := range Kernels() {
			for at := range in {
				two := &pieces{[][]byte{in[:at], in[at:]}}
				got := splitAll(t, two, Limits{Kernel: k, batch: []int{0, 512}[at%2]})
				if diff := cmp.Diff(want.items, got.items); diff != "" || got.err != nil {
					t.Fatalf("%s cut at %d (%v): %v\n%s", c.name, at, k, got.err, diff)
				}
			}
		}
	}
}

// wrapAny wraps records that need not be valid. The printed containers would
// stumble over those.
func wrapAny(container int, records []string) []byte {
	c := containers[container]
	if strings.Contains(c.name, "retty") {
		c = containers[0]
	}
	return []byte(c.wrap(records))
}

// pieces is a reader that gives one piece after the other.
type pieces struct{ left [][]byte }

func (p *pieces) Read(b []byte) (int, error) {
	for len(p.left) > 0 && len(p.left[0]) == 0 {
		p.left = p.left[1:]
	}
	if len(p.left) == 0 {
		return 0, io.EOF
	}
	n := copy(b, p.left[0])
	p.left[0] = p.left[0][n:]
	return n, nil
}

func FuzzReadingsAgree(f *testing.F) {
	for _, rec := range originals {
		f.Add([]byte(rec))
	}
	p, strict := newTestRow(f)
	ways := readingsOf(f)
	f.Fuzz(func(t *testing.T, rec []byte) {
		if err := compare(p, strict, ways, rec); err != nil {
			t.Fatal(err)
		}
	})
}

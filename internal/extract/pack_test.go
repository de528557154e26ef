package extract

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// packing is what was packed, in memory, and where.
type packing struct {
	packer Packer
	bytes  []byte
	at     []int64
	raws   []string
}

// pack packs the records of an input that can be packed.
func (k *packing) pack(in []byte, lim Limits) error {
	err := Split(context.Background(), bytes.NewReader(in), lim, func(b *Batch) error {
		defer b.Release()
		for i := range b.Items {
			it := &b.Items[i]
			if !it.Packs() {
				continue
			}
			k.at, k.raws = append(k.at, int64(len(k.bytes))), append(k.raws, string(it.Raw))
			k.bytes = k.packer.Append(k.bytes, int64(len(k.bytes)), it)
		}
		return nil
	})
	if errors.As(err, new(*Truncated)) || errors.As(err, new(*UnknownFormat)) || errors.Is(err, ErrEmpty) {
		return nil
	}
	return err
}

// unpacker reads what was packed, and spoils what it gave out before, as it may.
func (k *packing) unpacker() *Unpacker {
	var last []byte
	return &Unpacker{Read: func(at int64) ([]byte, error) {
		clear(last)
		if at < 0 || at > int64(len(k.bytes))-PackedHead {
			return nil, ErrPacked
		}
		size := PackedSize(k.bytes[at:])
		if size < PackedHead || size > len(k.bytes)-int(at) {
			return nil, ErrPacked
		}
		last = bytes.Clone(k.bytes[at : at+int64(size)])
		return last, nil
	}}
}

// check unpacks records in an order, some of them twice.
func (k *packing) check(order []int) error {
	u := k.unpacker()
	var got []byte
	for _, n := range order {
		var err error
		if got, err = u.Append(got[:0], k.at[n]); err != nil || string(got) != k.raws[n] {
			return fmt.Errorf("record %d is %q, %w; want %q", n, got, err, k.raws[n])
		}
	}
	return nil
}

// Every record is rebuilt as it was, in any order.
func TestPackedRecordsAreRebuilt(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	records := 0
	for range 1000 {
		var k packing
		for range 1 + rng.IntN(3) {
			if err := k.pack(stream(rng), Limits{batch: 1 << (6 + rng.IntN(12))}); err != nil {
				t.Fatal(err)
			}
		}
		for _, order := range [][]int{rng.Perm(len(k.at)), rng.Perm(len(k.at))} {
			if err := k.check(append(order, order...)); err != nil {
				t.Fatal(err)
			}
		}
		records += len(k.at)
	}
	if records < 5000 {
		t.Errorf("only %d records were packed", records)
	}
}

// More stencils than are known at a time, and scalars of any size.
func TestManyStencilsArePacked(t *testing.T) {
	var k packing
	for round := range 3 {
		for i := range 2 * packedStencils {
			lim := Limits{trees: newStencilTrees()}
			long := strings.Repeat("x", 1<<(i%16))
			in := fmt.Sprintf(`{"key %d":1,"b":[0%s]}`+"\n", i, strings.Repeat(", 0", 300))
			in += fmt.Sprintf(`{"key %d":12,"b":[0%s1]}`+"\n", i, strings.Repeat(", 0", 299)+", ")
			in += fmt.Sprintf(`{"key %d":%q,"b":[0%s]}`+"\n", i, long, strings.Repeat(", 0", 300))
			in += fmt.Sprintf(`{"other %d":%q}`+"\n", round, long)
			if err := k.pack([]byte(in), lim); err != nil {
				t.Fatal(err)
			}
		}
	}
	if n := len(k.packer.texts); n > packedStencils {
		t.Errorf("%d stencils are known to the packer", n)
	}
	if len(k.at) < 4*packedStencils {
		t.Errorf("only %d records were packed", len(k.at))
	}
	if err := k.check(rand.New(rand.NewPCG(3, 4)).Perm(len(k.at))); err != nil {
		t.Error(err)
	}
	u := k.unpacker()
	for _, at := range k.at {
		if _, err := u.Append(nil, at); err != nil || len(u.stencils) > packedStencils {
			t.Fatalf("%d stencils are known to the unpacker; %v", len(u.stencils), err)
		}
	}
}

// A record like another is written as what differs.
func TestPackedRecordsAreSmall(t *testing.T) {
	var in strings.Builder
	for i := range 1000 {
		fmt.Fprintf(&in, `{"id":"%04d","always":%q,"n":%d}`+"\n", i, strings.Repeat("the same ", 50), i%2)
	}
	var k packing
	if err := k.pack([]byte(in.String()), Limits{trees: newStencilTrees()}); err != nil {
		t.Fatal(err)
	}
	if most := in.Len()/25 + 2000; len(k.bytes) > most {
		t.Errorf("%d bytes of %d, want %d at most", len(k.bytes), in.Len(), most)
	}
}

// Records that are in turn like more stencils than are known, and much smaller than
// those, take hardly more bytes than they have.
func TestPackedRecordsAreNeverLarge(t *testing.T) {
	const inputs, kinds = 3, packedStencils / 2
	write := func(kind, times, size int) string {
		return strings.Repeat(fmt.Sprintf(`{"key %d":%q}`+"\n", kind, strings.Repeat("x", size)), times)
	}
	var k packing
	var learned [inputs]*stencilTrees
	for i := range learned {
		learned[i] = newStencilTrees()
		for kind := range kinds {
			if err := (&packing{}).pack([]byte(write(kind, 1, 8000)+write(kind, 40, 8)), Limits{trees: learned[i]}); err != nil {
				t.Fatal(err)
			}
		}
	}
	for range 1000 {
		for i := range learned {
			var in strings.Builder
			for kind := range kinds {
				in.WriteString(write(kind, 1, 8))
			}
			if err := k.pack([]byte(in.String()), Limits{trees: learned[i]}); err != nil {
				t.Fatal(err)
			}
		}
	}
	raw := 0
	for _, r := range k.raws {
		raw += len(r)
	}
	if len(k.raws) < 900*inputs*kinds {
		t.Errorf("only %d records were packed", len(k.raws))
	}
	if most := raw + raw/2 + packedTexts; len(k.bytes) > most {
		t.Errorf("%d bytes of records of %d, want %d at most", len(k.bytes), raw, most)
	}
	if err := k.check(rand.New(rand.NewPCG(3, 4)).Perm(len(k.at))); err != nil {
		t.Error(err)
	}
}

// Of large stencils fewer are known at a time.
func TestLargeStencilsAreForgotten(t *testing.T) {
	var k packing
	most := 0
	for i := range packedStencils / 2 {
		long := strings.Repeat("x", stencilBytes-100)
		in := fmt.Sprintf(`{"key %d":1,"b":%q,"c":0}`+"\n", i, long)
		in += strings.Repeat(fmt.Sprintf(`{"key %d":2,"b":%q,"c":1}`+"\n", i, long[1:]), 20)
		if err := k.pack([]byte(in), Limits{trees: newStencilTrees()}); err != nil {
			t.Fatal(err)
		}
		texts := 0
		for st := range k.packer.texts {
			texts += len(st.text)
		}
		most = max(most, texts)
	}
	u := k.unpacker()
	for i, at := range k.at {
		if got, err := u.Append(nil, at); err != nil || string(got) != k.raws[i] {
			t.Fatalf("record %d is rebuilt as %.100q; %v", i, got, err)
		}
		texts := 0
		for _, st := range u.stencils {
			texts += len(st.text)
		}
		most = max(most, texts)
	}
	if len(k.at) < 9*packedStencils || most > packedKnown+stencilBytes || most < packedKnown {
		t.Errorf("of %d records %d bytes of stencils are known at a time", len(k.at), most)
	}
}

// FuzzPack: whatever is read is rebuilt.
func FuzzPack(f *testing.F) {
	rng := rand.New(rand.NewPCG(5, 6))
	for range 20 {
		f.Add(stream(rng))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		var k packing
		if err := k.pack(in, Limits{}); err != nil {
			t.Fatal(err)
		}
		order := make([]int, len(k.at))
		for i := range order {
			order[i] = len(order) - 1 - i
		}
		if err := k.check(order); err != nil {
			t.Error(err)
		}
	})
}

// FuzzUnpack: bytes that no packer wrote are refused, or are some record; they do
// no harm.
func FuzzUnpack(f *testing.F) {
	rng := rand.New(rand.NewPCG(7, 8))
	for range 20 {
		var k packing
		if err := k.pack(stream(rng), Limits{}); err != nil {
			f.Fatal(err)
		}
		f.Add(k.bytes, uint16(rng.IntN(len(k.bytes)+1)))
	}
	f.Fuzz(func(t *testing.T, packed []byte, at uint16) {
		k := packing{bytes: packed}
		u := k.unpacker()
		for _, at := range []int64{0, int64(at)} {
			if _, err := u.Append(nil, at); err != nil && !errors.Is(err, ErrPacked) {
				t.Error(err)
			}
		}
	})
}

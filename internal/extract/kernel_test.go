package extract

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// structure is what a kernel says of some bytes.
type structure struct {
	quotes, brackets, lines []int
	flags                   []byte
}

// structureOf asks an index, made in pieces.
func structureOf(k Kernel, b []byte, from int, steps ...int) structure {
	x := &index{kernel: k}
	x.fit(len(b))
	for i := range x.flags { // an index is used again: what it said of other bytes is gone
		binary.LittleEndian.PutUint64(x.quotes[8*i:], highs)
		if from < len(b) {
			x.flags[i] = 0xff
		}
	}
	x.restart(from)
	for _, to := range append(steps, len(b)) {
		x.extend(b[:min(len(b), max(to, from))], to)
	}
	s := structure{flags: append([]byte{}, x.flags[from/blockSize:(len(b)+blockSize-1)/blockSize]...)}
	for i := range len(b) {
		if x.quotes[i/8]>>(i%8)&1 != 0 && i >= from {
			s.quotes = append(s.quotes, i)
		}
	}
	for _, at := range x.at {
		s.brackets = append(s.brackets, int(at))
	}
	for _, at := range x.ends {
		s.lines = append(s.lines, int(at))
	}
	return s
}

// plainStructure finds the same a byte at a time.
func plainStructure(b []byte, from int) structure {
	s := structure{flags: make([]byte, (len(b)+blockSize-1)/blockSize-from/blockSize)}
	inside, escaped := false, false
	for i := from; i < len(b); i++ {
		flag := &s.flags[i/blockSize-from/blockSize]
		c := b[i]
		wasEscaped := escaped
		escaped = c == '\\' && !escaped
		switch {
		case c == '"' && !wasEscaped:
			inside = !inside
			s.quotes = append(s.quotes, i)
		case strings.IndexByte("{}[]", c) >= 0 && !inside:
			s.brackets = append(s.brackets, i)
		case c == '\\':
			*flag |= hasEscape
			if !inside {
				*flag |= hasOdd
			}
		case c < 0x20:
			if c == '\n' || c == '\r' {
				*flag |= hasLine
				s.lines = append(s.lines, i)
			}
			if inside {
				*flag |= hasOdd
			}
		case c >= 0x80:
			*flag |= hasHigh
		}
	}
	return s
}

// TestKernelsFindTheStructure compares every kernel with the definition, on
// bytes of which most matter.
func TestKernelsFindTheStructure(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	for range mutations(t, 20_000) / 10 {
		b := make([]byte, rng.IntN(40*blockSize))
		dense := 1 + rng.IntN(20)
		for i := range b {
			b[i] = byte(rng.IntN(256))
			if rng.IntN(dense) == 0 {
				b[i] = sharp[rng.IntN(len(sharp))]
			}
			if rng.IntN(30) == 0 {
				for ; i < len(b) && rng.IntN(70) > 0; i++ {
					b[i] = '\\'
				}
			}
		}
		from := min(len(b), rng.IntN(150))
		want := plainStructure(b, from)
		for _, k := range Kernels() {
			got := structureOf(k, b, from, rng.IntN(len(b)+1))
			if diff := cmp.Diff(want, got, cmp.AllowUnexported(structure{})); diff != "" {
				t.Fatalf("%v from %d of %q (-want +got):\n%s", k, from, b, diff)
			}
		}
	}
}

// TestEveryByteOutsideAndInside asks what each byte is, at each place of a
// block.
func TestEveryByteOutsideAndInside(t *testing.T) {
	for c := range 256 {
		for at := range blockSize {
			for _, before := range []string{"", `"`, `\`, `"\`, `"\\`} {
				b := []byte(strings.Repeat(" ", at) + before + string([]byte{byte(c)}) + `"]` + strings.Repeat("x", 2*blockSize))
				want := plainStructure(b, 0)
				for _, k := range Kernels() {
					if got := structureOf(k, b, 0); !reflect.DeepEqual(want, got) {
						t.Fatalf("%v: %q: %v, want %v", k, b, got, want)
					}
				}
			}
		}
	}
}

func TestKernelNames(t *testing.T) {
	got := fmt.Sprint(Best, Portable, AVX2, AVX512, Kernel(9))
	if want := "best portable avx2 avx512 kernel(9)"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if Kernel(9).resolve() != Portable {
		t.Error("a kernel that the machine has not is not replaced by the portable one")
	}
	if all := Kernels(); all[0] != Portable || Best.resolve() != all[len(all)-1] {
		t.Errorf("%v: the first is to be portable, and the last the best", all)
	}
}

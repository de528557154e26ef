package extract

import (
	"fmt"
	"slices"
)

// Kernel is a way to find the structure of bytes: the innermost loop of Split
// and of Projection. All find the same; they differ in speed.
type Kernel uint8

// The kernels. Best is the quickest that the machine has.
const (
	Best Kernel = iota
	Portable
	AVX2
	AVX512
)

// String names the kernel.
func (k Kernel) String() string {
	switch k {
	case Best:
		return "best"
	case Portable:
		return "portable"
	case AVX2:
		return "avx2"
	case AVX512:
		return "avx512"
	}
	return fmt.Sprintf("kernel(%d)", uint8(k))
}

// Kernels lists the kernels that this machine can run, the best one last.
func Kernels() []Kernel { return slices.Clone(kernels) }

// resolve names a kernel that the machine has: one that it has not is
// Portable.
func (k Kernel) resolve() Kernel {
	switch {
	case k == Best:
		return kernels[len(kernels)-1]
	case slices.Contains(kernels, k):
		return k
	}
	return Portable
}

// blockSize is how many bytes a kernel reads at once: a bit for each fits into
// a word.
const (
	blockShift = 6
	blockSize  = 1 << blockShift
)

// carry is what a block has to know of the one before.
type carry struct {
	escaped uint64 // 1: the first byte is escaped by a backslash before it
	inside  uint64 // all ones: the block begins inside a string
}

// What a kernel notes of a block as a whole.
const (
	hasEscape = 1 << iota // a backslash
	hasHigh               // a byte that is not ASCII
	hasOdd                // a control character in a string, or a backslash outside
	hasLine               // a line feed or carriage return
)

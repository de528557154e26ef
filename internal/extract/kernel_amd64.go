package extract

import "golang.org/x/sys/cpu"

// kernels are those that this machine can run.
var kernels = detectKernels()

func detectKernels() []Kernel {
	found := []Kernel{Portable}
	if cpu.X86.HasAVX2 && cpu.X86.HasPCLMULQDQ && cpu.X86.HasBMI1 && cpu.X86.HasPOPCNT {
		found = append(found, AVX2)
	}
	return found
}

// blocksAVX2 is blocksPortable for n blocks from src on. The others point to
// what is written first. It is in kernel_amd64.s.
//
//go:noescape
func blocksAVX2(src *byte, n int, c *carry, quotes *byte, brackets, lines *uint64, flags *byte)

// blocks finds the structure of whole blocks, scratchBlocks at most, of which
// the first has number at.
func (x *index) blocks(src []byte, at int) {
	n := len(src) / blockSize
	if n == 0 || x.kernel != AVX2 {
		x.blocksPortable(src, at)
		return
	}
	quotes, flags := x.quotes[8*at:8*(at+n)], x.flags[at:at+n]
	blocksAVX2(&src[0], n, &x.carry, &quotes[0], &x.brackets[:n][0], &x.lines[:n][0], &flags[0])
}

// placesBMI is placesPortable for n words. It is in kernel_amd64.s.
//
//go:noescape
func placesBMI(places *uint32, base int, words *uint64, n int) int

// places writes the places of brackets to the front of places, and counts them.
func (x *index) places(places []uint32, brackets []uint64) int {
	if len(brackets) == 0 || x.kernel != AVX2 {
		return placesPortable(places, x.done, brackets)
	}
	return placesBMI(&places[:len(brackets)*blockSize][0], x.done, &brackets[0], len(brackets))
}

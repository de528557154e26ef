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

// blocksAVX2 is blocksPortable for n blocks from src on, of which the first byte is
// that of the place base. The others point to what is written first. It is in
// kernel_amd64.s.
//
//go:noescape
func blocksAVX2(src *byte, n int, c *carry, quotes *byte, lines *uint64, flags *byte, places *uint32, base int) int

// blocks finds the structure of whole blocks, scratchBlocks at most, of which
// the first has number at. The places of brackets go to the front of places, which
// has room for one a byte; it counts them.
func (x *index) blocks(src []byte, at int, places []uint32) int {
	n := len(src) / blockSize
	if n == 0 || x.kernel != AVX2 {
		return x.blocksPortable(src, at, places)
	}
	quotes, flags := x.quotes[8*at:8*(at+n)], x.flags[at:at+n]
	return blocksAVX2(&src[0], n, &x.carry, &quotes[0], &x.lines[:n][0], &flags[0], &places[:n*blockSize][0], at*blockSize)
}

package extract

import "golang.org/x/sys/cpu"

// kernels are those that this machine can run.
var kernels = detectKernels()

func detectKernels() []Kernel {
	found := []Kernel{Portable}
	if cpu.X86.HasAVX2 && cpu.X86.HasPCLMULQDQ && cpu.X86.HasBMI1 && cpu.X86.HasPOPCNT {
		found = append(found, AVX2)
		if cpu.X86.HasAVX512F && cpu.X86.HasAVX512BW { // of the system, too: it has to keep the registers
			found = append(found, AVX512)
		}
	}
	return found
}

// hasAVX2 reports whether a machine that can run the kernel has AVX2.
func (k Kernel) hasAVX2() bool { return k == AVX2 || k == AVX512 }

// blocksAVX2 is blocksPortable for n blocks from src on, of which the first byte is
// that of the place base. The others point to what is written first. It is in
// kernel_amd64.s.
//
//go:noescape
func blocksAVX2(src *byte, n int, c *carry, quotes *byte, lines *uint64, flags *byte, places *uint32, base int) int

// blocksAVX512 is the same. It is in kernel_avx512_amd64.s.
//
//go:noescape
func blocksAVX512(src *byte, n int, c *carry, quotes *byte, lines *uint64, flags *byte, places *uint32, base int) int

// blocks finds the structure of whole blocks, scratchBlocks at most, of which
// the first has number at. The places of brackets go to the front of places, which
// has room for one a byte; it counts them.
func (x *index) blocks(src []byte, at int, places []uint32) int {
	n := len(src) / blockSize
	if n == 0 || !x.kernel.hasAVX2() {
		return x.blocksPortable(src, at, places)
	}
	quotes, flags := x.quotes[8*at:8*(at+n)], x.flags[at:at+n]
	if x.kernel == AVX512 {
		return blocksAVX512(&src[0], n, &x.carry, &quotes[0], &x.lines[:n][0], &flags[0], &places[:n*blockSize][0], at*blockSize)
	}
	return blocksAVX2(&src[0], n, &x.carry, &quotes[0], &x.lines[:n][0], &flags[0], &places[:n*blockSize][0], at*blockSize)
}

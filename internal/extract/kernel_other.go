//go:build !amd64

package extract

// kernels are those that this machine can run.
var kernels = []Kernel{Portable}

// blocks finds the structure of whole blocks, scratchBlocks at most, of which
// the first has number at. The places of brackets go to the front of places, which
// has room for one a byte; it counts them.
func (x *index) blocks(src []byte, at int, places []uint32) int {
	return x.blocksPortable(src, at, places)
}

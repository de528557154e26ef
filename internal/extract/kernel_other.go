//go:build !amd64

package extract

// kernels are those that this machine can run.
var kernels = []Kernel{Portable}

// blocks finds the structure of whole blocks, scratchBlocks at most, of which
// the first has number at.
func (x *index) blocks(src []byte, at int) { x.blocksPortable(src, at) }

// places writes the places of brackets to the front of places, and counts them.
func (x *index) places(places []uint32, brackets []uint64) int {
	return placesPortable(places, x.done, brackets)
}

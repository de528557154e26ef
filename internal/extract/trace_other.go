//go:build !amd64

package extract

// plainLoose goes on from one loose scalar to the next, as compare does, where
// the machine has something quicker: here it has not.
func (t *trace) plainLoose(_ []byte, from, next int, changes []change) (int, int, []change) {
	return next, from, changes
}

//go:build !windows

package source

import (
	"errors"
	"os"
)

// vanishing takes the name of an open file away: what it holds goes with the
// last who has it open.
func vanishing(f *os.File) (*os.File, error) {
	if err := os.Remove(f.Name()); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

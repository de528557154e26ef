package source

import "os"

// Scratch makes an empty file for what does not fit into memory, in a folder or,
// where that is empty, in the system's for temporary files. Nobody else can open
// it, and nothing is left of it when it is closed or the process ends, however
// that comes about.
func Scratch(dir string) (*os.File, error) {
	f, err := os.CreateTemp(dir, "vakt-*.tmp")
	if err != nil {
		return nil, err
	}
	return vanishing(f)
}

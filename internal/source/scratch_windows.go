package source

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/windows"
)

// vanishing opens a file again so that Windows removes it when it is closed. No
// file that is open can be removed there otherwise.
func vanishing(f *os.File) (*os.File, error) {
	name := f.Name()
	if err := f.Close(); err != nil {
		return nil, errors.Join(err, os.Remove(name))
	}
	path, err := windows.UTF16PtrFromString(name)
	if err != nil {
		return nil, errors.Join(err, os.Remove(name))
	}
	const attributes = windows.FILE_ATTRIBUTE_TEMPORARY | windows.FILE_FLAG_DELETE_ON_CLOSE
	handle, err := windows.CreateFile(path, windows.GENERIC_READ|windows.GENERIC_WRITE|windows.DELETE, 0, nil, windows.OPEN_EXISTING, attributes, 0)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open %q: %w", name, err), os.Remove(name))
	}
	return os.NewFile(uintptr(handle), name), nil
}

package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// readFile reads a file that somebody named. The error says what it was wanted
// for and what to look at.
func readFile(what, path string) ([]byte, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, unread(what, path, err)
	}
	return data, nil
}

// openFolder opens a copy of a tenant, which is a folder.
func openFolder(what, path string) (fs.FS, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, unread(what, path, err)
	}
	if !info.IsDir() {
		return nil, failed(fmt.Errorf("read %s %q: it is a file: give a folder written by `vakt scan --export`", what, path))
	}
	return os.DirFS(path), nil
}

// isOfFile says whether an error is one of the file and not of what is in it.
func isOfFile(err error) bool {
	var of *fs.PathError
	return errors.As(err, &of)
}

// unread says why something could not be read, and what to do.
func unread(what, path string, err error) error {
	info, stat := os.Stat(path)
	switch {
	case stat == nil && info.IsDir():
		return failed(fmt.Errorf("read %s %q: it is a folder: give the name of a file", what, path))
	case errors.Is(err, fs.ErrPermission):
		return failed(fmt.Errorf("read %s %q: %w: let the account that runs this read it", what, path, reasonOf(err)))
	}
	return failed(fmt.Errorf("read %s %q: %w: check the path", what, path, reasonOf(err)))
}

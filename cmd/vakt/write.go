package main

import (
	"bufio"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// writeWhole writes beside the file and renames: readers see the old file or
// the whole new one, and only its owner may read it, as such files name
// accounts. A link stays a link. What is no file (a device, a pipe) must not
// be replaced by one, and is written to as it is.
func writeWhole(path string, write func(io.Writer) error) error {
	if !replaceable(path) {
		return writeInto(path, write)
	}
	if real, err := filepath.EvalSymlinks(path); err == nil {
		path = real
	}
	tmp, err := os.CreateTemp(filepath.Dir(path), ".vakt-*")
	if err != nil {
		return err
	}
	if err = errors.Join(buffered(tmp, write), tmp.Sync(), tmp.Close()); err == nil {
		err = os.Rename(tmp.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(tmp.Name()))
	}
	return nil
}

// writeInto writes to something that stays in its place. Standard output may
// be a file that already holds something, so it is added to.
func writeInto(path string, write func(io.Writer) error) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		return err
	}
	return errors.Join(buffered(f, write), f.Close())
}

func buffered(f io.Writer, write func(io.Writer) error) error {
	w := bufio.NewWriterSize(f, 1<<20)
	if err := write(w); err != nil {
		return err
	}
	return w.Flush()
}

// replaceable says whether a path names a file, or nothing yet, and no stream
// of this process or another.
func replaceable(path string) bool {
	switch name := filepath.ToSlash(filepath.Clean(path)); {
	case name == "/dev/stdout", name == "/dev/stderr", strings.HasPrefix(name, "/dev/fd/"), strings.HasPrefix(name, "/proc/"):
		return false
	}
	info, err := os.Stat(path)
	return err != nil || info.Mode().IsRegular() || info.IsDir()
}

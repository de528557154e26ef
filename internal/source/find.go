package source

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// ErrNoInput says that an argument names nothing that can be read.
var ErrNoInput = errors.New("nothing to read")

// noInput is an ErrNoInput that tells why itself.
type noInput struct{ error }

func (n *noInput) Unwrap() error { return n.error }

// Is makes it an ErrNoInput.
func (n *noInput) Is(target error) bool { return target == ErrNoInput }

// found is one file that an argument led to.
type found struct {
	path   string
	walked bool // met in a folder, not named
}

// Find lists the files behind the arguments, in order; the files of a folder
// by path. Below a named folder, hidden files and folders are left out; a
// link to a file is taken as the file, and a link to a folder is listed and
// not followed. It opens nothing; a missing file or an empty folder is an
// error.
func Find(args []string) ([]string, error) {
	list, err := find(args)
	paths := make([]string, 0, len(list))
	for _, f := range list {
		paths = append(paths, f.path)
	}
	return paths, err
}

func find(args []string) ([]found, error) {
	var list []found
	for _, arg := range args {
		if arg == "-" {
			list = append(list, found{path: arg})
			continue
		}
		info, err := os.Stat(arg)
		if err != nil {
			return nil, &noInput{fmt.Errorf("input %q: %w", arg, reason(err))}
		}
		if !info.IsDir() {
			list = append(list, found{path: arg})
			continue
		}
		files, err := walk(arg)
		if err != nil {
			return nil, err
		}
		if len(files) == 0 {
			return nil, fmt.Errorf("folder %q holds no file: %w", arg, ErrNoInput)
		}
		list = append(list, files...)
	}
	return list, nil
}

// walk lists the files below a folder. The separator makes it follow the
// folder's own name where that is a link.
func walk(folder string) ([]found, error) {
	var list []found
	root := strings.TrimRight(folder, string(filepath.Separator)) + string(filepath.Separator)
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return fmt.Errorf("folder %q: %w", folder, reason(err))
		}
		switch {
		case path == root:
		case isHidden(d.Name()) && d.IsDir():
			return filepath.SkipDir
		case !isHidden(d.Name()) && !d.IsDir() && isInput(path, d):
			list = append(list, found{path: path, walked: true})
		}
		return nil
	})
	return list, err
}

// isInput leaves out pipes, sockets and devices, which nobody named. A broken
// link is an input that cannot be read.
func isInput(path string, d fs.DirEntry) bool {
	if d.Type()&fs.ModeSymlink == 0 {
		return d.Type().IsRegular()
	}
	info, err := os.Stat(path)
	return err != nil || info.IsDir() || info.Mode().IsRegular()
}

func isHidden(name string) bool { return strings.HasPrefix(name, ".") && name != "." && name != ".." }

// reason takes the path out of a file error, which names the thing already.
func reason(err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	return err
}

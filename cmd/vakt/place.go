package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// checkPlaces says before long work what would keep its results from being
// written: a folder that is not there or that nothing can be put into, or a
// folder in place of the file. A path that is empty was not asked for.
func checkPlaces(paths ...string) error {
	for _, path := range paths {
		if path == "" || !replaceable(path) {
			continue
		}
		if real, err := filepath.EvalSymlinks(path); err == nil {
			path = real
		}
		if info, err := os.Stat(path); err == nil && info.IsDir() {
			return failed(fmt.Errorf("write %q: it is a folder: give the name of a file", path))
		}
		if err := takesFiles(filepath.Dir(path)); err != nil {
			return failed(fmt.Errorf("write %q: its folder cannot be used: %w: give another place", path, err))
		}
	}
	return nil
}

// checkFolder says before long work what would keep files from being written
// to a folder, which is made where it is not there. Nothing is made yet.
func checkFolder(path string) error {
	at := filepath.Clean(path)
	for up := filepath.Dir(at); up != at; at, up = up, filepath.Dir(up) {
		if _, err := os.Stat(at); err == nil {
			break
		}
	}
	if err := takesFiles(at); err != nil {
		return fmt.Errorf("%w: give a folder that can be written to, or one that is not there yet", err)
	}
	return nil
}

// apart refuses a file to write to that is one of others, or lies in one of them,
// as it would be lost.
func apart(flag, path string, others []string) error {
	if path == "" || !replaceable(path) {
		return nil
	}
	for _, other := range others {
		switch {
		case other == "":
		case sameFile(path, other):
			return usage("%s %q would be written over %q: give another name", flag, path, other)
		case isWithin(path, other):
			return usage("%s %q is there already and lies in %q, which is read: give another name", flag, path, other)
		}
	}
	return nil
}

// sameFile says whether two paths lead to one file, or would.
func sameFile(a, b string) bool {
	x, errX := os.Stat(a)
	y, errY := os.Stat(b)
	if errX == nil && errY == nil {
		return os.SameFile(x, y)
	}
	a, errX = filepath.Abs(a)
	b, errY = filepath.Abs(b)
	return errX == nil && errY == nil && a == b
}

// isWithin says whether a file is there and lies below a folder.
func isWithin(path, folder string) bool {
	real, err := filepath.EvalSymlinks(path)
	if err != nil {
		return false
	}
	if real, err = filepath.Abs(real); err != nil {
		return false
	}
	for up := filepath.Dir(real); ; up = filepath.Dir(up) {
		if sameFile(up, folder) {
			return true
		}
		if up == filepath.Dir(up) {
			return false
		}
	}
}

// takesFiles says why no file can be made in a folder; the attempt leaves
// nothing behind.
func takesFiles(folder string) error {
	info, err := os.Stat(folder)
	if err != nil {
		return fmt.Errorf("%s: %w", folder, reasonOf(err))
	}
	if !info.IsDir() {
		return fmt.Errorf("%s is no folder", folder)
	}
	probe, err := os.CreateTemp(folder, ".vakt-*")
	if err != nil {
		return fmt.Errorf("no file can be made in %s: %w", folder, reasonOf(err))
	}
	return errors.Join(probe.Close(), os.Remove(probe.Name()))
}

// reasonOf takes the path out of a file error: the name of a probe says
// nothing to anybody.
func reasonOf(err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	return err
}

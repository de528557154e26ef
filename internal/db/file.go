package db

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

// prepare makes the file where there is none, and refuses one that cannot be
// trusted to keep secrets or transactions.
func prepare(path string) error {
	if path == "" || strings.ContainsRune(path, 0) {
		return errors.New("no file is named")
	}
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	if fsName, err := networkFS(dir); err != nil {
		return err
	} else if fsName != "" {
		return fmt.Errorf("it lies on a network file system (%s), whose locks SQLite cannot rely on: name a local file with state.dsn", fsName)
	}
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return claim(path)
	case err != nil:
		return err
	case !info.Mode().IsRegular():
		return errors.New("it is not a file")
	case runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0:
		return fmt.Errorf("others may read it (%04o): chmod 600 it, and think about who has", info.Mode().Perm())
	}
	return nil
}

// claim makes an empty file that only its owner may read. SQLite gives its
// companions (-wal, -shm) the same rights.
func claim(path string) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	return f.Close()
}

// uriPath is the path as SQLite reads it in a URI, on Windows too: /C:/….
func uriPath(path string) string {
	path = filepath.ToSlash(path)
	if filepath.VolumeName(path) != "" && !strings.HasPrefix(path, "/") {
		return "/" + path
	}
	return path
}

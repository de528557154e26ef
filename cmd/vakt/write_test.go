package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// fullDisk takes nothing.
type fullDisk struct{}

func (fullDisk) Write([]byte) (int, error) { return 0, errors.New("no space left on device") }

// Half an answer is no success and no wrong usage, whichever command gave it.
func TestFullDiskIsAFailure(t *testing.T) {
	for _, args := range [][]string{
		{"version"}, {"--help"}, {"rules", "--help"}, {"rules", "list"}, {"rules", "show", "password-spray"}, {"rules", "coverage"},
		{"baseline", "show"}, {"baseline", "show", "--example"}, {"permissions"}, {"permissions", "--emit", "az"}, {"completion", "bash"},
	} {
		var said bytes.Buffer
		code := run(context.Background(), args, strings.NewReader(""), fullDisk{}, &said)
		if code != exitFailed || strings.Count(said.String(), "no space left on device") != 1 {
			t.Errorf("%v: exit code %d, want %d; it says %q", args, code, exitFailed, said.String())
		}
	}
	var said bytes.Buffer
	if code := run(context.Background(), []string{"rules", "nonsense"}, strings.NewReader(""), fullDisk{}, &said); code != exitUsage {
		t.Errorf("wrong usage ends with %d: %s", code, said.String())
	}
}

// A file is replaced as a whole and only its owner may read it; a link to it
// stays; nothing is left beside it where writing fails.
func TestWriteWhole(t *testing.T) {
	dir := t.TempDir()
	file, link := filepath.Join(dir, "file"), filepath.Join(dir, "link")
	if err := os.WriteFile(file, []byte("old and longer"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("file", link); runtime.GOOS == "windows" && err != nil {
		t.Skipf("links take a right here that not everybody has: %v", err)
	} else if err != nil {
		t.Fatal(err)
	}
	if err := writeWhole(link, func(w io.Writer) error { _, err := io.WriteString(w, "new"); return err }); err != nil {
		t.Fatal(err)
	}
	if data, err := os.ReadFile(file); err != nil || string(data) != "new" {
		t.Errorf("the file behind the link holds %q (%v)", data, err)
	}
	broken := errors.New("broken")
	if err := writeWhole(file, func(w io.Writer) error { _, _ = io.WriteString(w, "half"); return broken }); !errors.Is(err, broken) {
		t.Errorf("a failure gives %v", err)
	}
	if data, err := os.ReadFile(file); err != nil || string(data) != "new" {
		t.Errorf("after a failure the file holds %q (%v)", data, err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	if !slices.Equal(names, []string{"file", "link"}) {
		t.Errorf("left in the folder: %v", names)
	}
	if info, err := os.Lstat(link); err != nil || info.Mode()&os.ModeSymlink == 0 {
		t.Errorf("the link is a link no more: %v (%v)", info.Mode(), err)
	}
}

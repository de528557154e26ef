package source_test

import (
	"io"
	"os"
	"runtime"
	"testing"

	"vakt/internal/source"
)

// TestScratchHasNoName: a file for what does not fit into memory can be written
// and read, and is not in its folder, so that a process that is killed leaves
// nothing behind.
func TestScratchHasNoName(t *testing.T) {
	dir, goneOnClose := t.TempDir(), runtime.GOOS == "windows"
	f, err := source.Scratch(dir)
	if err != nil {
		t.Fatal(err)
	}
	if list, err := os.ReadDir(dir); err != nil || len(list) > 0 && !goneOnClose {
		t.Errorf("it has a name: %v, %v", list, err)
	}
	if _, err := f.WriteAt([]byte("abc"), 5); err != nil {
		t.Error(err)
	}
	if text, err := io.ReadAll(io.NewSectionReader(f, 5, 9)); err != nil || string(text) != "abc" {
		t.Errorf("%q, %v", text, err)
	}
	if info, err := f.Stat(); err != nil || !goneOnClose && info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info, err)
	}
	if err := f.Close(); err != nil {
		t.Error(err)
	}
	if list, err := os.ReadDir(dir); err != nil || len(list) > 0 {
		t.Errorf("left behind: %v, %v", list, err)
	}
	if f, err := source.Scratch(dir + "/not there"); err == nil {
		t.Errorf("made %s in a folder that is not there", f.Name())
	}
}

package source_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"vakt/internal/source"
)

// onceOnly are inputs that must be put into a temporary file when they come
// once.
func onceOnly(t *testing.T) map[string][]byte {
	csv := []byte(portal("2026-03-05T08:00:00Z", "2026-03-05T09:00:00Z"))
	return map[string][]byte{
		"zip": zipped(t, member{name: "a.csv", data: csv}), "csv": csv, "csv in gzip": gzipped(t, string(csv)),
	}
}

// TestFullDiskIsNotTheInputsFault: where a temporary file cannot be made or
// written, the run ends and says what to do about the disk; no record was
// handed over, and no file stays open.
func TestFullDiskIsNotTheInputsFault(t *testing.T) {
	file := file(t, "full", nil)
	var made []*os.File
	readOnly := func() (*os.File, error) {
		f, err := os.Open(file)
		made = append(made, f)
		return f, err
	}
	nowhere := func() (*os.File, error) { return source.Scratch(filepath.Join(file, "not there")) }
	for name, data := range onceOnly(t) {
		for what, scratch := range map[string]func() (*os.File, error){"full": readOnly, "not there": nowhere} {
			k := &taker{}
			files := &source.Files{Stdin: bytes.NewReader(data), Scratch: scratch}
			l, err := files.Read(context.Background(), []string{"-"}, k)
			var path *os.PathError
			if err == nil || !errors.As(err, &path) || !strings.Contains(err.Error(), "TMPDIR") || !strings.Contains(err.Error(), `"-"`) {
				t.Errorf("%s, %s: error %v", name, what, err)
			}
			for _, e := range l.Inputs {
				if e.Problem != "" || e.Read > 0 {
					t.Errorf("%s, %s: the input is blamed: %+v", name, what, e)
				}
			}
		}
	}
	for _, f := range made {
		if err := f.Close(); !errors.Is(err, os.ErrClosed) {
			t.Errorf("left open: %v", err)
		}
	}
}

// TestBrokenInputIsNotTheDisksFault: what came of it is read, and its entry
// tells why it ends.
func TestBrokenInputIsNotTheDisksFault(t *testing.T) {
	for name, data := range onceOnly(t) {
		_, l := read(t, &source.Files{Stdin: io.MultiReader(bytes.NewReader(data), broken{})}, "-")
		if e := entry(t, l); !strings.Contains(e.Problem, "cable pulled") || name == "csv" && e.Read != 2 {
			t.Errorf("%s: %+v", name, e)
		}
	}
}

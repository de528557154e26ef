package daemon_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"vakt/internal/sim"
)

// TestRunTellsOfAChangedFile: records that may raise an alert are read again,
// and what stands there then must be what was judged.
func TestRunTellsOfAChangedFile(t *testing.T) {
	for name, change := range map[string]func(path string, size int64) error{
		"overwritten": func(path string, size int64) error {
			file, err := os.OpenFile(path, os.O_WRONLY, 0)
			if err != nil {
				return err
			}
			defer file.Close() //nolint:errcheck // what is written is read again
			_, err = file.WriteAt(bytes.Repeat([]byte(" "), int(size)), 0)
			return err
		},
		"another record": func(path string, _ int64) error {
			text, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			return os.WriteFile(path, bytes.ReplaceAll(text, []byte(`Time":"2026`), []byte(`Time":"2025`)), 0o600)
		},
		"cut short": func(path string, size int64) error { return os.Truncate(path, size/50) },
		"replaced": func(path string, size int64) error {
			if err := os.WriteFile(path+".new", make([]byte, size), 0o600); err != nil {
				return err
			}
			return os.Rename(path+".new", path)
		},
		"replaced by a pipe": func(path string, _ int64) error {
			if err := os.Remove(path); err != nil {
				return err
			}
			return makePipe(path)
		},
		"removed": func(path string, _ int64) error { return os.Remove(path) },
	} {
		t.Run(name, func(t *testing.T) {
			input := filepath.Join(t.TempDir(), "events.json")
			render(t, input, sim.GraphBeta, sim.Lines, sim.None, story(t))
			info, err := os.Stat(input)
			if err != nil {
				t.Fatal(err)
			}
			b := batch(t)
			b.Workers = 3
			left := info.Size()
			b.Files.Progress = func(n int) {
				if left -= int64(n); left != 0 {
					return
				}
				if err := change(input, info.Size()); err != nil {
					t.Error(err)
				}
			}
			report, err := b.Run(t.Context(), []string{input})
			if err == nil {
				t.Fatalf("%d alerts, and no error", len(report.Alerts))
			}
			if strings.Count(err.Error(), input) != 1 {
				t.Errorf("the error does not name the file, once: %v", err)
			}
		})
	}
}

// TestFileMayGrow: what is written to a file while it is read is left out, and is
// no change of what was read.
func TestFileMayGrow(t *testing.T) {
	input := filepath.Join(t.TempDir(), "events.json")
	render(t, input, sim.GraphBeta, sim.Lines, sim.None, story(t))
	want := run(t, batch(t), input).Alerts
	b := batch(t)
	b.Files.Progress = func(int) {
		file, err := os.OpenFile(input, os.O_WRONLY|os.O_APPEND, 0)
		if err != nil {
			t.Error(err)
			return
		}
		defer file.Close() //nolint:errcheck // what is written is not read
		if _, err := file.WriteString("{\"and\": \"so on\n"); err != nil {
			t.Error(err)
		}
	}
	if got := run(t, b, input).Alerts; len(got) != len(want) || len(want) == 0 {
		t.Errorf("%d alerts, want %d", len(got), len(want))
	}
}

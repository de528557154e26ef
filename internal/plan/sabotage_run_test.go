//go:build sabotage

package plan_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// mostSeeds is within how many seeds every defect must be caught.
const mostSeeds = 2000

// TestSabotage builds the program with one defect after the other and plays
// seeds until the simulation fails. A defect that survives is a release
// blocker. At the end the undamaged program must pass the same seeds.
func TestSabotage(t *testing.T) {
	latest := 0
	for _, d := range defects {
		t.Run(strings.ReplaceAll(d.name, " ", "_"), func(t *testing.T) {
			program := compiled(t, d.overlay(t))
			out, err := simulate(t, program, mostSeeds)
			seed := caughtAt(out)
			if err == nil || seed < 0 {
				t.Fatalf("it survives %d seeds:\n%s", mostSeeds, tail(out))
			}
			latest = max(latest, seed)
			t.Logf("caught at seed %d: %s", seed, why(out))
		})
	}
	if out, err := simulate(t, compiled(t, ""), latest+1); err != nil {
		t.Errorf("the undamaged program fails, so nothing above says anything:\n%s", tail(out))
	}
}

// overlay is the file with which the compiler sees the defect.
func (d defect) overlay(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	file, err := filepath.Abs(root + d.file)
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	changed := filepath.Join(dir, "changed.go")
	if err := os.WriteFile(changed, []byte(strings.Replace(string(text), d.old, d.new, 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	list, err := json.Marshal(map[string]any{"Replace": map[string]string{file: changed}})
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "overlay.json")
	if err := os.WriteFile(path, list, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// compiled compiles these tests, with a defect or without.
func compiled(t *testing.T, overlay string) string {
	t.Helper()
	program := filepath.Join(t.TempDir(), "simulate.test")
	args := []string{"test", "-c", "-vet=off", "-o", program}
	if overlay != "" {
		args = append(args, "-overlay", overlay)
	}
	out, err := exec.CommandContext(t.Context(), "go", append(args, ".")...).CombinedOutput()
	if err != nil {
		t.Fatalf("it does not compile: %v\n%s", err, out)
	}
	return program
}

func simulate(t *testing.T, program string, seeds int) ([]byte, error) {
	t.Helper()
	c := exec.CommandContext(t.Context(), program, "-test.run", "TestSimulate$", "-test.timeout", "20m")
	c.Env = append(os.Environ(), fmt.Sprintf("VAKT_SEEDS=%d", seeds), "GOGC=400")
	return c.CombinedOutput()
}

var caught = regexp.MustCompile(`seed=(\d+) replay`)

// caughtAt is the seed that has failed; -1 for none, 0 where the program broke
// down altogether.
func caughtAt(out []byte) int {
	m := caught.FindSubmatch(out)
	switch {
	case m == nil && bytes.Contains(out, []byte("panic: ")):
		return 0
	case m == nil:
		return -1
	}
	n, err := strconv.Atoi(string(m[1]))
	if err != nil {
		return -1
	}
	return n
}

// why is the first thing that was found broken.
func why(out []byte) string {
	_, after, _ := bytes.Cut(out, []byte(" replay: "))
	_, after, _ = bytes.Cut(after, []byte("\n"))
	line, _, _ := bytes.Cut(after, []byte("\n"))
	return strings.TrimSpace(string(line[:min(len(line), 200)]))
}

func tail(out []byte) []byte { return out[max(0, len(out)-2000):] }

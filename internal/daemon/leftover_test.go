package daemon_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"vakt/internal/daemon"
	"vakt/internal/sim"
)

// TestStoppedRunLeavesNothingBehind: neither one that is cancelled while its
// facts are in files, nor one whose files cannot be made.
func TestStoppedRunLeavesNothingBehind(t *testing.T) {
	input := filepath.Join(t.TempDir(), "events.json")
	render(t, input, sim.GraphBeta, sim.Lines, sim.None, story(t))
	t.Run("cancelled", func(t *testing.T) {
		b := batch(t)
		b.Temp = t.TempDir()
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		held := int64(0)
		_, err := runUntilSpilled(ctx, t, b, input, func(bytes int64) { held = bytes; cancel() })
		if !errors.Is(err, context.Canceled) {
			t.Errorf("got error %v", err)
		}
		if held == 0 && seesScratch() {
			t.Error("nothing was in files when the run was cancelled: the test proves nothing")
		}
		if open, bytes := scratchIn(t, b.Temp); open > 0 {
			t.Errorf("%d files are still open, with %d bytes", open, bytes)
		}
		isEmpty(t, b.Temp)
	})
	t.Run("no folder", func(t *testing.T) {
		b := batch(t)
		b.FactBytes, b.Temp = 1, filepath.Join(t.TempDir(), "not there")
		if _, err := b.Run(t.Context(), []string{input}); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("got error %v", err)
		}
	})
}

// Where the process that is to be killed finds its input and puts its files.
const killedInput, killedTemp = "VAKT_TEST_KILLED_INPUT", "VAKT_TEST_KILLED_TEMP"

// TestKilledRunLeavesNothingBehind: a run in a process of its own, which is
// killed while its facts are in files and so can do nothing about them.
func TestKilledRunLeavesNothingBehind(t *testing.T) {
	if input := os.Getenv(killedInput); input != "" {
		waitToBeKilled(t, input)
		return
	}
	input, temp := filepath.Join(t.TempDir(), "events.json"), t.TempDir()
	render(t, input, sim.GraphBeta, sim.Lines, sim.None, story(t))
	child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+t.Name()+"$") //nolint:gosec // this very program
	child.Env = append(os.Environ(), killedInput+"="+input, killedTemp+"="+temp)
	child.Stderr = os.Stderr
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	hold, err := child.StdinPipe() // open as long as the child is to wait
	if err != nil {
		t.Fatal(err)
	}
	defer hold.Close() //nolint:errcheck // nothing is written
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	held := int64(-1)
	for held < 0 && lines.Scan() {
		if after, ok := strings.CutPrefix(lines.Text(), "held "); ok {
			held, _ = strconv.ParseInt(after, 10, 64)
		}
	}
	if err := child.Process.Kill(); err != nil {
		t.Error(err)
	}
	if err := child.Wait(); err == nil {
		t.Error("the run was not killed: it came to its end")
	}
	if held < 0 || held == 0 && seesScratch() {
		t.Errorf("%d bytes were in files when the run was killed: the test proves nothing", held)
	}
	isEmpty(t, temp)
}

// waitToBeKilled runs until facts are in files, says how many bytes they hold,
// and goes no further for as long as standard input is open.
func waitToBeKilled(t *testing.T, input string) {
	b := batch(t)
	b.Temp = os.Getenv(killedTemp)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	_, err := runUntilSpilled(ctx, t, b, input, func(bytes int64) {
		_, _ = fmt.Fprintf(os.Stdout, "held %d\n", bytes)
		_, _ = io.Copy(io.Discard, os.Stdin)
		cancel()
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got error %v", err)
	}
}

// runUntilSpilled runs an input twice with next to no room for facts, and calls
// once when they are in files, with what these hold; where that cannot be seen,
// when the first input has been read and the second one is.
func runUntilSpilled(ctx context.Context, t *testing.T, b *daemon.Batch, input string, call func(bytes int64)) (*daemon.Report, error) {
	t.Helper()
	info, err := os.Stat(input)
	if err != nil {
		t.Fatal(err)
	}
	b.Workers, b.FactBytes = 1, 1 // the second input is read when the first is done
	left, called := info.Size(), false
	b.Files.Progress = func(read int) {
		left -= int64(read)
		if _, bytes := scratchIn(t, b.Temp); !called && (bytes > 0 || left < 0) {
			called = true
			call(bytes)
		}
	}
	return b.Run(ctx, []string{input, input})
}

// seesScratch says whether scratchIn sees the files of a run that goes on: on
// Linux, which lists those without a name among the open ones, and on Windows,
// where they have a name until they are closed.
func seesScratch() bool { return runtime.GOOS == "linux" || runtime.GOOS == "windows" }

// scratchIn counts the files of a folder that are open in this process, with or
// without a name, and what they hold.
func scratchIn(t *testing.T, folder string) (open int, bytes int64) {
	t.Helper()
	list, inside := folder, func(string) bool { return true }
	if runtime.GOOS == "linux" {
		list = "/proc/self/fd"
		inside = func(path string) bool {
			target, err := os.Readlink(path)
			return err == nil && strings.HasPrefix(target, folder+string(filepath.Separator))
		}
	}
	entries, err := os.ReadDir(list)
	if err != nil {
		t.Error(err)
	}
	for _, e := range entries {
		path := filepath.Join(list, e.Name())
		if !inside(path) {
			continue
		}
		if info, err := os.Stat(path); err == nil {
			open, bytes = open+1, bytes+info.Size()
		}
	}
	return open, bytes
}

// isEmpty checks that nothing is in a folder.
func isEmpty(t *testing.T, folder string) {
	t.Helper()
	if left, err := os.ReadDir(folder); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

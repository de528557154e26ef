package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// The stories run the real program: the test binary itself, called vakt.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"vakt": main,
	})
}

func TestStories(t *testing.T) {
	fixtures, err := filepath.Abs("../../../shared/fixtures")
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata",
		RequireExplicitExec: true,
		Setup: func(e *testscript.Env) error {
			e.Setenv("FIXTURES", fixtures)
			return nil
		},
		Condition: func(name string) (bool, error) {
			if name != "fixtures" {
				return false, fmt.Errorf("no condition is called %q", name)
			}
			_, err := os.Stat(fixtures)
			if err != nil && strings.Contains(os.Getenv("VAKT_TEST_REQUIRE"), name) {
				return false, err
			}
			return err == nil, nil
		},
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){"exits": exits, "gz": compress, "waitfor": waitFor},
	})
}

// exits runs vakt and checks its exit code: exits 3 vakt detect x.json.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE PROGRAM ARGS...")
	}
	err := ts.Exec(args[1], args[2:]...)
	code := "0"
	if err != nil {
		code = strings.TrimPrefix(err.Error(), "exit status ")
	}
	if code != args[0] {
		ts.Fatalf("exit code %s, want %s (%v)", code, args[0], err)
	}
}

// waitFor waits until a program in the background has written a text to a
// file: waitfor FILE TEXT.
func waitFor(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: waitfor FILE TEXT")
	}
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if data, err := os.ReadFile(ts.MkAbs(args[0])); err == nil && strings.Contains(string(data), args[1]) {
			return
		}
	}
	ts.Fatalf("%s does not hold %q after 30 seconds", args[0], args[1])
}

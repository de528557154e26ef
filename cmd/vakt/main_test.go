package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
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
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){"exits": exits, "gz": compress, "waitfor": waitFor,
			"runs": onRun, "sedfile": replaceIn, "blocked": blocked, "unreachable": unreachable, "append": appendLine},
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
	tick, end := time.NewTicker(20*time.Millisecond), time.After(time.Minute)
	defer tick.Stop()
	for {
		if data, err := os.ReadFile(ts.MkAbs(args[0])); err == nil && strings.Contains(string(data), args[1]) {
			return
		}
		select {
		case <-tick.C:
		case <-end:
			ts.Fatalf("%s does not hold %q after a minute", args[0], args[1])
		}
	}
}

// onRun runs a command on the run whose id, as JSON, is in a file:
// runs verify FILE ARGS...
func onRun(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: runs COMMAND FILE ARGS...")
	}
	var id string
	if err := json.Unmarshal([]byte(ts.ReadFile(args[1])), &id); err != nil {
		ts.Fatalf("no id of a run in %s: %v", args[1], err)
	}
	err := ts.Exec("vakt", append([]string{args[0], id}, args[2:]...)...)
	if err != nil && err.Error() != "exit status 3" { // a step by hand may be open
		ts.Fatalf("vakt %s: %v", args[0], err)
	}
}

// replaceIn replaces a text that stands in a file: sedfile FILE OLD NEW.
func replaceIn(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: sedfile FILE OLD NEW")
	}
	data := ts.ReadFile(args[0])
	if !strings.Contains(data, args[1]) {
		ts.Fatalf("%s does not hold %q", args[0], args[1])
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(strings.ReplaceAll(data, args[1], args[2])), 0o600))
}

// blocked checks what reached the tenant: a number of accounts, each blocked
// and enabled again, and nothing else. A write that a kill left without an
// answer may have come twice.
func blocked(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: blocked FILE NUMBER")
	}
	states := map[string][]string{}
	for line := range strings.Lines(ts.ReadFile(args[0])) {
		var w struct {
			Method, Subject string
			After           json.RawMessage
			Applied         bool
		}
		ts.Check(json.Unmarshal([]byte(line), &w))
		after := string(w.After)
		if w.Method != "PATCH" || !strings.Contains(after, "accountEnabled") {
			ts.Fatalf("the tenant was sent %s", line)
		}
		if all := states[w.Subject]; len(all) == 0 || all[len(all)-1] != after {
			states[w.Subject] = append(all, after)
		}
	}
	for subject, all := range states {
		if len(all) != 2 || !strings.Contains(all[0], "false") || !strings.Contains(all[1], "true") {
			ts.Fatalf("%s was set to %q in turn", subject, all)
		}
	}
	if got := strconv.Itoa(len(states)); got != args[1] {
		ts.Fatalf("%s accounts were written to, want %s", got, args[1])
	}
}

// unreachable adds a tenant that nobody answers for to a configuration:
// unreachable FILE NEW.
func unreachable(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: unreachable FILE NEW")
	}
	config, _, _ := strings.Cut(ts.ReadFile(args[0]), "baseline:")
	const nobody = "https://127.0.0.1:1"
	config += "  - name: unreachable\n    id: 99999999-2222-3333-4444-555555555555\n    cloud: custom\n" +
		"    endpoints: {login: " + nobody + ", graph: " + nobody + "/graph, exchange: " + nobody + "/exchange, compliance: " + nobody + "/compliance, manage: " + nobody + "/manage}\n" +
		"    ca: vakt-ca.pem\n    credential: {kind: certificate, client_id: a0000000-0000-4000-8000-000000000001, file: vakt-read.pem}\n"
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), []byte(config), 0o600))
}

// appendLine appends a line to a file: append FILE LINE.
func appendLine(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: append FILE LINE")
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(ts.ReadFile(args[0])+args[1]+"\n"), 0o600))
}

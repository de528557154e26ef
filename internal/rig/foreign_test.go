package rig

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// needNode skips the test where there is no node or npm, or no package to be
// had, or fails it where the environment says that it must run.
func needNode(t *testing.T, err error) {
	t.Helper()
	switch {
	case err == nil:
	case strings.Contains(os.Getenv("VAKT_TEST_REQUIRE"), "node"):
		t.Fatalf("VAKT_TEST_REQUIRE asks for node: %v", err)
	default:
		t.Skipf("Microsoft's clients for JavaScript need node, npm and their packages: %v", err)
	}
}

// installed puts the pinned packages into a folder of their own.
func installed(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for _, name := range []string{"package.json", "package-lock.json", "clients.mjs"} {
		data, err := os.ReadFile(filepath.Join("testdata", "foreign", name))
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, name), data, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	_, err := runTool(t, dir, nil, "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline")
	needNode(t, err)
	return dir
}

func runTool(t *testing.T, dir string, in []byte, name string, args ...string) ([]byte, error) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), name, args...)
	cmd.Dir, cmd.Stdin = dir, bytes.NewReader(in)
	cmd.Env = append(os.Environ(), "NODE_EXTRA_CA_CERTS="+filepath.Join(dir, "ca.pem"))
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w\n%s%s", name, strings.Join(args, " "), err, out, stderr.Bytes())
	}
	return out, nil
}

// What Microsoft's own clients do must work, as it does against the service.
func TestMicrosoftsClientsForJavaScript(t *testing.T) {
	_, err := exec.LookPath("node")
	needNode(t, err)
	dir := installed(t)
	state, _, err := Generate(scene(t, "small-business", 0), Options{Clock: time.Now, Seed: 3})
	if err != nil {
		t.Fatal(err)
	}
	app := allPowers()
	var key []byte
	if app.Certificate, key, err = NewCredential("clients", time.Now()); err != nil {
		t.Fatal(err)
	}
	var throttled, early, unknown atomic.Int64
	sv, err := Serve(t.Context(), "127.0.0.1:0", state, ServerOptions{
		Apps:      []App{app},
		OnUnknown: func(r string) { unknown.Add(1); t.Errorf("the simulated tenant does not know %s", r) },
		OnAnswer:  func(a Answer) { checkAnswer(t, a) },
		OnRequest: func(r Request) {
			if r.Status == http.StatusTooManyRequests {
				throttled.Add(1)
			}
			if r.Early {
				early.Add(1)
			}
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer stop(t, sv)
	for name, data := range map[string][]byte{"ca.pem": sv.CA, "app.pem": key} {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	in, err := json.Marshal(map[string]string{"url": sv.URL, "tenant": sv.Tenant, "client": app.ClientID, "secret": app.Secret, "certificate": filepath.Join(dir, "app.pem")})
	if err != nil {
		t.Fatal(err)
	}
	var got struct {
		Users, Distinct, Delta int
		Batch                  map[string]int
		Written, Code          string
		Changed                []bool
	}
	out, err := runTool(t, dir, in, "node", "clients.mjs")
	if err == nil {
		err = json.Unmarshal(out, &got)
	}
	if err != nil {
		t.Fatal(err)
	}
	if n := state.Primary().Len(Users); got.Users != n || got.Distinct != n || got.Delta != n {
		t.Errorf("of %d users they saw %d, %d distinct, and %d by delta", n, got.Users, got.Distinct, got.Delta)
	}
	if got.Batch["domains"] != 200 || got.Batch["nobody"] != 404 || got.Written != "Lager" || got.Code != "Request_ResourceNotFound" ||
		len(got.Changed) != 1 || got.Changed[0] {
		t.Errorf("they saw %+v", got)
	}
	if throttled.Load() == 0 || early.Load() != 0 || unknown.Load() != 0 {
		t.Errorf("%d requests were throttled, %d came early", throttled.Load(), early.Load())
	}
}

package plan_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"vakt/internal/baseline"
	"vakt/internal/directory"
	"vakt/internal/plan"
	"vakt/internal/rig"
)

// victim is what a process is told that applies a plan and is killed.
type victim struct {
	Dir, Address, CA string
	Emerging         []string
	Plan             json.RawMessage
	Point            string // where it is killed; "": nowhere
}

// victimEnv leads a process of this test to its victim.
const victimEnv = "VAKT_KILL_VICTIM"

// applyAsVictim is what the process does that TestKilledByTheSystem kills: it
// applies a plan over HTTPS with its state in a file.
func applyAsVictim(t *testing.T) {
	var v victim
	text, err := os.ReadFile(os.Getenv(victimEnv))
	fatal(t, err)
	fatal(t, json.Unmarshal(text, &v))
	p, err := plan.Read(bytes.NewReader(v.Plan))
	fatal(t, err)
	w := &world{t: t, dir: v.Dir, emerging: v.Emerging, state: rig.New(p.Tenant, rig.Options{Clock: time.Now})}
	w.snapshot, err = directory.Load(os.DirFS(filepath.Join(v.Dir, "export")))
	fatal(t, err)
	w.policy = emergencyPolicy(t, v.Emerging)
	w.reach(setting{wrap: func(http.RoundTripper) http.RoundTripper { return v.transport(t) }})
	w.open()
	passed, err := os.Create(filepath.Join(v.Dir, "passed"))
	fatal(t, err)
	w.point = func(name string) {
		if name == v.Point {
			kill()
		}
		if _, err := fmt.Fprintln(passed, name); err != nil {
			t.Error(err)
		}
	}
	finished(t, w.apply(p))
}

// kill ends this process as the system would: nothing is closed, flushed or
// cleaned up.
func kill() {
	self, err := os.FindProcess(os.Getpid())
	if err == nil {
		err = self.Kill()
	}
	if err != nil {
		panic(err)
	}
	<-make(chan struct{})
}

// transport leads to the simulated tenant, whatever host is asked for.
func (v *victim) transport(t testing.TB) http.RoundTripper {
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM([]byte(v.CA)) {
		t.Fatal("the authority's certificate cannot be read")
	}
	var d net.Dialer
	return &http.Transport{
		TLSClientConfig: &tls.Config{RootCAs: pool, ServerName: "localhost", MinVersion: tls.VersionTLS12},
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return d.DialContext(ctx, network, v.Address)
		},
	}
}

// run lets a process apply the plan. died says that it was killed.
func (v victim) run(t testing.TB, point string) (died bool, out string) {
	t.Helper()
	v.Point = point
	text, err := json.Marshal(v)
	fatal(t, err)
	file := filepath.Join(v.Dir, "victim.json")
	fatal(t, os.WriteFile(file, text, 0o600))
	program, err := os.Executable()
	fatal(t, err)
	c := exec.CommandContext(t.Context(), program, "-test.run", "^TestKilledByTheSystem$", "-test.timeout", "5m")
	c.Env = append(os.Environ(), victimEnv+"="+file)
	said, err := c.CombinedOutput()
	var ended *exec.ExitError
	if errors.As(err, &ended) && !ended.Exited() {
		return true, string(said)
	}
	if err != nil {
		t.Errorf("killed at %q: %v\n%s", point, err, said)
	}
	return false, string(said)
}

// passed are the points that the last process went by, each once.
func (v victim) passed(t testing.TB) []string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(v.Dir, "passed"))
	fatal(t, err)
	names := map[string]bool{}
	for _, name := range strings.Fields(string(text)) {
		names[name] = true
	}
	return slices.Sorted(maps.Keys(names))
}

// serve makes a tenant that listens, and an approved plan that blocks one
// account and ends its sessions.
func serve(t *testing.T) (*world, *plan.Plan, victim) {
	t.Helper()
	w := newWorld(t, setting{})
	p := w.approve(w.plan(1, true))
	reading, writing := rig.ReadApp(), rig.WriteApp()
	reading.Secret, writing.Secret = "read-secret", "write-secret"
	sv, err := rig.Serve(t.Context(), "127.0.0.1:0", w.state, rig.ServerOptions{
		Apps: []rig.App{reading, writing}, Unlimited: true,
		OnUnknown: func(request string) { t.Errorf("the simulated tenant does not know %s", request) },
	})
	fatal(t, err)
	t.Cleanup(func() {
		if err := sv.Stop(context.Background()); err != nil {
			t.Error(err)
		}
	})
	export := filepath.Join(w.dir, "export")
	fatal(t, os.Mkdir(export, 0o700))
	fatal(t, w.state.Export(export))
	var text bytes.Buffer
	fatal(t, p.Write(&text))
	return w, p, victim{Dir: w.dir, Address: strings.TrimPrefix(sv.URL, "https://"), CA: string(sv.CA), Emerging: w.emerging, Plan: text.Bytes()}
}

func emergencyPolicy(t testing.TB, accounts []string) plan.Policy {
	t.Helper()
	b, problems := baseline.Parse("baseline.yaml", []byte("break_glass_accounts: ["+strings.Join(accounts, ", ")+"]"))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	return plan.Policy{Baseline: b}
}

// A process that the system kills at any point of a run leaves a state on the
// disk from which another process ends as if nothing had happened: each write
// takes effect, no account but the planned one is touched, the journal's chain
// is unbroken, and applying the plan once more sends nothing.
func TestKilledByTheSystem(t *testing.T) {
	if os.Getenv(victimEnv) != "" {
		applyAsVictim(t)
		return
	}
	if testing.Short() {
		t.Skip("takes a minute of waiting")
	}
	_, _, whole := serve(t)
	if died, out := whole.run(t, ""); died {
		t.Fatal(out)
	}
	points := whole.passed(t)
	if len(points) < 16 {
		t.Fatalf("a run passed only %q", points)
	}
	for _, point := range points {
		t.Run(point, func(t *testing.T) {
			t.Parallel()
			w, p, v := serve(t)
			if died, out := v.run(t, point); !died {
				t.Fatalf("it was not killed:\n%s", out)
			}
			w.whole()
			v.run(t, "")
			w.whole()
			w.named(p)
			w.alike(subjects(p), "accountEnabled", "signInSessionsValidFromDateTime")
			for _, c := range p.Changes {
				if n := w.effects()[c.ID]; n < 1 || n > 2 {
					t.Errorf("%s took effect %d times", c.ID, n)
				}
			}
			before := len(w.writes())
			v.run(t, "")
			if sent := len(w.writes()) - before; sent != 0 {
				t.Errorf("applying it again sent %d writes", sent)
			}
		})
	}
}

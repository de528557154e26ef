package action_test

import (
	"context"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"

	"vakt/internal/action"
	"vakt/internal/directory"
	"vakt/internal/graph"
	"vakt/internal/rig"
	"vakt/internal/sim"
	"vakt/internal/tenant"
)

// noon is when the simulated tenant's time begins.
var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

// inTime runs a test on virtual time.
func inTime(t *testing.T, f func(t *testing.T)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		<-time.After(time.Until(noon))
		f(t)
	})
}

func generate(t testing.TB, scenario string, seed uint64) *rig.State {
	t.Helper()
	s, err := sim.Load(os.DirFS(filepath.Join("..", "..", "scenarios")), scenario)
	if err != nil {
		t.Fatal(err)
	}
	state, _, err := rig.Generate(s, rig.Options{Clock: time.Now, Seed: seed})
	if err != nil {
		t.Fatal(err)
	}
	return state
}

// bench is a simulated tenant and what it takes to reach it.
type bench struct {
	state  *rig.State
	server *rig.Server
	access action.Access
}

// secrets are files with the secrets of the two applications. They are made
// before virtual time begins.
func secrets(t testing.TB) (read, write string) {
	t.Helper()
	dir := t.TempDir()
	read, write = filepath.Join(dir, "read"), filepath.Join(dir, "write")
	for path, text := range map[string]string{read: "read-secret", write: "write-secret"} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return read, write
}

// reach makes the access to a tenant, through a transport that stands before
// the server's where wrap is given.
func reach(t testing.TB, state *rig.State, read, write string, o rig.ServerOptions, wrap func(http.RoundTripper) http.RoundTripper) bench {
	t.Helper()
	o.OnUnknown = func(request string) { t.Errorf("the simulated tenant does not know %s", request) }
	server := rig.Handler(state, o)
	transport := server.Transport()
	if wrap != nil {
		transport = wrap(transport)
	}
	cloud, ok := tenant.CloudByName("global")
	if !ok {
		t.Fatal("no cloud is called global")
	}
	where := tenant.Tenant{Name: "contoso", ID: state.TenantID(), Cloud: cloud}
	open := func(app rig.App, file string) (azcore.TokenCredential, error) {
		c := tenant.Credential{Kind: tenant.Secret, ClientID: app.ClientID, File: file}
		return graph.NewCredential(where, c, graph.CredentialOptions{Transport: transport})
	}
	reader, err := open(rig.ReadApp(), read)
	if err != nil {
		t.Fatal(err)
	}
	options := graph.Options{Now: time.Now, Seed: o.Seed, Transport: transport}
	r, err := graph.NewReader(where, reader, options)
	if err != nil {
		t.Fatal(err)
	}
	return bench{state, server, action.Access{
		Tenant: where, Read: r, Graph: options,
		Write: func(context.Context) (azcore.TokenCredential, error) { return open(rig.WriteApp(), write) },
	}}
}

// client opens the access, and closes it when the test ends.
func (b bench) client(t testing.TB) *action.Client {
	t.Helper()
	c, err := action.Open(t.Context(), b.access)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// resources are the ids of cloud accounts that are enabled and whose mailbox is
// shared, sorted.
func resources(state *rig.State) []string {
	var out []string
	for _, box := range state.Primary().All(rig.Mailboxes) {
		id := box.Text("ExternalDirectoryObjectId")
		user, ok := state.Primary().Get(rig.Users, id)
		if ok && box.Text("RecipientTypeDetails") == "SharedMailbox" && user.True("accountEnabled") && !user.True("onPremisesSyncEnabled") {
			out = append(out, id)
		}
	}
	slices.Sort(out)
	return out
}

// collect makes the snapshot that a scan makes.
func collect(t testing.TB, b bench) *directory.Snapshot {
	t.Helper()
	m := directory.NewMemory(b.state.TenantID(), time.Now())
	if err := directory.Collect(t.Context(), b.access.Read, m, directory.Options{}); err != nil {
		t.Fatal(err)
	}
	s, err := directory.Decode(m)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// now is a Ready that has just read.
func now(context.Context) (time.Time, error) { return time.Now(), nil }

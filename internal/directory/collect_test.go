package directory_test

import (
	"net/http"
	"os"
	"testing"
	"testing/synctest"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"vakt/internal/directory"
	"vakt/internal/graph"
	"vakt/internal/rig"
	"vakt/internal/sim"
	"vakt/internal/tenant"
)

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

// inTime runs a test on virtual time that begins at noon, so that waiting for
// limits takes none.
func inTime(t *testing.T, f func(t *testing.T)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		<-time.After(time.Until(noon))
		f(t)
	})
}

// bare compares snapshots by what they show.
var bare = cmpopts.IgnoreUnexported(directory.Snapshot{})

// world is a simulated tenant with its labels.
type world struct {
	state  *rig.State
	labels map[string]rig.Label
}

func newWorld(t testing.TB, scenario string, accounts int) world {
	t.Helper()
	s, err := sim.Load(os.DirFS("../../scenarios"), scenario)
	if err != nil {
		t.Fatal(err)
	}
	if accounts > 0 {
		if s, err = s.WithAccounts(accounts); err != nil {
			t.Fatal(err)
		}
	}
	state, labels, err := rig.Generate(s, rig.Options{Clock: time.Now, Seed: 7})
	if err != nil {
		t.Fatal(err)
	}
	w := world{state, map[string]rig.Label{}}
	for _, l := range labels {
		w.labels[l.ID] = l
	}
	return w
}

// reader opens the tenant as the reading application, without the network.
func (w world) reader(t testing.TB, o rig.ServerOptions) *graph.Reader {
	t.Helper()
	return w.readerThrough(t, o, func(next http.RoundTripper) http.RoundTripper { return next })
}

// readerThrough is reader with something between it and the tenant.
func (w world) readerThrough(t testing.TB, o rig.ServerOptions, between func(http.RoundTripper) http.RoundTripper) *graph.Reader {
	t.Helper()
	o.Unlimited = true
	o.OnUnknown = func(request string) { t.Errorf("the simulated tenant does not know %s", request) }
	server := rig.Handler(w.state, o)
	cloud, _ := tenant.CloudByName("global")
	client := policy.ClientOptions{Transport: transporter{server.Transport()}}
	cred, err := azidentity.NewClientSecretCredential(w.state.TenantID(), rig.ReadApp().ClientID, "read-secret",
		&azidentity.ClientSecretCredentialOptions{ClientOptions: client, DisableInstanceDiscovery: true})
	if err != nil {
		t.Fatal(err)
	}
	r, err := graph.NewReader(tenant.Tenant{Name: "contoso", ID: w.state.TenantID(), Cloud: cloud}, azcore.TokenCredential(cred),
		graph.Options{Now: time.Now, Transport: between(server.Transport())})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func collect(t testing.TB, w world, o rig.ServerOptions) *directory.Memory {
	t.Helper()
	sink := directory.NewMemory(w.state.TenantID(), noon)
	if err := directory.Collect(t.Context(), w.reader(t, o), sink, directory.Options{}); err != nil {
		t.Fatal(err)
	}
	return sink
}

func decode(t testing.TB, p directory.Parts) *directory.Snapshot {
	t.Helper()
	s, err := directory.Decode(p)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// Whatever way the tenant is read, it is understood alike.
func TestLiveAndExportedTenantAreTheSame(t *testing.T) {
	inTime(t, testLiveAndExported)
}

func testLiveAndExported(t *testing.T) {
	w := newWorld(t, "small-business", 0)
	sink := collect(t, w, rig.ServerOptions{})
	live := decode(t, sink)
	dir := t.TempDir()
	if err := directory.Export(dir, sink); err != nil {
		t.Fatal(err)
	}
	offline, err := directory.Load(os.DirFS(dir))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(live, offline, cmpopts.EquateEmpty(), bare); diff != "" {
		t.Error(diff)
	}
	if !live.Complete {
		t.Errorf("not complete: %v", live.Missing)
	}
	for i := range live.Accounts {
		a := &live.Accounts[i]
		if want := w.labels[a.ID].Kind; string(a.Kind.Value) != want || !a.Kind.Known {
			t.Errorf("%s is %v by %s, want %s", a.UPN, a.Kind, a.KindFrom, want)
		}
	}
}
